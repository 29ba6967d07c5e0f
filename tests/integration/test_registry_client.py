"""The registry client against real registries: every verb, with what it costs in requests and bytes."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme

from pushstep.oci import OCI_INDEX, Descriptor, Index, Manifest, layer_type, parse, write_manifest
from pushstep.push.place import Place
from pushstep.registry.client.failures import RegistryError
from pushstep.registry.client.trust import Trust
from pushstep.registry.credentials.credential import ANONYMOUS, Credential
from tests.support.registries import PASSWORD, USER, Registry
from tests.support.registry_client import client, sliced
from tests.support.small_servers import digest

LOGIN = Credential(source="test", username=USER, secret=PASSWORD)


@pytest.fixture
def layer() -> bytes:
    return os.urandom(3_000_000)


def image(layer: bytes) -> tuple[Manifest, bytes]:
    """A manifest of a configuration and one layer."""
    config = json.dumps({"rootfs": {"type": "layers", "diff_ids": [digest(layer)]}}).encode()
    named = Descriptor(media_type="", digest=digest(config), size=len(config))
    kind = layer_type("oci", "gzip")
    lowest = Descriptor(media_type=kind, digest=digest(layer), size=len(layer))
    return write_manifest(named, [lowest], "oci"), config


def send(repository: Place, content: bytes, mount_from: str | None = None) -> str:
    with sliced(content) as place:
        return repository.upload(digest(content), place, lambda _: None, mount_from)


def push(repository: Place, layer: bytes, *tags: str) -> Manifest:
    manifest, config = image(layer)
    for content in (layer, config):
        assert repository.blob_size(digest(content)) is None
        assert send(repository, content) == "uploaded"
    for tag in tags:
        repository.put(tag, manifest)
    return manifest


def test_a_push_and_what_it_costs(registries: dict[str, Registry], repository: str, layer: bytes) -> None:
    host = registries["open"].host
    with client(host, trust=Trust()) as one:
        there = one.repository(repository)
        assert there.digest("v1") is None
        manifest = push(there, layer, "v1", "v2")

        # a greeting, a question, three for each blob, one for each tag
        assert there.requests == 1 + 1 + 2 * 3 + 2
        assert there.bytes_sent == len(layer) + len(image(layer)[1]) + 2 * len(manifest.content)
        assert there.requests == len([line for line in one.debugged if "plain HTTP" not in line])
    assert registries["open"].digest(repository, "v1") == manifest.digest
    assert registries["open"].tags(repository) == ["v1", "v2"]


def test_what_was_pushed_is_read_again(
    registries: dict[str, Registry], repository: str, layer: bytes
) -> None:
    with client(registries["open"].host, trust=Trust()) as one:
        manifest = push(one.repository(repository), layer, "v1")
        there = one.repository(repository, push=False)

        assert there.digest("v1") == there.digest(manifest.digest) == manifest.digest
        assert there.manifest("v1") == there.manifest(manifest.digest) == manifest
        assert there.blob(manifest.config.digest) == image(layer)[1]
        assert there.blob_size(digest(layer)) == len(layer)
        assert b"".join(there.blob_blocks(digest(layer), len(layer))) == layer
        with pytest.raises(RegistryError, match="BLOB_UNKNOWN"):
            there.blob(digest(b"nothing"))


def test_a_blob_is_mounted_from_another_repository(
    registries: dict[str, Registry], repository: str, layer: bytes
) -> None:
    with client(registries["open"].host, trust=Trust()) as one:
        send(one.repository(f"{repository}-base"), layer)
        there = one.repository(repository)

        assert send(there, layer, f"{repository}-base") == "mounted"
        assert (there.requests, there.bytes_sent) == (1, 0)
        assert there.blob_size(digest(layer)) == len(layer)
        # what the other one does not have is sent, in the session that was opened all the same
        assert send(there, layer[:-1], f"{repository}-base") == "uploaded"
        assert there.requests == 1 + 1 + 2


def test_an_index_names_what_was_put_before(
    registries: dict[str, Registry], repository: str, layer: bytes
) -> None:
    with client(registries["open"].host, trust=Trust()) as one:
        there = one.repository(repository)
        manifest, config = image(layer)
        index = parse(
            json.dumps(
                {
                    "schemaVersion": 2,
                    "mediaType": OCI_INDEX,
                    "manifests": [
                        {
                            "mediaType": manifest.media_type,
                            "digest": manifest.digest,
                            "size": len(manifest.content),
                        }
                    ],
                }
            ).encode()
        )
        with pytest.raises(RegistryError) as raised:
            there.put("v1", index)
        assert raised.value.missing == (manifest.digest,)
        with pytest.raises(RegistryError) as raised:
            there.put(manifest.digest, manifest)
        assert set(raised.value.missing or ()) <= {digest(layer), digest(config)}
        assert raised.value.missing

        for content in (layer, config):
            send(there, content)
        there.put(manifest.digest, manifest)
        there.put("v1", index)
        found = there.manifest("v1")

    assert isinstance(found, Index)
    assert found == index
    assert registries["open"].tags(repository) == ["v1"]


def test_many_threads_push_at_once(registries: dict[str, Registry], repository: str) -> None:
    contents = [os.urandom(100_000 + number) for number in range(24)]
    with client(registries["open"].host, trust=Trust()) as one, ThreadPoolExecutor(12) as threads:
        there = one.repository(repository)
        assert set(threads.map(lambda content: send(there, content), contents)) == {"uploaded"}
        sizes = list(threads.map(lambda content: there.blob_size(digest(content)), contents))

        assert sizes == [len(content) for content in contents]
        assert there.requests == 1 + 3 * len(contents)
        assert there.bytes_sent == sum(map(len, contents))


def test_a_password_is_taken(registries: dict[str, Registry], repository: str, layer: bytes) -> None:
    with client(registries["htpasswd"].host, LOGIN, trust=Trust()) as one:
        there = one.repository(repository)
        manifest = push(there, layer, "v1")
        assert there.requests == 2 + 2 * 3 + 1

    assert registries["htpasswd"].digest(repository, "v1") == manifest.digest


@pytest.mark.parametrize(
    "credential", [ANONYMOUS, Credential(source="test", username=USER, secret="wrong")], ids=["none", "wrong"]
)
def test_a_login_is_refused(registries: dict[str, Registry], repository: str, credential: Credential) -> None:
    with client(registries["htpasswd"].host, credential, trust=Trust()) as one:
        there = one.repository(repository)
        with pytest.raises(RegistryError) as raised:
            there.digest("v1")

        assert (raised.value.problem.code, raised.value.problem.retryable) == ("login", False)
        # nobody asks in vain, nor twice with a wrong password
        assert there.requests == (1 if credential is ANONYMOUS else 2)


@pytest.fixture
def trust(authority: trustme.CA, tmp_path: Path) -> Trust:
    authority.cert_pem.write_to_path(tmp_path / "ca.crt")
    return Trust(ca=str(tmp_path / "ca.crt"))


def test_tls_with_an_authority_of_ones_own(
    registries: dict[str, Registry], repository: str, layer: bytes, trust: Trust
) -> None:
    with client(registries["tls"].host, trust=trust) as one:
        manifest = push(one.repository(repository), layer, "v1")

    assert registries["tls"].digest(repository, "v1") == manifest.digest


def test_tls_that_nobody_vouches_for(registries: dict[str, Registry], repository: str) -> None:
    with (
        client(registries["tls"].host, LOGIN, trust=Trust()) as one,
        pytest.raises(RegistryError, match="not trusted") as raised,
    ):
        one.repository(repository).digest("v1")
    assert raised.value.problem.code == "tls"

    with client(registries["tls"].host, trust=Trust(insecure="skip-verify")) as one:
        assert one.repository(repository).digest("v1") is None


def test_plain_http_leaves_this_machine_only_where_that_is_said(
    registries: dict[str, Registry], repository: str
) -> None:
    with (
        client(registries["open"].address, LOGIN, trust=Trust()) as one,
        pytest.raises(RegistryError) as raised,
    ):
        one.repository(repository).digest("v1")
    assert raised.value.problem.code == "plain-http"

    with client(registries["open"].address, trust=Trust(insecure="http")) as one:
        assert one.repository(repository).digest("v1") is None
