"""The CI's OIDC token, asked for at a real server over TLS, or taken from where the job put it."""

import base64
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import Problem, StepError
from pushstep.registry.credentials import oidc, web
from pushstep.registry.credentials.oidc import Surroundings
from tests.support import oidc as oidc_service
from tests.support.forwarding import BASIC, forwarding
from tests.support.oidc import Service, jwt

AUDIENCE = "sts.amazonaws.com"
BEARER = "request-token-of-the-job"
NAME = "oidc.example.com"
"""Where a proxy finds the service."""


TOKEN = jwt(aud=AUDIENCE, sub="repo:acme/app:ref:refs/heads/main", iss="https://example.com")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def service(authority: trustme.CA) -> Iterator[Service]:
    with oidc_service.serving(authority, NAME) as found:
        yield found


@dataclass
class Job:
    """A job of GitHub Actions that may ask for tokens."""

    environ: dict[str, str]
    context: ssl.SSLContext
    slept: list[float] = field(default_factory=list)
    masked: list[str] = field(default_factory=list)

    @property
    def around(self) -> Surroundings:
        return Surroundings(
            environ=self.environ,
            get=web.getter(self.environ, self.context),
            sleep=self.slept.append,
            mask=self.masked.append,
            hint="Add the line.",
        )

    def problem(self) -> Problem:
        with pytest.raises(StepError) as caught:
            oidc.token(AUDIENCE, self.around)
        return caught.value.problem


@pytest.fixture
def job(service: Service) -> Job:
    environ = {"ACTIONS_ID_TOKEN_REQUEST_URL": service.url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": BEARER}
    return Job(environ=environ, context=service.context)


def test_github_gives_a_token_for_the_audience(service: Service, job: Job) -> None:
    service.say(200, {"count": 1, "value": TOKEN})

    assert oidc.token(AUDIENCE, job.around) == TOKEN

    [(path, authorization)] = service.asked
    assert parse_qs(urlsplit(path).query) == {"api-version": ["2.0"], "audience": [AUDIENCE]}
    assert authorization == f"Bearer {BEARER}"
    assert job.masked == [BEARER, TOKEN]


def test_an_audience_is_no_second_parameter(service: Service, job: Job) -> None:
    job.environ["ACTIONS_ID_TOKEN_REQUEST_URL"] = service.url.partition("?")[0]
    service.say(200, {"value": jwt(aud="a&b=c")})

    oidc.token("a&b=c", job.around)

    assert parse_qs(urlsplit(service.asked[0][0]).query) == {"audience": ["a&b=c"]}


def test_a_token_that_the_job_was_given_is_taken_and_none_asked_for(service: Service, job: Job) -> None:
    job.environ["PUSHSTEP_ID_TOKEN"] = TOKEN

    assert oidc.token(AUDIENCE, job.around) == TOKEN
    assert (job.masked, service.asked) == ([TOKEN], [])


def test_a_token_for_several_audiences(job: Job) -> None:
    job.environ["PUSHSTEP_ID_TOKEN"] = jwt(aud=["https://gitlab.example.com", AUDIENCE])

    assert oidc.token(AUDIENCE, job.around)


GIVEN = {
    "for somebody else": (
        jwt(aud="https://gitlab.example.com"),
        "is for 'https://gitlab.example.com', not for",
    ),
    "for a part of the name": (jwt(aud="sts.amazonaws.com.example.com"), "not for 'sts.amazonaws.com'"),
    "for nobody": (jwt(sub="x"), "is for None"),
    "no token": ("hunter2", "is no JSON Web Token"),
    "no JSON": (".bm8=.", "is no JSON Web Token"),
    "no object": (f".{base64.b64encode(b'[1]').decode()}.", "is no JSON Web Token"),
    "too large": (jwt(aud=AUDIENCE, padding="x" * 70_000), "is no JSON Web Token"),
}


@pytest.mark.parametrize(("text", "words"), GIVEN.values(), ids=GIVEN)
def test_a_token_that_is_of_no_use(job: Job, text: str, words: str) -> None:
    job.environ["PUSHSTEP_ID_TOKEN"] = text

    problem = job.problem()

    assert (problem.code, problem.hint) == ("credentials", "Add the line.")
    assert words in problem.message
    assert text not in problem.message
    assert job.masked == [text]


@pytest.mark.parametrize("missing", ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
def test_a_job_without_the_permission(service: Service, job: Job, missing: str) -> None:
    job.environ[missing] = ""

    problem = job.problem()

    assert (problem.code, problem.hint) == ("credentials", "Add the line.")
    assert "gives this job no OIDC token" in problem.message
    assert service.asked == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/token", "file:///etc/passwd", "//127.0.0.1/token"])
def test_the_bearer_goes_over_tls_alone(job: Job, url: str) -> None:
    job.environ["ACTIONS_ID_TOKEN_REQUEST_URL"] = url

    assert "is no https URL" in job.problem().message


def test_a_redirect_is_not_followed(service: Service, job: Job) -> None:
    service.say(302, {"value": TOKEN}, {"location": service.url})

    assert "status 302" in job.problem().message
    assert len(service.asked) == 1


ANSWERS: dict[str, tuple[int, object, str]] = {
    "a refusal": (403, {"message": "no permission"}, "status 403: no permission"),
    "no JSON": (200, b"<html>", "no JSON object with a token"),
    "no token": (200, {"value": ""}, "no JSON object with a token"),
    "no object": (200, [TOKEN], "no JSON object with a token"),
    "deep JSON": (200, b"[" * 60_000, "no JSON object with a token"),
    "too much": (200, {"value": TOKEN, "padding": "x" * 70_000}, "no JSON object with a token"),
}


@pytest.mark.parametrize(("status", "content", "words"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_without_a_token(
    service: Service, job: Job, status: int, content: object, words: str
) -> None:
    service.say(status, content)

    problem = job.problem()

    assert (problem.code, problem.retryable) == ("credentials", False)
    assert words in problem.message
    assert len(service.asked) == 1


def test_a_service_that_fails_for_a_moment_is_asked_again(service: Service, job: Job) -> None:
    service.say(503, b"")
    service.say(429, b"")
    service.say(200, {"value": TOKEN})

    assert oidc.token(AUDIENCE, job.around) == TOKEN
    assert job.slept == [1.0, 4.0]


def test_a_service_that_fails_for_longer(service: Service, job: Job) -> None:
    for _ in range(3):
        service.say(500, b"")

    problem = job.problem()

    assert (problem.code, problem.retryable) == ("credentials", True)
    assert len(service.asked) == 3


def test_a_service_that_is_not_there(job: Job) -> None:
    job.environ["ACTIONS_ID_TOKEN_REQUEST_URL"] = "https://127.0.0.1:1/token"

    problem = job.problem()

    assert (problem.code, problem.retryable) == ("unreachable", True)
    assert "127.0.0.1" in problem.message
    assert BEARER not in problem.message


def test_a_service_that_does_not_speak_http(service: Service, job: Job) -> None:
    service.answers += [(-1, b"", {})] * 3

    problem = job.problem()

    assert (problem.code, problem.retryable) == ("unreachable", True)


def test_a_bearer_that_no_request_can_hold(job: Job) -> None:
    job.environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = f"{BEARER}\nHost: example.com"

    problem = job.problem()

    assert problem.code == "credentials"
    assert BEARER not in problem.message


def test_a_service_with_a_strange_certificate(service: Service, job: Job) -> None:
    job = replace(job, context=ssl.create_default_context())

    assert "CERTIFICATE_VERIFY_FAILED" in job.problem().message
    assert service.asked == []


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_the_environments_proxy_is_asked(service: Service, job: Job, name: str) -> None:
    host = urlsplit(service.url).netloc
    job.environ["ACTIONS_ID_TOKEN_REQUEST_URL"] = service.url.replace(host, NAME)
    service.say(200, {"value": TOKEN})
    with forwarding({f"{NAME}:443": host}, login=True) as proxy:
        job.environ[name] = proxy.url_with_login

        assert oidc.token(AUDIENCE, job.around) == TOKEN
        assert (proxy.asked, proxy.logins) == ([f"CONNECT {NAME}:443"], [BASIC])
    assert len(service.asked) == 1


# a variable → what the failure says
NO_WAY = {
    "nobody listens": ("http://127.0.0.1:1", "refused"),
    "another kind": ("socks5://127.0.0.1:1080", "HTTPS_PROXY names a proxy that is spoken to by socks5"),
    "TLS": ("https://proxy.example.com", "the proxy proxy.example.com:443 (HTTPS_PROXY) wants TLS itself"),
}


@pytest.mark.parametrize(("proxy", "said"), NO_WAY.values(), ids=NO_WAY)
def test_a_proxy_that_does_not_lead_there(service: Service, job: Job, proxy: str, said: str) -> None:
    job.environ |= {"ACTIONS_ID_TOKEN_REQUEST_URL": f"https://{NAME}/token", "HTTPS_PROXY": proxy}

    problem = job.problem()

    assert problem.code == "unreachable"
    assert said in problem.message
    assert service.asked == []


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_but_not_for_hosts_that_it_is_not_for(service: Service, job: Job, name: str) -> None:
    job.environ |= {"HTTPS_PROXY": "http://127.0.0.1:1", name: "example.com,127.0.0.1"}
    service.say(200, {"value": TOKEN})

    assert oidc.token(AUDIENCE, job.around) == TOKEN


@given(st.text() | st.lists(st.text()).map(".".join))
def test_claims_of_anything_are_texts(text: str) -> None:
    assert all(isinstance(value, str) for value in oidc.claims(text).values())


def test_claims_that_are_no_texts_are_left_out() -> None:
    assert oidc.claims(jwt(sub="a", exp=1, aud=["b", "c"])) == {"sub": "a", "aud": "b, c"}
