"""Variables: spellings, order, secrets, leftovers (push-step.md 3)."""

from collections.abc import Mapping

import pytest
from hypothesis import given as anything
from hypothesis import strategies as st

from pushstep.errors import InputError, StepError
from pushstep.step.model import Credentials
from pushstep.step.pipeline import pipeline
from pushstep.step.placeholders import NoRoomError, hide, holds_variable, names
from pushstep.step.raw import Origin, RawStep
from pushstep.step.resolution import resolve, to_mask
from pushstep.step.variables import (
    Found,
    StepOutputs,
    Unknown,
    Variables,
    Withheld,
    given,
    looks_secret,
    substitute,
)
from tests.unit.step.documents import good

DIGEST = f"sha256:{'0' * 64}"
BUILT = StepOutputs(
    result="success", image_id=DIGEST, repo_digest=f"ghcr.io/acme/app@{DIGEST}", registry="ghcr.io"
)
ALL = Variables(
    given={
        "V": "given",
        "build": "app:1",
        "old.imageId": "id",
        "steps.older.result": "success",
        "GIVEN_TOKEN": "t0ken",
    },
    steps={
        "push app": BUILT,
        "gone": StepOutputs(result="skipped"),
        "bad": StepOutputs(result="failure", image_id=DIGEST),
        "V": StepOutputs(result="success", repo_digest="step"),
        "HOME": StepOutputs(result="success", repo_digest="a step called HOME"),
    },
    ci={"CF_BRANCH": "derived", "CF_REVISION": "abc", "CI": "true"},
    environ={
        "CF_BRANCH": "real",
        "V": "environment",
        "HOME": "/root",
        "LANG": "C",
        "DOCKER_PASSWORD": "hunter2",
        "CF_API_KEY": "cfkey",
        "MIRROR": "https://bot:hunter3@mirror",
    },
)

TEXTS = {
    # spellings
    "${{V}}": "given",
    "${{ V }}": "given",
    "${{\tV}}": "given",
    "$[[V]]": "given",
    "$[[ V ]]": "given",
    "${V}": "given",
    "a-${{V}}-$[[V]]${V}": "a-given-givengiven",
    "$V": "$V",
    "{{V}}": "{{V}}",
    "$ {{V}}": "$ {{V}}",
    "${{}}": "${{}}",
    "${{V}": "${{V}",
    "${{a\nb}}": "${{a\nb}}",
    # order
    "${{build}}": "app:1",
    "${{CF_BRANCH}} ${CF_BRANCH}": "real real",
    "${{CF_REVISION}} ${CF_REVISION}": "abc abc",
    "${{CI}}": "true",
    "${{LANG}}": "C",
    "${{HOME}}": "a step called HOME",
    # members
    "${{push app}}": f"ghcr.io/acme/app@{DIGEST}",
    "${{steps.push app}}": f"ghcr.io/acme/app@{DIGEST}",
    "${{push app.imageId}} ${{steps.push app.imageId}}": f"{DIGEST} {DIGEST}",
    "${{push app.imageRepoDigest}}": f"ghcr.io/acme/app@{DIGEST}",
    "${{push app.registry}}": "ghcr.io",
    "${{push app.result}} ${{gone.result}} ${{bad.result}}": "success skipped failure",
    "${{push app.name}}": "push app",
    "${{old.imageId}} ${{steps.old.imageId}}": "id id",
    "${{steps.older.result}}": "success",
    "${gone.result}": "skipped",
    # what resolves to nothing stays
    "${{NOPE}} $[[ NOPE ]] ${NOPE}": "${{NOPE}} ${{ NOPE }} ${NOPE}",
    "${{older.result}}": "${{older.result}}",
    "${{push app.nope}}": "${{push app.nope}}",
    "${{gone}} ${{bad.registry}}": "${{gone}} ${{bad.registry}}",
    # the environment has no say in the short spelling
    "${LANG} ${CI} ${DOCKER_PASSWORD} ${CF_NOPE}": "${LANG} ${CI} ${DOCKER_PASSWORD} ${CF_NOPE}",
    # nor do secrets outside credential fields
    "${{DOCKER_PASSWORD}} $[[CF_API_KEY]]": "${{DOCKER_PASSWORD}} ${{CF_API_KEY}}",
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.items(), ids=map(ascii, TEXTS))
def test_section_3_substitution(text: str, expected: str) -> None:
    assert substitute(text, ALL).text == expected


def test_section_3_secrets_go_into_credentials() -> None:
    put = substitute("${{DOCKER_PASSWORD}}-${{MIRROR}}-${CF_API_KEY}-${LANG}", ALL, credential=True)

    assert put.text == "hunter2-https://bot:hunter3@mirror-cfkey-${LANG}"
    assert put.found == (
        Withheld(name="DOCKER_PASSWORD", value="hunter2"),
        Withheld(name="MIRROR", value="https://bot:hunter3@mirror"),
        Withheld(name="CF_API_KEY", value="cfkey"),
    )
    assert "hunter" not in repr(put)
    assert "hunter" not in repr(ALL)


def test_section_3_one_pass_and_never_again() -> None:
    variables = Variables(given={"A": "${{B}}$[[B]]${B}", "B": "x", "C": "${{", "D": "B}}"})

    assert substitute("${{A}}", variables).text == "${{B}}$[[B]]${B}"
    assert substitute("${{C}}${{D}}", variables).text == "${{B}}"


@anything(st.text(), st.dictionaries(st.text(min_size=1), st.text()))
def test_section_3_any_text_has_its_variables_put_in(text: str, values: Mapping[str, str]) -> None:
    variables = Variables(given=values)
    put = substitute(text, variables)

    assert holds_variable(text) or put.text == text
    assert all(isinstance(variables.find(name), Found | Unknown) for name in names(text))


SECRET = {
    **dict.fromkeys(
        [
            *("INPUT_TAG", "PUSHSTEP_TAG", "ACTIONS_RUNTIME_URL", "AWS_REGION", "DOCKER_AUTH_CONFIG"),
            *(
                "GITHUB_TOKEN",
                "MY_SECRET_X",
                "DB_PASSWORD",
                "passwd",
                "Private_X",
                "GOOGLE_CREDENTIALS",
                "TOKENS",
            ),
            *(
                "DB_PASS",
                "PASS",
                "JWT",
                "X_JWT_Y",
                "SENTRY_DSN",
                "API_KEY",
                "KEY_ID",
                "BASIC_AUTH",
                "GH_PAT",
                "MY-KEY",
            ),
        ],
        True,
    ),
    **dict.fromkeys(
        [
            "CF_BRANCH",
            "PATH",
            "PATTERN",
            "BYPASS",
            "COMPASS",
            "MONKEY",
            "KEYS",
            "AUTHOR",
            "HOME",
            "DOCKER_CONFIG",
            "AWS",
        ],
        False,
    ),
}


@pytest.mark.parametrize(("name", "expected"), SECRET.items(), ids=SECRET)
def test_section_3_names_that_look_secret(name: str, expected: bool) -> None:
    assert looks_secret(name, "x") is expected


VALUES = {
    "https://bot:secret@host/x": True,
    "before https://bot:secret@host": True,
    "http://:secret@proxy:3128": True,
    "https://bot@host": False,
    "https://host:5000/a@b": False,
    "a:b@c": False,
    "": False,
}


@pytest.mark.parametrize(("value", "expected"), VALUES.items(), ids=VALUES)
def test_section_3_values_that_look_secret(value: str, expected: bool) -> None:
    assert looks_secret("CI_REPOSITORY_URL", value) is expected


def test_section_3_a_real_variable_that_looks_secret_is_one() -> None:
    variables = Variables(
        ci={"CF_API_KEY": "x", "CF_BRANCH": "main", "CF_COMMIT_URL": "https://a:b@c"},
        environ={"CF_API_KEY": "x"},
    )

    assert variables.find("CF_API_KEY") == Withheld(name="CF_API_KEY", value="x")
    # what the CI's own variables give is known to be none
    assert variables.find("CF_COMMIT_URL") == Found(value="https://a:b@c")


def test_section_7_an_empty_variable_of_the_environment_hides_nothing() -> None:
    found = Variables(ci={"CF_BRANCH": "main"}, environ={"CF_BRANCH": "", "CF_X": "", "EMPTY": ""})

    assert found.find("CF_BRANCH") == Found(value="main")
    assert found.find("CF_X") == Unknown(name="CF_X")
    assert found.find("EMPTY") == Found(value="")


def test_section_7_an_empty_variable_of_the_environment_is_no_near_name() -> None:
    variables = Variables(environ={"CF_BRANCH": "", "CF_REVISION": "x", "EMPTY": ""})

    assert variables.names() == ["CF_REVISION", "EMPTY"]
    assert variables.nearest("CF_BRANCH") == ["CF_REVISION", "EMPTY"]


def test_section_3_given_variables_are_exempt_and_masked() -> None:
    variables = Variables(
        given={"API_KEY": "k3y", "REPO": "https://bot:hunter2@host", "TAG": "1"}, environ={"API_KEY": "other"}
    )

    assert variables.find("API_KEY") == Found(value="k3y")
    assert set(variables.secrets()) == {"k3y", "hunter2"}


def test_section_3_the_nearest_names_are_no_secrets() -> None:
    variables = Variables(
        given={"CF_BRANCH_X": ""},
        ci={"CF_BRANCH": ""},
        environ={"CF_BRANCH_KEY": "x", "CF_BRANCHES": "x", "HOME": ""},
    )

    assert variables.nearest("CF_BRANC") == ["CF_BRANCH", "CF_BRANCH_X", "CF_BRANCHES"]
    assert Variables().nearest("X" * 1_000_000) == []


GIVEN: dict[str, tuple[str | None, dict[str, str], dict[str, str]]] = {
    "nothing": (None, {}, {}),
    "blank": (" \n\n", {}, {}),
    "lines": ("A=1\nB = x=y \r\n\n# C=2\n  my step=app:1", {}, {"A": "1", "B": " x=y ", "my step": "app:1"}),
    "an empty value": ("A=", {}, {"A": ""}),
    "a value with a colon": ("URL=http://a: b", {}, {"URL": "http://a: b"}),
    "a value with other line ends": ("A=a\u2028b\x0cc", {}, {"A": "a\u2028b\x0cc"}),
    "a member": (
        "build.imageId=x\nsteps.b.result=failure",
        {},
        {"build.imageId": "x", "steps.b.result": "failure"},
    ),
    "YAML": ("A: 1.10\nB: '=x'\n# c\nmy step: ''", {}, {"A": "1.10", "B": "=x", "my step": ""}),
    "YAML behind a comment": ("# A=1\nA: b=c", {}, {"A": "b=c"}),
    "YAML in a line": ("{A: b, 'C': 'd=e'}", {}, {"A": "b", "C": "d=e"}),
    "YAML with placeholders": ("A: ${{B}}", {}, {"A": "${{B}}"}),
    "a block of YAML": ("A: |\n  b=c\n  d\n", {}, {"A": "b=c\nd\n"}),
    "the environment": (
        None,
        {"PUSHSTEP_VAR_A": "1", "PUSHSTEP_VAR_": "x", "PUSHSTEP_TAG": "t", "A": "2"},
        {"A": "1"},
    ),
    "the environment's empty ones": (None, {"PUSHSTEP_VAR_A": ""}, {}),
    "section 7: other spellings follow": (
        "CF_BRANCH=Feature/x\nCF_REVISION=0123456789\nCF_REPO_NAME=App",
        {"PUSHSTEP_VAR_CF_REPO_OWNER": "Acme", "CF_BRANCH": "main"},
        {
            "CF_BRANCH": "Feature/x",
            "CF_BRANCH_TAG_NORMALIZED": "Feature_x",
            "CF_BRANCH_TAG_NORMALIZED_LOWER_CASE": "feature_x",
            "CF_REVISION": "0123456789",
            "CF_SHORT_REVISION": "0123456",
            "CF_REPO_NAME": "App",
            "CF_REPO_NAME_LOWER_CASE": "app",
            "CF_REPO_OWNER": "Acme",
            "CF_REPO_OWNER_LOWER_CASE": "acme",
        },
    ),
    "section 7: but for those that are given": (
        "CF_BRANCH=a/b\nCF_BRANCH_TAG_NORMALIZED=mine",
        {"PUSHSTEP_VAR_CF_BRANCH_TAG_NORMALIZED_LOWER_CASE": "his"},
        {
            "CF_BRANCH": "a/b",
            "CF_BRANCH_TAG_NORMALIZED": "mine",
            "CF_BRANCH_TAG_NORMALIZED_LOWER_CASE": "his",
        },
    ),
    "section 7: or really in the environment": (
        "CF_BRANCH=a/b",
        {"CF_BRANCH_TAG_NORMALIZED": "mine", "CF_BRANCH_TAG_NORMALIZED_LOWER_CASE": ""},
        {"CF_BRANCH": "a/b", "CF_BRANCH_TAG_NORMALIZED_LOWER_CASE": "a_b"},
    ),
    "section 7: nothing follows the environment": (None, {"CF_BRANCH": "a/b"}, {}),
    "both": ("A=1", {"PUSHSTEP_VAR_A": "2", "PUSHSTEP_VAR_B": "3"}, {"A": "1", "B": "3"}),
}


@pytest.mark.parametrize(("text", "environ", "expected"), GIVEN.values(), ids=GIVEN)
def test_section_3_variables_given_to_the_run(
    text: str | None, environ: dict[str, str], expected: dict[str, str]
) -> None:
    assert given(text, environ) == (expected, ())


NOT_GIVEN = {
    "no name": ("=x", [None]),
    "no equals": ("A=1\nhunter2", [2]),
    "a strange name": ("A=1\n${{B}}=2\nC[=3", [2, 3]),
    "twice": ("A=1\n\nA=2", [3]),
    "no mapping": ("[a]", [None]),
    "a text": ("hunter2", [None]),
    "no YAML": ("a: [", [2]),
    "twice in YAML": ("a: b\nc: d\na: e", [3]),
    "no texts": ("a: ~\nb: [c]\n'': d\n${{x}}: e", [1, 2, 3, 4]),
}


@pytest.mark.parametrize(("text", "lines"), NOT_GIVEN.values(), ids=NOT_GIVEN)
def test_section_3_what_gives_no_variables(text: str, lines: list[int | None]) -> None:
    _, problems = given(text, {}, where="INPUT_VARIABLES")

    assert [one.line for one in problems] == lines
    for one in problems:
        assert one.path == "INPUT_VARIABLES"
        assert one.message.startswith("INPUT_VARIABLES")
        assert one.hint
        assert "hunter2" not in one.message


# --- in a step -----------------------------------------------------------------------------------------


def raw(text: str) -> RawStep:
    (step,) = good(text)
    return step


def test_section_3_values_are_typed_when_their_variables_are_in() -> None:
    step = resolve(
        raw("""
candidate: ${{build}}
tags: ["${{CF_BRANCH}}", a$[[V]], "${CF_REVISION}"]
image_name: acme/${{V}}
registry: ["${{REG}}"]
title: about ${{NOPE}} in ${{CF_BRANCH}}
fail_fast: ${{NO}}
strict_fail_fast: ${{YES}}
timeout: ${{N}}m
retry: {maxAttempts: "${{N}}"}
credentials: {username: "${{V}}", password: "a${x}${{DOCKER_PASSWORD}}"}
"""),
        Variables(
            given={"build": "app:1", "V": "v", "REG": "ghcr.io", "NO": "off", "YES": "true", "N": "3"},
            ci={"CF_BRANCH": "main", "CF_REVISION": "abc"},
            environ={"DOCKER_PASSWORD": "hunter2"},
        ),
    )

    assert (step.candidate.text, step.bare_tags, step.registry) == (
        "app:1",
        ("main", "av", "abc"),
        ("ghcr.io",),
    )
    assert (step.image_name, step.title) == ("acme/v", "about ${{NOPE}} in main")
    assert (step.fail_fast, step.strict_fail_fast, step.timeout, step.retry.max_attempts) == (
        False,
        True,
        180,
        3,
    )
    assert step.credentials == Credentials(username="v", password="a${x}hunter2")


def test_section_3_keys_are_left_alone() -> None:
    (problem,) = unresolved(
        "{candidate: a, credentials: {username: a, password: b, '${{V}}': c}}", Variables(given={"V": "x"})
    )

    assert (problem[0], problem[1]) == ("unknown", "credentials.${{V}}")


def unresolved(text: str, variables: Variables) -> list[tuple[str, str | None, str, str]]:
    (step,) = pipeline(text, name="push.yaml").steps
    with pytest.raises(InputError) as caught:
        resolve(step, variables)
    return [(one.code, one.path, one.message, one.hint) for one in caught.value.problems]


def test_section_3_what_is_left_over_in_a_field_that_is_used() -> None:
    variables = Variables(
        given={"CF_BRANCHES": "x"}, ci={"CF_BRANCH": "x"}, environ={"HOME": "x", "LANG": "C"}
    )
    problems = unresolved(
        "candidate: ${{build}}\ntags: ['$[[CF_BRANC]]', '${CF_X}']\ncredentials: {username: a, password: '${{P}}'}\n"
        "region: ${{R}}\nfail_fast: ${{F}}\nregistry: ${{H}}\nstage: ${{S}}\ndescription: ${{D}}\ntimeout: ${{T}}",
        variables,
    )

    assert [(code, path) for code, path, _, _ in problems] == [
        ("variable", "candidate"),
        ("variable", "tags[0]"),
        ("variable", "tags[1]"),
        ("variable", "credentials.password"),
        ("variable", "region"),
        ("variable", "fail_fast"),
        ("variable", "registry"),
        ("variable", "timeout"),
    ]
    assert problems[1][2:] == (
        "push.yaml:2:8: tags[0]: nothing gives CF_BRANC a value",
        "The nearest names known: CF_BRANCH, CF_BRANCHES, LANG. To give it one: `--variables CF_BRANC=...`.",
    )


def test_section_3_the_short_spelling_says_what_it_takes() -> None:
    problems = unresolved("candidate: a\ntags: ['${HOME}', '${NOPE}']", Variables(environ={"HOME": "/root"}))

    assert [problem[3] for problem in problems] == [
        "Write ${{HOME}}: the short spelling takes nothing from the environment but CF_*.",
        "The nearest names known: HOME. To give it one: `--variables NOPE=...`.",
    ]


def test_section_3_nothing_is_near_where_nothing_is_known() -> None:
    ((_, _, _, hint),) = unresolved("candidate: ${{build}}", Variables())

    assert hint == "To give it one: `--variables build=...`."


def test_section_3_secrets_of_the_environment_go_nowhere_else() -> None:
    environ = {"API_KEY": "hunter2", "AWS_REGION": "eu-west-1", "URL": "https://a:hunter2@b"}
    problems = unresolved(
        "candidate: a\ntag: ${{API_KEY}}\ntitle: $[[URL]]\nregion: ${{AWS_REGION}}",
        Variables(environ=environ),
    )

    assert [(code, path) for code, path, _, _ in problems] == [
        ("variable", "tag"),
        ("variable", "title"),
        ("variable", "region"),
    ]
    assert problems[0][2] == (
        "push.yaml:2:6: tag: API_KEY looks like a secret, and goes into credential fields only"
    )
    assert problems[2][3].startswith("Leave region out where the environment of AWS tells it.")
    assert "hunter2" not in str(problems)


def test_section_3_an_earlier_step_that_owes_a_value_fails_this_one() -> None:
    step = raw("candidate: ${{build.imageId}}\ntag: ${{NOPE}}")
    for result, word in (("skipped", "was skipped"), ("failure", "failed")):
        variables = Variables(steps={"build": StepOutputs(result=result)})  # type: ignore[arg-type]  # one of the two
        with pytest.raises(StepError) as caught:
            resolve(step, variables)
        assert (caught.value.problem.code, caught.value.problem.path) == ("variable", "candidate")
        assert caught.value.problem.message == (
            f"push.yaml:1:12: candidate: build.imageId has no value, as the step that gives it {word}"
        )


@pytest.mark.parametrize("name", ["build", "steps.build.imageRepoDigest"])
def test_interface_1_a_plan_cannot_know_what_a_push_will_give(name: str) -> None:
    rehearsed = StepOutputs(result="success", image_id=DIGEST, registry="ghcr.io")
    with pytest.raises(StepError) as caught:
        resolve(raw(f"candidate: ${{{{{name}}}}}"), Variables(steps={"build": rehearsed}))

    assert f"{name} has no value before that step has pushed" in caught.value.problem.message
    step = resolve(raw("candidate: ${{build.imageId}}"), Variables(steps={"build": rehearsed}))
    assert step.candidate.text == DIGEST


def test_section_3_a_member_that_no_step_has_is_a_mistake() -> None:
    ((code, path, _, _),) = unresolved("candidate: ${{build.nope}}", Variables(steps={"build": BUILT}))

    assert (code, path) == ("variable", "candidate")


def test_section_3_wrong_values_of_variables_keep_their_place() -> None:
    problems = unresolved(
        "candidate: a\ntags: [latest, ${{B}}]\nfail_fast: ${{B}}\nstrict_fail_fast: ${{Y}}\ncredentials: ${{B}}",
        Variables(given={"B": "a/b", "Y": "yes"}),
    )

    assert [(code, path) for code, path, _, _ in problems] == [
        ("reference", "tags[1]"),
        ("value", "credentials"),
        ("value", "fail_fast"),
        ("value", "strict_fail_fast"),
    ]


def test_section_3_a_stage_from_a_variable_is_asked_for() -> None:
    text = "stages: [a]\nsteps: {p: {type: push, candidate: a, stage: '${{S}}'}}"

    assert resolve(raw(text), Variables(given={"S": "a"})).stage == "a"
    assert [problem[:2] for problem in unresolved(text, Variables(given={"S": "b"}))] == [
        ("value", "steps.p.stage")
    ]


def test_section_1_3_values_with_variables_are_not_checked_before() -> None:
    step = raw("""
candidate: ${{A}}
tags: ["feature/${{A}}", "${{A}}/app:1"]
registry: [${{A}}, quay.io]
image_name: A/${{A}}
provider: ${{A}}
fail_fast: ${{A}}
strict_fail_fast: ${{A}}
timeout: ${{A}}
retry: ${{A}}
credentials: ${{A}}
region: ${{A}}
role_arn: $[[A]]
platform: ${CF_A}
on_success: {metadata: ${{A}}, annotations: {set: [{entity_type: "${{A}}", annotations: [{"${{A}}": x}]}]}}
""")

    assert step.fields["platform"] == "${CF_A}"


def test_section_3_credentials_of_inputs_are_taken_as_they_are() -> None:
    step = RawStep(
        fields={"candidate": "app", "credentials": {"username": "${{V}}", "password": "$[[V]]"}},
        origins={
            "candidate": Origin(label="--candidate"),
            "credentials.username": Origin(label="--username"),
        },
    )

    found = resolve(step, Variables(given={"V": "x"}))

    assert found.credentials == Credentials(username="${{V}}", password="$[[V]]")
    assert to_mask(step, Variables(given={"V": "x"})) == {"$[[V]]"}


def test_interface_4_what_is_to_be_masked_before_anything_is_printed() -> None:
    step = raw(
        "candidate: ${{GIVEN_TOKEN}}\ncredentials: {username: '${{DOCKER_PASSWORD}}', password: 'p-${{CF_API_KEY}}'}\n"
        "accessKeyId: ${{V}}"
    )

    assert to_mask(step, ALL) == {"t0ken", "hunter2", "cfkey", "p-cfkey", "given"}


def test_interface_4_a_secret_of_another_shape_is_masked_too() -> None:
    (step,) = pipeline("{candidate: a, credentials: {password: [hunter2, '${{API_KEY}}']}}", name="x").steps

    assert to_mask(step, Variables(environ={"API_KEY": "k3y"})) == {"hunter2", "k3y"}


# --- hiding placeholders from YAML ---------------------------------------------------------------------


@anything(st.text(alphabet=st.sampled_from("${}[]Vé\U000f0000\U00100000 -\n")) | st.text())
def test_what_is_hidden_is_shown_again(text: str) -> None:
    planes = {ord(character) >> 16 for character in text}
    if {0xF, 0x10} <= planes:
        # there is no room, and `load` refuses the text
        with pytest.raises(NoRoomError):
            hide(text)
        return
    hidden = hide(text)

    assert len(hidden.text) == len(text)
    assert hidden.shown(hidden.text) == text


def test_characters_beyond_the_basic_plane_are_left_as_they_are() -> None:
    hidden = hide("${{\U0001f433}} ${{V}}")

    assert hidden.text.startswith("${{\U0001f433}} ")
    assert hidden.shown(hidden.text) == "${{\U0001f433}} ${{V}}"
    assert substitute("${{\U0001f433}}", Variables(given={"\U0001f433": "x"})).text == "x"


def test_an_escape_that_looks_hidden_is_none() -> None:
    assert (
        raw('candidate: ${{V}}\ntitle: "\\U000f0024\\U000f007b x"').fields["title"]
        == "\U000f0024\U000f007b x"
    )
