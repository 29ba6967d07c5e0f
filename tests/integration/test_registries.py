"""A registries document on real registries: by name, by host and as default (push-step.md 5)."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from docker.models.images import Image

from tests.support.pushstep import Pushstep
from tests.support.registries import PASSWORD, USER, Registry, listening

DOCUMENT = """\
registries:
  team:
    domain: {htpasswd}
    username: ${{{{TEAM_USER}}}}
    password: ${{{{TEAM_PASSWORD}}}}
    repository_prefix: team-a/sub
    default: true
  wrong: {{domain: '{htpasswd}', username: {user}, password: none-of-these}}
  open: {{domain: '{open}', repository_prefix: p}}
  lab: {{domain: '{tls}', ca: ca.pem}}
  blind: {{domain: '{tls_address}', insecure: skip-verify}}
  plain: {{domain: '{address}', insecure: http}}
  unused: {{provider: ecr, domain: '{nowhere}', password: ${{{{NOBODY}}}}, username: x}}
"""
CREDENTIALS = {"TEAM_USER": USER, "TEAM_PASSWORD": PASSWORD}


@pytest.fixture
def document(
    pushstep: Pushstep, registries: dict[str, Registry], authority: trustme.CA
) -> Callable[..., str]:
    """Writes it, and gives its path in the workspace."""
    authority.cert_pem.write_to_path(pushstep.folder / "ca.pem")
    pushstep.environ |= CREDENTIALS

    def write(**changes: str) -> str:
        hosts = {name: registries[name].host for name in ("htpasswd", "open", "tls")}
        addresses = {"address": registries["open"].address, "tls_address": registries["tls"].address}
        text = DOCUMENT.format(**hosts, **addresses, user=USER, nowhere="public.ecr.aws")
        for before, after in changes.items():
            text = text.replace(before, after)
        (pushstep.folder / "regs.yml").write_text(text)
        return "regs.yml"

    return write


@pytest.mark.usefixtures("unchanged_names")
def test_section_5_by_logical_name(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    document: Callable[..., str],
    image: Image,
    repository: str,
) -> None:
    """Login, prefix, authority, plain HTTP and no verification, each where its entry says so."""
    run = pushstep(
        *("--registries", document(), "--candidate", image.tags[0], "--image-name", repository),
        *("--tag", "1", "--registry", "team,open,lab,blind,plain"),
    )

    assert run.status == 0, run.err
    assert [(one["registry"], one["repository"], one["identity"]) for one in run.destinations] == [
        (registries["htpasswd"].host, f"team-a/sub/{repository}", f"{USER} (registry team)"),
        (registries["open"].host, f"p/{repository}", "anonymous"),
        (registries["tls"].host, repository, "anonymous"),
        (registries["tls"].address, repository, "anonymous"),
        (registries["open"].address, repository, "anonymous"),
    ]
    digests = {one["digest"] for one in run.destinations}
    assert digests == {registries["htpasswd"].digest(f"team-a/sub/{repository}", "1")}
    assert registries["open"].digest(f"p/{repository}", "1") in digests
    assert registries["tls"].digest(repository, "1") in digests
    assert PASSWORD not in run.everything()


@pytest.mark.usefixtures("unchanged_names")
def test_section_5_2_the_default_and_section_5_1_a_host(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    document: Callable[..., str],
    image: Image,
    repository: str,
) -> None:
    """The default has its prefix, a host none; nobody else's login is used for either."""
    options = ("--candidate", image.tags[0], "--image-name", repository)
    without_other = document(**{"wrong: {domain: '": "wrong: {domain: 'x."})

    host = registries["htpasswd"].host
    by_text = {"PUSHSTEP_REGISTRIES": (pushstep.folder / without_other).read_text()}

    for arguments, environ in (
        ((*options, "--tag=1"), {"PUSHSTEP_REGISTRIES": without_other}),
        ((*options, "--tag=2", f"--registry={host}", f"--registries={without_other}"), {}),
        (("--candidate", image.tags[0], f"--tags={host}/{repository}:3"), by_text),
    ):
        run = pushstep(*arguments, environ=environ)
        assert run.status == 0, run.err
        assert run.destinations[0]["identity"] == f"{USER} (registry team)"

    assert registries["htpasswd"].tags(f"team-a/sub/{repository}") == ["1"]
    assert registries["htpasswd"].tags(repository) == ["2", "3"]


def test_section_2_1_a_host_of_two_entries_asks_for_the_name(
    pushstep: Pushstep, registries: dict[str, Registry], document: Callable[..., str], image: Image
) -> None:
    host = registries["htpasswd"].host

    run = pushstep("--registries", document(), "--candidate", image.tags[0], f"--tags={host}/a/b:3")

    assert run.status == 2
    assert run.codes == ["conflict"]
    assert f"{host} is the domain of several registries: team, wrong" in run.err


@pytest.mark.usefixtures("unchanged_names")
@pytest.mark.parametrize("transport", ["direct", "daemon"])
def test_section_5_3_whose_login_comes_first(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    document: Callable[..., str],
    image: Image,
    repository: str,
    transport: str,
) -> None:
    """The step's, then the entry's, then the Docker configuration's; a wrong one is not passed by."""
    options = (
        *("--registries", document(), "--candidate", image.tags[0], "--image-name", repository),
        f"--transport={transport}",
    )
    docker_auth = f'{{"auths": {{"{registries["htpasswd"].host}": {{"username": "x", "password": "y"}}}}}}'
    told = {"DOCKER_AUTH_CONFIG": docker_auth}

    given = (f"--username={USER}", "--password-stdin")

    for registry, more, status, identity in (
        ("team", (), 0, f"{USER} (registry team)"),
        ("wrong", (), 1, f"{USER} (registry wrong)"),
        ("wrong", given, 0, f"{USER} (input username/password)"),
    ):
        run = pushstep(*options, f"--registry={registry}", *more, stdin=PASSWORD, environ=told)
        assert run.status == status, run.err
        assert run.codes == ([] if status == 0 else ["login"])
        assert run.destinations[0]["identity"] == identity
        assert "none-of-these" not in run.everything().replace((pushstep.folder / "regs.yml").read_text(), "")


def test_a_login_that_one_entry_is_refused_says_nothing_of_the_other(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    document: Callable[..., str],
    image: Image,
    repository: str,
) -> None:
    for transport in ("direct", "daemon"):
        run = pushstep(
            *("--registries", document(), "--candidate", image.tags[0], "--registry", "wrong,team"),
            *("--image-name", repository, "--tag", transport, f"--transport={transport}"),
        )

        assert run.status == 1
        assert [one["result"] for one in run.destinations] == ["failure", "success"]
    assert registries["htpasswd"].tags(f"team-a/sub/{repository}") == ["daemon", "direct"]


def test_what_the_daemon_does_not_honour_is_said(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    document: Callable[..., str],
    image: Image,
    repository: str,
) -> None:
    run = pushstep(
        *("--registries", document(), "--candidate", image.tags[0], "--image-name", repository),
        *("--registry", "lab,blind", "--transport", "daemon", "--dry-run"),
    )

    assert run.status == 0, run.err
    tls = registries["tls"]
    assert (
        "notice: registry lab: the Docker daemon does not know `ca`: give the daemon the authority as "
        f"/etc/docker/certs.d/{tls.host}/ca.crt"
    ) in run.err
    assert (
        "notice: registry blind: the Docker daemon does not know `insecure`: list "
        f"{tls.address} under insecure-registries in the daemon's daemon.json"
    ) in run.err


@pytest.mark.usefixtures("unchanged_names")
def test_section_2_registry_context_reads_the_candidate(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    document: Callable[..., str],
    image: Image,
    repository: str,
) -> None:
    """Two entries of its host: the one that is named reads it, and without a name it is an error."""
    documented = ("--registries", document())
    source = f"{registries['htpasswd'].host}/team-a/sub/{repository}:1"
    first = pushstep(
        *documented, "--candidate", image.tags[0], "--image-name", repository, "--tag=1", "--registry=team"
    )
    promote = (*documented, f"--candidate=docker://{source}", "--registry=open", "--tag=1")

    assert first.status == 0, first.err
    digest = first.destinations[0]["digest"]
    for context, status, codes in (("team", 0, []), ("wrong", 1, ["login"]), ("lab", 2, ["conflict"])):
        run = pushstep(*promote, f"--registry-context={context}")
        assert (run.status, run.codes) == (status, codes), run.err
    run = pushstep(*promote)
    assert (run.status, run.codes) == (2, ["conflict"])
    assert "`registry_context`" in run.err
    assert registries["open"].digest(f"p/team-a/sub/{repository}", "1") == digest


def test_section_1_3_mistakes_of_the_document_come_before_anything_runs(pushstep: Pushstep) -> None:
    """Of steps and registries at once, those that no step uses too."""
    (pushstep.folder / "push.yml").write_text(
        "candidate: app\ntag: a b\nregistry: r\nwhen: {branch: {only: [x]}}\n"
    )
    registries = (
        "registries:\n  a:\n    insecure: true\n  b: {default: true}\n  c: {default: true, usernam: x}\n"
    )
    with listening() as listener:
        run = pushstep(
            "--step=push.yml",
            environ={"PUSHSTEP_REGISTRIES": registries, "DOCKER_HOST": f"tcp://{listener.host}"},
        )

        assert listener.connections == 0
    assert run.status == 2
    assert [(one["path"], one["line"]) for one in run.report["errors"]] == [
        ("registries.a.insecure", 3),
        ("registries.c.default", 5),
        ("registries.c.usernam", 5),
        ("tag", 2),
    ]
    assert "PUSHSTEP_REGISTRIES:3:15: registries.a.insecure: 'true' does not say" in run.err


LATE = {
    # what the step says, what the document has for it → code, path, what is said
    "a name that nobody has": (
        "registry: lba",
        "",
        "reference",
        "registry[0]",
        "the registries document has",
    ),
    "an unresolved variable": (
        "registry: a",
        "",
        "variable",
        "registries.a.password",
        "nothing gives SECRE a",
    ),
    "an empty one": ("registry: a", "SECRE", "value", "registries.a.password", "is empty"),
}


@pytest.mark.parametrize("row", LATE)
def test_section_3_only_an_entry_that_is_used_needs_its_variables(pushstep: Pushstep, row: str) -> None:
    step, empty, code, path, said = LATE[row]
    document = "registries:\n  a:\n    username: x\n    password: ${{SECRE}}\n  b: {}\n"

    run = pushstep(
        f"--step=candidate: app\nimage_name: a/b\n{step}",
        environ={"PUSHSTEP_REGISTRIES": document, **({empty: ""} if empty else {})},
    )

    assert run.status == 2
    (error,) = run.report["errors"]
    assert (error["code"], error["path"]) == (code, path)
    # of the document: what it has no name for stands in the step
    assert error["line"] == (4 if path.startswith("registries") else 3)
    assert said in run.err


def test_a_forks_pull_request_is_told_why_its_password_is_empty(pushstep: Pushstep) -> None:
    event = Path(__file__).parents[1] / "fixtures/ci/github/pull_request-fork.json"
    document = "registries:\n  a: {username: x, password: '${{THE_PASSWORD}}'}\n"

    run = pushstep(
        *("--candidate=a/b", "--registry=a"),
        environ={
            "PUSHSTEP_REGISTRIES": document,
            "THE_PASSWORD": "",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": "acme/app",
        },
    )

    assert run.status == 2
    (error,) = run.report["errors"]
    assert error["path"] == "registries.a.password"
    assert "fork" in error["hint"]


TRUST = {
    # options, environment, whether the run goes on
    "a file": (["--registries=regs.yml"], {"GITHUB_TOKEN": "t0ken"}, False),
    "a trusted file": (["--registries=regs.yml", "--trust-document"], {"GITHUB_TOKEN": "t0ken"}, True),
    "no credentials": (["--registries=regs.yml"], {}, True),
    "text": (["--registries=registries: {a: {}}"], {"GITHUB_TOKEN": "t0ken"}, True),
    "a file outside": (["--registries={home}/regs.yml"], {"GITHUB_TOKEN": "t0ken"}, True),
    # the text is trusted, and what it holds is not for whoever wrote the step
    "a step beside a text with a password": (
        ["--registries=registries: {a: {username: x, password: hunter22}}", "--step=push.yml"],
        {},
        False,
    ),
    "a step beside a text without one": (
        ["--registries=registries: {a: {domain: x.io}}", "--step=push.yml"],
        {},
        True,
    ),
}


@pytest.mark.parametrize("row", TRUST)
def test_section_5_3_registries_of_a_strange_checkout(pushstep: Pushstep, row: str) -> None:
    options, environ, goes_on = TRUST[row]
    home = Path(pushstep.environ["HOME"])
    for folder in (pushstep.folder, home):
        (folder / "regs.yml").write_text("registries: {a: {domain: x.io}}\n")
    (pushstep.folder / "push.yml").write_text("candidate: app\nwhen: {branch: {only: [x]}}\n")

    run = pushstep(
        *(option.replace("{home}", str(home)) for option in options),
        *([] if "--step=push.yml" in options else ["--candidate=app", "--when=branch: {only: [x]}"]),
        environ={
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "pull_request_target",
            "GITHUB_WORKSPACE": str(pushstep.folder),
            **environ,
        },
    )

    assert run.status == (0 if goes_on else 2), run.err
    assert run.report["result"] == ("skipped" if goes_on else "failure")
    assert ("trust-document" in run.err) is not goes_on
    assert "hunter22" not in run.everything()


def test_interface_2_registries_that_are_not_there(pushstep: Pushstep) -> None:
    run = pushstep("--registries=no.yml", "--step=nor.yml")

    assert run.status == 2
    assert [one["path"] for one in run.report["errors"]] == ["--registries", "--step"]
    assert run.err.count("No such file") == 2


def test_one_place_that_two_names_lead_to_is_pushed_to_once(
    pushstep: Pushstep,
    registries: dict[str, Registry],
    image: Image,
    repository: str,
) -> None:
    host = registries["open"].host
    document = f"registries: {{a: {{domain: '{host}'}}, b: {{domain: '{host}'}}}}"

    run = pushstep(
        *("--registries", document, "--candidate", image.tags[0], "--image-name", repository),
        *("--registry", "a,b", "--tag", "1"),
    )

    assert run.status == 0, run.err
    assert [one["registry"] for one in run.destinations] == [host]
