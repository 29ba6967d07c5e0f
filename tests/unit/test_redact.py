"""No secret passes the redactor, in any spelling (interface 4); spellings are made by other encoders."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pushstep.redact import Redactor, url_passwords
from pushstep.text import visible
from tests.support.foreign import foreign

USER = "bot"

SECRETS = (
    foreign
    | st.text(min_size=4)
    | st.text(alphabet="abAB01/+=._-%<>&'\"\\ \n", min_size=4)
    | st.binary(min_size=4, max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
).filter(lambda secret: len(secret) >= 4 and "*" not in secret)
"""Without a star: two stars beside those that were put there would spell a secret of stars."""


def utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def lower_hex(text: str) -> str:
    parts = text.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])


def javascript(text: str) -> str:
    """`encodeURIComponent` leaves these as they are."""
    return quote(utf8(text), safe="!'()*")


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "without the blanks around it": str.strip,
    "made visible": visible,
    "base64": lambda secret: base64.b64encode(utf8(secret)).decode(),
    "base64, unpadded": lambda secret: base64.b64encode(utf8(secret)).decode().rstrip("="),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(utf8(secret)).decode(),
    "base64 for URLs, unpadded": lambda secret: base64.urlsafe_b64encode(utf8(secret)).decode().rstrip("="),
    "base64 of user:password": lambda secret: base64.b64encode(utf8(f"{USER}:{secret}")).decode(),
    "base64 of user:password for URLs": lambda secret: (
        base64.urlsafe_b64encode(utf8(f"{USER}:{secret}")).decode().rstrip("=")
    ),
    "percent-encoded whole": lambda secret: quote(utf8(secret), safe=""),
    "percent-encoded but for slashes": lambda secret: quote(utf8(secret)),
    "percent-encoded as in a form": lambda secret: quote_plus(utf8(secret)),
    "percent-encoded with small letters": lambda secret: lower_hex(quote(utf8(secret), safe="")),
    "percent-encoded by JavaScript": javascript,
    "percent-encoded in a form's field": lambda secret: urlencode({"x": utf8(secret)}).removeprefix("x="),
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON in Unicode": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "JSON inside a document": lambda secret: json.dumps({"auth": [secret]})[11:-3],
    "JSON by Go": lambda secret: (
        json.dumps(secret, ensure_ascii=False)[1:-1]
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
    ),
    "repr": lambda secret: repr(secret)[1:-1],
    "repr inside a value": lambda secret: repr({"auth": (secret,)})[11:-4],
    "repr inside a text with both quotes": lambda secret: repr(f"'\"{secret}")[4:-1],
}
"""How a secret may be spelled where it turns up."""


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@given(secret=SECRETS, before=foreign, after=foreign)
@example(secret="p\"ss\\w<o>&r'd/é\u2028", before="x", after="y")
@example(secret="p@ss word!(1)", before="https://bot:", after="@proxy.example")
def test_section_4_no_spelling_of_a_secret_passes(
    spelling: Callable[[str], str], secret: str, before: str, after: str
) -> None:
    spelled = spelling(secret)
    if len(spelled) < 4:
        return
    redact = Redactor()
    redact.add(secret, username=USER)

    text = f"{before}{spelled}{after}"
    assert redact.finds(text)
    assert spelled not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode], ids=["standard", "URLs"])
@given(
    secret=SECRETS.filter(lambda secret: len(secret) >= 12),
    before=st.binary(max_size=9),
    after=st.binary(max_size=9),
)
def test_section_4_a_secret_inside_a_longer_base64_text_does_not_pass(
    encode: Callable[[bytes], bytes], secret: str, before: bytes, after: bytes
) -> None:
    redact = Redactor()
    redact.add(secret)

    text = encode(before + utf8(secret) + after).decode()
    left = redact(text).replace("***", "").rstrip("=")
    assert redact.finds(text)
    # what is left is what stands around it, and a character on each side that is part of both
    assert len(left) <= len(base64.b64encode(before)) + len(base64.b64encode(after)) + 2


@given(
    st.lists(
        st.text(alphabet="abAB01+/={}:\"' -", min_size=1).filter(lambda line: len(line.strip()) >= 4),
        min_size=2,
        max_size=4,
    ),
    st.sampled_from(["\n", "\r\n", "\n  "]),
    foreign,
)
def test_section_4_each_line_of_a_secret_is_one(lines: list[str], ending: str, around: str) -> None:
    redact = Redactor()
    redact.add(ending.join(lines))

    for line in map(str.strip, lines):
        for spelling in ("as it is", "base64", "percent-encoded whole", "JSON"):
            spelled = SPELLINGS[spelling](line)
            text = f"{around}{spelled}{around}"
            assert redact.finds(text)
            assert spelled not in redact(text)


def test_section_4_a_key_file_passes_in_no_part() -> None:
    key = json.dumps({"type": "service_account", "private_key": "-----BEGIN\nMIIEvQ==\n"}, indent=2)
    redact = Redactor()
    redact.add(key)

    assert redact(f"{key} {key.splitlines()[2].strip()}") == "*** ***"
    assert redact('bad line: "private_key": "-----BEGIN\\nMIIEvQ==\\n"') == "bad line: ***"
    assert redact("{ }") == "{ }"


SHORT = ["", "a", "ab", "abc", " é "]


@pytest.mark.parametrize("secret", SHORT, ids=repr)
def test_section_4_below_four_characters_nothing_is_searched(secret: str) -> None:
    redact = Redactor()
    redact.add(secret, username="somebody")

    text = f"abc {secret} {base64.b64encode(secret.encode()).decode()}"
    assert redact(text) == text
    assert not redact.finds(text)


def test_section_4_short_lines_of_a_long_secret_are_not_searched() -> None:
    redact = Redactor()
    redact.add("{\n abcd\n}")

    assert redact("{ abcd }") == "{ *** }"


@given(st.lists(SECRETS, max_size=3), foreign)
def test_section_4_what_is_found_is_what_is_hidden(secrets: list[str], text: str) -> None:
    redact = Redactor()
    for secret in secrets:
        redact.add(secret)

    assert redact.finds(text) == (redact(text) != text)
    assert not any(secret in redact(text) for secret in secrets)


@given(foreign)
def test_without_secrets_every_text_stays(text: str) -> None:
    redact = Redactor()

    assert redact(text) == text
    assert not redact.finds(text)


def test_user_names_are_no_secrets() -> None:
    redact = Redactor()
    redact.add("hunter2", username="somebody")

    assert redact("somebody pushes") == "somebody pushes"


def test_the_longest_spelling_is_hidden_whole() -> None:
    redact = Redactor()
    redact.add("hunter2")
    redact.add("hunter2hunter2")
    redact.add("hunter2")

    assert redact("<hunter2hunter2> <hunter2>") == "<***> <***>"


# --- passwords in addresses ----------------------------------------------------------------------------

ADDRESSES = {
    "http://user:hunter2@proxy.example:3128": ["hunter2"],
    "tcp://user:hunter2@127.0.0.1:2376/x": ["hunter2"],
    "https://gitlab-ci-token:64_abc@gitlab.example/a/b.git": ["64_abc"],
    "http://user:p%40ss%2Fword@proxy.example": ["p%40ss%2Fword", "p@ss/word"],
    "http://user:p@ssword@proxy.example": ["p@ssword"],
    "http://user:a:b@proxy.example": ["a:b"],
    "http://:hunter2@proxy.example": ["hunter2"],
    "url=https://u:hunter2@a.example,https://v:swordfish@b.example?x": ["hunter2", "swordfish"],
    "git+ssh://u:hunter2@a": ["hunter2"],
    "http://proxy.example:3128": [],
    "http://user@proxy.example": [],
    "http://user:@proxy.example": [],
    "http://proxy.example/a:b@c": [],
    "http://proxy.example?a:b@c": [],
    "user:hunter2@proxy.example": [],
    "://user:hunter2@proxy.example": [],
    "a: b@c": [],
    "": [],
}


@pytest.mark.parametrize(("text", "expected"), ADDRESSES.items(), ids=ADDRESSES.keys())
def test_section_3_passwords_in_addresses(text: str, expected: list[str]) -> None:
    assert list(url_passwords([text])) == expected


def test_section_3_passwords_in_all_addresses() -> None:
    assert list(url_passwords(["", "http://a:hunter2@b", "http://c:swordfish@d"])) == ["hunter2", "swordfish"]


@pytest.mark.parametrize("text", ["a" * 100_000, "://" * 50_000, "a://" + "b:" * 50_000, "a://b:" * 20_000])
def test_a_long_value_takes_no_time(text: str) -> None:
    assert list(url_passwords([text])) == []
