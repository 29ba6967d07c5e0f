"""Values that somebody wrote into a branch, a title or a commit message to make a push do something else."""

from collections.abc import Iterator

MEGABYTE = 1_000_000


def _values() -> Iterator[tuple[str, str]]:
    for text in _SHORT:
        yield text, text
    yield from _LONG.items()


_SHORT = (
    # quotes, and what would follow them in an expression
    *("'", '"', "''", '""', "'\"", "\\", "\\'", '\\"', "\\\\'", "`", "' || true || '", '" || true || "'),
    *("' == 'safe' || 'a' == 'a", '" == "safe" || "a" == "a', "' || 1 == 1", "x' && 'y", "\\' || true || '"),
    *("&&", "||", "true || true", "1 == 1", "(", ")", "((", "!", "=", "==", "?:", ",", ";", "[1]", "this"),
    # what an expression or YAML gives a meaning of its own
    *("true", "false", "null", "NaN", "Infinity", "0", "-1", "1e309", "0x10", "010", "1.10", "yes", "~"),
    *("CF_BRANCH", "V", "steps", "workflow", "__class__", "constructor", "toString", "length", "MY_TOKEN"),
    # placeholders inside values
    *("${{CF_BRANCH}}", "$[[CF_BRANCH]]", "${CF_BRANCH}", "${{V}}", "${{MY_TOKEN}}", "${MY_TOKEN}", "${{"),
    *("}}", "{{V}}", "${{ V }}", "$${{V}}", "\\${{V}}", "${{steps.build.result}}", "${{secrets.a.B}}", "$V"),
    # lines, and what else ends or begins something
    *(
        "\n",
        "a\nb",
        "a\r\nb",
        "\r",
        "\t",
        "\x00",
        "a\x00b",
        "\x1b[31mred",
        "\x85",
        "\u2028",
        "\u2029",
        "\v\f",
    ),
    *("safe\n", "\nsafe", " safe ", "safe\x00", "tag: evil\n- [*a", "# comment", "a: b", "- a", "*a", "&a"),
    *(
        "!!python/object:os.system",
        "<<: {}",
        "%0Aadd",
        "::set-output name=a::b",
        "##[error]",
        "$(id)",
        "`id`",
    ),
    # regular expressions
    *(
        "(a+)+$",
        ".*",
        "[",
        "[^]",
        "(?<",
        "a{99999}",
        "\\",
        "/",
        "/./",
        "/.*/i",
        "^main$",
        "\\k<a>",
        "$&",
        "$'",
    ),
    # look-alikes, and characters that are not what they seem
    *("sаfe", "ｓａｆｅ", "safe\u200b", "\ufeffsafe", "\u202eefas", "s\u0301afe", "ſafe", "K", "😀"),  # noqa: RUF001 - meant
    *("\U000f0024\U000f007b", "\ue000", "\udc80", "\ud83d", "é", "e\u0301", "ß", "İ", "٣", "\xa0", "\u3000"),
    # names and places that are not what belongs there
    *("../../etc", "/etc/passwd", "file:/etc/passwd", "file:.git/config", "file:", "evil.io/x/y:1", "x/y:1"),
    *("docker://evil.io/x", "oci:/tmp", "http://evil.io", "https://u:p@evil.io", "evil.io", "localhost:1"),
    *("sha256:" + "0" * 64, "a@sha256:" + "0" * 64, "a:b:c", ":", "@", ".", "..", "-x", "--help", "A/B", ""),
)
_LONG = {
    "1 MB of letters": "a" * MEGABYTE,
    "1 MB of quotes": "'\"" * (MEGABYTE // 2),
    "1 MB of placeholders": "${{V}}" * (MEGABYTE // 6),
    "1 MB of lines": "a\n" * (MEGABYTE // 2),
    "1 MB of brackets": "(" * MEGABYTE,
    "1 MB of signs beyond ASCII": "😀" * (MEGABYTE // 4),
    "1 MB of blanks": " " * MEGABYTE,
    "1 MB of slashes": "a/" * (MEGABYTE // 2),
    "a thousand operators": "true && " * 1000 + "true",
}

VALUES: dict[str, str] = dict(_values())
"""What to call it → the value; none of them is `safe` or `main`."""
