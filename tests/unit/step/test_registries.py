"""Registries documents (push-step.md 5): what is read, every mistake with its place, and what variables bring."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import CODES, InputError, Problem, PushstepError, StepError
from pushstep.step.entries import Entries
from pushstep.step.entry import Entry
from pushstep.step.registries import Registries, read
from pushstep.step.variables import StepOutputs, Variables

SIX = """\
registries:
  hub: {username: bot, password: hunter2}
  team:
    provider: docker
    domain: https://DTR.example.com/v2/
    username: ${{DTR_USER}}
    password: ${{DTR_PASSWORD}}
    repository_prefix: team-a
    default: true
  prod.ecr:
    provider: ecr
    region: eu-west-1
    account: 123456789012
    role_arn: arn:aws:iam::123456789012:role/pusher
    aws_session_name: ci
    aws_duration_seconds: 900
    accessKeyId: ${{KEY_ID}}
    secretAccessKey: ${{KEY}}
    sessionToken: ${{SESSION}}
  own-ecr: {provider: ecr, region: us-east-1}
  lab: {domain: 'localhost:5000', insecure: http}
  vault: {domain: 'r.example.com:8443', ca: ca.pem, client_cert: me.pem, client_key: key.pem, login: auto}
"""


def good(text: str) -> Registries:
    found = read(text, name="regs.yml")
    assert found.problems == ()
    return found


def entries(text: str, **environ: str) -> Entries:
    return good(text).entries(Variables(environ=environ))


def raised(found: Entries, name: str) -> tuple[Problem, ...]:
    with pytest.raises(PushstepError) as caught:
        found.named(name)
    return caught.value.problems


def test_section_5_six_registries() -> None:
    found = entries(SIX, DTR_USER="me", DTR_PASSWORD="secret", KEY_ID="AKIA", KEY="k", SESSION="s")

    assert found.named("hub") == Entry(name="hub", username="bot", password="hunter2")
    assert found.named("team") == Entry(
        name="team",
        domain="dtr.example.com",
        username="me",
        password="secret",
        repository_prefix="team-a",
        default="true",
    )
    assert found.named("prod.ecr") == Entry(
        name="prod.ecr",
        provider="ecr",
        region="eu-west-1",
        account="123456789012",
        role_arn="arn:aws:iam::123456789012:role/pusher",
        aws_session_name="ci",
        aws_duration_seconds="900",
        accessKeyId="AKIA",
        secretAccessKey="k",
        sessionToken="s",
    )
    assert found.named("lab") == Entry(name="lab", domain="localhost:5000", insecure="http")
    assert found.named("vault") == Entry(
        name="vault", domain="r.example.com:8443", ca="ca.pem", client_cert="me.pem", client_key="key.pem"
    )
    assert found.default() == found.named("team")
    assert {name: found.named(name).host for name in found.known} == {
        "hub": "docker.io",
        "team": "dtr.example.com",
        "prod.ecr": "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
        "own-ecr": None,  # whose account it is, AWS tells
        "lab": "localhost:5000",
        "vault": "r.example.com:8443",
    }
    assert "team" in found
    assert "dtr.example.com" not in found


def test_section_5_1_a_host_that_equals_a_domain() -> None:
    found = entries(SIX, DTR_USER="me", DTR_PASSWORD="secret", KEY_ID="a", KEY="k", SESSION="s")

    def at(host: str) -> str | None:
        entry = found.at(host, "", "registry")
        return entry.name if entry else None

    assert at("docker.io") == "hub"
    assert at("123456789012.dkr.ecr.eu-west-1.amazonaws.com") == "prod.ecr"
    assert at("localhost:5000") == "lab"
    assert at("localhost") is None


def test_section_2_1_several_registries_of_one_domain() -> None:
    found = entries(
        "registries: {a: {domain: r.io}, b: {domain: R.io, repository_prefix: b}, c: {domain: x.io}}"
    )

    with pytest.raises(InputError) as caught:
        found.at("r.io", "Name one.", "registry")
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.hint) == ("conflict", "registry", "Name one.")
    assert problem.message == "r.io is the domain of several registries: a, b"
    assert found.named("b").repository_prefix == "b"
    assert found.at("x.io", "", "")


def test_no_secret_of_an_entry_is_printed() -> None:
    text = (
        "registries: {a: {provider: ecr, password: hunter1, username: a, accessKeyId: hunter2, "
        "secretAccessKey: hunter3, sessionToken: hunter4}}"
    )

    assert "hunter" not in repr(entries(text).named("a"))


# document → code, path, line of each problem, from top to bottom
A = "registries:\n  a: "
WRONG: dict[str, list[tuple[str, str | None, int | None]]] = {
    # the document
    "": [("value", "regs.yml", 1)],
    "[]": [("value", "regs.yml", 1)],
    "{}": [("value", "regs.yml", 1)],
    "hub: {username: a, password: b}": [("value", "regs.yml", 1)],
    "registries: []": [("value", "registries", 1)],
    "registries:": [("value", "registries", 1)],
    "registries: {a: {}}\nversion: 1": [("unknown", "version", 2)],
    "registries: [": [("yaml", "regs.yml", 2)],
    "registries: {a: {}, a: {}}": [("yaml", "regs.yml", 1)],
    "registries:\n  a:\n    domain: x.io\n    domain: y.io": [("yaml", "regs.yml", 4)],
    "registries: {a: !!python/name:os.system {}}": [("yaml", "regs.yml", 1)],
    "a" * 1_000_001: [("yaml", "regs.yml", None)],
    "[" * 101: [("yaml", "regs.yml", 1)],
    # names
    "registries: {'': {}}": [("value", "registries.", 1)],
    "registries: {' a': {}}": [("value", "registries. a", 1)],
    "registries:\n  ${{X}}: {}": [("value", "registries.${{X}}", 2)],
    f"registries: {{{'a' * 151}: {{}}}}": [("value", f"registries.{'a' * 151}", 1)],
    # entries
    "registries:\n  a:\n  b: x\n  c: []": [
        ("value", "registries.a", 2),
        ("value", "registries.b", 3),
        ("value", "registries.c", 4),
    ],
    f"{A}\n    domian: x.io\n    name: x": [
        ("unknown", "registries.a.domian", 3),
        ("unknown", "registries.a.name", 4),
    ],
    f"{A}{{provider: gcr}}": [("value", "registries.a.provider", 2)],
    f"{A}{{domain: ghcr}}": [("reference", "registries.a.domain", 2)],
    f"{A}{{domain: http://x.io}}": [("reference", "registries.a.domain", 2)],
    f"{A}{{domain: x.io/team}}": [("reference", "registries.a.domain", 2)],
    f"{A}{{domain: ~}}": [("value", "registries.a.domain", 2)],
    f"{A}{{domain: ''}}": [("value", "registries.a.domain", 2)],
    f"{A}{{domain: [x.io]}}": [("value", "registries.a.domain", 2)],
    f"{A}{{repository_prefix: Team}}": [("reference", "registries.a.repository_prefix", 2)],
    f"{A}{{repository_prefix: /team/}}": [("reference", "registries.a.repository_prefix", 2)],
    # half a credential
    f"{A}{{username: bot}}": [("missing", "registries.a.password", 2)],
    f"{A}{{password: x}}": [("missing", "registries.a.username", 2)],
    f"{A}{{username: '${{{{X}}}}'}}": [("missing", "registries.a.password", 2)],
    f"{A}{{username: bot, password: ''}}": [("value", "registries.a.password", 2)],
    f"{A}{{provider: ecr, accessKeyId: a}}": [("missing", "registries.a.secretAccessKey", 2)],
    f"{A}{{provider: ecr, secretAccessKey: a}}": [("missing", "registries.a.accessKeyId", 2)],
    f"{A}{{provider: ecr, sessionToken: a}}": [("missing", "registries.a.accessKeyId", 2)],
    f"{A}{{client_key: a}}": [("missing", "registries.a.client_cert", 2)],
    # the default
    "registries:\n  a:\n    default: true\n  b: {}\n  c:\n    default: yes": [
        ("conflict", "registries.c.default", 6)
    ],
    f"{A}{{default: perhaps}}": [("value", "registries.a.default", 2)],
    # TLS
    f"{A}{{insecure: true}}": [("value", "registries.a.insecure", 2)],
    f"{A}{{ca: ''}}": [("value", "registries.a.ca", 2)],
    # AWS
    f"{A}{{provider: ecr, region: Ireland}}": [("value", "registries.a.region", 2)],
    f"{A}{{provider: ecr, account: 1234}}": [("reference", "registries.a.account", 2)],
    f"{A}{{provider: ecr, role_arn: pusher}}": [("value", "registries.a.role_arn", 2)],
    f"{A}{{provider: ecr, aws_session_name: a b}}": [("value", "registries.a.aws_session_name", 2)],
    f"{A}{{provider: ecr, aws_duration_seconds: 60}}": [("value", "registries.a.aws_duration_seconds", 2)],
    f"{A}{{provider: ecr, domain: x.io}}": [("conflict", "registries.a.domain", 2)],
    f"{A}{{provider: ecr, domain: 123456789012.dkr.ecr.cn-north-1.amazonaws.com}}": [
        ("reference", "registries.a.domain", 2)
    ],
    f"{A}{{provider: ecr, region: us-east-1, domain: 123456789012.dkr.ecr.eu-west-1.amazonaws.com}}": [
        ("conflict", "registries.a.domain", 2)
    ],
    f"{A}{{provider: ecr, account: 1234, domain: 123456789012.dkr.ecr.eu-west-1.amazonaws.com}}": [
        ("reference", "registries.a.account", 2)
    ],
    # logins
    f"{A}{{login: oidc}}": [("value", "registries.a.login", 2)],
    f"{A}{{login: aws}}": [("missing", "registries.a.aws_role_to_assume", 2)],
    f"{A}{{login: github, aws_role_to_assume: 'arn:aws:iam::123456789012:role/ci'}}": [
        ("conflict", "registries.a.aws_role_to_assume", 2),
    ],
    # all at once
    "registries:\n  b:\n    username: x\n    insecure: yes\n  a:\n    provider: acr\n    domian: x": [
        ("missing", "registries.b.password", 2),
        ("value", "registries.b.insecure", 4),
        ("value", "registries.a.provider", 6),
        ("unknown", "registries.a.domian", 7),
    ],
}


@pytest.mark.parametrize(("text", "expected"), WRONG.items(), ids=[ascii(text)[:80] for text in WRONG])
def test_section_5_every_mistake_has_its_place(
    text: str, expected: list[tuple[str, str | None, int | None]]
) -> None:
    problems = read(text, name="regs.yml").problems

    assert sorted((one.code, one.path, one.line) for one in problems) == sorted(expected)
    assert [one.line for one in problems] == sorted(one.line or 0 for one in problems) or len(problems) == 1
    for one in problems:
        assert CODES[one.code][0] == 2
        assert one.hint
        assert one.line is None or one.message.startswith(f"regs.yml:{one.line}:")


SAID = {
    f"{A}{{insecure: true}}": ("does not say what is not to be secure", "http (plain HTTP) or skip-verify"),
    f"{A}{{domian: x.io}}": ("registries.a.domian: no such field", "Did you mean domain?"),
    f"{A}{{username: bot}}": ("registries.a.password is missing", "username alone is half a login"),
    f"{A}{{domain: http://x.io}}": ("plain HTTP is not named in the host", "`insecure: http`"),
    f"{A}{{provider: gcr}}": ("'gcr' is no provider", "docker or ecr"),
    "registries:\n  a: {default: true}\n  b: {default: on}": (
        "a and b are both the default, in lines 2 and 3",
        "Keep one",
    ),
    "registries:\n  a: {}\n  a: {}": ("'a' stands twice, in lines 2 and 3", "Keep one"),
    "hub: {domain: x.io}": ("there are no `registries` in it", "Write `registries:`"),
}


@pytest.mark.parametrize(("text", "expected"), SAID.items(), ids=map(ascii, SAID))
def test_section_5_what_a_mistake_says(text: str, expected: tuple[str, str]) -> None:
    (problem,) = read(text, name="regs.yml").problems

    assert expected[0] in problem.message
    assert expected[1] in problem.hint


# document → what is told of it, though nothing is wrong
NOTICES = {
    "registries: {a: {provider: ecr, username: a, password: b}}": [
        "registries.a.username: ignored, as provider is ecr",
        "registries.a.password: ignored, as provider is ecr",
    ],
    "registries: {a: {region: eu-west-1, role_arn: 'arn:aws:iam::123456789012:role/a'}}": [
        "registries.a.region: ignored, as provider is docker",
        "registries.a.role_arn: ignored, as provider is docker",
    ],
    "registries: {a: {provider: '${{X}}', region: eu-west-1, username: a, password: b}}": [],
    SIX: [],
}


@pytest.mark.parametrize(("text", "expected"), NOTICES.items(), ids=map(ascii, NOTICES))
def test_section_5_what_the_provider_has_no_use_for_is_told(text: str, expected: list[str]) -> None:
    assert list(good(text).notices) == expected


# --- variables -----------------------------------------------------------------------------------------


def test_section_3_secrets_go_into_credentials_of_entries() -> None:
    text = "registries: {a: {username: '${{MY_TOKEN}}', password: 'x-${{MY_TOKEN}}', domain: x.io}}"

    found = entries(text, MY_TOKEN="hunter2").named("a")

    assert (found.username, found.password) == ("hunter2", "x-hunter2")


def test_section_3_a_secret_anywhere_else_in_an_entry_is_an_error() -> None:
    found = entries(
        "registries:\n  a:\n    domain: ${{MY_TOKEN}}.io\n  b: {domain: y.io}", MY_TOKEN="hunter2"
    )

    (problem,) = raised(found, "a")
    assert (problem.code, problem.path, problem.line) == ("variable", "registries.a.domain", 3)
    assert "goes into credential fields only" in problem.message
    assert "hunter2" not in problem.message
    assert found.named("b").domain == "y.io"
    assert found.at("hunter2.io", "", "") is None


def test_section_3_what_is_left_over_is_an_error_of_the_entry_that_is_used() -> None:
    text = "registries:\n  a:\n    username: bot\n    password: ${{DTR_PASSWORD}}\n    domain: x.io\n  b: {}"
    found = entries(text, DTR_PASSWORT="x")

    (problem,) = raised(found, "a")
    assert (problem.code, problem.path, problem.line) == ("variable", "registries.a.password", 4)
    assert problem.message.endswith("nothing gives DTR_PASSWORD a value")
    assert found.named("b").host == "docker.io"
    # it is still the registry at its host
    with pytest.raises(InputError):
        found.at("x.io", "", "")


def test_section_3_an_earlier_step_that_owes_a_value_fails_the_step() -> None:
    steps = {"first": StepOutputs(result="failure")}
    found = good("registries: {a: {domain: '${{first.registry}}'}}").entries(Variables(steps=steps))

    with pytest.raises(StepError) as caught:
        found.named("a")
    assert caught.value.problem.code == "variable"


LATE = {
    # a field, what a variable brings → the problem's code
    "domain": ("http://x.io", "reference"),
    "provider": ("gcr", "value"),
    "insecure": ("true", "value"),
    "password": ("", "value"),
    "default": ("perhaps", "value"),
    "account": ("12", "reference"),
}


@pytest.mark.parametrize("field", LATE)
def test_section_1_3_what_a_variable_brings_is_checked_when_it_is_used(field: str) -> None:
    value, code = LATE[field]
    text = f"registries:\n  a:\n    username: bot\n    password: x\n    {field}: ${{{{V}}}}"
    text = text.replace("    password: x\n", "") if field == "password" else text

    problems = raised(entries(text, V=value), "a")

    assert [(one.code, one.path, one.line) for one in problems if one.code != "missing"] == [
        (code, f"registries.a.{field}", 4 if field == "password" else 5)
    ]


def test_section_5_2_the_default_may_be_a_variables_choice() -> None:
    text = "registries: {a: {default: '${{A}}'}, b: {default: '${{B}}', domain: b.io}}"

    def default(**environ: str) -> Entry | None:
        return entries(text, **environ).default()

    assert default(A="false", B="no") is None
    assert default(A="no", B="true") == Entry(name="b", domain="b.io", default="true")
    with pytest.raises(InputError) as caught:
        default(A="true", B="1")
    assert caught.value.problems[0].message == "several registries are the default: a, b"
    with pytest.raises(InputError) as caught:
        default(A="no")
    assert caught.value.problems[0].path == "registries.b.default"


def test_section_5_1_an_entry_that_is_wrong_elsewhere_is_still_at_its_host() -> None:
    text = (
        "registries: {a: {provider: ecr, region: '${{R}}'}, b: {domain: '${{D}}'}, c: {ca: '${{C}}'}, "
        "d: {provider: '${{P}}', ca: '${{C}}'}}"
    )
    found = entries(text, D="b.io/x", P="docker")

    assert found.hosts == {"docker.io": ["c", "d"]}


def test_section_4_what_is_to_be_masked() -> None:
    variables = Variables(environ={"DTR_USER": "me", "DTR_PASSWORD": "secret", "KEY_ID": "AKIA", "KEY": "k"})

    assert good(SIX).to_mask(variables) == {"hunter2", "secret", "AKIA", "k", "${{SESSION}}"}
    text = "registries: {a: {username: '${{A_TOKEN}}', password: ''}}"
    assert read(text, name="r").to_mask(Variables(environ={"A_TOKEN": "hunter3"})) == {"hunter3"}
    assert set(good(SIX).texts()) >= {"team-a", "${{DTR_USER}}", "eu-west-1"}


# what kinds of registries there are
KINDS = {
    "registries: {a: {}, b: {provider: ecr}, c: {provider: '${{X}}'}}": (
        {"a": "docker", "b": "ecr", "c": ""},
        "docker",
    ),
    "registries: {a: {provider: ecr, default: on}, b: {default: off}}": ({"a": "ecr", "b": "docker"}, "ecr"),
    "registries: {a: {provider: ecr, default: '${{X}}'}}": ({"a": "ecr"}, ""),
    "registries: {a: {provider: ecr, default: '${{X}}'}, b: {default: on}}": (
        {"a": "ecr", "b": "docker"},
        "",
    ),
    "registries: {a: {provider: '${{X}}', default: on}}": ({"a": ""}, ""),
}


@pytest.mark.parametrize(("text", "expected"), KINDS.items(), ids=map(ascii, KINDS))
def test_section_2_what_kinds_there_are(text: str, expected: tuple[dict[str, str], str]) -> None:
    kinds = good(text).kinds

    assert (kinds.named, kinds.default) == expected


# --- anything ------------------------------------------------------------------------------------------

VALUES = st.sampled_from(
    ["x.io", "docker", "ecr", "true", "${{X}}", "$[[Y]]", "~", "''", "bot", "eu-west-1", "[a]", "{a: b}"]
)
KEYS = st.sampled_from(
    ["provider", "domain", "username", "password", "default", "region", "account", "insecure", "login", "x"]
)
ENTRY = st.dictionaries(KEYS, VALUES, max_size=5).map(
    lambda fields: "{" + ", ".join(f"{key}: {value}" for key, value in fields.items()) + "}"
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), ENTRY, max_size=3).map(
    lambda entries: f"registries: {{{', '.join(f'{name}: {entry}' for name, entry in entries.items())}}}"
)


@given(DOCUMENTS | st.text(), st.sampled_from(["", "x.io", "ecr", "true", "a b"]))
def test_any_document_is_read_or_gives_problems_with_a_path(text: str, value: str) -> None:
    found = read(text, name="regs.yml")

    for one in found.problems:
        assert one.message
        assert one.path
        assert CODES[one.code][0] == 2
    if found.problems:
        return
    put = found.entries(Variables(environ={"X": value}))
    assert set(put.known) == set(found.names)
    for name in put.known:
        try:
            assert put.named(name).name == name
        except PushstepError as error:
            assert all(one.path for one in error.problems)
