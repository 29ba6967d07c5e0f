"""What answers mean: status, code and words of registries, with what follows from them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import CODES
from pushstep.registry.client.answer import Answer
from pushstep.registry.client.failures import (
    RegistryError,
    Subject,
    changed_on_the_way,
    in_doubt,
    lacking,
    no_registry,
    paused,
    refused,
)
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from tests.support.foreign import foreign
from tests.support.registry_client import BOT, NOW
from tests.support.small_servers import digest, errors


def subject(credential: Credential = BOT, host: str = "reg.io") -> Subject:
    return Subject(host=host, repository="acme/app", credential=credential, hint="Log in like this.")


def answer(
    status: int,
    body: bytes | str = b"",
    *,
    method: str = "PUT",
    url: str = "https://reg.io/v2/x",
    **headers: str,
) -> Answer:
    return Answer(
        method=method,
        url=url,
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=body.encode() if isinstance(body, str) else body,
    )


# status, body → code, retryable
MEANINGS = {
    "401": (401, errors("UNAUTHORIZED", "authentication required"), "login", False),
    "401 of somebody known": (
        401,
        errors("UNAUTHORIZED", "unauthorized to access repository: a, action: push"),
        "denied",
        False,
    ),
    "403": (403, errors("DENIED", "requested access to the resource is denied"), "denied", False),
    "403 for a full quota": (403, errors("DENIED", "Quota has been exceeded on namespace"), "quota", False),
    "403 for too many requests": (
        403,
        '{"message": "You have exceeded a secondary rate limit"}',
        "rate-limit",
        True,
    ),
    "403 for a tag that stays": (403, errors("DENIED", "the tag is immutable"), "immutable", False),
    "403 as a page": (403, "<html><title>Forbidden</title>", "denied", False),
    "404 of a repository": (404, errors("NAME_UNKNOWN", "repository name not known"), "not-found", False),
    "404 without a word": (404, "", "not-found", False),
    "404 of a blob": (404, errors("BLOB_UNKNOWN", "blob unknown"), "registry", False),
    "404 of an upload": (404, errors("BLOB_UPLOAD_UNKNOWN", "upload unknown"), "unavailable", True),
    "400 of a manifest": (400, errors("MANIFEST_INVALID", "manifest invalid"), "registry", False),
    "400 of a tag that stays": (
        400,
        errors(
            "TAG_INVALID",
            "The image tag 'v1' already exists and cannot be overwritten because it is immutable",
        ),
        "immutable",
        False,
    ),
    "405": (405, errors("UNSUPPORTED", "The operation is unsupported."), "registry", False),
    "408": (408, "", "unavailable", True),
    "409 of a tag that stays": (409, errors("TAG_IMMUTABLE", "tag v1 is immutable"), "immutable", False),
    "412 of a tag that stays": (
        412,
        errors("PRECONDITION", "Failed to process request due to 'app:v1' configured as immutable."),
        "immutable",
        False,
    ),
    "412 of a policy": (
        412,
        errors("PROJECTPOLICYVIOLATION", "current image has not been scanned"),
        "registry",
        False,
    ),
    "413": (413, "<html><head><title>413 Request Entity Too Large</title></head></html>", "registry", False),
    "429": (429, errors("TOOMANYREQUESTS", "slow down"), "rate-limit", True),
    "429 without a word": (429, "", "rate-limit", True),
    "429 of a quota": (429, errors("TOOMANYREQUESTS", "quota exceeded"), "rate-limit", True),
    "a code with another status": (400, errors("TOOMANYREQUESTS", "slow down"), "rate-limit", True),
    "499": (499, "", "unavailable", True),
    "500": (500, errors("UNKNOWN", "unknown error"), "unavailable", True),
    "500 that speaks of denial": (500, errors("DENIED", "denied"), "unavailable", True),
    "501": (501, "", "registry", False),
    "502 as a page": (502, "<html><title>Bad Gateway</title></html>", "unavailable", True),
    "503": (503, "no healthy upstream", "unavailable", True),
    "504": (504, "", "unavailable", True),
    "505": (505, "", "registry", False),
    "507": (507, "", "quota", False),
    "522": (522, "error code: 522", "unavailable", True),
    "418": (418, "teapot", "registry", False),
}


@pytest.mark.parametrize(("status", "body", "code", "retryable"), MEANINGS.values(), ids=MEANINGS)
def test_what_an_answer_means(status: int, body: bytes | str, code: str, retryable: bool) -> None:
    failed = refused(answer(status, body), subject(), NOW)

    assert (failed.problem.code, failed.problem.retryable) == (code, retryable)
    assert failed.problem.hint
    assert (failed.status, failed.reached, failed.missing) == (status, True, None)


def test_a_token_without_the_right_is_no_wrong_password() -> None:
    header = 'Bearer realm="https://a/t",error="insufficient_scope"'
    one = answer(401, errors("UNAUTHORIZED", "authentication required"), www_authenticate=header)

    assert refused(one, subject(), NOW).problem.code == "denied"
    anonymous = refused(one, subject(ANONYMOUS), NOW).problem
    assert (anonymous.code, anonymous.hint) == ("login", "Log in like this.")


# header, body → seconds, what the message ends with
ASKED = {
    "a number": ("30", "", 30.0, "(Retry-After: 30)"),
    "a date": ("Mon, 23 Nov 2026 12:01:30 GMT", "", 90.0, "(Retry-After: 90)"),
    "a date that is over": ("Mon, 23 Nov 2026 11:00:00 GMT", "", 0.0, "(Retry-After: 0)"),
    "nonsense": ("soon", "", None, "429 Too Many Requests"),
    "in the body, as Go spells it": (
        None,
        "toomanyrequests: retry-after: 12.5ms, allowed: 2000/minute",
        0.0125,
        "allowed: 2000/minute",
    ),
    "nowhere": (None, "slow down", None, "slow down"),
}


@pytest.mark.parametrize(("header", "body", "seconds", "end"), ASKED.values(), ids=ASKED)
def test_how_long_a_registry_asks_to_wait(
    header: str | None, body: str, seconds: float | None, end: str
) -> None:
    headers = {} if header is None else {"retry_after": header}
    failed = refused(answer(429, body, **headers), subject(), NOW)

    assert failed.asked == seconds
    assert failed.problem.message.endswith(end)


def test_who_refuses_for_good_asks_for_nothing() -> None:
    assert refused(answer(403, "", retry_after="30"), subject(), NOW).asked is None


# body, content type → what people read of it
TEXTS = {
    "codes with messages": (errors("DENIED", "no"), "DENIED: no"),
    "a detail in words": (errors("DENIED", "no", "because"), "DENIED: no; because"),
    "a detail that is none": (errors("DENIED", "no", {"a": 1}), "DENIED: no"),
    "a code alone": (errors("DENIED"), "DENIED"),
    "several": (
        json.dumps({"errors": [{"code": "A", "message": "a"}, {"code": "B", "message": "b"}]}).encode(),
        "A: a; B: b",
    ),
    "OAuth2": (b'{"error": "invalid_grant", "error_description": "too old"}', "invalid_grant; too old"),
    "details of a token service": (
        b'{"details": "incorrect username or password"}',
        "incorrect username or password",
    ),
    "a page": (b"<!DOCTYPE html><HTML><Title lang=en> No way </Title>", "No way"),
    "a page without a title": (b"<html><body>no</body></html>", ""),
    "plain text": (b"\n no healthy upstream\nmore\n", "no healthy upstream"),
    "nothing": (b"", ""),
    "JSON that is no object": (b'["no"]', ""),
    "errors that are none": (b'{"errors": "no", "message": "well"}', "well"),
    "errors of something else": (b'{"errors": [1, {"code": 2}]}', "2"),
    "bytes of nobody": (b"\xff\xfe\x00", "\ufffd\ufffd\x00"),
}


@pytest.mark.parametrize(("body", "words"), TEXTS.values(), ids=TEXTS)
def test_what_people_read_of_an_answer(body: bytes, words: str) -> None:
    text = answer(403, body, url="https://reg.io/v2/x?_state=secret").text

    assert text == f"PUT https://reg.io/v2/x?_state=... answered 403 Forbidden{f': {words}' if words else ''}"


def test_a_status_of_nobody_has_no_name() -> None:
    assert answer(599).text == "PUT https://reg.io/v2/x answered 599"


@given(st.integers(400, 599), foreign)
def test_any_answer_is_some_failure(status: int, body: str) -> None:
    failed = refused(answer(status, body.encode("utf-8", "surrogatepass")), subject(), NOW)

    assert failed.problem.code in CODES


def test_what_a_manifest_names_and_nobody_has() -> None:
    lost = digest(b"lost")
    body = errors("MANIFEST_BLOB_UNKNOWN", "blob unknown", {"digest": lost})
    failed = lacking(refused(answer(400, body), subject(), NOW), subject())

    assert failed.missing == (lost,)
    assert failed.codes == ("MANIFEST_BLOB_UNKNOWN",)
    assert (failed.problem.code, failed.problem.retryable) == ("digest", True)


def test_what_is_lacking_may_not_be_told() -> None:
    failed = refused(answer(404, errors("MANIFEST_BLOB_UNKNOWN")), subject(), NOW)

    assert lacking(failed, subject()).missing == ()


def test_other_failures_lack_nothing() -> None:
    failed = refused(answer(400, errors("MANIFEST_INVALID")), subject(), NOW)
    without = paused(100, subject())

    assert lacking(failed, subject()) is failed
    assert lacking(without, subject()) is without
    assert without.asked == 100
    assert "(Retry-After: 100)" in without.problem.message


DOUBTS = {408: True, 499: True, 500: True, 503: True, 400: False, 404: False, 429: False}


@pytest.mark.parametrize(("status", "doubt"), DOUBTS.items(), ids=map(str, DOUBTS))
def test_whether_it_may_have_been_taken(status: int, doubt: bool) -> None:
    assert in_doubt(refused(answer(status), subject(), NOW)) is doubt


def test_what_was_never_sent_is_in_no_doubt() -> None:
    assert not in_doubt(paused(100, subject()))


def test_what_changed_on_the_way() -> None:
    assert changed_on_the_way(refused(answer(400, errors("DIGEST_INVALID")), subject(), NOW))
    assert not changed_on_the_way(refused(answer(400, errors("NAME_INVALID")), subject(), NOW))


def test_another_service_is_no_registry() -> None:
    failed = no_registry(answer(200, "<title>Log in</title>", method="GET"), subject())

    assert "reg.io does not answer as a registry" in failed.problem.message
    assert "Log in" in failed.problem.message
    assert isinstance(failed, RegistryError)
