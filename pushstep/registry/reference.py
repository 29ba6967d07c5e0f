r"""Names of registries, repositories, tags and images, parsed by the OCI grammar.

    reference  := host "/" repository ( ":" tag | "@" digest )
    host       := ( "localhost" | name with a "." | "[" IPv6 "]" ) [ ":" port ] | name ":" port
    repository := component ( "/" component )*
    component  := [a-z0-9]+ ( ( "." | "_" | "__" | "-"+ ) [a-z0-9]+ )*
    tag        := [A-Za-z0-9_][A-Za-z0-9._-]{0,127}

A first component is a host if it holds "." or ":" or is "localhost" (as in Docker). An image layout as
destination stands where a registry does: `oci:DIR`, without a repository behind it.
"""

import re

from pushstep.values import dataclass

HUB = "docker.io"
_LAYOUT = "oci:"
_HUB_NAMES = frozenset({HUB, "index.docker.io", "registry-1.docker.io"})
_LONGEST_NAME = 255
_LAST_PORT = 65535

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::([0-9]{{1,5}}))?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class NameFormatError(ValueError):
    """A name that breaks the grammar: what is wrong, and in `hint` what to write instead."""

    def __init__(self, message: str, hint: str, *, code: str = "reference") -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """`host/repository:tag`, fully spelled."""

    host: str
    repository: str
    tag: str

    @property
    def name(self) -> str:
        """The part before the tag."""
        return f"{self.host}/{self.repository}"

    def __str__(self) -> str:
        return f"{self.name}:{self.tag}"


def tag(text: str) -> str:
    """Return `text` if it is a tag, else raise `NameFormatError` with the normalized spelling."""
    if _TAG.fullmatch(text):
        return text
    if "/" in text and ":" in text.rpartition("/")[2]:
        raise NameFormatError(f"{text!r} is a full reference, no tag", "Give full references in `tags`.")
    if text.startswith(_LAYOUT):
        raise _no_reference(text)
    if ":" in text:
        raise NameFormatError(
            f"{text!r} is no tag: a tag holds no ':'",
            "Give the tag alone, or in `tags` a full reference such as 'registry.example.com/team/app:1.2'.",
        )
    full = " A full reference has ':' and a tag at its end." if "/" in text else ""
    raise NameFormatError(
        f"{text!r} is no tag: 1 to 128 of A-Z a-z 0-9 _ . -, the first no '.' or '-'",
        f"Normalized it reads {normalized(text)!r}; CF_BRANCH_TAG_NORMALIZED holds a branch so.{full}",
    )


def normalized(text: str) -> str:
    """`text` brought into the tag grammar (push-step.md 7.1)."""
    return re.sub(r"^[.-]", "_", re.sub(r"[^A-Za-z0-9_.-]", "_", text))[:128]


def host(text: str) -> str:
    """The host[:port] that `text` names, Docker Hub's names made one.

    `https://` before and `/v1/`, `/v2/` behind are dropped (push-step.md 5.1).
    """
    if text.startswith("http://"):
        raise NameFormatError(
            f"{text!r}: plain HTTP is not named in the host",
            "Give the host alone; `insecure: http` in a registries document marks one that speaks it.",
        )
    if text.startswith(_LAYOUT):
        raise _no_reference(text)
    bare = re.sub(r"/(v[12]/?)?$", "", text.removeprefix("https://")).lower()
    if "/" in bare:
        first, _, path = bare.partition("/")
        raise NameFormatError(
            f"{text!r} is a host with a path", f"Give registry {first!r} and put {path!r} into image_name."
        )
    found = _HOST.fullmatch(bare)
    # other alphabets have capitals of ASCII letters: the Kelvin sign is one of k
    if not found or int(found[1] or 0) > _LAST_PORT or not is_host(bare) or not text.isascii():
        raise NameFormatError(
            f"{text!r} is no registry host",
            "A host holds a '.' or a ':' or is localhost, such as ghcr.io or localhost:5000.",
        )
    return HUB if bare in _HUB_NAMES else bare


def layout(registry: str) -> str | None:
    """The folder of an image layout as destination, `oci:DIR`, or None for a registry (push-step.md 5.1)."""
    return registry.removeprefix(_LAYOUT) if registry.startswith(_LAYOUT) else None


def destination(text: str) -> str:
    """The image layout or host that `text` names as a destination."""
    folder = layout(text)
    if folder is None:
        return host(text)
    path, colon, tag_text = folder.partition(":")
    if path and path.isprintable() and not colon:
        return text
    if path and colon:
        # the same folder as a candidate: there the first colon ends the path
        raise NameFormatError(
            f"{text!r} holds a tag", f"Give registry '{_LAYOUT}{path}' and tag {tag_text!r}."
        )
    raise NameFormatError(f"{text!r} names no folder", f"Write {_LAYOUT}DIR, such as {_LAYOUT}out.")


def named(registry: str, repository: str) -> str:
    """What a tag or digest stands behind: `registry/repository`, or `oci:DIR` for an image layout."""
    return f"{registry}/{repository}" if layout(registry) is None else registry


def _no_reference(text: str) -> NameFormatError:
    return NameFormatError(
        f"{text!r} names an image layout, and no registry",
        f"Give it as registry, such as '{_LAYOUT}out', and tags alone.",
    )


def is_host(component: str) -> bool:
    """Whether a name's first component is a registry host."""
    return "." in component or ":" in component or component == "localhost"


def repository(text: str) -> str:
    """Return `text` if it is a repository name, else raise `NameFormatError`."""
    if len(text) <= _LONGEST_NAME and _REPOSITORY.fullmatch(text):
        return text
    if len(text) <= _LONGEST_NAME and _REPOSITORY.fullmatch(text.lower()):
        raise NameFormatError(
            f"{text!r} is no repository name: it must be lower-case", f"Write {text.lower()!r}."
        )
    raise NameFormatError(
        f"{text!r} is no repository name",
        "Components of a-z 0-9 joined by '.', '_', '__' or '-', separated by '/', 255 characters at most.",
    )


def split_host(name: str) -> tuple[str | None, str]:
    """Take a registry host off the front of a name: (host or None, rest)."""
    first, slash, rest = name.partition("/")
    return (first, rest) if slash and is_host(first) else (None, name)


def is_full(text: str) -> bool:
    """Whether an entry of `tags` is meant as a full reference (push-step.md 2.1)."""
    _, slash, last = text.rpartition("/")
    return bool(slash) and ":" in last


def reference(text: str) -> Reference:
    """Parse a full reference of `tags`: `ghcr.io/acme/app:1.2`, or `acme/app:1.2` on Docker Hub."""
    if "@" in text:
        raise NameFormatError(f"{text!r} holds a digest", "A tag is pushed under a name; leave '@...' out.")
    name, colon, tag_text = text.rpartition(":")
    if not colon or "/" in tag_text:
        raise NameFormatError(
            f"{text!r} is neither a tag nor a full reference: behind its last '/' stands no ':'",
            f"Write the tag behind it, such as '{text.rstrip('/')}:latest', or give tags without '/'.",
        )
    first, path = split_host(name)
    return Reference(
        host=host(first or HUB), repository=on_host(first or HUB, repository(path)), tag=tag(tag_text)
    )


def image_name(text: str) -> str:
    """Return `text` if it is a repository name, a host before it allowed (push-step.md 2, `image_name`)."""
    path, at, _ = text.partition("@")
    if at:
        raise NameFormatError(f"{text!r} holds a digest", "Give the digest in candidate.")
    first, rest = split_host(path)
    bare, colon, tag_text = rest.partition(":")
    if colon:
        raise NameFormatError(f"{text!r} holds a tag", f"Give image_name {bare!r} and tag {tag_text!r}.")
    if first:
        host(first)
    repository(bare)
    return text


def path_at(where: str, image_name: str, said_by: str = "") -> str:
    """The repository `image_name` at the registry `where`: a host in front must be that one, and is dropped.

    `said_by` tells where a registry comes from that is not given by its host.
    """
    first, path = split_host(image_name)
    if first and host(first) != where:
        hint = f"Leave the host out of image_name: where it goes is said by {said_by}."
        raise NameFormatError(
            f"{image_name!r} names another registry than {where}",
            hint if said_by else f"Give registry {first!r}.",
        )
    return path


def on_host(where: str, path: str) -> str:
    """`path` if it can be pushed to there: Docker Hub wants a namespace (push-step.md 5.1)."""
    if where in _HUB_NAMES and "/" not in path:
        raise NameFormatError(
            f"{path!r} has no namespace: on Docker Hub a repository is 'namespace/{path}'",
            "Give image_name with your user or organisation before it, or name the registry.",
        )
    return path


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalImage:
    """What a candidate in the daemon was called: `text` for the daemon, the rest for people and defaults."""

    text: str
    host: str | None = None
    repository: str | None = None
    """None when the candidate is an image ID: it has no name of its own."""


def local_image(text: str) -> LocalImage:
    """Parse a daemon candidate: an ID, `name[:tag]` or `name@sha256:...` (push-step.md 4)."""
    if _DIGEST.fullmatch(text):
        return LocalImage(text=text)
    if text.startswith("sha256:"):
        raise NameFormatError(f"{text!r} is no image ID", "A full ID is 'sha256:' and 64 hexadecimal digits.")
    name, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise NameFormatError(f"{digest!r} is no digest", "A digest is 'sha256:' and 64 hexadecimal digits.")
    head, slash, last = name.rpartition("/")
    short, colon, tag_text = last.partition(":")
    path = f"{head}{slash}{short}"
    if colon:
        tag(tag_text)
    first, rest = split_host(path)
    if first:
        host(first)
    repository(rest)
    if not slash and not colon and not at and re.fullmatch("[0-9a-f]{12,64}", text):
        # a short ID or a name that looks like one: only the daemon can tell, and a name wins
        return LocalImage(text=text)
    return LocalImage(text=text, host=first and host(first), repository=rest)
