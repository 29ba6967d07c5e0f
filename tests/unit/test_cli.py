"""The command line taken apart (interface 1, 2)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep import __version__, cli
from pushstep.errors import CODES
from pushstep.fields import FIELDS, Field
from tests.support.world import Still

READY = [one for one in FIELDS if one.option]
SECRETS = [one for one in FIELDS if one.secret]
BOOLEANS = [one for one in FIELDS if one.kind == "boolean"]
TEXTS = [one for one in FIELDS if one.option and one.kind != "boolean"]
LISTS = [one for one in FIELDS if one.kind == "list"]


def options(line: cli.Line) -> dict[str, str]:
    return {name: given.text for name, given in line.options.items()}


def wrong(line: cli.Line) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.path) for problem in line.problems]


# --- what is taken -------------------------------------------------------------------------------------

LINES = {
    "": {},
    "push": {},
    "push --tag 1.10": {"tag": "1.10"},
    "--tag 1.10": {"tag": "1.10"},
    "--tag=1.10": {"tag": "1.10"},
    "--tag=": {"tag": ""},
    "--tag=a=b": {"tag": "a=b"},
    "--tag -x": {"tag": "-x"},
    "--tag=--x": {"tag": "--x"},
    "--candidate app --image-name acme/app": {"candidate": "app", "image-name": "acme/app"},
    "--tags 1": {"tags": "1"},
    "--tags 1 --tags 2,3 --tags=4": {"tags": "1\n2,3\n4"},
    "--registry a.io --registry b.io": {"registry": "a.io\nb.io"},
    "--tag 1 --tag 1": {"tag": "1"},
    "--dry-run": {"dry-run": "true"},
    "--no-dry-run": {"dry-run": "false"},
    "--dry-run=false": {"dry-run": "false"},
    "--dry-run=FALSE": {"dry-run": "FALSE"},
    "--dry-run --dry-run=true": {"dry-run": "true"},
    "--dry-run --tag 1": {"dry-run": "true", "tag": "1"},
    "--no-summary --fail-fast=no": {"summary": "false", "fail-fast": "no"},
    "--username bot": {"username": "bot"},
}


@pytest.mark.parametrize(("line", "expected"), LINES.items(), ids=LINES.keys())
def test_section_2_options(line: str, expected: dict[str, str]) -> None:
    parsed = cli.parse(line.split())

    assert options(parsed) == expected
    assert parsed.command == "push"
    assert not parsed.problems
    assert not parsed.switches


@pytest.mark.parametrize("one", TEXTS, ids=lambda one: one.name)
def test_section_2_an_option_takes_its_value_in_both_forms(one: Field) -> None:
    for arguments in ([f"--{one.name}", "a b"], [f"--{one.name}=a b"]):
        parsed = cli.parse(arguments)
        assert options(parsed) == {one.name: "a b"}
        assert parsed.options[one.name].where == f"--{one.name}"
        assert not parsed.problems


@pytest.mark.parametrize("one", BOOLEANS, ids=lambda one: one.name)
def test_section_2_booleans_are_written_in_three_ways(one: Field) -> None:
    forms = {f"--{one.name}": "true", f"--no-{one.name}": "false", f"--{one.name}=false": "false"}
    for argument, expected in forms.items():
        assert options(cli.parse([argument, "push"])) == {one.name: expected}


@pytest.mark.parametrize("one", LISTS, ids=lambda one: one.name)
def test_section_2_lists_may_be_repeated_anything_else_not(one: Field) -> None:
    assert options(cli.parse([f"--{one.name}", "a", f"--{one.name}=b"])) == {one.name: "a\nb"}
    assert {one.name for one in LISTS} == {"tags", "registry"}


def test_variables_may_be_given_one_by_one() -> None:
    line = ["--variables", "A=1", "--variables=B=2, 3", "--variables", "A=1"]
    assert options(cli.parse(line)) == {"variables": "A=1\nB=2, 3"}


SWITCHES = {
    "--help": {"help"},
    "-h": {"help"},
    "push -h --tag 1": {"help"},
    "--version": {"version"},
    "--quiet --debug --json": {"quiet", "debug", "json"},
    "--password-stdin": {"password-stdin"},
}


@pytest.mark.parametrize(("line", "expected"), SWITCHES.items(), ids=SWITCHES.keys())
def test_switches(line: str, expected: set[str]) -> None:
    parsed = cli.parse(line.split())

    assert parsed.switches == expected
    assert not parsed.problems


# --- mistakes ------------------------------------------------------------------------------------------

MISTAKES = {
    "--tagz 1": [("unknown", "--tagz"), ("unknown", "command line")],
    "--image_name a": [("unknown", "--image_name"), ("unknown", "command line")],
    "--": [("unknown", "--")],
    "-t": [("unknown", "command line")],
    "--tag": [("missing", "--tag")],
    "--title --dry-run": [("missing", "--title")],
    "--tags --tag 1": [("missing", "--tags")],
    "--tag 1 --tag 2": [("conflict", "--tag")],
    "--dry-run --no-dry-run": [("conflict", "--dry-run")],
    "--no-dry-run=true": [("unknown", "--no-dry-run")],
    "--no-no-dry-run": [("unknown", "--no-no-dry-run")],
    "--no-tag": [("unknown", "--no-tag")],
    "--json=true": [("value", "--json")],
    "--quiet=": [("value", "--quiet")],
    "--help=push": [("value", "--help")],
    "--password=hunter2": [("unknown", "--password")],
    "--password hunter2": [("unknown", "--password"), ("unknown", "command line")],
    "--github-token=hunter2": [("unknown", "--github-token")],
    "push app": [("unknown", "command line")],
    "app": [("unknown", "command line")],
    "app --tagz=1 --tag --title x": [
        ("unknown", "command line"),
        ("unknown", "--tagz"),
        ("missing", "--tag"),
    ],
}


@pytest.mark.parametrize(("line", "expected"), MISTAKES.items(), ids=MISTAKES.keys())
def test_mistakes(line: str, expected: list[tuple[str, str]]) -> None:
    assert wrong(cli.parse(line.split())) == expected


def test_an_option_that_follows_a_forgotten_value_is_not_swallowed() -> None:
    parsed = cli.parse(["--title", "--dry-run", "--tag", "1"])

    assert options(parsed) == {"dry-run": "true", "tag": "1"}


NEAREST = {
    "--tagz": "Did you mean --tag or --tags or --stage?",
    "--image_name=app": "--image-name",
    "--dryrun": "--dry-run",
    "--no-sumary": "--summary",
    "--verison": "--version",
    "--qqqqqqqqqqqqqqqqqqqqq": "See `pushstep push --help` for the names.",
}


@pytest.mark.parametrize(("argument", "hint"), NEAREST.items(), ids=NEAREST.keys())
def test_an_unknown_option_is_told_the_nearest(argument: str, hint: str) -> None:
    (problem,) = cli.parse([argument]).problems

    assert problem.code == "unknown"
    assert hint in problem.hint


@pytest.mark.parametrize("one", SECRETS, ids=lambda one: one.name)
@pytest.mark.parametrize("form", ["--{}=hunter2", "--{} hunter2", "--{} hunter2 push", "--{}=hunter2=x"])
def test_section_4_secrets_are_never_arguments(one: Field, form: str) -> None:
    parsed = cli.parse(form.format(one.name).split())

    first = parsed.problems[0]
    assert (first.code, first.path) == ("unknown", f"--{one.name}")
    assert "a secret is no argument" in first.message
    assert first.hint == (
        "Pipe it to --password-stdin."
        if one.name == "password"
        else f"Set {one.environment} in the environment."
    )
    assert "hunter2" not in repr(parsed)


@pytest.mark.parametrize(
    "line", ["--passwrod=hunter2", "--passwrod hunter2", "--tok hunter2", "-phunter2", "push hunter2"]
)
def test_section_4_what_may_be_a_secret_is_not_repeated(line: str) -> None:
    assert "hunter2" not in repr(cli.parse(line.split()).problems)


def test_the_place_of_a_stray_argument_is_told() -> None:
    (problem,) = cli.parse(["push", "--tag", "1", "app"]).problems

    assert problem.message == "argument 4 belongs to no option"
    assert "--candidate" in problem.hint


COMMANDS = {
    "metadata": ("unsupported", "the command `metadata` is not supported yet", ""),
    "pusch": ("unknown", "'pusch' is no command", "push, plan, validate, schema, metadata"),
    "": ("unknown", "'' is no command", "push, plan, validate, schema, metadata"),
}


@pytest.mark.parametrize(
    ("command", "code", "message", "hint"),
    [(command, *expected) for command, expected in COMMANDS.items()],
    ids=COMMANDS.keys(),
)
def test_section_1_other_commands(command: str, code: str, message: str, hint: str) -> None:
    parsed = cli.parse([command, "--tag", "1"])

    (problem,) = parsed.problems
    assert (problem.code, problem.message) == (code, message)
    assert hint in problem.hint
    assert parsed.command == command
    assert options(parsed) == {"tag": "1"}


@pytest.mark.parametrize("command", ["push", "plan", "validate", "schema"])
def test_section_1_commands_that_work(command: str) -> None:
    parsed = cli.parse([command, "--tag", "1"])

    assert (parsed.command, parsed.file, parsed.problems) == (command, None, ())


def test_section_1_validate_takes_a_file_and_nobody_else() -> None:
    parsed = cli.parse(["validate", "push.yml", "--json"])

    assert (parsed.file, set(parsed.switches), parsed.problems) == ("push.yml", {"json"}, ())
    assert cli.parse(["validate", "-"]).file == "-"
    assert len(cli.parse(["validate", "a", "b"]).problems) == 1
    assert len(cli.parse(["plan", "a"]).problems) == 1


def test_section_1_only_a_plan_probes() -> None:
    assert cli.parse(["plan", "--probe"]) == cli.Line(command="plan", switches=frozenset({"probe"}))
    for command in ([], ["push"], ["validate", "a"]):
        (problem,) = cli.parse([*command, "--probe"]).problems
        assert (problem.code, problem.path) == ("unknown", "--probe")
        assert "`pushstep plan --probe`" in problem.hint


# --- help and version ----------------------------------------------------------------------------------


def answered(*arguments: str) -> tuple[int, str]:
    """Exit status and standard output of a run that touches nothing else."""

    def untouched() -> str:
        raise AssertionError

    answer = Still(stdin=untouched)(*arguments)
    assert answer.err == ""
    return answer.status, answer.out


@pytest.mark.parametrize("line", ["--version", "push --version", "plan --version", "--version --tagz"])
def test_version(line: str) -> None:
    assert answered(*line.split()) == (0, f"pushstep {__version__}\n")


@pytest.mark.parametrize("line", ["--help", "-h", "push --help", "--help --version", "--help --tagz"])
def test_help(line: str) -> None:
    status, text = answered(*line.split())

    assert status == 0
    assert text == cli.usage("push")


@pytest.mark.parametrize("command", ["push", "plan", "validate", "schema", "metadata"])
def test_section_1_help_on_each(command: str) -> None:
    status, text = answered(command, "--help")

    assert status == 0
    file = "[FILE] " if command == "validate" else ""
    assert text.startswith(f"usage: pushstep {command} {file}[options]\n")
    assert f"\n  {command} " in text


@pytest.mark.parametrize("one", READY, ids=lambda one: one.name)
def test_help_explains_every_option_that_works(one: Field) -> None:
    name = f"--[no-]{one.name}" if one.kind == "boolean" else f"--{one.name} {one.kind.upper()}"
    default = f" Default: {one.default}." if one.default else ""

    assert f"\n  {name}\n        {one.help}{default}\n" in cli.usage("push")


def test_help_names_where_secrets_go() -> None:
    last = cli.usage("push").splitlines()[-1]

    assert last.endswith(f"secrets only from there: {', '.join(one.environment for one in SECRETS)}.")


def test_help_is_plain_text() -> None:
    assert cli.usage("push").isascii()
    assert cli.usage("push").endswith(".\n")


# --- the run -------------------------------------------------------------------------------------------


def test_what_is_wrong_with_a_command_line_ends_the_run_with_all_other_problems() -> None:
    run = Still(environ={"PUSHSTEP_TAGZ": "1"})("metadata", "--tag=a b", "--json")

    assert run.status == 2
    report = json.loads(run.out)
    assert (report["result"], report["exit"], report["steps"]) == ("failure", 2, [])
    assert [(error["code"], error["path"]) for error in report["errors"]] == [
        ("unsupported", "command line"),
        ("unknown", "PUSHSTEP_TAGZ"),
        ("missing", "candidate"),
        ("reference", "--tag"),
    ]


def test_section_2_what_a_variable_puts_out_of_bounds_has_a_notice_too() -> None:
    run = Still()(
        *("push", "--candidate=oci:nowhere", "--registry=oci:out", "--region=eu-west-1"),
        "--retry={maxAttempts: '${{N}}', delay: '${{N}}', exponentialFactor: 9}",
        "--variables=N=20",
    )

    assert [line for line in run.err.splitlines() if line.startswith("notice: ")] == [
        "notice: --region: ignored, as provider is docker",
        "notice: --retry.exponentialFactor: 9 is brought to 5",
        "notice: --retry.maxAttempts: 20 is brought to 10",
    ]
    assert run.status == 1


@pytest.mark.parametrize(
    ("environ", "options"),
    [
        ({"GITHUB_ACTIONS": "true", "GITHUB_REF_NAME": "main"}, ["--variables=CF_BRANCH=feature/x"]),
        ({"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "main", "PUSHSTEP_VAR_CF_BRANCH": "feature/x"}, []),
        ({}, ["--variables=CF_BRANCH=feature/x"]),
    ],
    ids=["github", "gitlab", "elsewhere"],
)
def test_section_7_a_branch_that_is_given_has_its_own_tag(
    environ: dict[str, str], options: list[str]
) -> None:
    condition = """condition: {all: {x: '"${{CF_BRANCH_TAG_NORMALIZED}}" == "main"'}}"""

    run = Still(environ=environ)("push", "--candidate=a", f"--when={condition}", *options)

    assert run.status == 0, run.err
    assert """skipped: condition `x` does not hold: "feature_x" == "main\"""" in run.err


# --- anything ------------------------------------------------------------------------------------------

ARGUMENTS = (
    st.sampled_from(
        [f"--{one.name}" for one in FIELDS]
        + [f"--no-{one.name}" for one in BOOLEANS]
        + [f"--{one.name}=x" for one in FIELDS]
        + ["push", "plan", "-h", "--", "-", "", "--=", "--=x", "--no-", "--json", "--password-stdin"]
    )
    | st.text(max_size=5)
    | st.text(max_size=5).map(lambda name: f"--{name}")
)


@given(st.lists(ARGUMENTS))
def test_no_arguments_crash(arguments: list[str]) -> None:
    parsed = cli.parse(arguments)

    assert {one.code for one in parsed.problems} <= CODES.keys()
    assert all(problem.message and problem.path for problem in parsed.problems)
    assert not parsed.options.keys() & {one.name for one in SECRETS}


@given(st.lists(st.sampled_from([one.name for one in TEXTS]), unique=True), st.data())
def test_what_was_written_with_an_equals_sign_is_read_as_it_is(names: list[str], data: st.DataObject) -> None:
    given_texts = {name: data.draw(st.text()) for name in names}

    assert options(cli.parse([f"--{name}={text}" for name, text in given_texts.items()])) == given_texts
