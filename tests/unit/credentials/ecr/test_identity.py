"""As whom AWS is asked, and how long what it lends is kept."""

import pytest

from pushstep.registry.credentials.ecr import hosts, identity
from pushstep.registry.credentials.ecr.identity import Chain, Identity, Keys, Role, WebIdentity
from pushstep.registry.credentials.ecr.lease import Lease
from pushstep.registry.reference import NameFormatError

KEYS = Keys(access_key_id="AKIA1", secret_access_key="hunter2", session_token="session-secret")
ROLE = Role(arn="arn:aws:iam::123456789012:role/ci/pusher")
WEB = WebIdentity(role=ROLE, token=lambda: "to.ke.n")


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (Identity(base=KEYS), "accessKeyId"),
        (Identity(base=KEYS, role=ROLE), f"accessKeyId, {ROLE.arn}"),
        (Identity(base=WEB), f"the CI's OIDC token, {ROLE.arn}"),
        (Identity(base=WEB, role=ROLE), f"the CI's OIDC token, {ROLE.arn}, {ROLE.arn}"),
        (Identity(base=Chain(), role=ROLE), f"the AWS default chain, {ROLE.arn}"),
    ],
)
def test_where_it_comes_from(who: Identity, words: str) -> None:
    assert who.source == words


def test_no_secret_in_its_representation() -> None:
    shown = repr(Identity(base=KEYS, role=ROLE)) + repr(Identity(base=WEB))

    assert not any(secret in shown for secret in ("AKIA1", "hunter2", "session-secret", "to.ke.n"))


def test_a_token_is_made_by_whoever_and_the_identity_is_the_same() -> None:
    assert WebIdentity(role=ROLE, token=lambda: "another") == WEB


def test_the_keys_of_a_step() -> None:
    assert identity.keys("", "") is None
    assert identity.keys("AKIA1", "hunter2", "session-secret") == KEYS


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (("AKIA1", "", ""), "secretAccessKey"),
        (("", "hunter2", ""), "accessKeyId"),
        (("", "", "session-secret"), "accessKeyId"),
    ],
)
def test_half_of_the_keys(given: tuple[str, str, str], missing: str) -> None:
    with pytest.raises(NameFormatError, match=f"the AWS keys have no {missing}") as caught:
        identity.keys(*given)

    assert caught.value.code == "missing"


IRELAND = hosts.private("123456789012", "eu-west-1")


@pytest.mark.parametrize(
    "who", [Identity(base=Chain()), Identity(base=KEYS, role=ROLE), Identity(base=WEB, role=ROLE)]
)
def test_roles_of_the_registrys_partition(who: Identity) -> None:
    assert identity.fitting(who, IRELAND) is who


CHINESE = Role(arn="arn:aws-cn:iam::123456789012:role/pusher")


@pytest.mark.parametrize(
    "who",
    [
        Identity(base=KEYS, role=CHINESE),
        Identity(base=WebIdentity(role=CHINESE, token=str)),
        Identity(base=WEB, role=CHINESE),
    ],
)
def test_a_role_of_another_partition(who: Identity) -> None:
    with pytest.raises(NameFormatError, match="is of aws-cn, but eu-west-1 is of aws") as caught:
        identity.fitting(who, IRELAND)

    assert caught.value.code == "conflict"


@pytest.mark.parametrize("arn", ["pusher", "arn:aws:iam::1:role/x", "arn:aws:iam::123456789012:user/x", ""])
def test_what_is_no_role(arn: str) -> None:
    with pytest.raises(NameFormatError, match="is no ARN of a role"):
        identity.fitting(Identity(base=KEYS, role=Role(arn=arn)), IRELAND)


@pytest.mark.parametrize(
    ("seconds", "until"),
    [
        (12 * 3600, 12 * 3600 - 300),
        (3600, 3300),
        (900, 810),
        (60, 54),
    ],
)
def test_a_lease_is_kept_until_five_minutes_or_a_tenth_are_left(seconds: float, until: float) -> None:
    lease = Lease.of("token", seconds=seconds, now=1000)

    assert lease.holds(1000)
    assert lease.holds(1000 + until - 1)
    assert not lease.holds(1000 + until)


@pytest.mark.parametrize("seconds", [0, -5, -300_000_000])
def test_what_has_ended_on_receipt_is_not_kept(seconds: float) -> None:
    assert not Lease.of("token", seconds=seconds, now=1000).holds(1000)
