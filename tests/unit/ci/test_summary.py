"""A summary that is cut must still be Markdown that closes what it opens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.ci.summary import bounded

NOTE = "The rest was left out"
LONG = "| a | b |\n" * 1000

CUT = {
    "a table": ("# Pushed\n\n" + LONG, []),
    "details": ("# Pushed\n\n<details><summary>Layers</summary>\n\n" + LONG, ["</details>"]),
    "details in details": ("<details>\n\n<details open>\n\n" + LONG, ["</details>", "</details>"]),
    "closed details": ("<details>\n\n</details>\n\n" + LONG, []),
    "details that are only text": ("`<details>` and <details>\n\n" + LONG, []),
    "a fence": ("```sh\ndocker pull x\n" + LONG, ["```"]),
    "a closed fence": ("```sh\ndocker pull x\n```\n" + LONG, []),
    "a fence in details": ("<details>\n\n```\n" + LONG, ["```", "</details>"]),
}


@pytest.mark.parametrize(("markdown", "closing"), CUT.values(), ids=CUT)
def test_what_is_open_is_closed(markdown: str, closing: list[str]) -> None:
    cut = bounded(markdown, 5000)

    kept, *end, note = cut.split("\n\n")[-2 - len(closing) :]
    assert end == closing
    assert NOTE in note
    assert kept.endswith("| a | b |")
    assert len(cut.encode()) <= 5000


def test_what_fits_stays_as_it_is() -> None:
    assert bounded("x" * 5000, 5000) == "x" * 5000


def test_one_line_that_is_too_long_leaves_the_note() -> None:
    assert bounded("x" * 5001, 5000).strip().strip("*").startswith(NOTE)


@given(st.text(st.sampled_from("aä🚀\n")), st.integers(min_value=3000, max_value=4000))
def test_no_line_and_no_character_is_cut_in_two(text: str, limit: int) -> None:
    markdown = text + "\nä🚀" * 2000

    cut = bounded(markdown, limit)

    kept = cut.removesuffix("\n").rsplit("\n\n", 1)[0]
    assert markdown.startswith(f"{kept}\n")
    assert len(cut.encode()) <= limit
