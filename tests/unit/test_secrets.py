"""10,000 runs in this process, each with secrets in its places and failing in its way: none comes out.

What is random about a run is its number, so that it is the same each time. Echoes are secrets that somebody
wrote where none belongs, in one of their spellings. No run reaches a network: either its candidate is missing,
which is found first, or every login for its registry is an error.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.archives import docker_25, image, tar
from tests.support.secrets import HOST, PLACES, SECRETS, spellings
from tests.support.world import Answer, Still

RUNS = 10_000
PARTS = 10
WITH_FILES = 0.3
"""Of how many runs the files of the CI are read, too; they take longer than all the rest."""


@dataclass
class Case:
    """A run that is made up."""

    chance: random.Random
    command: str
    echoes: list[str] = field(default_factory=list)
    """Secrets that the run knows from its start, in all their spellings."""
    environ: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    stdin: str = ""
    document: str = ""
    files: dict[str, str | Exception] = field(default_factory=dict)

    def echo(self, before: str = "") -> str:
        return before + self.chance.choice(self.echoes or ["x"])

    def quoted(self) -> str:
        """The same as a YAML text on one line."""
        return quoted(self.echo().replace("\n", " "))

    def give(self, name: str, text: str) -> None:
        """Give an input by one of its spellings."""
        spelled = self.chance.choice(["--", "INPUT_", "PUSHSTEP_"])
        if spelled == "--":
            self.options.append(f"--{name}={text}")
        else:
            self.environ[spelled + name.upper().replace("-", "_")] = text


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


IN_YAML = ("variables", "a document", "a registries document")
Way = Callable[[Case], None]


def _field(*names: str) -> Way:
    return lambda case: case.give(case.chance.choice(names), case.echo())


def _report(case: Case) -> None:
    case.environ["PUSHSTEP_REPORT"] = case.echo("no/such/folder/")


def _unknown_names(case: Case) -> None:
    case.options.append(f"--pasword={case.echo()}")
    if case.command != "validate":  # for which it would be the file that is checked
        case.options.append(case.echo("x"))


def _conflict(case: Case) -> None:
    case.environ |= {"INPUT_IMAGE-NAME": case.echo(), "INPUT_IMAGE_NAME": "other"}


def _yaml(case: Case) -> None:
    name = case.chance.choice(["when", "retry", "on-success", "on-finish", "variables", "tags"])
    case.give(name, case.echo(case.chance.choice(["{", "[", "a: ", "- ", "a: [", "condition: "])))


def _condition(case: Case) -> None:
    text = quoted(case.echo().replace("\n", " "))
    wrong = case.chance.choice(
        [f"{text} == ", f"{text} > 1", "nobody == 1", f"size({text})", f"match({text})", "upper(1)"]
    )
    case.give("when", "condition: {all: {one: " + quoted(wrong) + "}}")


def _excluded(case: Case) -> None:
    case.give("when", f"branch: {{only: [{case.quoted()}]}}")


def _annotations(case: Case) -> None:
    case.options += [
        f"--on-finish=annotations: {{set: [{{annotations: [{{note: {case.quoted()}}}, x]}}]}}",
        f"--title={case.echo()}",
    ]


def _facts(case: Case) -> None:
    text = case.echo().replace("\n", " ")
    names = ("CI_COMMIT_BRANCH", "CI_COMMIT_MESSAGE", "GITHUB_HEAD_REF", "CF_BRANCH", "GITHUB_ACTOR")
    case.environ |= dict.fromkeys(names, text)
    case.options.append(case.chance.choice(["--when=branch: {only: [main]}", "--title=x"]))


def _candidate(case: Case) -> None:
    kind = case.chance.choice(["docker-archive:", "oci:", "oci-archive:", ""])
    case.options += [f"--candidate={kind}{case.echo()}", "--tag=.x"]


def _archive(case: Case) -> None:
    case.options.append(f"--candidate={case.echo('docker-archive:no/such/')}")


def _description(case: Case) -> None:
    case.options.append(f"--description={case.echo()}")


def _variable(case: Case) -> None:
    names = ["ROBOT_TOKEN", "DB_PASSWORD", "PUSHSTEP_PASSWORD", "CI_REGISTRY_PASSWORD", "NOBODY"]
    case.environ.setdefault("ROBOT_TOKEN", case.echo())
    name = case.chance.choice(["tag", "image_name", "title", "registry"])
    case.document += f"{name}: ${{{{{case.chance.choice(names)}}}}}\n"


def _document(case: Case) -> None:
    text = case.quoted()
    case.document += case.chance.choice([f"tag: [{text}]\n", f"{text}: 1\n", f"tagz: {text}\n"])


def _unread_document(case: Case) -> None:
    """One that holds no credential itself: what cannot be read is not known to be one."""
    text = case.quoted()
    case.document = case.chance.choice([f"tag: {text}\n\ttab\n", f"tag: 1\ntag: {text}\n", f"a: [{text}\n"])


def _unread_file(case: Case) -> None:
    case.options.append("--step=step.yml")
    reasons = [RuntimeError(case.echo("a library quotes ")), OSError(5, case.echo("a disk quotes "))]
    case.files["step.yml"] = case.chance.choice(reasons)


WAYS: tuple[Way, ...] = (
    _field("tag", "image-name", "registry", "platform", "timeout", "fail-fast", "transport", "login"),
    _field("provider", "region", "aws-role-to-assume", "step-name", "registry-context", "create-repository"),
    _report,
    _unknown_names,
    _conflict,
    _yaml,
    _condition,
    _excluded,
    _annotations,
    _facts,
    _candidate,
    _archive,
    _description,
    _variable,
    _document,
)
WITHOUT_A_DOCUMENT = (*WAYS, _unread_document, _unread_file)
"""The same, where no secret stands in a document that belongs to the run."""


def made(number: int, folder: Path) -> tuple[Case, list[str]]:
    """The run of this number, and its secrets."""
    chance = random.Random(number)  # noqa: S311 - no secret of anybody
    secrets = chance.sample(SECRETS, chance.choice([1, 1, 2]))
    # YAML has no lone surrogates
    out = IN_YAML if "\udcff" in "".join(secrets) else ()
    names = chance.sample([name for name in PLACES if name not in out], len(secrets))
    placed = [PLACES[name](secret, folder) for secret, name in zip(secrets, names, strict=True)]
    if not placed[0].goes_with(placed[-1]):
        placed, secrets = placed[:1], secrets[:1]
    case = Case(chance, chance.choice(["push", "push", "push", "plan", "validate"]))
    soon = ("always",) if case.command == "validate" else ("always", "in a run")
    known = [secret for secret, one in zip(secrets, placed, strict=True) if one.known in soon]
    case.echoes = [form for secret in known for form in spellings(secret).values()]
    for one in placed:
        case.environ |= one.environ
        case.options += one.options
        case.stdin += one.stdin
        case.document += one.document
    if placed[0].broken and len(placed) == 1:
        case.options += ["--candidate=docker-archive:../app.tar", f"--registry={placed[0].broken}"]
    else:
        chance.choice(WAYS if case.document else WITHOUT_A_DOCUMENT)(case)
    _complete(case)
    return case, secrets


def _complete(case: Case) -> None:
    """All else that a run needs, where nothing of it stands there."""
    given = {option.partition("=")[0] for option in case.options}
    if case.document and "--step" not in given:
        case.options.append(f"--step=type: push\n{case.document}")
    rest = {"--candidate": "docker-archive:no/such.tar", "--image-name": "acme/app", "--registry": HOST}
    case.options += [f"{name}={value}" for name, value in rest.items() if name not in given]
    case.options += case.chance.choice([[], ["--debug"], ["--json"], ["--quiet"], ["--debug", "--json"]])
    if "GITLAB_CI" not in case.environ and case.chance.random() < 0.5:
        case.environ["GITHUB_ACTIONS"] = "true"


@dataclass
class Run:
    """Runs cases in a folder that a CI's files lie in."""

    folder: Path

    def __call__(self, case: Case) -> tuple[Answer, str]:
        """What it answered, and all that a reader could see of it."""
        for path in self.folder.iterdir():
            path.unlink()
        environ = {"HOME": str(self.folder / "nobody"), "GITHUB_WORKSPACE": str(self.folder), **case.environ}
        if case.chance.random() < WITH_FILES:
            environ = {
                "GITHUB_OUTPUT": str(self.folder / "output"),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
                "CI_PROJECT_DIR": str(self.folder),
                "PUSHSTEP_REPORT": str(self.folder / "report.json"),
                **environ,
            }
        world = Still(files=case.files, environ=environ, stdin=lambda: case.stdin)
        answer = world(case.command, *case.options)
        # as the runner takes lines: those of Unicode are none
        lines = answer.err.split("\n")
        log = "\n".join(line for line in lines if not line.startswith("::add-mask::"))
        written = [path.read_text(errors="replace") for path in self.folder.iterdir()]
        return answer, "\n".join([answer.out, log, *written])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    folder = tmp_path / "workspace"
    folder.mkdir()
    # relative paths of runs that are in no CI
    monkeypatch.chdir(folder)
    (tmp_path / "app.tar").write_bytes(tar(docker_25({image(1): ["app:ci"]})))
    return Run(folder)


@pytest.fixture
def places(tmp_path: Path) -> Path:
    folder = tmp_path / "places"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("part", range(PARTS))
def test_interface_4_no_secret_comes_out_of_10_000_runs(run: Run, places: Path, part: int) -> None:
    for number in range(part, RUNS, PARTS):
        case, secrets = made(number, places)
        answer, seen = run(case)
        assert answer.status in (0, 1, 2), number
        told = [
            f"run {number}: {name} of {secret!r}"
            for secret in secrets
            for name, form in spellings(secret).items()
            if form in seen
        ]
        assert told == [], (case.command, case.options, case.environ)


WANTED = {
    *("missing", "value", "unknown", "conflict", "reference", "yaml", "condition-syntax"),
    *("variable", "candidate", "credentials", "condition", "bug", "report"),
}


def test_the_runs_end_in_every_way(run: Run, places: Path) -> None:
    """They do not all end at their first mistake."""
    codes: set[str] = set()
    for number in range(400):
        _, seen = run(made(number, places)[0])
        codes |= {code for code in WANTED if f'"{code}"' in seen or f"[{code}]" in seen}

    assert codes == WANTED
