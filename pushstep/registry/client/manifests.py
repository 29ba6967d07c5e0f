"""Manifests and indexes of a repository: what a tag or digest names, and letting it name something else."""

from dataclasses import replace

from pushstep import oci
from pushstep.oci import DIGEST, LARGEST, Index, Manifest, sha256
from pushstep.registry.client.answer import Answer
from pushstep.registry.client.errand import Errand
from pushstep.registry.client.exchange import Body
from pushstep.registry.client.failures import RegistryError, differs, in_doubt, lacking, strange, told
from pushstep.registry.client.patience import retryable

_ACCEPT = {"Accept": ", ".join(oci.ACCEPTED)}
_OK, _DENIED, _ABSENT = 200, 403, 404
_HIDDEN = frozenset({_DENIED, 405})
"""What some registries answer to `HEAD` where `GET` says more, or even gives what is there."""
_TAKEN = frozenset({200, 201, 202, 204})
_IN_THE_WAY = frozenset({409, 412})
"""What is answered where something is there already."""
_MAY_STAND = frozenset({400, 401, 403, *_IN_THE_WAY})
"""What registries answer to a tag that must not move."""
_TAG = "TAG_INVALID"


def digest(errand: Errand, reference: str) -> str | None:
    """Ask once what a tag or digest names; None: nothing."""
    answer = errand.answer(errand.ask("HEAD", _path(reference), _ACCEPT), {_OK, _ABSENT, *_HIDDEN})
    hidden = answer.status == _DENIED and errand.registry.quirks.hides_what_lacks
    if answer.status == _ABSENT or hidden:
        return None
    found = _named(answer)
    if answer.status != _OK or not found:
        got = content(errand, reference)
        return sha256(got.body) if got else None
    if DIGEST.fullmatch(reference) and found != reference:
        raise differs(f"it has {found} under {reference}", errand.subject, answer)
    return found


def content(errand: Errand, reference: str) -> Answer | None:
    """Ask once for what a tag or digest names, and see that it is what its digest says; None: nothing."""
    ask = errand.ask("GET", _path(reference), _ACCEPT)
    answer = errand.answer(ask, {_OK, _ABSENT}, limit=LARGEST)
    if answer.status == _ABSENT:
        return None
    if len(answer.body) > LARGEST:
        raise strange(f"has a manifest of more than {LARGEST} bytes under {reference}", errand.subject)
    expected = reference if DIGEST.fullmatch(reference) else _named(answer)
    found = sha256(answer.body)
    if expected and found != expected:
        raise differs(f"it sends {found} for {expected}", errand.subject)
    return answer


def manifest(errand: Errand, reference: str) -> Manifest | Index | None:
    """Ask once for what a tag or digest names, parsed; None: nothing."""
    answer = content(errand, reference)
    if answer is None:
        return None
    kind = answer.headers.get("content-type", "").partition(";")[0].strip()
    try:
        return oci.parse(answer.body, kind)
    except oci.ContentError as error:
        what = f"has no image under {errand.repository}, {reference}: {error}"
        raise strange(what, errand.subject, "Name an image, or another tag.") from None


def put(errand: Errand, reference: str, wanted: Manifest | Index) -> None:
    """Let a tag or digest name `wanted`; tries again with patience."""
    doubtful = False

    def once() -> None:
        nonlocal doubtful
        if doubtful and digest(errand, reference) == wanted.digest:
            return
        try:
            _put(errand, reference, wanted)
        except RegistryError as failed:
            doubtful = doubtful or in_doubt(failed)
            raise

    errand.patiently(once, lambda failed: retryable(failed) and failed.missing is None)


def _put(errand: Errand, reference: str, wanted: Manifest | Index) -> None:
    size = len(wanted.content)
    ask = replace(
        errand.ask("PUT", _path(reference), {"Content-Type": wanted.media_type}),
        body=Body(size, lambda: errand.counted([wanted.content]), lambda _: None),
    )
    try:
        answer = errand.answer(ask, _TAKEN)
    except RegistryError as failed:
        lacks = lacking(failed, errand.subject)
        if lacks.missing is None and _may_stand(failed) and not DIGEST.fullmatch(reference):
            _stands(errand, reference, wanted, failed)
            return
        raise lacks from None
    found = _named(answer) or digest(errand, reference)
    if found != wanted.digest:
        what = f"it took {wanted.digest} and names {found or 'nothing'} under {reference} now"
        raise differs(what, errand.subject, answer)


def _may_stand(failed: RegistryError) -> bool:
    """Whether a refusal may be one of a tag that must not move."""
    return failed.status in _MAY_STAND and failed.problem.code != "login"


def _stands(errand: Errand, reference: str, wanted: Manifest | Index, failed: RegistryError) -> None:
    """Return if a tag that was refused is right already, whatever was said; some refuse even then."""
    try:
        found = digest(errand, reference)
    except RegistryError:
        raise failed from None
    if found == wanted.digest:
        return
    problem = failed.problem
    if problem.code == "registry" and found and (failed.status in _IN_THE_WAY or _TAG in failed.codes):
        # words change; the tag's name is right, so it is refused because it is there
        problem = told("immutable", failed.answer.text if failed.answer else "", errand.subject)
    if problem.code == "immutable":
        problem = replace(problem, message=f"{problem.message}; {reference} names {found or 'nothing'}")
    raise RegistryError(problem, failed.answer) from None


def _named(answer: Answer) -> str:
    found = answer.headers.get("docker-content-digest", "").strip()
    return found if DIGEST.fullmatch(found) else ""


def _path(reference: str) -> str:
    return f"manifests/{reference}"
