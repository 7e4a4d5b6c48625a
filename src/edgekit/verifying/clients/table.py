"""The table of clients: a row each, adapters beside this file."""

from __future__ import annotations

from functools import cache
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from typing import TYPE_CHECKING

import msgspec

from edgekit.host.versions import package_version
from edgekit.spec.format import Format
from edgekit.spec.runtime import RUNTIMES

if TYPE_CHECKING:
    from collections.abc import Mapping


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A program that opens model files.

    ``package`` is what pip installs and ``import_name`` what is looked up. ``adapter`` is the module beside this one with
    ``open_client(artifact)``, which returns a callable: uint8 (1, height, width, 3) to float32 (1, scores); edgekit's own
    runtimes need none. ``any_size`` says that the client takes images of other sizes than a file declares, where the file does.
    """

    name: str
    package: str
    import_name: str
    formats: tuple[Format, ...]
    adapter: str | None = None
    any_size: bool = True

    @property
    def is_installed(self) -> bool:
        """Whether the package can be imported; nothing is imported."""
        return find_spec(self.import_name) is not None

    @property
    def version(self) -> str:
        """The version that is installed: OpenCV comes in packages of several names."""
        found = _distributions().get(self.import_name, [self.package])
        return package_version(found[0]) or ""


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Return which packages a module comes in; reading that takes a while."""
    return packages_distributions()


_HERE = "edgekit.verifying.clients"
_OWN = tuple(
    Client(name=row.name, package=row.package, import_name=row.import_name, formats=row.formats)
    for row in RUNTIMES.values()
    if not row.only_when_named
)
CLIENTS = {
    client.name: client
    for client in (
        *_OWN,
        Client(
            name="litert-compiled-model",
            package="ai-edge-litert",
            import_name="ai_edge_litert",
            adapter=f"{_HERE}.compiled_model",
            formats=(Format.TFLITE,),
        ),
        Client(name="opencv", package="opencv-python", import_name="cv2", adapter=f"{_HERE}.opencv", formats=(Format.TFLITE, Format.ONNX)),
        Client(name="tract", package="tract", import_name="tract", adapter=f"{_HERE}.tract", formats=(Format.ONNX,)),
        Client(name="mnn", package="MNN", import_name="MNN", adapter=f"{_HERE}.mnn", formats=(Format.TFLITE, Format.ONNX), any_size=False),
        Client(
            name="tflite-micro",
            package="tflite-micro",
            import_name="tflite_micro",
            adapter=f"{_HERE}.tflite_micro",
            formats=(Format.TFLITE,),
            any_size=False,
        ),
    )
}
