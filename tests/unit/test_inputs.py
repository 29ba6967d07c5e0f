"""Command line, `INPUT_*` and `PUSHSTEP_*` become one value (interface 2, push-step.md 1 and 1.4)."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import CODES
from pushstep.fields import BY_NAME, FIELDS, Field
from pushstep.inputs import Given, Inputs, items, read

FULL = "ghcr.io/acme/app:1"


def inputs(
    options: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    on_github: bool = False,
) -> Inputs:
    level = {name: Given(text=text, where=f"--{name}") for name, text in (options or {}).items()}
    return read(level, environ or {}, on_github=on_github)


def values(found: Inputs) -> dict[str, str]:
    return {name: given.text for name, given in found.given.items()}


def wrong(found: Inputs) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.path) for problem in found.problems]


# --- names ---------------------------------------------------------------------------------------------


SPELLINGS = {
    (one, where): (one, where)
    for one in FIELDS
    for where in dict.fromkeys((*one.action_environment, one.environment))
}


@pytest.mark.parametrize(
    ("one", "where"), SPELLINGS.values(), ids=[f"{one.name} as {where}" for one, where in SPELLINGS]
)
@pytest.mark.parametrize("on_github", [True, False], ids=["on GitHub", "elsewhere"])
def test_section_2_every_input_is_read_under_each_of_its_names(
    one: Field, where: str, *, on_github: bool
) -> None:
    found = inputs(environ={where: "x"}, on_github=on_github)

    assert found.text(one.name) == "x"
    assert found.where(one.name) == where
    assert not found.problems


@pytest.mark.parametrize("one", FIELDS, ids=lambda one: one.name)
def test_section_2_one_field_has_four_spellings(one: Field) -> None:
    upper = one.name.upper()

    assert one.action_environment == (f"INPUT_{upper}", f"INPUT_{upper.replace('-', '_')}")
    assert one.environment == f"PUSHSTEP_{upper.replace('-', '_')}"


EXAMPLES_OF_THE_TABLE = {
    "image_name": ("image-name", "INPUT_IMAGE-NAME", "INPUT_IMAGE_NAME", "PUSHSTEP_IMAGE_NAME", True),
    "accessKeyId": (
        "access-key-id",
        "INPUT_ACCESS-KEY-ID",
        "INPUT_ACCESS_KEY_ID",
        "PUSHSTEP_ACCESS_KEY_ID",
        False,
    ),
    "credentials.username": ("username", "INPUT_USERNAME", "INPUT_USERNAME", "PUSHSTEP_USERNAME", True),
    "credentials.password": ("password", "INPUT_PASSWORD", "INPUT_PASSWORD", "PUSHSTEP_PASSWORD", False),
    "when": ("when", "INPUT_WHEN", "INPUT_WHEN", "PUSHSTEP_WHEN", True),
    "on_success": ("on-success", "INPUT_ON-SUCCESS", "INPUT_ON_SUCCESS", "PUSHSTEP_ON_SUCCESS", True),
}


@pytest.mark.parametrize(
    ("schema", "expected"), EXAMPLES_OF_THE_TABLE.items(), ids=EXAMPLES_OF_THE_TABLE.keys()
)
def test_section_2_the_rows_of_the_table(schema: str, expected: tuple[str, str, str, str, bool]) -> None:
    one = next(one for one in FIELDS if one.schema == schema)

    assert (one.name, *one.action_environment, one.environment, one.option) == expected


SCHEMA = [
    "platform",
    "candidate",
    "tag",
    "tags",
    "image_name",
    "registry",
    "provider",
    "accessKeyId",
    "secretAccessKey",
    "region",
    "sessionToken",
    "role_arn",
    "aws_session_name",
    "aws_duration_seconds",
    "fail_fast",
    "strict_fail_fast",
    "timeout",
    "when",
    "retry",
    "on_success",
    "on_fail",
    "on_finish",
    "registry_context",
    "title",
    "description",
    "stage",
    "credentials.username",
    "credentials.password",
]
BESIDE = [
    "step",
    "step-name",
    "registries",
    "variables",
    "transport",
    "dry-run",
    "report",
    "summary",
    "create-repository",
    "github-token",
    "login",
    "aws-role-to-assume",
    "trust-document",
]


def test_section_2_every_schema_field_is_an_input_and_so_are_those_beyond_it() -> None:
    assert {one.schema for one in FIELDS if one.schema} == set(SCHEMA)
    assert {one.name for one in FIELDS if not one.schema} == set(BESIDE)


def test_section_4_secrets_are_never_options() -> None:
    assert {one.name for one in FIELDS if not one.option} == {one.name for one in FIELDS if one.secret}
    assert {one.name for one in FIELDS if one.secret} == {
        "password",
        "github-token",
        "access-key-id",
        "secret-access-key",
        "session-token",
    }


def test_only_the_github_token_has_a_default_that_the_action_gives() -> None:
    assert {one.name: one.action_default for one in FIELDS if one.action_default} == {
        "github-token": "${{ github.token }}"
    }


def test_a_value_tells_where_it_came_from_and_is_not_printed() -> None:
    found = inputs({"tag": "hunter2"}, {"PUSHSTEP_REGISTRY": "ghcr.io"})

    assert (found.where("tag"), found.where("registry"), found.where("title")) == (
        "--tag",
        "PUSHSTEP_REGISTRY",
        "title",
    )
    assert (found.text("tag"), found.text("title")) == ("hunter2", None)
    assert "hunter2" not in repr(found)


# --- precedence ----------------------------------------------------------------------------------------

# option, INPUT_TITLE, PUSHSTEP_TITLE → value
PRECEDENCE = {
    "the command line wins": ("a", "b", "c", "a"),
    "then the action's input": (None, "b", "c", "b"),
    "then the environment": (None, None, "c", "c"),
    "nothing given": (None, None, None, None),
    "an empty option is not given": ("", "b", "c", "b"),
    "an empty input is not given": ("", "", "c", "c"),
    "all of them empty": ("", "", "", None),
    "a blank is something": (" ", "b", "c", " "),
}


@pytest.mark.parametrize(("option", "action", "own", "expected"), PRECEDENCE.values(), ids=PRECEDENCE)
def test_section_1_precedence(
    option: str | None, action: str | None, own: str | None, expected: str | None
) -> None:
    environ = {"INPUT_TITLE": action, "PUSHSTEP_TITLE": own}
    found = inputs(
        {} if option is None else {"title": option},
        {name: text for name, text in environ.items() if text is not None},
    )

    assert found.text("title") == expected
    assert not found.problems


# what each level gives → what comes of it
OWN, ACTION = "PUSHSTEP_", "INPUT_"
GROUPS = {
    # tag and tags
    "a higher tag replaces tags": ({"tag": "1"}, {}, {"TAGS": "2,3"}, {"tag": "1"}),
    "higher tags replace a tag": ({"tags": "1"}, {"TAG": "2"}, {}, {"tags": "1"}),
    "a middle tag replaces both below": ({}, {"TAG": "1"}, {"TAGS": "3"}, {"tag": "1"}),
    "tags of blanks and commas are not given": ({"tags": " , ,\n "}, {"TAG": "1"}, {}, {"tag": "1"}),
    "tags of nothing but commas below": ({}, {"TAGS": ",\r\n,"}, {"TAGS": "3"}, {"tags": "3"}),
    # a higher registry
    "it drops lower credentials": (
        {"registry": "a.io"},
        {"USERNAME": "u", "PASSWORD": "p"},
        {"PASSWORD": "q"},
        {"registry": "a.io"},
    ),
    "it drops those of two levels": (
        {},
        {"REGISTRY": "a.io"},
        {"REGISTRY": "b.io", "USERNAME": "u", "PASSWORD": "p"},
        {"registry": "a.io"},
    ),
    "it keeps those of its own level": (
        {},
        {"REGISTRY": "a.io", "USERNAME": "u", "PASSWORD": "p"},
        {"USERNAME": "v", "PASSWORD": "q"},
        {"registry": "a.io", "username": "u", "password": "p"},
    ),
    "it keeps those above it": (
        {"username": "u", "password": "p"},
        {"REGISTRY": "a.io"},
        {"USERNAME": "v", "PASSWORD": "q"},
        {"username": "u", "password": "p", "registry": "a.io"},
    ),
    "it drops AWS fields": (
        {"registry": "a.io"},
        {"ACCESS-KEY-ID": "a", "SECRET-ACCESS-KEY": "b", "SESSION-TOKEN": "c", "REGION": "d"},
        {"ROLE_ARN": "e", "AWS_SESSION_NAME": "f", "AWS_DURATION_SECONDS": "g"},
        {"registry": "a.io"},
    ),
    "it drops the host of a lower image name": (
        {"registry": "a.io"},
        {"IMAGE-NAME": "b.io/acme/app"},
        {},
        {"registry": "a.io", "image-name": "acme/app"},
    ),
    "it keeps the host of an image name beside it": (
        {"registry": "a.io", "image-name": "b.io/acme/app"},
        {},
        {},
        {"registry": "a.io", "image-name": "b.io/acme/app"},
    ),
    "it keeps the image name above it": (
        {"image-name": "b.io/acme/app"},
        {"REGISTRY": "a.io"},
        {},
        {"registry": "a.io", "image-name": "b.io/acme/app"},
    ),
    "it keeps everything else": (
        {"registry": "a.io"},
        {"CANDIDATE": "app", "GITHUB-TOKEN": "t", "TAG": "1"},
        {"TITLE": "x"},
        {"registry": "a.io", "candidate": "app", "github-token": "t", "tag": "1", "title": "x"},
    ),
    # full references name registries too
    "higher full references drop registry, image name and credentials": (
        {"tags": FULL},
        {"REGISTRY": "a.io", "IMAGE-NAME": "a.io/b/c", "USERNAME": "u", "PASSWORD": "p"},
        {"PASSWORD": "q"},
        {"tags": FULL},
    ),
    "among several entries, in YAML too": (
        {"tags": f"['{FULL}', 'ghcr.io/acme/app:2']"},
        {"REGISTRY": "a.io"},
        {},
        {"tags": f"['{FULL}', 'ghcr.io/acme/app:2']"},
    ),
    "a bad tag with a slash is no full reference": (
        {"tags": "feature/login"},
        {"REGISTRY": "a.io"},
        {},
        {"tags": "feature/login", "registry": "a.io"},
    ),
    "full references that are replaced themselves drop nothing": (
        {"tag": "1"},
        {"TAGS": FULL},
        {"REGISTRY": "a.io", "USERNAME": "u", "PASSWORD": "p"},
        {"tag": "1", "registry": "a.io", "username": "u", "password": "p"},
    ),
    "lower full references drop nothing above": (
        {"registry": "a.io"},
        {"TAGS": FULL},
        {},
        {"registry": "a.io", "tags": FULL},
    ),
    # credentials
    "higher credentials keep the lower registry": (
        {"username": "u"},
        {"PASSWORD": "p"},
        {"REGISTRY": "a.io"},
        {"username": "u", "password": "p", "registry": "a.io"},
    ),
    "a username is completed by the password of another level": (
        {"username": "u"},
        {},
        {"USERNAME": "v", "PASSWORD": "q"},
        {"username": "u", "password": "q"},
    ),
    "also beside a registry, by a password that can be meant for nobody else": (
        {"registry": "a.io", "username": "u"},
        {},
        {"PASSWORD": "q"},
        {"registry": "a.io", "username": "u", "password": "q"},
    ),
    "and beside full references": (
        {},
        {"TAGS": FULL, "USERNAME": "u"},
        {"PASSWORD": "q"},
        {"tags": FULL, "username": "u", "password": "q"},
    ),
    "but not by one that goes with another user": (
        {"registry": "a.io", "username": "u"},
        {},
        {"USERNAME": "v", "PASSWORD": "q"},
        {"registry": "a.io", "username": "u"},
    ),
    "nor by one that goes with another registry": (
        {"registry": "a.io", "username": "u"},
        {"PASSWORD": "q"},
        {"REGISTRY": "b.io"},
        {"registry": "a.io", "username": "u"},
    ),
    "nor by one that goes with references elsewhere": (
        {"registry": "a.io", "username": "u", "tag": "1"},
        {},
        {"TAGS": FULL, "PASSWORD": "q"},
        {"registry": "a.io", "username": "u", "tag": "1"},
    ),
    "a password alone completes nobody": ({"registry": "a.io"}, {"PASSWORD": "q"}, {}, {"registry": "a.io"}),
}


@pytest.mark.parametrize(("options", "action", "own", "expected"), GROUPS.values(), ids=GROUPS)
def test_section_1_fields_that_go_together(
    options: dict[str, str], action: dict[str, str], own: dict[str, str], expected: dict[str, str]
) -> None:
    environ = {f"{ACTION}{name}": text for name, text in action.items()}
    environ |= {f"{OWN}{name}": text for name, text in own.items()}

    found = inputs(options, environ)

    assert values(found) == expected
    assert not found.problems


LOST = {
    "nothing": ({"registry": "a.io"}, {"INPUT_TAG": "1", "PUSHSTEP_IMAGE_NAME": "b"}, []),
    "a password": (
        {"registry": "a.io"},
        {"PUSHSTEP_PASSWORD": "hunter2"},
        [
            (
                "PUSHSTEP_PASSWORD: not used, because the registry is named at a higher level (command line, "
                "then INPUT_*, then PUSHSTEP_*); give both at the same one"
            )
        ],
    ),
    "several, level by level": (
        {"tags": FULL},
        {"INPUT_USERNAME": "u", "INPUT_PASSWORD": "p", "PUSHSTEP_REGION": "r"},
        ["INPUT_USERNAME, INPUT_PASSWORD: not used", "PUSHSTEP_REGION: not used"],
    ),
    "a user name above does not lose one below": (
        {"username": "u", "registry": "a.io"},
        {"PUSHSTEP_USERNAME": "v", "PUSHSTEP_PASSWORD": "q"},
        ["PUSHSTEP_PASSWORD: not used"],
    ),
}


@pytest.mark.parametrize(("options", "environ", "expected"), LOST.values(), ids=LOST)
def test_section_1_what_a_higher_registry_drops_is_told(
    options: dict[str, str], environ: dict[str, str], expected: list[str]
) -> None:
    found = inputs(options, environ)

    assert len(found.notices) == len(expected)
    assert all(notice.startswith(start) for notice, start in zip(found.notices, expected, strict=True))
    assert "hunter2" not in repr(found)


def test_section_4_secrets_of_every_level_are_known_used_or_not() -> None:
    found = inputs(
        {"registry": "a.io", "password": "from standard input"},
        {
            "INPUT_PASSWORD": "hunter2",
            "PUSHSTEP_PASSWORD": "swordfish",
            "PUSHSTEP_GITHUB_TOKEN": "ghs_1",
            "PUSHSTEP_SECRET_ACCESS_KEY": "aws",
            "PUSHSTEP_USERNAME": "bot",
            "INPUT_GITHUB-TOKEN": "",
        },
    )

    assert found.secrets == {"from standard input", "hunter2", "swordfish", "ghs_1", "aws"}


# --- mistakes ------------------------------------------------------------------------------------------

# environment → on GitHub, elsewhere
UNKNOWN = {
    "an unknown input": ({"INPUT_FOO": "1"}, ["INPUT_FOO"], []),
    "an empty one all the same": ({"INPUT_FOO": ""}, ["INPUT_FOO"], []),
    "an unknown name of ours": ({"PUSHSTEP_FOO": "1"}, ["PUSHSTEP_FOO"], ["PUSHSTEP_FOO"]),
    "ours with a dash": ({"PUSHSTEP_IMAGE-NAME": "a"}, ["PUSHSTEP_IMAGE-NAME"], ["PUSHSTEP_IMAGE-NAME"]),
    "the schema's spelling": ({"INPUT_ACCESSKEYID": "a"}, ["INPUT_ACCESSKEYID"], []),
    "the step's type is no input": ({"INPUT_TYPE": "push"}, ["INPUT_TYPE"], []),
    "nor are hooks": ({"PUSHSTEP_HOOKS": "{}"}, ["PUSHSTEP_HOOKS"], ["PUSHSTEP_HOOKS"]),
    "several, sorted": (
        {"PUSHSTEP_B": "", "PUSHSTEP_A": "", "INPUT_B": "", "INPUT_A": ""},
        ["INPUT_A", "INPUT_B", "PUSHSTEP_A", "PUSHSTEP_B"],
        ["PUSHSTEP_A", "PUSHSTEP_B"],
    ),
    "never: what GitHub itself sets": ({"INPUT_ARGS": "a", "INPUT_ENTRYPOINT": "b"}, [], []),
    "never: what the template and its jobs set": (
        {
            "PUSHSTEP_IMAGE": "a",
            "PUSHSTEP_VERSION": "b",
            "PUSHSTEP_ID_TOKEN": "c",
            "PUSHSTEP_VAR_": "d",
            "PUSHSTEP_VAR_ANY": "e",
        },
        [],
        [],
    ),
    "never: names of others": (
        {"INPUTS": "a", "PUSHSTEP": "b", "MY_PUSHSTEP_TAG": "c", "CI": "true"},
        [],
        [],
    ),
}


@pytest.mark.parametrize(("environ", "on_github", "elsewhere"), UNKNOWN.values(), ids=UNKNOWN)
def test_section_2_unknown_names(environ: dict[str, str], on_github: list[str], elsewhere: list[str]) -> None:
    assert wrong(inputs(environ=environ, on_github=True)) == [("unknown", name) for name in on_github]
    assert wrong(inputs(environ=environ, on_github=False)) == [("unknown", name) for name in elsewhere]
    assert not inputs(environ=environ, on_github=True).given


NEAREST = {
    "PUSHSTEP_TAGZ": "Did you mean PUSHSTEP_TAG or PUSHSTEP_TAGS or PUSHSTEP_STAGE?",
    "PUSHSTEP_IMAGENAME": "PUSHSTEP_IMAGE_NAME",
    "INPUT_IMAGENAME": "INPUT_IMAGE-NAME",
    "PUSHSTEP_QQQQQQQQQQQQQQQQQ": "See `pushstep push --help` for the names.",
}


@pytest.mark.parametrize(("name", "hint"), NEAREST.items(), ids=NEAREST.keys())
def test_section_2_an_unknown_name_is_told_the_nearest(name: str, hint: str) -> None:
    (problem,) = inputs(environ={name: "hunter2"}, on_github=True).problems

    assert problem.message == f"{name}: no such input"
    assert hint in problem.hint
    assert "hunter2" not in problem.message + problem.hint


TWO_SPELLINGS = {
    "different values": ("a", "b", [("conflict", "INPUT_IMAGE-NAME")], "a"),
    "the same value": ("a", "a", [], "a"),
    "the second empty": ("a", "", [], "a"),
    "the first empty": ("", "b", [], "b"),
    "both empty": ("", "", [], None),
}


@pytest.mark.parametrize(
    ("dash", "underscore", "problems", "expected"), TWO_SPELLINGS.values(), ids=TWO_SPELLINGS
)
@pytest.mark.parametrize("on_github", [True, False], ids=["on GitHub", "elsewhere"])
def test_section_2_an_input_under_two_names(
    dash: str, underscore: str, problems: list[tuple[str, str]], expected: str | None, *, on_github: bool
) -> None:
    found = inputs(environ={"INPUT_IMAGE-NAME": dash, "INPUT_IMAGE_NAME": underscore}, on_github=on_github)

    assert wrong(found) == problems
    assert found.text("image-name") == expected


def test_section_2_two_values_of_a_secret_are_not_repeated() -> None:
    found = inputs(environ={"INPUT_GITHUB-TOKEN": "hunter2", "INPUT_GITHUB_TOKEN": "swordfish"})

    (problem,) = found.problems
    assert "INPUT_GITHUB-TOKEN and INPUT_GITHUB_TOKEN are one input" in problem.message
    assert "hunter2" not in repr(problem)
    assert "swordfish" not in repr(problem)


BOTH_GIVEN = {
    "on the command line": ({"tag": "1", "tags": "2"}, {}, [("conflict", "--tag")]),
    "as inputs": ({}, {"INPUT_TAG": "1", "INPUT_TAGS": "2"}, [("conflict", "INPUT_TAG")]),
    "in the environment": ({}, {"PUSHSTEP_TAG": "1", "PUSHSTEP_TAGS": "2"}, [("conflict", "PUSHSTEP_TAG")]),
    "at two levels": (
        {"tag": "1", "tags": "2"},
        {"PUSHSTEP_TAG": "1", "PUSHSTEP_TAGS": "2"},
        [("conflict", "--tag"), ("conflict", "PUSHSTEP_TAG")],
    ),
    "one at each of two levels is none": ({"tag": "1"}, {"PUSHSTEP_TAGS": "2"}, []),
    "an empty one is none": ({}, {"INPUT_TAG": "", "INPUT_TAGS": "2"}, []),
    "blanks and commas are none": ({}, {"INPUT_TAG": "1", "INPUT_TAGS": " , "}, []),
}


@pytest.mark.parametrize(("options", "environ", "expected"), BOTH_GIVEN.values(), ids=BOTH_GIVEN)
def test_section_1_both_given_is_about_one_level(
    options: dict[str, str], environ: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert wrong(inputs(options, environ)) == expected


@pytest.mark.parametrize("one", FIELDS, ids=lambda one: one.name)
def test_a_known_field_is_never_refused_by_its_name(one: Field) -> None:
    assert not inputs(environ={one.environment: "hunter2"}).problems


@pytest.mark.parametrize("one", FIELDS, ids=lambda one: one.name)
def test_an_empty_field_is_never_refused(one: Field) -> None:
    environ = dict.fromkeys((*one.action_environment, one.environment), "")

    assert inputs({one.name: ""}, environ, on_github=True) == Inputs(given={})


BLOCKS = {"on-fail", "on-finish", "on-success", "registries", "retry", "step", "tags", "variables", "when"}


@pytest.mark.parametrize("one", FIELDS, ids=lambda one: one.name)
@pytest.mark.parametrize("blank", [" ", "\n", " \r\n\t"])
def test_a_block_of_blanks_is_not_given(one: Field, blank: str) -> None:
    """`when: |` with an empty expression of the CI below it is a line break; elsewhere a blank is a mistake."""
    found = inputs(environ={one.environment: blank})

    kept = one.name not in BLOCKS
    assert {name: given.text for name, given in found.given.items()} == ({one.name: blank} if kept else {})
    assert not found.problems


def test_all_problems_are_told_at_once() -> None:
    found = inputs(
        {"tag": "1", "tags": "2"},
        {
            "INPUT_IMAGE-NAME": "a",
            "INPUT_IMAGE_NAME": "b",
            "INPUT_FOO": "1",
            "PUSHSTEP_BAR": "1",
        },
        on_github=True,
    )

    assert wrong(found) == [
        ("conflict", "INPUT_IMAGE-NAME"),
        ("unknown", "INPUT_FOO"),
        ("unknown", "PUSHSTEP_BAR"),
        ("conflict", "--tag"),
    ]


# --- lists ---------------------------------------------------------------------------------------------

ITEMS = {
    "": [],
    " ,\n,\r\n ": [],
    "a": ["a"],
    "a,b": ["a", "b"],
    " a , b ,": ["a", "b"],
    "a\nb\r\nc\rd": ["a", "b", "c", "d"],
    "a b": ["a b"],
    "a\u2028b": ["a\u2028b"],
}


@pytest.mark.parametrize(("text", "expected"), ITEMS.items(), ids=map(repr, ITEMS))
def test_section_2_a_list_takes_lines_and_commas(text: str, expected: list[str]) -> None:
    assert items(text) == expected


# --- anything ------------------------------------------------------------------------------------------

NAMES = sorted({name for one in FIELDS for name in (*one.action_environment, one.environment)})
TEXTS = st.sampled_from(["", " ", "a", "a/b:c", "true", "x.io", ","]) | st.text(max_size=8)


@given(
    st.dictionaries(st.sampled_from(sorted(BY_NAME)), TEXTS),
    st.dictionaries(
        st.sampled_from(NAMES) | st.text(min_size=1, max_size=6).map(lambda tail: f"PUSHSTEP_{tail}"), TEXTS
    ),
    st.booleans(),
)
def test_whatever_is_given_becomes_values_and_problems(
    options: dict[str, str], environ: dict[str, str], on_github: bool
) -> None:
    found = inputs(options, environ, on_github=on_github)

    assert all(found.given[name].text for name in found.given)
    assert {"tag", "tags"} - found.given.keys() or any(
        problem.code == "conflict" for problem in found.problems
    )
    assert all(problem.code in CODES and problem.hint and problem.path for problem in found.problems)
    for name, text in options.items():
        if text and (items(text) or not BY_NAME[name].is_block):
            assert found.text(name) == text
