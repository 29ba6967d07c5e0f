"""One image has one digest, wherever a run pushes it: what repositories have is used where all agree; pure.

Layers that one of them has in another compression than the rest are sent to it once more. From then on all
have the same blobs, and nothing is sent again. What a push has put somewhere already decides for those that
come later, and one that may come later has, as far as anybody knows, nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from pushstep.image.model import Packed, Unpacked
from pushstep.oci import Descriptor, Index, Kind, Manifest
from pushstep.push.discovery import Known


def agreed(
    content: Unpacked | Packed,
    knowns: Sequence[Known],
    *,
    into_layout: bool,
    arrived: Manifest | Index | None = None,
    awaiting: bool = False,
) -> list[Known]:
    """What each repository has, without that on which they differ.

    `into_layout`: one of them is an image layout, which is OCI's own form: not every tool reads Docker's
    media types there. `arrived` is what the push has put somewhere already; `awaiting`, that a repository
    which does not answer now may be pushed to later.
    """
    own: Kind | None = "oci" if into_layout else None
    if isinstance(content, Packed):
        return list(knowns)
    if isinstance(arrived, Manifest) and len(arrived.layers) == len(content.layers):
        return [_following(content, known, arrived) for known in knowns]
    if len({known.whole.digest if known.whole else None for known in knowns}) > 1:
        knowns = [_taken_apart(content, known) for known in knowns]
    every = [*knowns, Known(tags={})] if awaiting else knowns
    kinds = {known.kind for known in every}
    kind = kinds.pop() if len(kinds) == 1 else None
    shared = {diff_id for known in knowns for diff_id in known.layers if _same(diff_id, every)}
    return [
        replace(
            known, kind=kind or own, layers={one: known.layers[one] for one in known.layers if one in shared}
        )
        for known in knowns
    ]


def _following(content: Unpacked, known: Known, arrived: Manifest) -> Known:
    """A repository that is to get the same as others have."""
    if known.whole and known.whole.digest != arrived.digest:
        known = _taken_apart(content, known)
    theirs = _by_diff_id(content, arrived)
    layers = {one: blob for one, blob in known.layers.items() if theirs[one].digest == blob.digest}
    return replace(known, kind=arrived.kind, layers=layers)


def _taken_apart(content: Unpacked, known: Known) -> Known:
    """A repository that has the whole image, as one that has all its layers."""
    manifest = known.whole
    if not isinstance(manifest, Manifest) or len(manifest.layers) != len(content.layers):
        return replace(known, whole=None)
    sizes = {blob.digest: blob.size for blob in (*manifest.layers, manifest.config)}
    layers = _by_diff_id(content, manifest)
    return replace(known, whole=None, layers=layers, kind=manifest.kind, sizes=sizes)


def _by_diff_id(content: Unpacked, manifest: Manifest) -> dict[str, Descriptor]:
    """The blob that holds each layer in a manifest of the image."""
    pairs = zip(content.layers, manifest.layers, strict=True)
    return {layer.diff_id: blob for layer, blob in pairs}


def _same(diff_id: str, knowns: Sequence[Known]) -> bool:
    """Whether all of them hold a layer as the same blob."""
    blobs = [known.layers.get(diff_id) for known in knowns]
    return len({blob.digest if blob else None for blob in blobs}) == 1
