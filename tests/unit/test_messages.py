"""What a registry's refusal means: real sentences of daemons and registries, each with the code it gets."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import CODES, Problem
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from pushstep.registry.messages import refusal

BOT = Credential(source="input username/password", username="bot", secret="hunter2")
DIGEST = f"sha256:{'401' * 21}0"


def said(text: str, *, host: str = "reg.io", repository: str = "acme/app", who: Credential = BOT) -> Problem:
    return refusal(text, host=host, repository=repository, credential=who, hint="Log in like this.")


MEANINGS = {
    # moby, containerd and Go on the way to the registry
    'Get "https://reg.io/v2/": http: server gave HTTP response to HTTPS client': "plain-http",
    f'failed to do request: Head "https://reg.io/v2/acme/app/blobs/{DIGEST}": http: server gave HTTP response '
    "to HTTPS client": "plain-http",
    'Get "https://reg.io/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority': "tls",
    'Get "https://reg.io/v2/": x509: certificate has expired or is not yet valid': "tls",
    "tls: first record does not look like a TLS handshake": "tls",
    "remote error: tls: handshake failure": "tls",
    'Get "https://reg.io/v2/": net/http: TLS handshake timeout': "unreachable",
    'Get "https://reg.io/v2/": dial tcp: lookup reg.io on 127.0.0.53:53: no such host': "unreachable",
    "dial tcp: lookup reg.io: Temporary failure in name resolution": "unreachable",
    "dial tcp: lookup reg.io on 10.0.0.1:53: server misbehaving": "unreachable",
    'Get "https://reg.io/v2/": dial tcp 127.0.0.1:1: connect: connection refused': "unreachable",
    "dial tcp 10.1.2.3:443: connect: no route to host": "unreachable",
    "dial tcp [2001:db8::1]:443: connect: network is unreachable": "unreachable",
    "dial tcp 10.1.2.3:443: i/o timeout": "unreachable",
    "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)": (
        "unreachable"
    ),
    "context deadline exceeded": "unreachable",
    "write tcp 10.0.0.2:1->10.0.0.1:443: write: broken pipe": "unreachable",
    "read tcp 10.0.0.2:1->10.0.0.1:443: read: connection reset by peer": "unreachable",
    'Put "https://reg.io/v2/acme/app/blobs/uploads/1": EOF': "unreachable",
    "unexpected EOF": "unreachable",
    f"missing content: content digest {DIGEST}: not found\nNote: You're trying to push a manifest list/index "
    "which references multiple platform specific manifests, but not all of them are available locally or "
    "available to the remote repository.\nMake sure you have all the referenced content and try again.": (
        "candidate"
    ),
    # distribution's own error codes, and statuses without a code
    "unauthorized: authentication required": "login",
    "unauthorized: incorrect username or password": "login",
    "no basic auth credentials": "login",
    "failed to authorize: failed to fetch oauth token: unexpected status from GET request to "
    "https://auth.reg.io/token?scope=repository%3Aacme%2Fapp%3Apull%2Cpush: 401 Unauthorized": "login",
    "unauthorized: HTTP Basic: Access denied. The provided password or token is incorrect": "login",
    "denied: requested access to the resource is denied": "denied",
    "push access denied, repository does not exist or may require authorization: server message: "
    "insufficient_scope: authorization failed": "denied",
    "unexpected status from POST request to https://reg.io/v2/acme/app/blobs/uploads/: 403 Forbidden": "denied",
    "name unknown: repository name not known to registry": "not-found",
    "NAME_UNKNOWN": "not-found",
    "received unexpected HTTP status: 404 Not Found": "not-found",
    "toomanyrequests: You have reached your unauthenticated pull rate limit.": "rate-limit",
    "received unexpected HTTP status: 429 Too Many Requests": "rate-limit",
    "received unexpected HTTP status: 500 Internal Server Error": "unavailable",
    "received unexpected HTTP status: 502 Bad Gateway": "unavailable",
    "received unexpected HTTP status: 503 Service Unavailable": "unavailable",
    "received unexpected HTTP status: 504": "unavailable",
    "received unexpected HTTP status: 507 Insufficient Storage": "quota",
    "manifest invalid: manifest invalid": "registry",
    "blob upload unknown to registry": "registry",
    "": "registry",
    # registries' own words
    "tag invalid: The image tag 'v1' already exists in the 'acme/app' repository and cannot be overwritten "
    "because the tag is immutable.": "immutable",
    'denied: The repository has enabled tag immutability. The tag "v1" already exists and cannot be changed.': (
        "immutable"
    ),
    "unknown: Failed to process request due to 'app:v1' configured as immutable.": "immutable",
    "name unknown: The repository with name 'acme/app' does not exist in the registry with id '123456789012'": (
        "not-found"
    ),
    "denied: User: arn:aws:iam::123456789012:user/bot is not authorized to perform: ecr:InitiateLayerUpload": (
        "denied"
    ),
    "denied: permission_denied: write_package": "denied",
    "unauthorized: unauthorized to access repository: acme/app, action: push: unauthorized to access repository: "
    "acme/app, action: push": "denied",
    "unauthorized: access to the requested resource is not authorized": "denied",
    "denied: adding 7.7 MiB of storage resource, which when updated to current usage of 5.0 GiB will exceed the "
    "configured upper limit of 5.0 GiB.": "quota",
    "denied: Quota has been exceeded on namespace": "quota",
}


@pytest.mark.parametrize(("text", "code"), MEANINGS.items(), ids=[text[-60:] for text in MEANINGS])
def test_what_a_sentence_means(text: str, code: str) -> None:
    problem = said(text)

    assert problem.code == code
    assert CODES[code][0] == 1
    assert problem.retryable is (code in ("rate-limit", "unreachable", "unavailable"))


# host, repository
MISLEADING = [
    ("quota.io", "acme/app"),
    ("certificate.io", "acme/app"),
    ("reg.io", "acme/certificate-manager"),
    ("reg.io", "denied/quota"),
    ("429.io", "immutable/eof"),
    ("eof.io:503", "401/403"),
]


@pytest.mark.parametrize(("host", "repository"), MISLEADING, ids=map("/".join, MISLEADING))
def test_names_mean_nothing(host: str, repository: str) -> None:
    address = f"https://{host}/v2/{repository}/blobs/uploads/"
    sentences = {
        f"unexpected status from POST request to {address}: 404 Not Found": "not-found",
        f'failed to do request: Head "{address}": no such host': "unreachable",
        f"failed to push {host}/{repository}:1: manifest invalid": "registry",
        f"lookup {host}: no such host": "unreachable",
    }
    for text, code in sentences.items():
        assert said(text, host=host, repository=repository).code == code


# sentence → message, hint
WORDS = {
    "server gave HTTP response to HTTPS client": (
        "reg.io speaks plain HTTP where TLS was expected",
        "Let the registry speak TLS, or list it under `insecure-registries` of the Docker daemon.",
    ),
    "x509: unknown": (
        "the certificate of reg.io is not trusted by the Docker daemon",
        "Put the authority's certificate into /etc/docker/certs.d/reg.io/ca.crt where the daemon runs.",
    ),
    "429": (
        "reg.io asks to slow down",
        "Run it again later, or log in: limits for known users are higher.",
    ),
    "immutable": ("reg.io lets no tag of acme/app move", "Push under a new tag."),
    "quota": ("reg.io has no room left for acme/app", "Delete old images there, or raise the quota."),
    "401": (
        "reg.io refused the login as bot (input username/password)",
        "Check user name and password; they came from input username/password.",
    ),
    "403": (
        "reg.io denies the push to acme/app as bot (input username/password)",
        "The identity needs the right to push there; check the repository's name as well.",
    ),
    "404": ("reg.io has no repository acme/app", "Create it there, or check image_name and registry."),
    "EOF": (
        "reg.io cannot be reached by the Docker daemon",
        "Check the host's name and port, and the network of the machine that the daemon runs on.",
    ),
    "500": ("reg.io failed", "Run it again: such failures pass."),
    "missing content: content digest sha256:0: not found": (
        "the Docker daemon does not hold all of the image",
        "Get all of it into the daemon, or leave `transport` out: what is there is pushed then.",
    ),
    "{host} %s": (
        "reg.io refused the push to acme/app",
        "The registry's own words are all there is to go by.",
    ),
}


@pytest.mark.parametrize(
    ("text", "message", "hint"), [(text, *expected) for text, expected in WORDS.items()], ids=WORDS.keys()
)
def test_one_line_of_what_happened_and_one_of_what_to_do(text: str, message: str, hint: str) -> None:
    problem = said(f" {text}\n")

    assert problem.message == f"{message}: {text}"
    assert problem.hint == hint
    assert problem.path is None


# who, host, sentence → hint
HINTS = {
    "no login, refused": (
        ANONYMOUS,
        "reg.io",
        "401",
        "reg.io refused the login without a login: 401",
        "Log in like this.",
    ),
    "no login, denied": (
        ANONYMOUS,
        "ghcr.io",
        "denied",
        "ghcr.io denies the push to acme/app without a login: denied",
        "Log in like this.",
    ),
    "no login, something else": (
        ANONYMOUS,
        "reg.io",
        "404",
        "reg.io has no repository acme/app: 404",
        "Create it there, or check image_name and registry.",
    ),
    "ghcr.io without the right": (
        BOT,
        "ghcr.io",
        "denied: permission_denied: write_package",
        (
            "ghcr.io denies the push to acme/app as bot (input username/password): denied: permission_denied: "
            "write_package"
        ),
        (
            "The job needs `permissions: packages: write`, and a package made by hand must be linked to this "
            "repository (package settings, Manage Actions access)."
        ),
    ),
    "ghcr.io by a token that can only read": (
        replace(BOT, denied="This run's token can only read."),
        "ghcr.io",
        "denied: permission_denied: write_package",
        (
            "ghcr.io denies the push to acme/app as bot (input username/password): denied: permission_denied: "
            "write_package"
        ),
        "This run's token can only read.",
    ),
    "ghcr.io by a token that can only read, and is over": (
        replace(BOT, denied="This run's token can only read."),
        "ghcr.io",
        "401",
        "ghcr.io refused the login as bot (input username/password): 401",
        "Check user name and password; they came from input username/password.",
    ),
    "ghcr.io with a wrong password": (
        BOT,
        "ghcr.io",
        "401",
        "ghcr.io refused the login as bot (input username/password): 401",
        "Check user name and password; they came from input username/password.",
    ),
}


@pytest.mark.parametrize(("who", "host", "text", "message", "hint"), HINTS.values(), ids=HINTS)
def test_the_hint_depends_on_who_was_refused_where(
    who: Credential, host: str, text: str, message: str, hint: str
) -> None:
    problem = said(text, host=host, who=who)

    assert (problem.message, problem.hint) == (message, hint)


def test_a_whole_page_is_cut_but_no_sentence_is() -> None:
    assert len(said("x" * 100_000).message) < 12_100
    assert said("x" * 10_000).message.endswith("x" * 10_000)


@given(st.text())
def test_any_text_is_a_refusal(text: str) -> None:
    problem = said(text)

    assert problem.code in CODES
    assert text.strip() in problem.message
    assert problem.hint
    assert "hunter2" not in problem.hint
