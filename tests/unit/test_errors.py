"""The one tree of errors and the table of their codes."""

import pytest

from pushstep.errors import CODES, InputError, Problem, PushstepError, StepError


def test_a_code_that_nobody_knows_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no error code"):
        Problem(code="nonsense", message="x")


def test_the_tree_has_two_branches_and_their_statuses() -> None:
    assert {kind: kind.exit_status for kind in PushstepError.__subclasses__()} == {
        InputError: 2,
        StepError: 1,
    }


def test_an_error_reads_as_its_messages() -> None:
    one, two = Problem(code="value", message="a"), Problem(code="value", message="b")

    assert str(InputError([one, two])) == "a\nb"
    assert StepError(one).problem is one


def test_codes_lead_to_1_or_2() -> None:
    assert {status for status, _ in CODES.values()} == {1, 2}
