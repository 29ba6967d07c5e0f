"""Foreign text made harmless (interface 4), judged by Unicode's tables and by a Markdown parser."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.text import code_span, cut, visible
from tests.support.foreign import foreign
from tests.support.markdown import code, structure

VISIBLE = {
    "feature/é — 日本 \U0001f433": "feature/é — 日本 \U0001f433",
    "a\nb": r"a\nb",
    "a\r\nb": r"a\r\nb",
    "a\tb": r"a\tb",
    "\x1b[31mred\x1b[0m": r"\x1b[31mred\x1b[0m",
    "\x1b[0Ksection_start:1:x\r\x1b[0K": r"\x1b[0Ksection_start:1:x\r\x1b[0K",
    "a\x00b\x7f": r"a\x00b\x7f",
    "a\x85b": r"a\x85b",
    "a\u2028b\u2029c": r"a\u2028b\u2029c",
    "\u202egpj.exe\u202c": r"\u202egpj.exe\u202c",
    "a\u200bb\u200dc\ufeffd\u00ade": r"a\u200bb\u200dc\ufeffd\xade",
    "\u2066x\u2069": r"\u2066x\u2069",
    "\U000e0041": r"\U000e0041",
    "\ue000\U0010ffff": r"\ue000\U0010ffff",
    "\ud800\udcff": r"\ud800\udcff",
    "##[group]x": r"##\[group]x",
    "###[error]": r"###\[error]",
    "# # [x] #[y]": "# # [x] #[y]",
    "::error::x": "::error::x",
    "%0A %25": "%0A %25",
    "a\u00a0b\u3000c": "a\u00a0b\u3000c",
    r"a\nb": r"a\nb",
    "": "",
    " a ": " a ",
}


@pytest.mark.parametrize(("text", "expected"), VISIBLE.items(), ids=map(ascii, VISIBLE))
def test_section_4_what_becomes_visible(text: str, expected: str) -> None:
    assert visible(text) == expected


@given(foreign)
def test_section_4_visible_text_is_one_line_without_anything_that_acts(text: str) -> None:
    shown = visible(text)

    assert {unicodedata.category(character) for character in shown} & {
        *("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    } == set()
    assert shown.splitlines() in ([shown], [])
    assert "##[" not in shown
    shown.encode()


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="#")))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(foreign)
def test_visible_text_stays_visible(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_a_text_is_cut_where_it_is_told_and_its_length_said() -> None:
    assert cut("abcdef", 3) == "abc... (6 characters)"
    assert cut("abc", 3) == "abc"


def test_visible_text_is_never_cut() -> None:
    """Half a secret is one that the redactor does not know: cutting comes last."""
    assert visible("é" * 100_000) == "é" * 100_000


# --- code spans ----------------------------------------------------------------------------------------

SPANS = {
    "main": "`main`",
    "a`b": "``a`b``",
    "a``b`c": "```a``b`c```",
    "`": "`` ` ``",
    "`a": "`` `a ``",
    "a`": "`` a` ``",
    " a": "`  a `",
    "a ": "` a  `",
    "   ": "`     `",
    "": "`   `",
    "a|b": r"`a\x7cb`",
    "a\\|": r"`a\\x7c`",
    "a\nb": r"`a\nb`",
    "<b>": "`<b>`",
    "a\\": "`a\\`",
}


@pytest.mark.parametrize(("text", "expected"), SPANS.items(), ids=map(repr, SPANS))
def test_section_4_code_spans(text: str, expected: str) -> None:
    assert code_span(text) == expected


PLACES = {
    "a paragraph": "{}",
    "between words": "a {} b {} c",
    "a heading": "### {}",
    "a heading with words": "### x {}: y",
    "a list": "- {} → true: {}\n- **x** {}<br>{}",
    "a table": "| A | B |\n|---|---|\n| {} | {} |\n| x | {} |",
    "after a paragraph": "a\n{}\nb",
    "a quotation": "> {}",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@given(texts=st.lists(foreign, min_size=4, max_size=4))
def test_section_4_text_cannot_leave_its_code_span(place: str, texts: list[str]) -> None:
    spans = [code_span(text) for text in texts]
    markdown = place.format(*spans)

    assert structure(markdown) == structure(place.format(*["`x`"] * 4))
    shown = [visible(cut(text, 400)).replace("|", r"\x7c") for text in texts]
    used = shown[: place.count("{}")]
    assert [span.strip() for span in code(markdown)] == [text.strip() for text in used]


def test_a_long_text_is_cut_in_a_code_span() -> None:
    assert code_span("x" * 1000) == f"`{'x' * 400}... (1000 characters)`"
