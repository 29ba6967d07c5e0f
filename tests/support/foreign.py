"""Text that strangers may send, meant to do harm, for property tests."""

from hypothesis import strategies as st

from tests.support.formats import NASTY

foreign = st.lists(
    st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=[]), max_size=6), max_size=8
).map("".join)
"""Pieces of every format that is written, and any character there is, lone surrogates included."""
