"""What `create-repository` may say."""

import pytest

from pushstep.errors import InputError
from pushstep.registry.credentials.ecr.creation import Creation, parse

SAID = {
    "true": Creation(),
    "Yes": Creation(),
    "1": Creation(),
    "'true'": Creation(),
    "false": None,
    "off": None,
    "{}": Creation(),
    "immutable: true": Creation(immutable=True),
    "{immutable: no, scan_on_push: on}": Creation(scan_on_push=True),
    "immutable: true\nscan_on_push: true\ntags:\n  team: payments\n  cost-center: 0123": Creation(
        immutable=True, scan_on_push=True, tags={"team": "payments", "cost-center": "0123"}
    ),
    "{tags: {empty: ''}}": Creation(tags={"empty": ""}),
}


@pytest.mark.parametrize(("text", "meant"), SAID.items(), ids=SAID)
def test_what_it_asks_for(text: str, meant: Creation | None) -> None:
    assert parse(text, where="create-repository") == meant


WRONG = {
    "maybe": [("value", "create-repository")],
    "": [("value", "create-repository")],
    "[true]": [("value", "create-repository")],
    "{immutable: true": [("yaml", "create-repository")],
    "{immutable: perhaps, scan_on_push: [true]}": [
        ("value", "create-repository.immutable"),
        ("value", "create-repository.scan_on_push"),
    ],
    "{immutable: }": [("value", "create-repository.immutable")],
    "{imutable: true, tag: {a: b}, encryption: x}": [
        ("unknown", "create-repository.imutable"),
        ("unknown", "create-repository.tag"),
        ("unknown", "create-repository.encryption"),
    ],
    "{tags: team}": [("value", "create-repository.tags")],
    "{tags: {team: [a], other: , aws:x: y, '': y}}": [
        ("value", "create-repository.tags.team"),
        ("value", "create-repository.tags.other"),
        ("value", "create-repository.tags.aws:x"),
        ("value", "create-repository.tags."),
    ],
    f"{{tags: {{{'k' * 129}: v, k: {'v' * 257}}}}}": [
        ("value", f"create-repository.tags.{'k' * 129}"),
        ("value", "create-repository.tags.k"),
    ],
    f"{{tags: {{{', '.join(f'k{n}: v' for n in range(51))}}}}}": [("value", "create-repository.tags")],
}


@pytest.mark.parametrize(("text", "problems"), WRONG.items(), ids=range(len(WRONG)))
def test_all_that_is_wrong_is_said_at_once(text: str, problems: list[tuple[str, str]]) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, where="create-repository")

    assert [(one.code, one.path) for one in caught.value.problems] == problems
    assert all(one.hint for one in caught.value.problems)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("imageTagMutability", "'immutable'"),
        ("scanOnPush", "'scan_on_push'"),
        ("scan-on-push", "'scan_on_push'"),
        ("lifecycle", "immutable, scan_on_push, tags"),
    ],
)
def test_a_name_that_is_not_known(key: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(f"{{{key}: true}}", where="create-repository")

    assert hint in caught.value.problems[0].hint
