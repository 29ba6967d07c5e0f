"""The order of the sources (push-step.md 5.3), from the step's own credentials to none."""

from dataclasses import replace

import pytest

from pushstep.ci.protocol import Context, OwnRegistry
from pushstep.registry.credentials import keychain
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from pushstep.registry.credentials.wanted import Found, Login, Wanted
from tests.unit.credentials.place import PLAIN, Place, problem

OWN = OwnRegistry(host="Registry.example.com:5050", repository="acme/app", username="job", password="jobs")
GITLAB = Context(ci="gitlab", own_registry=OWN)
GITHUB = Context(ci="github", actor="octocat")


@pytest.fixture
def wanted(place: Place) -> Wanted:
    return place.wanted("ghcr.io", context=GITHUB)


def test_section_5_3_the_order(place: Place, wanted: Wanted) -> None:
    """Each source is taken away once it has answered."""
    place.docker({"auths": {"ghcr.io": {"username": "logged-in", "password": "pw"}}})
    own = replace(OWN, host="ghcr.io")
    context = replace(GITHUB, own_registry=own)
    entry = Credential(source="registries: hub", username="of-the-entry", secret="pw")
    wanted = replace(wanted, username="bot", password="pw", github_token="tok", context=context)
    wanted = replace(wanted, entry=entry, login=Login(method="github"))
    seen = [keychain.find(wanted)]
    wanted = replace(wanted, username="", password="")
    seen.append(keychain.find(wanted))
    wanted = replace(wanted, entry=None)
    seen.append(keychain.find(wanted))
    wanted = replace(wanted, login=Login())
    seen.append(keychain.find(wanted))
    place.environ.pop("HOME")
    seen.append(keychain.find(wanted))
    wanted = replace(wanted, context=GITHUB)
    seen.append(keychain.find(wanted))
    wanted = replace(wanted, github_token="")
    seen.append(keychain.find(wanted))

    assert [found.credential.identity for found in seen] == [
        "bot (input username/password)",
        "of-the-entry (registries: hub)",
        "octocat (github-token)",
        f"logged-in ({place.root}/home/.docker/config.json, auths)",
        "job (the CI's own registry)",
        "octocat (github-token)",
        "anonymous",
    ]


def test_section_5_3_none_turns_off_what_was_not_given_and_nothing_else(place: Place, wanted: Wanted) -> None:
    """Not the step's, not the entry's, not the Docker configuration."""
    context = replace(GITHUB, own_registry=replace(OWN, host="ghcr.io"))
    wanted = replace(wanted, github_token="tok", context=context, login=Login(method="none"))
    entry = Credential(source="registries: hub", username="of-the-entry", secret="pw")
    seen = [keychain.find(wanted)]
    place.docker({"auths": {"ghcr.io": {"username": "logged-in", "password": "pw"}}})
    seen.append(keychain.find(wanted))
    seen.append(keychain.find(replace(wanted, entry=entry)))
    seen.append(keychain.find(replace(wanted, username="bot", password="pw")))

    names = ["", "logged-in", "of-the-entry", "bot"]
    assert [found.credential.username for found in seen] == names


def test_section_5_3_what_was_given_is_for_any_host_and_reads_nothing_else(
    place: Place, wanted: Wanted
) -> None:
    place.docker(b"{")

    found = keychain.find(replace(wanted, host="quay.io", username="bot", password="pw"))

    assert found == Found(
        credential=Credential(source="input username/password", username="bot", secret="pw")
    )


@pytest.mark.parametrize(
    ("username", "password", "missing"), [("bot", "", "password"), ("", "hunter2", "username")]
)
def test_section_5_3_half_a_credential_is_broken(
    wanted: Wanted, username: str, password: str, missing: str
) -> None:
    found = problem(lambda: keychain.find(replace(wanted, username=username, password=password)))

    assert found
    assert (found.code, found.message) == ("credentials", f"the credentials for ghcr.io have no {missing}")
    assert f"`{missing}`" in found.hint


def test_section_5_3_half_a_credential_on_a_forks_pull_request_says_why(wanted: Wanted) -> None:
    context = replace(GITHUB, withheld="Secrets are empty on a fork's pull request.")

    found = problem(lambda: keychain.find(replace(wanted, username="bot", context=context)))

    assert found
    assert found.hint == "Secrets are empty on a fork's pull request."


OWN_HOSTS: dict[str, tuple[Context, str, bool]] = {
    "its host": (GITLAB, "registry.example.com:5050", True),
    "another port": (GITLAB, "registry.example.com", False),
    "another host": (GITLAB, "ghcr.io", False),
    "no registry": (PLAIN, "registry.example.com:5050", False),
}


@pytest.mark.parametrize(("context", "host", "mine"), OWN_HOSTS.values(), ids=OWN_HOSTS)
def test_section_5_3_the_cis_own_registry(wanted: Wanted, context: Context, host: str, *, mine: bool) -> None:
    found = keychain.find(replace(wanted, host=host, context=context)).credential

    assert found == (
        Credential(source="the CI's own registry", username="job", secret="jobs") if mine else ANONYMOUS
    )


@pytest.mark.parametrize("own", [replace(OWN, password=""), replace(OWN, username="")])
def test_section_5_3_the_cis_own_registry_without_a_login_is_broken(wanted: Wanted, own: OwnRegistry) -> None:
    context = replace(GITLAB, own_registry=own)

    found = problem(lambda: keychain.find(replace(wanted, host=own.host.lower(), context=context)))

    assert found
    assert found.code == "credentials"
    assert "CI_REGISTRY_PASSWORD" in found.hint


TOKENS: dict[str, tuple[str, str | None, str]] = {
    "ghcr.io": ("ghcr.io", "octocat", "octocat (github-token)"),
    "no actor": ("ghcr.io", None, "x-access-token (github-token)"),
    "GitHub's old registry": ("docker.pkg.github.com", "octocat", "anonymous"),
    "a host below": ("x.ghcr.io", "octocat", "anonymous"),
    "Docker Hub": ("docker.io", "octocat", "anonymous"),
}


@pytest.mark.parametrize(("host", "actor", "identity"), TOKENS.values(), ids=TOKENS)
def test_section_5_3_the_github_token_is_for_ghcr_io_alone(
    wanted: Wanted, host: str, actor: str | None, identity: str
) -> None:
    context = replace(GITHUB, actor=actor)

    found = keychain.find(replace(wanted, host=host, github_token="tok", context=context)).credential

    assert found.identity == identity
    assert found.secret == ("tok" if "github-token" in identity else "")


def test_interface_4_a_search_cannot_be_printed_by_accident(place: Place, wanted: Wanted) -> None:
    place.environ["SECRET"] = "hunter2"

    text = repr(replace(wanted, username="bot", password="hunter2", github_token="hunter2"))

    assert "hunter2" not in text
    assert "bot" in text
