"""Inputs become a step and its options; every rule about a field (push-step.md 1.4, 2, 2.1, 4, 5.1)."""

from collections.abc import Callable, Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep import inputs
from pushstep.conditions.branch import BranchFilter, ExactName, Regex
from pushstep.errors import CODES, InputError, Problem
from pushstep.fields import BY_NAME, FIELDS, Field
from pushstep.inputs import Given
from pushstep.javascript import JavaScript
from pushstep.registry.reference import LocalImage, Reference
from pushstep.step.document import Data
from pushstep.step.model import Credentials, Options, Step
from pushstep.step.raw import Origin, RawStep
from pushstep.step.resolution import check, resolve
from pushstep.step.steps import gathered, problems
from pushstep.step.validation import options
from pushstep.step.variables import Variables

DIGEST = f"sha256:{'0' * 64}"


@pytest.fixture(scope="module")
def engine() -> Iterator[JavaScript]:
    with JavaScript() as engine:
        yield engine


def told(engine: JavaScript, given_texts: Mapping[str, str]) -> tuple[Step, Options]:
    """What comes of these options, beside a candidate."""
    level = {
        name: Given(text=text, where=f"--{name}")
        for name, text in {"candidate": "app", **given_texts}.items()
    }
    return read(inputs.read(level, {}, on_github=False), engine)


def read(given: inputs.Inputs, engine: JavaScript) -> tuple[Step, Options]:
    """What a run makes of its inputs, in its two stages."""
    steps = gathered(given)
    if found := problems(steps, engine):
        raise InputError(found)
    return resolve(steps.selected[0], Variables()), steps.options


def refused(engine: JavaScript, given_texts: Mapping[str, str]) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        told(engine, given_texts)
    return caught.value.problems


# --- values that are taken -----------------------------------------------------------------------------

STEP: dict[str, tuple[dict[str, str], dict[str, object]]] = {
    "nothing but a candidate": (
        {},
        {
            "name": "push",
            "title": None,
            "description": None,
            "provider": None,
            "tag": None,
            "tags": (),
            "bare_tags": ("latest",),
            "references": (),
            "image_name": None,
            "registry": (),
            "credentials": None,
            "fail_fast": True,
            "strict_fail_fast": False,
        },
    ),
    "title and description": (
        {"title": " A title ", "description": "é\n::error::x"},
        {"title": "A title", "description": "é\n::error::x"},
    ),
    # section 4
    "a candidate": ({"candidate": "app:1"}, {"candidate": LocalImage(text="app:1", repository="app")}),
    "blanks around it": ({"candidate": " app\n"}, {"candidate": LocalImage(text="app", repository="app")}),
    "the daemon's, explicitly": (
        {"candidate": "docker-daemon:ghcr.io/acme/app:1"},
        {"candidate": LocalImage(text="ghcr.io/acme/app:1", host="ghcr.io", repository="acme/app")},
    ),
    "its ID": ({"candidate": DIGEST}, {"candidate": LocalImage(text=DIGEST)}),
    "the ID, explicitly the daemon's": (
        {"candidate": f"docker-daemon:{DIGEST}"},
        {"candidate": LocalImage(text=DIGEST)},
    ),
    # section 2: a tag is read as it was written
    "a tag": ({"tag": "1.10"}, {"tag": "1.10", "bare_tags": ("1.10",)}),
    "a tag of digits": ({"tag": "0123456"}, {"bare_tags": ("0123456",)}),
    "a tag that is a word of YAML": ({"tag": "on"}, {"bare_tags": ("on",)}),
    "blanks around a tag": ({"tag": " 1 "}, {"bare_tags": ("1",)}),
    "tags in lines": ({"tags": "1.10\n on \r\n\n"}, {"tags": ("1.10", "on")}),
    "tags with commas": ({"tags": "1.10, on,"}, {"tags": ("1.10", "on")}),
    "tags as a YAML list": ({"tags": "[1.10, on, 0123456, 1e5]"}, {"tags": ("1.10", "on", "0123456", "1e5")}),
    "tags as a YAML list in lines": (
        {"tags": "- 1.10\n- on # the last\n- '1e5'"},
        {"tags": ("1.10", "on", "1e5")},
    ),
    "blanks before a YAML list": ({"tags": " \n[a]"}, {"tags": ("a",)}),
    "duplicate tags": ({"tags": "b,a,b"}, {"bare_tags": ("b", "a")}),
    "no tags in a YAML list": ({"tags": "[]"}, {"tags": (), "bare_tags": ("latest",)}),
    "full references": (
        {"tags": "ghcr.io/acme/app:1,acme/app:1,index.docker.io/acme/app:1"},
        {
            "references": (
                Reference(host="ghcr.io", repository="acme/app", tag="1"),
                Reference(host="docker.io", repository="acme/app", tag="1"),
            ),
        },
    ),
    "full references in YAML": (
        {"tags": "- ghcr.io/acme/app:1.10"},
        {"references": (Reference(host="ghcr.io", repository="acme/app", tag="1.10"),)},
    ),
    "a full reference at an address": (
        {"tags": "[::1]:5000/app:1,[::1]:5000/app:2"},
        {
            "references": (
                Reference(host="[::1]:5000", repository="app", tag="1"),
                Reference(host="[::1]:5000", repository="app", tag="2"),
            )
        },
    ),
    "an image name": ({"image-name": "acme/app"}, {"image_name": "acme/app"}),
    "an image name with a host": ({"image-name": "ghcr.io/acme/app"}, {"image_name": "ghcr.io/acme/app"}),
    # section 5.1
    "a registry": ({"registry": "GHCR.io"}, {"registry": ("ghcr.io",)}),
    "registries": (
        {"registry": "https://ghcr.io/v2/, index.docker.io\nlocalhost:5000", "image-name": "acme/app"},
        {"registry": ("ghcr.io", "docker.io", "localhost:5000")},
    ),
    "registries in YAML": ({"registry": "[ghcr.io, 'a.io:1']"}, {"registry": ("ghcr.io", "a.io:1")}),
    "an address": ({"registry": "[::1]:5000"}, {"registry": ("[::1]:5000",)}),
    "layouts": (
        {"registry": "oci:out, ghcr.io, oci:/srv/My Layouts/a@b"},
        {"registry": ("oci:out", "ghcr.io", "oci:/srv/My Layouts/a@b")},
    ),
    "credentials beside a layout are the registry's": (
        {"registry": "oci:out,ghcr.io", "username": "bot", "password": "hunter2"},
        {"registry": ("oci:out", "ghcr.io")},
    ),
    "a context": (
        {"candidate": "docker://ghcr.io/acme/app", "registry-context": "https://GHCR.io/v2/"},
        {"registry_context": "ghcr.io"},
    ),
    "another address": ({"registry": " [fe80::A.b]:1"}, {"registry": ("[fe80::a.b]:1",)}),
    "an address in YAML": ({"registry": "['[::1]:5000']"}, {"registry": ("[::1]:5000",)}),
    "an address with its scheme's path": ({"registry": "[::1]/v2/"}, {"registry": ("[::1]",)}),
    # credentials are taken as they are
    "credentials": (
        {"username": " bot", "password": " ${{x}} \n"},
        {"credentials": Credentials(username=" bot", password=" ${{x}} \n")},
    ),
    "credentials for one registry by two names": (
        {
            "username": "bot",
            "password": "p",
            "registry": "docker.io,https://index.docker.io/v1/",
            "image-name": "acme/app",
        },
        {"credentials": Credentials(username="bot", password="p")},
    ),
    "credentials for one host in full references": (
        {
            "username": "bot",
            "password": "p",
            "tags": "acme/a:1,docker.io/acme/b:1,registry-1.docker.io/x/y:1",
        },
        {"credentials": Credentials(username="bot", password="p")},
    ),
    # provider
    "docker": ({"provider": "docker"}, {"provider": "docker"}),
    "standard": ({"provider": "standard"}, {"provider": "docker"}),
    # when
    "when": (
        {"when": "branch: {only: [main, /^release-/i], ignore: [on]}"},
        {
            "when": BranchFilter(
                only=(
                    ExactName(text="main"),
                    Regex(text="/^release-/i", pattern="^release-", flags="i", path="when.branch.only[1]"),
                ),
                ignore=(ExactName(text="on"),),
            )
        },
    ),
    "when of nothing": ({"when": "{}"}, {"when": BranchFilter()}),
}


@pytest.mark.parametrize(("given_texts", "expected"), STEP.values(), ids=STEP)
def test_section_2_values_that_are_taken(
    given_texts: dict[str, str], expected: dict[str, object], engine: JavaScript
) -> None:
    step, options = told(engine, given_texts)

    found = {name: step.when.branch if name == "when" else getattr(step, name) for name in expected}
    assert found == expected
    assert options == Options()


YES = ["true", "True", "TRUE", "yes", "Yes", "on", "ON", "1", " true\n"]
NO = ["false", "False", "FALSE", "no", "No", "off", "OFF", "0", " false\n"]


@pytest.mark.parametrize("name", ["fail-fast", "strict-fail-fast", "dry-run", "summary"])
def test_section_2_booleans(name: str, engine: JavaScript) -> None:
    for expected, texts in ((True, YES), (False, NO)):
        for text in texts:
            step, options = told(engine, {name: text})
            both = {**step.model_dump(), **options.model_dump()}
            assert both[name.replace("-", "_")] is expected


@pytest.mark.parametrize("name", ["fail-fast", "strict-fail-fast", "dry-run", "summary"])
@pytest.mark.parametrize("text", ["y", "n", "ja", "2", "truefalse", "[true]", " "])
def test_section_2_anything_else_is_no_boolean(name: str, text: str, engine: JavaScript) -> None:
    (problem,) = refused(engine, {name: text})

    assert (problem.code, problem.path) == ("value", f"--{name}")
    assert problem.message == f"--{name}: {text.strip()!r} is neither true nor false"
    assert problem.hint == "Write true or false."


OPTIONS: dict[str, tuple[dict[str, str], Options]] = {
    "nothing": ({}, Options(dry_run=False, transport="auto", report=None, summary=True, github_token=None)),
    "everything": (
        {
            "dry-run": "on",
            "transport": "daemon",
            "report": " out/report.json ",
            "summary": "0",
            "github-token": " t ",
        },
        Options(
            dry_run=True, transport="daemon", report="out/report.json", summary=False, github_token=" t "
        ),
    ),
    "auto": ({"transport": "auto"}, Options()),
    "auto to log in": ({"login": "auto"}, Options()),
    "a login": ({"login": " github "}, Options(login="github")),
    "a role": (
        {"aws-role-to-assume": "arn:aws:iam::123456789012:role/pusher"},
        Options(aws_role_to_assume="arn:aws:iam::123456789012:role/pusher"),
    ),
    "a role with its login": (
        {"login": "aws", "aws-role-to-assume": "arn:aws:iam::123456789012:role/pusher"},
        Options(login="aws", aws_role_to_assume="arn:aws:iam::123456789012:role/pusher"),
    ),
}


@pytest.mark.parametrize(("given_texts", "expected"), OPTIONS.values(), ids=OPTIONS)
def test_options(given_texts: dict[str, str], expected: Options, engine: JavaScript) -> None:
    assert told(engine, given_texts)[1] == expected


@pytest.mark.parametrize("one", [one for one in FIELDS if one.default], ids=lambda one: one.name)
def test_a_default_in_the_table_is_what_nothing_means(one: Field, engine: JavaScript) -> None:
    default = "latest" if one.name == "tag" else one.default

    (step, options), (same_step, same_options) = told(engine, {}), told(engine, {one.name: default})
    assert options == same_options
    assert step.bare_tags == same_step.bare_tags
    assert step.model_copy(update={"tag": None}) == same_step.model_copy(update={"tag": None})


def test_a_secret_is_not_printed(engine: JavaScript) -> None:
    found = told(engine, {"username": "bot", "password": "hunter2", "github-token": "swordfish"})

    assert "bot" in repr(found)
    assert "hunter2" not in repr(found)
    assert "swordfish" not in repr(found)


def test_a_step_is_frozen(engine: JavaScript) -> None:
    step, options = told(engine, {})

    for value, name in (
        (step, "tag"),
        (options, "report"),
        (Credentials(username="a", password="b"), "password"),
    ):
        with pytest.raises(ValueError, match="frozen"):
            setattr(value, name, "x")


# --- values that are not -------------------------------------------------------------------------------

# given → code, path, message, hint
REFUSED: dict[str, tuple[dict[str, str], tuple[str, str, str, str]]] = {
    # section 1.4: what is given is not empty
    "a blank candidate": (
        {"candidate": " "},
        ("value", "--candidate", "is empty or no text", "Write one text here."),
    ),
    "a blank tag": ({"tag": " "}, ("value", "--tag", "is empty or no text", "Write one text here.")),
    "a blank title": ({"title": "\n"}, ("value", "--title", "is empty or no text", "")),
    "a blank description": ({"description": " "}, ("value", "--description", "is empty or no text", "")),
    "a blank image name": ({"image-name": " "}, ("value", "--image-name", "is empty or no text", "")),
    "a blank report": ({"report": " "}, ("value", "--report", "is empty or no text", "")),
    "a blank registry": (
        {"registry": " "},
        ("value", "--registry", "is empty", "Name a host, or leave it out."),
    ),
    "registries of commas": ({"registry": ","}, ("value", "--registry", "is empty", "Name a host")),
    "no registries in YAML": ({"registry": "[]"}, ("value", "--registry", "is empty", "Name a host")),
    "null among tags": ({"tags": "[a, ~]"}, ("value", "--tags[1]", "is empty or no text", "")),
    "an empty text among tags": ({"tags": "[a, '']"}, ("value", "--tags[1]", "is empty or no text", "")),
    "a list among tags": ({"tags": "[[a]]"}, ("value", "--tags[0]", "is empty or no text", "")),
    "a mapping among tags": ({"tags": "- a: b"}, ("value", "--tags[0]", "is empty or no text", "")),
    "null among registries": ({"registry": "[null]"}, ("value", "--registry[0]", "is empty or no text", "")),
    "when is null": ({"when": "null"}, ("value", "--when", "is no mapping", "branch: {only: ['main']}")),
    "when is a comment": ({"when": "# main"}, ("value", "--when", "is no mapping", "")),
    "only is empty": (
        {"when": "branch: {only: []}"},
        ("value", "--when.branch.only", "is an empty list", ""),
    ),
    "ignore is empty": (
        {"when": "branch: {ignore: []}"},
        ("value", "--when.branch.ignore", "is an empty list", ""),
    ),
    # section 2: tags
    "a branch as tag": (
        {"tag": "feature/login"},
        (
            "reference",
            "--tag",
            "'feature/login' is no tag",
            "Normalized it reads 'feature_login'; CF_BRANCH_TAG_",
        ),
    ),
    "a full reference as tag": (
        {"tag": "ghcr.io/acme/app:1"},
        ("reference", "--tag", "is a full reference, no tag", "Give full references in `tags`."),
    ),
    "a time as tag": ({"tag": "1:30"}, ("reference", "--tag", "a tag holds no ':'", "")),
    "a long tag": ({"tag": "a" * 129}, ("reference", "--tag", "1 to 128 of", "")),
    # section 2.1
    "a branch among tags": (
        {"tags": "main,feature/login"},
        ("reference", "--tags[1]", "'feature/login' is no tag", "Normalized it reads 'feature_login'"),
    ),
    "a reference without a tag": (
        {"tags": "ghcr.io/acme/app"},
        ("reference", "--tags[0]", "'ghcr.io/acme/app' is no tag", "A full reference has ':' and a tag"),
    ),
    "a colon in a bare tag": (
        {"tags": "app:1"},
        ("reference", "--tags[0]", "a tag holds no ':'", "registry.example.com/team/app:1.2"),
    ),
    "a digest": (
        {"tags": f"ghcr.io/acme/app@{DIGEST}"},
        ("reference", "--tags[0]", "holds a digest", "A tag is pushed under a name"),
    ),
    "a digest behind a tag": (
        {"tags": f"ghcr.io/acme/app:1@{DIGEST}"},
        ("reference", "--tags[0]", "holds a digest", ""),
    ),
    "a bare digest": ({"tags": f"app@{DIGEST}"}, ("reference", "--tags[0]", "is no tag", "")),
    "kinds are mixed": (
        {"tags": "1.2,ghcr.io/acme/app:1.2"},
        ("conflict", "--tags", "full references and bare tags are mixed", "Give one kind"),
    ),
    "full references and image_name": (
        {"tags": "ghcr.io/acme/app:1", "image-name": "acme/app"},
        ("conflict", "--image-name", "given beside full references in tags", "Leave it out."),
    ),
    "full references and registry": (
        {"tags": "ghcr.io/acme/app:1", "registry": "ghcr.io"},
        ("conflict", "--registry", "given beside full references in tags", "Leave it out."),
    ),
    "full references and ECR": (
        {"tags": "ghcr.io/acme/app:1", "provider": "ecr"},
        ("conflict", "--provider", "'ecr' given beside full references in tags", "Give bare tags."),
    ),
    "full references at two hosts and credentials": (
        {"tags": "ghcr.io/acme/app:1,acme/app:1", "username": "bot", "password": "p"},
        ("conflict", "--username", "one user name and password for 2 registries", "DOCKER_CONFIG"),
    ),
    "a full reference of one part on Docker Hub": (
        {"tags": "docker.io/app:1"},
        ("reference", "--tags[0]", "'app' has no namespace", "user or organisation"),
    ),
    "a full reference in capitals": (
        {"tags": "ghcr.io/Acme/App:1"},
        ("reference", "--tags[0]", "must be lower-case", "Write 'acme/app'."),
    ),
    # section 2: image_name
    "image_name with a tag": (
        {"image-name": "acme/app:1"},
        ("reference", "--image-name", "holds a tag", "Give image_name 'acme/app' and tag '1'."),
    ),
    "image_name with a digest": (
        {"image-name": f"acme/app@{DIGEST}"},
        ("reference", "--image-name", "holds a digest", "Give the digest in candidate."),
    ),
    "image_name in capitals": (
        {"image-name": "Acme/App"},
        ("reference", "--image-name", "must be lower-case", "Write 'acme/app'."),
    ),
    # section 2: credentials
    "no password": (
        {"username": "bot"},
        ("missing", "password", "password is missing", "Both username and password are needed."),
    ),
    "no username": (
        {"password": "hunter2"},
        ("missing", "username", "username is missing", "Both username and password are needed."),
    ),
    "credentials for two registries": (
        {"registry": "ghcr.io,quay.io", "username": "bot", "password": "hunter2"},
        ("conflict", "--username", "one user name and password for 2 registries", "DOCKER_CONFIG"),
    ),
    # section 4
    "a cut ID": (
        {"candidate": "sha256:abc"},
        ("reference", "--candidate", "is no image ID", "64 hexadecimal digits"),
    ),
    "a cut digest": (
        {"candidate": "app@sha256:abc"},
        ("reference", "--candidate", "is no digest", "64 hexadecimal digits"),
    ),
    "a candidate in capitals": (
        {"candidate": "App"},
        ("reference", "--candidate", "must be lower-case", "Write 'app'."),
    ),
    "nothing behind the transport": (
        {"candidate": "docker-daemon:"},
        ("reference", "--candidate", "is no repository name", ""),
    ),
    # section 5.1
    "a logical name": (
        {"registry": "my-registry"},
        (
            "reference",
            "--registry[0]",
            "'my-registry' is no host, and no registry has this logical name",
            "there is no such document",
        ),
    ),
    "a logical name as context": (
        {"registry-context": "my-registry"},
        (
            "reference",
            "--registry-context",
            "'my-registry' is no host, and no registry has this logical name",
            "there is no such document",
        ),
    ),
    "another registry as context": (
        {"candidate": "docker://ghcr.io/acme/app", "registry-context": "https://quay.io/v2/"},
        (
            "conflict",
            "--registry-context",
            "is not the candidate's registry, ghcr.io",
            "Leave it out",
        ),
    ),
    "another registry as context of a name": (
        {"candidate": "acme.io/app", "registry-context": "quay.io"},
        (
            "conflict",
            "--registry-context",
            "'quay.io' is not the candidate's registry, acme.io",
            "Leave it out",
        ),
    ),
    "a context that is none": (
        {"candidate": "docker://ghcr.io/acme/app", "registry-context": "quay.io/acme"},
        ("reference", "--registry-context", "is a host with a path", "put 'acme' into image_name"),
    ),
    "a layout with a tag": (
        {"registry": "oci:out/app:1.2"},
        (
            "reference",
            "--registry[0]",
            "'oci:out/app:1.2' holds a tag",
            "Give registry 'oci:out/app' and tag '1.2'.",
        ),
    ),
    "a layout without a folder": (
        {"registry": "ghcr.io,oci:"},
        ("reference", "--registry[1]", "'oci:' names no folder", "Write oci:DIR, such as oci:out."),
    ),
    "a layout that cannot be shown": (
        {"registry": "oci:a\x00b"},
        ("reference", "--registry[0]", "names no folder", "Write oci:DIR"),
    ),
    "a layout as full reference": (
        {"tags": "oci:out/app:1.2"},
        (
            "reference",
            "--tags[0]",
            "'oci:out' names an image layout, and no registry",
            "Give it as registry, such as 'oci:out', and tags alone.",
        ),
    ),
    "a layout as full reference without a slash": (
        {"tags": "oci:out:1.2"},
        ("reference", "--tags[0]", "'oci:out:1.2' names an image layout", "Give it as registry"),
    ),
    "a layout that looks like a host": (
        {"tags": "oci:5000/app:1.2"},
        ("reference", "--tags[0]", "'oci:5000' names an image layout", "Give it as registry"),
    ),
    "a layout in image_name": (
        {"image-name": "oci:out/app"},
        ("reference", "--image-name", "'oci:out' names an image layout", "Give it as registry"),
    ),
    "plain HTTP": (
        {"registry": "http://ghcr.io"},
        ("reference", "--registry[0]", "plain HTTP is not named in the host", "insecure: http"),
    ),
    "a path behind the host": (
        {"registry": "a.io,ghcr.io/acme"},
        ("reference", "--registry[1]", "is a host with a path", "put 'acme' into image_name"),
    ),
    "a path behind the scheme": (
        {"registry": "https://ghcr.io/acme/"},
        ("reference", "--registry[0]", "is a host with a path", "into image_name"),
    ),
    "a bad port": (
        {"registry": "ghcr.io:99999"},
        ("reference", "--registry[0]", "is no registry host", "such as ghcr.io or localhost:5000"),
    ),
    # provider, transport
    "an unknown provider": (
        {"provider": "gcr"},
        ("value", "--provider", "'gcr' is no provider", "docker or ecr"),
    ),
    "an unknown transport": (
        {"transport": "ftp"},
        ("value", "--transport", "'ftp' is no transport", "Write auto, direct or daemon."),
    ),
    "an unknown way to log in": (
        {"login": "oidc"},
        ("value", "--login", "'oidc' is no way to log in", "Write auto, none, aws, github or gitlab."),
    ),
    "a way to log in that is to come": (
        {"login": "azure"},
        ("unsupported", "--login", "'azure' is not supported yet", "give username and password"),
    ),
    "login aws without a role": (
        {"login": "aws"},
        ("missing", "--login", "login aws has no aws-role-to-assume", "auto finds the AWS credentials"),
    ),
    "a role without its login": (
        {"login": "none", "aws-role-to-assume": "arn:aws:iam::123456789012:role/pusher"},
        (
            "conflict",
            "--aws-role-to-assume",
            "aws-role-to-assume is for login aws, and --login says none",
            "Leave one of them out",
        ),
    ),
    "no role": (
        {"aws-role-to-assume": "pusher"},
        ("value", "--aws-role-to-assume", "'pusher' is no ARN of a role", "arn:aws:iam::ACCOUNT:role/NAME"),
    ),
    # section 3: what resolves to nothing, and secrets
    "a variable as candidate": (
        {"candidate": "${{build}}"},
        ("variable", "--candidate", "nothing gives build a value", "--variables build=..."),
    ),
    "a variable in a tag": (
        {"tag": "v${{X}}"},
        ("variable", "--tag", "nothing gives X a value", "--variables X=..."),
    ),
    "a variable among tags": (
        {"tags": "a,$[[X]]"},
        ("variable", "--tags[1]", "nothing gives X a value", "--variables X=..."),
    ),
    "a variable in a full reference": (
        {"tags": "ghcr.io/a/b:${{X}}"},
        ("variable", "--tags[0]", "nothing gives X a value", "--variables X=..."),
    ),
    "a variable in a registry": (
        {"registry": "${{X}}.io"},
        ("variable", "--registry[0]", "nothing gives X a value", "--variables X=..."),
    ),
    "a variable in image_name": (
        {"image-name": "a/${{X}}"},
        ("variable", "--image-name", "nothing gives X a value", "--variables X=..."),
    ),
    "a variable as boolean": (
        {"fail-fast": "${{X}}"},
        ("variable", "--fail-fast", "nothing gives X a value", "--variables X=..."),
    ),
    "a variable as provider": (
        {"provider": "${{X}}"},
        ("variable", "--provider", "nothing gives X a value", "--variables X=..."),
    ),
    # when
    "when is no mapping": (
        {"when": "main"},
        ("value", "--when", "is no mapping", "branch: {only: ['main']}"),
    ),
    "when is no YAML": ({"when": "{"}, ("yaml", "--when", "--when is no valid YAML", "needs quotes")),
    "when has unknown fields": (
        {"when": "{brunch: {}}"},
        ("unknown", "--when.brunch", "is no known field", "Perhaps `branch`."),
    ),
    "a condition that is none": (
        {"when": "condition: {all: {x: 'CF_BRANCH = 1'}}"},
        ("condition-syntax", "--when.condition.all.x", "Unexpected", ""),
    ),
    "a regex that does not compile": (
        {"when": "branch: {only: [main, /(/]}"},
        ("regex", "--when.branch.only[1]", "does not compile: /(/", "as JavaScript reads it"),
    ),
    # lists
    "a YAML list that is not closed": (
        {"tags": "[a, b"},
        ("yaml", "--tags", "--tags is no valid YAML", "needs quotes"),
    ),
    "a YAML mapping": ({"tags": "[a]: b"}, ("yaml", "--tags", "a key must be text", "")),
}


@pytest.mark.parametrize(("given_texts", "expected"), REFUSED.values(), ids=REFUSED)
def test_section_2_values_that_are_not_taken(
    given_texts: dict[str, str], expected: tuple[str, str, str, str], engine: JavaScript
) -> None:
    (problem,) = refused(engine, given_texts)

    code, path, message, hint = expected
    assert (problem.code, problem.path) == (code, path)
    assert message in problem.message
    assert problem.message.startswith(path.partition("[")[0])
    assert hint in problem.hint
    assert problem.hint
    assert CODES[problem.code][0] == 2
    assert not problem.retryable


def test_the_candidate_is_needed(engine: JavaScript) -> None:
    with pytest.raises(InputError) as caught:
        read(inputs.Inputs(), engine)

    (problem,) = caught.value.problems
    assert problem == Problem(
        code="missing",
        message="candidate is missing",
        hint="Name the image to push, as `docker images` shows it.",
        path="candidate",
    )


def test_a_place_in_yaml_is_told(engine: JavaScript) -> None:
    (problem,) = refused(engine, {"when": "branch:\n  only: [a\n  ignore: [b]\n"})

    assert (problem.line, problem.column) == (3, 9)


def test_all_problems_are_told_at_once(engine: JavaScript) -> None:
    problems = refused(
        engine,
        {
            "candidate": "App",
            "tags": "a/b,1,ghcr.io/acme/app:1",
            "registry": "x",
            "image-name": "A",
            "username": "bot",
            "provider": "ecr",
            "fail-fast": "perhaps",
            "summary": "perhaps",
            "transport": "ftp",
            "title": " ",
            "region": "Ireland",
            "when": "{branch: {only: [], ignore: [/(/, '']}, steps: []}",
        },
    )

    assert [(problem.code, problem.path) for problem in problems] == [
        ("conflict", "--tags"),
        ("conflict", "--image-name"),
        ("conflict", "--registry"),
        ("conflict", "--provider"),
        ("value", "--when.branch.only"),
        ("value", "--when.branch.ignore[1]"),
        ("value", "--when.steps"),
        ("regex", "--when.branch.ignore[0]"),
        ("value", "--title"),
        ("reference", "--candidate"),
        ("reference", "--tags[0]"),
        ("reference", "--image-name"),
        ("missing", "password"),
        ("value", "--region"),
        ("value", "--fail-fast"),
        ("value", "--transport"),
        ("value", "--summary"),
    ]


def test_interface_3_a_problem_of_when_has_its_users_spelling(engine: JavaScript) -> None:
    environ = {
        "PUSHSTEP_CANDIDATE": "app",
        "PUSHSTEP_WHEN": "{branch: {only: []}, condition: {all: {x: a = b}}}",
        "PUSHSTEP_RETRY": "{maxAttempts: 0}",
    }
    with pytest.raises(InputError) as caught:
        read(inputs.read({}, environ, on_github=False), engine)

    for problem in caught.value.problems:
        assert problem.message.startswith(str(problem.path))
    assert [problem.path for problem in caught.value.problems] == [
        "PUSHSTEP_WHEN.branch.only",
        "PUSHSTEP_WHEN.condition.all.x",
        "PUSHSTEP_RETRY.maxAttempts",
    ]


# --- transport: daemon ---------------------------------------------------------------------------------

# beside `transport: daemon` → path, what the message ends in, what the hint holds
FOR_ITSELF = {
    "an archive": (
        {"candidate": "docker-archive:app.tar"},
        ("--candidate", "'docker-archive' is given beside transport daemon, which pushes what the Docker daemon holds", "load the image"),
    ),
    "an OCI archive": ({"candidate": "oci-archive:${{X}}"}, ("--candidate", "'oci-archive' is given", "Leave transport out")),
    "a layout": ({"candidate": "oci:out:1"}, ("--candidate", "'oci' is given", "Leave transport out")),
    "an image in a registry": ({"candidate": "docker://acme/app"}, ("--candidate", "'docker' is given", "Leave transport out")),
    "a platform": (
        {"platform": "linux/amd64"},
        ("--platform", "one platform is given beside transport daemon, which pushes an image as the daemon holds it", "Leave transport out."),
    ),
    "a layout as destination": (
        {"registry": "ghcr.io,oci:out"},
        ("--registry[1]", "an image layout is given beside transport daemon, which pushes to registries alone", "Leave transport out."),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given_texts", "expected"), FOR_ITSELF.values(), ids=FOR_ITSELF)
def test_what_the_daemon_cannot_push_is_a_conflict_before_anything_runs(
    given_texts: dict[str, str], expected: tuple[str, str, str], engine: JavaScript
) -> None:
    (problem,) = refused(engine, {**given_texts, "transport": "daemon"})

    path, message, hint = expected
    assert (problem.code, problem.path) == ("conflict", path)
    assert message in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize("transport", ["auto", "direct"])
def test_what_pushstep_itself_pushes(transport: str, engine: JavaScript) -> None:
    texts = {
        "candidate": "oci:in:1",
        "platform": "linux/amd64",
        "registry": "oci:out",
        "transport": transport,
    }

    step, options = told(engine, texts)

    assert (step.registry, options.transport) == (("oci:out",), transport)


def test_what_a_variable_brings_is_a_conflict_as_well() -> None:
    raw = RawStep(fields={"candidate": "${{X}}", "registry": "oci:out"})

    with pytest.raises(InputError) as caught:
        resolve(raw, Variables(given={"X": "docker-archive:app.tar"}), transport="daemon")

    assert [(problem.code, problem.path) for problem in caught.value.problems] == [
        ("conflict", "candidate"),
        ("conflict", "registry"),
    ]


def test_several_texts_that_cannot_be_read_are_told_at_once(engine: JavaScript) -> None:
    problems = refused(engine, {"tags": "[", "registry": "[", "when": "["})

    assert [(problem.code, problem.path) for problem in problems] == [
        ("yaml", "--tags"),
        ("yaml", "--registry"),
        ("yaml", "--when"),
    ]


def test_problems_name_what_the_user_wrote(engine: JavaScript) -> None:
    environ = {"INPUT_CANDIDATE": "App", "PUSHSTEP_IMAGE_NAME": "A", "INPUT_IMAGE_NAME": ""}

    with pytest.raises(InputError) as caught:
        read(inputs.read({}, environ, on_github=True), engine)

    assert [problem.path for problem in caught.value.problems] == ["INPUT_CANDIDATE", "PUSHSTEP_IMAGE_NAME"]


# --- fields as a document gives them -------------------------------------------------------------------


def parse(fields: Mapping[str, Data], where: Callable[[str], str], engine: JavaScript) -> None:
    """Raises `InputError` with what is wrong with the fields; `where` is what their user calls them."""
    raw = RawStep(fields=fields, origins={name: Origin(label=where(name)) for name in fields})
    raise InputError(check(raw, engine))


def test_an_unknown_field_is_refused(engine: JavaScript) -> None:
    with pytest.raises(InputError) as caught:
        parse({"candidate": "app", "kandidat": "x"}, str, engine)

    assert caught.value.problems == (
        Problem(
            code="unknown",
            message="kandidat: no such field",
            hint="Did you mean candidate?",
            path="kandidat",
        ),
    )


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        options({"reprot": "x"}, str)

    assert [problem.code for problem in caught.value.problems] == ["unknown"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("tags", "a"), ("tags", {"a": "b"}), ("registry", {"a": "b"}), ("credentials", "x"), ("registry", None)],
    ids=str,
)
def test_a_field_of_another_shape_is_refused(name: str, value: Data, engine: JavaScript) -> None:
    with pytest.raises(InputError) as caught:
        parse({"candidate": "app", name: value}, lambda schema: f"<{schema}>", engine)

    (problem,) = caught.value.problems
    assert problem.code == "value"
    assert problem.path == f"<{name}>"


def test_credentials_of_another_shape_are_refused_and_not_shown(engine: JavaScript) -> None:
    with pytest.raises(InputError) as caught:
        parse({"candidate": "app", "credentials": {"username": None, "password": ["hunter2"]}}, str, engine)

    assert [(problem.code, problem.path) for problem in caught.value.problems] == [
        ("value", "credentials.username"),
        ("value", "credentials.password"),
    ]
    assert "hunter2" not in str(caught.value)


# --- anything ------------------------------------------------------------------------------------------

READY = [one.name for one in FIELDS]
VALUES = (
    st.sampled_from(
        [
            "app",
            "acme/app:1",
            "ghcr.io/acme/app:1",
            "[a, b]",
            "{a: b}",
            "true",
            "- x",
            "[::1]:1",
            "docker",
            " ",
        ]
    )
    | st.lists(st.sampled_from([*"[]{}:,/@#&*!|>'\"%`~<\n -a1.", "branch", "only", "ghcr.io"])).map("".join)
    | st.text(max_size=10)
)


@given(st.dictionaries(st.sampled_from(READY), VALUES))
def test_whatever_is_given_becomes_a_step_or_problems(given_texts: dict[str, str]) -> None:
    with JavaScript() as engine:
        try:
            step, options = told(engine, given_texts)
        except InputError as error:
            assert error.problems
            assert {CODES[problem.code][0] for problem in error.problems} == {2}
            assert all(problem.message and problem.path for problem in error.problems)
        else:
            assert step.references or step.bare_tags
            assert isinstance(options, Options)
            assert not (step.references and (step.image_name or step.registry))


@given(st.lists(st.text(alphabet="aZ019._-", min_size=1, max_size=6), min_size=1))
def test_section_2_scalars_keep_their_spelling(texts: list[str]) -> None:
    with JavaScript() as engine:
        plain = [text for text in texts if text[0] not in ".-"]
        if not plain:
            return
        quoted = ", ".join(f"'{text}'" for text in plain)

        assert told(engine, {"tags": ",".join(plain)})[0].tags == tuple(plain)
        assert told(engine, {"tags": "\n".join(plain)})[0].tags == tuple(plain)
        assert told(engine, {"tags": f"[{quoted}]"})[0].tags == tuple(plain)


@given(st.text(min_size=1), st.text(min_size=1))
def test_credentials_are_taken_as_they_are(username: str, password: str) -> None:
    with JavaScript() as engine:
        step, _ = told(engine, {"username": username, "password": password})

    assert step.credentials == Credentials(username=username, password=password)
    assert set(BY_NAME) >= {"username", "password"}
