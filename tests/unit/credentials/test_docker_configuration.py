"""The Docker configuration (push-step.md 5.3, transport.md 4.2): real files, real helpers."""

import base64
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.registry.credentials import docker_config, keychain
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from pushstep.registry.credentials.docker_config import Machine
from pushstep.registry.credentials.helper import run_helper
from pushstep.registry.credentials.wanted import Found
from tests.unit.credentials.place import Place, answer, problem

HUB = "https://index.docker.io/v1/"
NOT_FOUND = "echo credentials not found in native keychain; exit 1"
KNOWS_NOTHING = (
    "docker-credential-empty knows no credential for ghcr.io: credentials not found in native keychain"
)


def auth(text: str | bytes = "bot:pw") -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


ENTRIES: dict[str, tuple[object, tuple[str, str, str]]] = {
    "auth": ({"auth": auth("bot:pw")}, ("password", "bot", "pw")),
    "a password with colons": ({"auth": auth("bot:p:w:")}, ("password", "bot", "p:w:")),
    "trailing NULs": ({"auth": auth("bot:pw\0\0")}, ("password", "bot", "pw")),
    "broken into lines": ({"auth": "Ym90\nOnB3\r\n"}, ("password", "bot", "pw")),
    "no user": ({"auth": auth(":pw")}, ("password", "", "pw")),
    "user and password": ({"username": "bot", "password": "pw"}, ("password", "bot", "pw")),
    "auth wins over user and password": (
        {"username": "a", "password": "b", "auth": auth("bot:pw")},
        ("password", "bot", "pw"),
    ),
    "identity token": (
        {"auth": auth("0000:"), "identitytoken": "tok"},
        ("identitytoken", "0000", "tok"),
    ),
    "identity token before the password": (
        {"auth": auth("bot:pw"), "identitytoken": "tok"},
        ("identitytoken", "bot", "tok"),
    ),
    "registry token before all": (
        {"auth": auth("bot:pw"), "identitytoken": "tok", "registrytoken": "reg"},
        ("registrytoken", "bot", "reg"),
    ),
    "keys of others": ({"auth": auth("bot:pw"), "email": 3}, ("password", "bot", "pw")),
    "empty": ({}, ("password", "", "")),
    "null": (None, ("password", "", "")),
    "empty texts": ({"auth": "", "username": None}, ("password", "", "")),
    "an e-mail alone": ({"email": "a@example.com"}, ("password", "", "")),
}


@pytest.mark.parametrize(("entry", "expected"), ENTRIES.values(), ids=ENTRIES)
def test_section_5_3_what_an_entry_of_auths_holds(
    place: Place, entry: object, expected: tuple[str, str, str]
) -> None:
    place.docker({"auths": {"ghcr.io": entry}})

    found = place.credential("ghcr.io")

    assert (found.kind, found.username, found.secret) == expected
    assert (found == ANONYMOUS) is (not found.secret)


KEYS: dict[str, tuple[str, str, bool]] = {
    "the host": ("ghcr.io", "ghcr.io", True),
    "https": ("https://ghcr.io", "ghcr.io", True),
    "http": ("http://ghcr.io", "ghcr.io", True),
    "with a slash": ("https://ghcr.io/", "ghcr.io", True),
    "v1": ("ghcr.io/v1", "ghcr.io", True),
    "v1/": ("ghcr.io/v1/", "ghcr.io", True),
    "v2": ("ghcr.io/v2", "ghcr.io", True),
    "https and v2/": ("https://ghcr.io/v2/", "ghcr.io", True),
    "a path behind a scheme": ("https://ghcr.io/api/docker", "ghcr.io", True),
    "upper case": ("HTTPS://GHCR.io", "ghcr.io", True),
    "a port": ("localhost:5000", "localhost:5000", True),
    "IPv6": ("[::1]:5000", "[::1]:5000", True),
    "Docker Hub's own": (HUB, "docker.io", True),
    "docker.io": ("docker.io", "docker.io", True),
    "index.docker.io": ("index.docker.io", "docker.io", True),
    "registry-1.docker.io": ("https://registry-1.docker.io/v2/", "docker.io", True),
    "another host": ("quay.io", "ghcr.io", False),
    "a part of the host": ("hcr.io", "ghcr.io", False),
    "the host and more": ("ghcr.io.example.com", "ghcr.io", False),
    "a wildcard": ("*.io", "ghcr.io", False),
    "another port": ("localhost:5001", "localhost:5000", False),
    "without its port": ("localhost", "localhost:5000", False),
    "with a port": ("ghcr.io:443", "ghcr.io", False),
    "no host at all": ("ghcr", "ghcr.io", False),
    "nothing": ("", "ghcr.io", False),
    "the image's team": ("ghcr.io/acme", "ghcr.io", True),
    "the image": ("ghcr.io/acme/app", "ghcr.io", True),
    "another team": ("ghcr.io/other", "ghcr.io", False),
    "the beginning of a team": ("ghcr.io/ac", "ghcr.io", False),
    "more than the image": ("ghcr.io/acme/app/x", "ghcr.io", False),
}


@pytest.mark.parametrize(("key", "host", "fits"), KEYS.values(), ids=KEYS)
def test_section_5_3_which_keys_mean_a_host(place: Place, key: str, host: str, *, fits: bool) -> None:
    place.docker({"auths": {key: {"auth": auth()}}})

    assert (place.credential(host) != ANONYMOUS) is fits


@pytest.mark.parametrize(("key", "host", "fits"), KEYS.values(), ids=KEYS)
def test_section_5_3_keys_of_helpers_are_spelled_alike(
    place: Place, key: str, host: str, *, fits: bool
) -> None:
    place.docker({"credHelpers": {key: "x"}})
    place.helper("x", answer("bot", "pw"))

    assert (place.credential(host) != ANONYMOUS) is fits


CLOSEST: dict[str, tuple[list[str], str, str, str]] = {
    "the longest path": (
        ["ghcr.io", "ghcr.io/acme/app", "ghcr.io/acme"],
        "ghcr.io",
        "acme/app",
        "ghcr.io/acme/app",
    ),
    "of those that fit": (
        ["ghcr.io/acme/other", "ghcr.io", "ghcr.io/acme/"],
        "ghcr.io",
        "acme/app",
        "ghcr.io/acme/",
    ),
    "the host for another team": (["ghcr.io/acme", "ghcr.io"], "ghcr.io", "other/app", "ghcr.io"),
    "the exact spelling": (["https://ghcr.io/v2/", "ghcr.io"], "ghcr.io", "acme/app", "ghcr.io"),
    "Docker's spelling of its own": (["docker.io", HUB], "docker.io", "acme/app", HUB),
    "else the first": (["http://ghcr.io", "https://ghcr.io"], "ghcr.io", "acme/app", "http://ghcr.io"),
}


@pytest.mark.parametrize("write", [Place.docker, Place.podman], ids=["docker", "podman"])
@pytest.mark.parametrize(("keys", "host", "repository", "expected"), CLOSEST.values(), ids=CLOSEST)
def test_section_5_3_the_closest_key_wins(  # a table's columns
    place: Place,
    write: Callable[[Place, object], Path],
    keys: list[str],
    host: str,
    repository: str,
    expected: str,
) -> None:
    write(place, {"auths": {key: {"username": key, "password": "pw"} for key in keys}})

    assert place.credential(host, repository).username == expected


def test_section_5_3_an_empty_entry_gives_way_to_a_less_close_one(place: Place) -> None:
    place.docker({"auths": {HUB: {}, "docker.io": {"auth": auth()}}})

    assert place.credential("docker.io").username == "bot"


ORDER: dict[str, tuple[object, str, str]] = {
    "a helper for the host before all": (
        {"credHelpers": {"ghcr.io": "x"}, "auths": {"ghcr.io": {"auth": auth()}}, "credsStore": "y"},
        "of x",
        "credHelpers: x",
    ),
    "an entry before the store": (
        {"credHelpers": {"quay.io": "x"}, "auths": {"ghcr.io": {"auth": auth()}}, "credsStore": "y"},
        "bot",
        "auths",
    ),
    "the store for an empty entry": (
        {"auths": {"ghcr.io": {}}, "credsStore": "y"},
        "of y",
        "credsStore: y",
    ),
    "the store for a host without entry": ({"credsStore": "y"}, "of y", "credsStore: y"),
}


@pytest.mark.parametrize(("content", "username", "source"), ORDER.values(), ids=ORDER)
def test_section_5_3_the_order_in_a_file(place: Place, content: object, username: str, source: str) -> None:
    path = place.docker(content)
    place.helper("x", answer("of x", "pw"))
    place.helper("y", answer("of y", "pw"))

    found = place.find("ghcr.io")

    assert found.credential == Credential(source=f"{path}, {source}", username=username, secret="pw")
    assert found.notices == ()


def test_section_5_3_the_order_of_the_sources(place: Place) -> None:
    """Each is taken away once it has answered."""

    def content(username: str) -> object:
        return {"auths": {"ghcr.io": {"username": username, "password": "pw"}}}

    place.docker(content("home"))
    place.podman(content("podman"))
    folder = place.write("folder/config.json", content("folder")).parent
    place.environ |= {"DOCKER_CONFIG": str(folder), "DOCKER_AUTH_CONFIG": json.dumps(content("variable"))}
    seen = []

    for variable in ("DOCKER_AUTH_CONFIG", "DOCKER_CONFIG", "HOME", "REGISTRY_AUTH_FILE"):
        seen.append(place.credential("ghcr.io"))
        del place.environ[variable]

    assert [(found.username, found.source) for found in seen] == [
        ("variable", "DOCKER_AUTH_CONFIG, auths"),
        ("folder", f"{folder}/config.json, auths"),
        ("home", f"{place.root}/home/.docker/config.json, auths"),
        ("podman", f"{place.root}/podman/auth.json, auths"),
    ]
    assert place.credential("ghcr.io") == ANONYMOUS


def test_section_5_3_docker_config_stands_in_for_the_home(place: Place) -> None:
    place.docker({"auths": {"ghcr.io": {"auth": auth()}}})
    place.write("folder/config.json", {"auths": {}})
    place.environ["DOCKER_CONFIG"] = str(place.root / "folder")

    assert place.find("ghcr.io") == Found(credential=ANONYMOUS)


def test_section_5_3_empty_variables_are_not_given(place: Place) -> None:
    place.docker({"auths": {"ghcr.io": {"auth": auth()}}})
    place.environ |= {"DOCKER_AUTH_CONFIG": "", "DOCKER_CONFIG": "", "REGISTRY_AUTH_FILE": ""}

    assert place.credential("ghcr.io").username == "bot"


def test_section_5_3_a_found_credential_ends_the_search_before_broken_files(place: Place) -> None:
    place.environ["DOCKER_AUTH_CONFIG"] = json.dumps({"auths": {"ghcr.io": {"auth": auth()}}})
    place.docker(b"{")

    assert place.credential("ghcr.io").username == "bot"
    assert problem(lambda: place.find("quay.io"))


def test_section_5_3_missing_files_are_nobodys(place: Place) -> None:
    """With a notice where somebody named them."""
    place.environ |= {"DOCKER_CONFIG": "/nowhere", "REGISTRY_AUTH_FILE": "/nowhere/auth.json"}

    assert place.find("ghcr.io") == Found(
        credential=ANONYMOUS,
        notices=(
            "DOCKER_CONFIG: /nowhere/config.json does not exist",
            "REGISTRY_AUTH_FILE: /nowhere/auth.json does not exist",
        ),
    )


def test_section_5_3_no_home_at_all(place: Place) -> None:
    del place.environ["HOME"]

    assert place.find("ghcr.io") == Found(credential=ANONYMOUS)


@pytest.mark.parametrize("content", [b"", b" \n", b"{}", b'{"auths": null}', b"\xef\xbb\xbf{}"])
def test_section_5_3_an_empty_configuration_is_nobodys(place: Place, content: bytes) -> None:
    place.docker(content)

    assert place.find("ghcr.io") == Found(credential=ANONYMOUS)


def test_section_5_3_the_variable_names_no_helpers(place: Place) -> None:
    """Docker reads `auths` of it alone; GitLab's runner, which reads more, runs elsewhere."""
    place.environ["DOCKER_AUTH_CONFIG"] = json.dumps({"credHelpers": {"ghcr.io": "x"}, "credsStore": "x"})

    assert place.find("ghcr.io") == Found(
        credential=ANONYMOUS, notices=("DOCKER_AUTH_CONFIG: only its `auths` are read, as by Docker",)
    )


def test_section_5_3_podmans_file_has_helpers_but_no_store(place: Place) -> None:
    path = place.podman({"credHelpers": {"ghcr.io": "x"}, "credsStore": "y"})
    place.helper("x", answer("bot", "pw"))
    place.helper("y", answer("bot", "pw"))

    assert place.credential("ghcr.io").source == f"{path}, credHelpers: x"
    assert place.find("quay.io") == Found(credential=ANONYMOUS)


BROKEN: dict[str, tuple[object, str]] = {
    "no JSON": (b'{\n"auths": hunter2}', " is no JSON at line 2"),
    "cut off": (b'{"auths": {"ghcr.io": {"auth": "hunter2', " is no JSON at line 1"),
    "a path": (b"/builds/x.tmp/hunter2", " is no JSON at line 1"),
    "no UTF-8": (b'{"hunter2": "\xff"}', " is no JSON"),
    "nested too deep": (b"[" * 900_000, " is no JSON"),
    "too large": (b" " * 1_000_001, " is larger than 1 MB"),
    "a list": (["hunter2"], " is no JSON object"),
    "a text": ("hunter2", " is no JSON object"),
    "auths of texts": ({"auths": "hunter2"}, ": `auths` is no JSON object"),
    "an entry that is a text": ({"auths": {"ghcr.io": "hunter2"}}, ": `auths` for ghcr.io is no JSON object"),
    "a value that is no text": (
        {"auths": {"ghcr.io": {"username": "hunter2", "password": 7}}},
        ": `auths` for ghcr.io: a value is no text",
    ),
    "no base64": (
        {"auths": {"ghcr.io": {"auth": "hunter2!"}}},
        ": `auths` for ghcr.io: `auth` is no base64 of user:password",
    ),
    "base64 of letters beyond": (
        {"auths": {"ghcr.io": {"auth": "hunter2é"}}},
        ": `auths` for ghcr.io: `auth` is no base64 of user:password",
    ),
    "no padding": (
        {"auths": {"ghcr.io": {"auth": auth("hunter2:pw").rstrip("=")}}},
        ": `auths` for ghcr.io: `auth` is no base64 of user:password",
    ),
    "base64 without a colon": (
        {"auths": {"ghcr.io": {"auth": auth("hunter2")}}},
        ": `auths` for ghcr.io: `auth` is no base64 of user:password",
    ),
    "base64 of no UTF-8": (
        {"auths": {"ghcr.io": {"auth": auth(b"hunter2:\xff")}}},
        ": `auths` for ghcr.io: `auth` is no base64 of user:password",
    ),
    "secrets that were empty": (
        {"auths": {"ghcr.io": {"auth": auth(":")}}},
        ": `auths` for ghcr.io: the password is empty",
    ),
    "a password that was empty": (
        {"auths": {"ghcr.io": {"username": "hunter2", "password": ""}}},
        ": `auths` for ghcr.io: the password is empty",
    ),
    "a password of NULs": (
        {"auths": {"ghcr.io": {"auth": auth("hunter2:\0\0")}}},
        ": `auths` for ghcr.io: the password is empty",
    ),
    "helpers that are no mapping": ({"credHelpers": ["hunter2"]}, ": `credHelpers` is no JSON object"),
    "a helper's name that is no text": (
        {"credHelpers": {"ghcr.io": 7}},
        ": a name in `credHelpers` is no text",
    ),
    "a helper without a name": (
        {"credHelpers": {"ghcr.io": ""}},
        " (credHelpers): '' is no name of a credential helper",
    ),
    "a helper's name that is a path": (
        {"credHelpers": {"ghcr.io": "../x"}},
        " (credHelpers): '../x' is no name of a credential helper",
    ),
    "a helper that is missing": (
        {"credHelpers": {"ghcr.io": "gone"}, "auths": {"ghcr.io": {"auth": auth()}}},
        " (credHelpers): docker-credential-gone is not on PATH",
    ),
    "a helper that knows nothing": (
        {"credHelpers": {"ghcr.io": "empty"}},
        f" (credHelpers): {KNOWS_NOTHING}",
    ),
    "a helper that fails": (
        {"credHelpers": {"ghcr.io": "locked"}},
        " (credHelpers): docker-credential-locked ended with status 1: locked",
    ),
    "a helper that hangs": (
        {"credHelpers": {"ghcr.io": "slow"}},
        " (credHelpers): docker-credential-slow did not end within 0.3 s",
    ),
    "a store's name that is no text": ({"credsStore": ["hunter2"]}, ": a name in `credsStore` is no text"),
    "a store's name that is a path": (
        {"credsStore": "/x"},
        " (credsStore): '/x' is no name of a credential helper",
    ),
    "a store that fails": (
        {"credsStore": "locked"},
        " (credsStore): docker-credential-locked ended with status 1: locked",
    ),
    "a store that hangs": (
        {"credsStore": "slow"},
        " (credsStore): docker-credential-slow did not end within 0.3 s",
    ),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_section_5_3_mine_but_broken_stops_the_search(place: Place, content: object, message: str) -> None:
    """The message names the file and shows nothing of it."""
    path = place.docker(content)
    place.podman({"auths": {"ghcr.io": {"auth": auth()}}})
    place.helper("empty", NOT_FOUND)
    place.helper("locked", "echo locked; exit 1")
    place.helper("slow", "sleep 60")
    limit = 0.3 if "slow" in str(content) else 20
    run = partial(run_helper, environ=place.environ, clock=time.monotonic, limit=limit)
    place.machine = Machine(environ=place.environ, read_bytes=docker_config.read_bytes, run=run)

    found = problem(lambda: place.find("ghcr.io"))

    assert found
    assert (found.code, found.message, found.retryable) == ("credentials", f"{path}{message}", False)
    assert found.hint.endswith(".")
    assert "hunter2" not in f"{found!r}"


def test_section_5_3_a_broken_variable_stops_the_search(place: Place) -> None:
    place.environ["DOCKER_AUTH_CONFIG"] = "/builds/acme/app.tmp/DOCKER_AUTH_CONFIG"

    found = problem(lambda: place.find("ghcr.io"))

    assert found
    assert found.message == "DOCKER_AUTH_CONFIG is no JSON at line 1"
    assert "GitLab variable of the type 'File'" in found.hint


def test_section_5_3_a_variable_of_no_encoding_is_broken(place: Place) -> None:
    place.environ["DOCKER_AUTH_CONFIG"] = '{"auths": "\udcff"}'

    assert problem(lambda: place.find("ghcr.io"))


def test_section_5_3_unreadable_files_are_broken(place: Place) -> None:
    """A folder in the file's place, and a file in the folder's: root may read all else."""
    (place.root / "home/.docker/config.json").mkdir(parents=True)
    first = problem(lambda: place.find("ghcr.io"))
    place.environ["DOCKER_CONFIG"] = str(place.write("file.json", {}))
    second = problem(lambda: place.find("ghcr.io"))

    assert first
    assert first.message == f"{place.root}/home/.docker/config.json: Is a directory"
    assert second
    assert second.message == f"{place.root}/file.json/config.json: Not a directory"
    assert "DOCKER_CONFIG is the folder of config.json" in second.hint


def test_section_5_3_a_path_is_foreign_text(place: Place) -> None:
    place.environ["DOCKER_CONFIG"] = "/nowhere\n::error::\x1b[2J"

    assert place.find("ghcr.io").notices == (
        r"DOCKER_CONFIG: /nowhere\n::error::\x1b[2J/config.json does not exist",
    )


ELSEWHERE: dict[str, object] = {
    "an entry": {"auths": {"quay.io": {"auth": "!"}}},
    "a missing helper": {"credHelpers": {"quay.io": "gone"}},
    "a helper's bad name": {"credHelpers": {"quay.io": "/x"}},
}


@pytest.mark.parametrize("content", ELSEWHERE.values(), ids=ELSEWHERE)
def test_section_5_3_what_is_broken_for_another_host_is_not_mine(place: Place, content: object) -> None:
    place.docker(content)

    assert place.find("ghcr.io") == Found(credential=ANONYMOUS)


STORES: dict[str, tuple[str, str]] = {
    "missing": ("desktop", "docker-credential-desktop is not on PATH"),
    "not found": (
        "empty",
        KNOWS_NOTHING,
    ),
    "an empty secret": ("blank", "docker-credential-blank answered with an empty secret for ghcr.io"),
}


@pytest.mark.parametrize(("store", "notice"), STORES.values(), ids=STORES)
def test_section_5_3_a_store_that_knows_nothing_is_a_notice(place: Place, store: str, notice: str) -> None:
    path = place.docker({"auths": {"ghcr.io": {}}, "credsStore": store})
    podman = place.podman({"auths": {"ghcr.io": {"auth": auth()}}})
    place.helper("empty", NOT_FOUND)
    place.helper("blank", answer("", ""))

    assert place.find("ghcr.io") == Found(
        credential=Credential(source=f"{podman}, auths", username="bot", secret="pw"),
        notices=(f"{path} (credsStore): {notice}",),
    )


@pytest.mark.parametrize("content", [{"credHelpers": {"ghcr.io": "x"}}, {"credsStore": "x"}])
def test_section_5_3_a_helpers_token_is_an_identity_token(place: Place, content: object) -> None:
    place.docker(content)
    place.helper("x", answer("<token>", "tok"))

    found = place.credential("ghcr.io")

    assert (found.kind, found.username, found.secret) == ("identitytoken", "", "tok")


@pytest.mark.parametrize(
    ("host", "server"), [("docker.io", HUB), ("localhost:5000", "localhost:5000"), ("ghcr.io", "ghcr.io")]
)
def test_section_5_3_what_a_helper_is_asked_for(place: Place, host: str, server: str) -> None:
    """The host as Docker spells it, whatever the key."""
    place.docker({"credHelpers": {"https://registry-1.docker.io": "x", host: "x", f"{host}/acme": "x"}})
    seen = place.root / "seen"
    place.helper("x", f"cat > '{seen}'\n{answer('bot', 'pw')}")

    place.find(host)

    assert seen.read_text() == server


def test_section_5_3_a_file_is_read_once_and_a_helper_asked_once_for_a_host(place: Place) -> None:
    """moby/buildkit#1192: slow, because a helper was asked for every layer."""
    path = place.docker({"credsStore": "x"})
    seen = place.root / "seen"
    place.helper("x", f"cat >> '{seen}'; echo >> '{seen}'\n{NOT_FOUND}")

    for host in ("ghcr.io", "quay.io", "ghcr.io", "quay.io"):
        assert place.credential(host) == ANONYMOUS
        path.write_bytes(b"changed in between")

    assert seen.read_text().split() == ["ghcr.io", "quay.io"]


@given(
    username=st.text().filter(lambda text: ":" not in text),
    password=st.text(min_size=1).filter(lambda text: not text.endswith("\0")),
    nulls=st.integers(0, 3),
)
def test_section_5_3_any_user_and_password_survive_auth(username: str, password: str, nulls: int) -> None:
    content = {"auths": {"ghcr.io": {"auth": auth(f"{username}:{password}" + "\0" * nulls)}}}
    machine = keychain.machine({"DOCKER_AUTH_CONFIG": json.dumps(content)}, clock=time.monotonic)

    found = docker_config.find("ghcr.io", "", machine, [])

    assert found
    assert (found.username, found.secret) == (username, password)
    assert found == docker_config.find("ghcr.io", "", machine, [])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["auth", "username", "password", "x"]), inner)
    ),
    max_leaves=5,
)


@given(entry=json_values, key=st.sampled_from(["ghcr.io", "https://ghcr.io/v1/"]) | st.text())
def test_section_5_3_any_entry_is_a_credential_nothing_or_a_problem(entry: object, key: str) -> None:
    content = json.dumps({"auths": {key: entry}})
    machine = keychain.machine({"DOCKER_AUTH_CONFIG": content}, clock=time.monotonic)

    found = problem(lambda: docker_config.find("ghcr.io", "acme/app", machine, []))

    assert found is None or found.code == "credentials"


@given(data=st.binary())
def test_section_5_3_any_file_is_a_credential_nothing_or_a_problem(data: bytes) -> None:
    machine = Machine(
        environ={"HOME": "/h"},
        read_bytes=lambda _: data,
        run=partial(run_helper, environ={}, clock=time.monotonic),
    )

    found = problem(lambda: docker_config.find("ghcr.io", "acme/app", machine, []))

    assert found is None or found.code == "credentials"
