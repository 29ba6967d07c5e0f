"""The tree of expected failures and the table of their codes."""

import pytest

from pushstep.errors import CODES, InputError, Interrupted, Problem, PushstepError, StepError


def test_every_code_says_its_exit_status_and_what_it_means() -> None:
    assert {status for status, _ in CODES.values()} == {1, 2}
    assert all(meaning and not meaning.endswith(".") for _, meaning in CODES.values())


@pytest.mark.parametrize("code", CODES)
def test_a_problem_has_a_code_of_the_table(code: str) -> None:
    problem = Problem(code=code, message="what happened")

    assert (problem.hint, problem.retryable, problem.path, problem.line, problem.column) == (
        "",
        False,
        None,
        None,
        None,
    )


def test_another_code_is_a_bug() -> None:
    with pytest.raises(ValueError, match="'no-such' is no error code"):
        Problem(code="no-such", message="what happened")


def test_an_input_error_holds_all_problems() -> None:
    problems = [Problem(code="value", message="one"), Problem(code="unknown", message="two")]
    error = InputError(iter(problems))

    assert error.problems == tuple(problems)
    assert str(error) == "one\ntwo"
    assert error.exit_status == 2
    assert isinstance(error, PushstepError)


def test_a_step_error_holds_the_one_that_ended_it() -> None:
    problem = Problem(code="denied", message="no")
    error = StepError(problem)

    assert (error.problem, error.problems) == (problem, (problem,))
    assert str(error) == "no"
    assert error.exit_status == 1
    assert isinstance(error, PushstepError)


@pytest.mark.parametrize(("number", "status"), [(2, 130), (15, 143)])
def test_an_interrupt_is_no_exception_that_a_library_swallows(number: int, status: int) -> None:
    error = Interrupted(number)

    assert not isinstance(error, Exception)
    assert error.exit_status == status
    assert error.problem.code == "interrupted"
    assert error.problem.hint
    assert str(error) == error.problem.message == f"signal {number} ended the run"
