"""Which addresses a connection may lead to."""

import pytest

from pushstep.registry.client.addresses import address, objection

# address, TLS, plain HTTP allowed, public ones only → what the objection names
CASES: dict[str, tuple[str | None, bool, bool, bool, str | None]] = {
    "a public one": ("93.184.216.34", True, False, True, None),
    "a public one of IPv6": ("2606:4700::1", True, False, True, None),
    "a private one": ("10.1.2.3", True, False, False, None),
    "a private one, named by a public registry": ("10.1.2.3", True, False, True, "private"),
    "this machine, named by a public registry": ("127.0.0.1", True, False, True, "private"),
    "this machine in IPv6, likewise": ("::1", True, False, True, "private"),
    "this machine, written as IPv6": ("::ffff:127.0.0.1", True, False, True, "private"),
    "a carrier's network, likewise": ("100.64.0.1", True, False, True, "private"),
    "an address for one site in IPv6, likewise": ("fd12::1", True, False, True, "private"),
    "link-local": ("169.254.169.254", True, True, False, "metadata"),
    "link-local, written as IPv6": ("::ffff:169.254.169.254", True, True, False, "metadata"),
    "link-local in IPv6, with its interface": ("fe80::1%eth0", True, True, False, "metadata"),
    "metadata in IPv6": ("fd00:ec2::254", True, True, False, "metadata"),
    "metadata at a public address": ("168.63.129.16", True, True, False, "metadata"),
    "plain HTTP to this machine": ("127.0.0.2", False, False, False, None),
    "plain HTTP elsewhere": ("10.1.2.3", False, False, False, "plain HTTP"),
    "plain HTTP elsewhere, allowed": ("10.1.2.3", False, True, False, None),
    "plain HTTP elsewhere, allowed, named by a public registry": ("10.1.2.3", False, True, True, "private"),
    "where a proxy leads": (None, True, False, True, None),
    "where a proxy leads, by plain HTTP": (None, False, False, False, "plain HTTP"),
    "where a proxy leads, by plain HTTP, allowed": (None, False, True, True, None),
}


@pytest.mark.parametrize(("text", "tls", "plain_http", "public_only", "named"), CASES.values(), ids=CASES)
def test_where_nothing_is_sent(
    text: str | None, tls: bool, plain_http: bool, public_only: bool, named: str | None
) -> None:
    why = objection(address(text) if text else None, tls=tls, plain_http=plain_http, public_only=public_only)

    assert (why is None) is (named is None)
    assert named is None or named in (why or "")
