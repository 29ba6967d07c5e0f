"""An OCI image layout, in a tar or a folder: `index.json` names manifests, all else is a blob by its digest.

Source: OCI image specification 1.1 (image-layout.md).
"""

from collections.abc import Iterable

from pushstep import oci
from pushstep.image import choose, store
from pushstep.image.compressed import is_compressed
from pushstep.image.gather import gather, image_id, platform_of
from pushstep.image.model import Image, Layer, Packed, Unpacked
from pushstep.image.store import Files, Stored
from pushstep.image.unfit import unfit
from pushstep.oci import ContentError, Descriptor, Index, Manifest, Platform
from pushstep.values import dataclass

INDEX = "index.json"
_NAMES = ("org.opencontainers.image.ref.name", "io.containerd.image.name")
_AGAIN = "Make it again: save, build or download the image once more."


def path(digest: str) -> str:
    """Where a layout has a blob."""
    return f"blobs/{digest.replace(':', '/')}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """What `index.json` names, with all the names that it has there."""

    descriptor: Descriptor
    names: tuple[str, ...]

    @property
    def called(self) -> str:
        """What selects it."""
        return self.names[-1] if self.names else self.descriptor.digest


class Layout:
    """The layout among `files`: `Blobs` that are verified as they are read."""

    def __init__(self, files: Files) -> None:
        self.files = files

    @property
    def name(self) -> str:
        """What people call it."""
        return self.files.name

    def roots(self) -> list[Root]:
        """What `index.json` names; raises `StepError` where there is none."""
        content = store.small(self.files, INDEX)
        if content is None:
            raise unfit(
                f"{self.name} is no image layout: it has no {INDEX}",
                "A tar that `docker save` wrote before version 25 is written docker-archive:FILE.",
            )
        index = self._parsed(content, INDEX)
        if not isinstance(index, Index):
            raise unfit(f"{INDEX} in {self.name} is no index", _AGAIN)
        roots: dict[str, Root] = {}
        for one in index.manifests:
            if one.is_attestation:
                continue
            before = roots[one.digest].names if one.digest in roots else ()
            names = [one.annotations[name] for name in _NAMES if one.annotations.get(name)]
            roots[one.digest] = Root(descriptor=one, names=tuple(dict.fromkeys((*before, *names))))
        return list(roots.values())

    def root(self, one: Descriptor) -> Manifest | Index:
        """What `index.json` names there."""
        content = self.manifest(one)
        if content is None:
            raise unfit(f"{self.name} has no blob {one.digest}, which its {INDEX} names", _AGAIN)
        return content

    def manifest(self, one: Descriptor) -> Manifest | Index | None:
        """What the descriptor names, or None where it is not there."""
        content = self._blob(one)
        if content is None:
            return None
        return self._parsed(content, f"the manifest {one.digest}", one.media_type)

    def configuration(self, one: Manifest) -> bytes:
        """The manifest's configuration, which is there."""
        content = self._blob(one.config)
        if content is None:
            raise unfit(f"{self.name} has no blob {one.config.digest}", _AGAIN)
        return content

    def missing(self, one: Manifest) -> tuple[str, ...]:
        """Digests of its blobs that are not there; raises where one is not what the manifest says."""
        absent = []
        for layer in one.layers:
            size = self.files.size(path(layer.digest))
            if size is None and not layer.is_foreign:
                absent.append(layer.digest)
            elif size is not None and size != layer.size:
                raise unfit(
                    f"{self.name} has the blob {layer.digest} with {size} bytes instead of {layer.size}",
                    _AGAIN,
                )
        if self._blob(one.config) is None:
            absent.append(one.config.digest)
        return tuple(dict.fromkeys(absent))

    def check(self, one: Manifest) -> None:
        """See that manifest and configuration speak of the same layers."""
        if not one.layers:
            raise unfit(f"the manifest {one.digest} in {self.name} has no layers", _AGAIN)
        try:
            count = len(oci.diff_ids(self.configuration(one)))
        except ContentError as error:
            raise unfit(f"the image {one.digest} in {self.name} is broken: {error}", _AGAIN) from None
        if count != len(one.layers):
            raise unfit(
                f"the manifest {one.digest} in {self.name} has {len(one.layers)} layers, "
                f"and its configuration has {count}",
                _AGAIN,
            )

    def may_be_image(self, one: Descriptor) -> bool:
        """Whether it is not another artifact that lies beside images, a signature say."""
        found = self.manifest(one)
        return not isinstance(found, Manifest) or found.is_image

    def image(self, root: Descriptor, names: Iterable[str], platform: Platform | None) -> Image:
        """The image that `root` names, or what `platform` picks of it; closes the files with it."""
        gathered = gather(self.root(root), self, platform)
        content: Packed | Unpacked = Packed(manifests=gathered.manifests)
        (*_, last) = gathered.manifests
        if isinstance(last, Manifest):
            content = self._unpacked(last) or content
        blobs = Packed(manifests=gathered.manifests).blobs
        return Image(
            image_id=image_id(gathered.manifests),
            names=choose.repositories(names),
            content=content,
            contents=Stored(self.files, [(one.digest, path(one.digest)) for one in blobs]),
            notices=gathered.notices,
        )

    def _unpacked(self, manifest: Manifest) -> Unpacked | None:
        """The image with layers to compress, or None where all are."""
        config = self.configuration(manifest)
        layers = tuple(
            Layer(diff_id=diff_id, size=layer.size)
            if self._is_plain(layer)
            else Layer(diff_id=diff_id, blob=layer)
            for diff_id, layer in zip(oci.diff_ids(config), manifest.layers, strict=True)
        )
        if all(layer.blob for layer in layers):
            return None
        for layer, stored in zip(layers, manifest.layers, strict=True):
            if layer.blob is None and layer.diff_id != stored.digest:
                raise unfit(
                    f"{self.name} has the layer {stored.digest} uncompressed, "
                    f"and the configuration calls it {layer.diff_id}",
                    _AGAIN,
                )
        return Unpacked(
            config_digest=manifest.config.digest,
            config=config,
            layers=layers,
            kind=manifest.kind,
            template=manifest,
            platform=platform_of(config, self.name),
        )

    def _is_plain(self, layer: Descriptor) -> bool:
        """Whether a layer is not compressed, by its media type and by what it is."""
        return layer.compression == "" and not is_compressed(self.files.read(path(layer.digest), 4))

    def _blob(self, one: Descriptor) -> bytes | None:
        content = store.small(self.files, path(one.digest))
        if content is not None and (len(content), oci.sha256(content)) != (one.size, one.digest):
            raise unfit(
                f"{self.name} has other content under {one.digest} than that digest and size say", _AGAIN
            )
        return content

    def _parsed(self, content: bytes, what: str, media_type: str | None = None) -> Manifest | Index:
        try:
            return oci.parse(content, media_type)
        except ContentError as error:
            raise unfit(f"{what} in {self.name} is broken: {error}", _AGAIN) from None


def opened(files: Files, selector: str | None, platform: Platform | None) -> Image:
    """The one image in the layout among `files`, or that which `selector` means. Raises `StepError`."""
    layout = Layout(files)
    roots = layout.roots()
    found = [
        one
        for one in roots
        if selector is None or choose.by_tag(selector, one.names, (one.descriptor.digest,))
    ]
    if len(found) > 1:
        found = [one for one in found if layout.may_be_image(one.descriptor)]
    if len(found) > 1 and platform:
        # some tools put the platforms of one image there, without a name
        fitting = choose.fitting(platform, [one.descriptor.platform for one in found])
        found = [found[number] for number in fitting] or found
    if len(found) == 1:
        return layout.image(found[0].descriptor, found[0].names, platform)
    raise choose.unclear(layout.name, selector, [one.called for one in found or roots], several=bool(found))
