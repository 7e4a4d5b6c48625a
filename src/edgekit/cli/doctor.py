"""``edgekit doctor``: what is installed, what is missing for what, the tuning for this CPU, and what would disturb a measurement."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from edgekit.cli.options import Json
from edgekit.cli.output import print_json, print_line, print_table
from edgekit.spec.format import FORMATS
from edgekit.spec.runtime import runtimes_for

if TYPE_CHECKING:
    from edgekit.spec.environment import Environment

_REPORT = ("jinja2", "plotly", "scipy")
_TRAIN = ("tensorflow-cpu", "keras", "tf2onnx", "onnx", "ai-edge-litert", "onnxruntime")
_BUSY_LOAD = 0.5


@dataclass(frozen=True, slots=True)
class _Part:
    purpose: str
    found: dict[str, str]
    missing: tuple[str, ...]
    install: str

    @property
    def shown(self) -> str:
        return ", ".join(f"{name} {version}" for name, version in self.found.items())


def _whole(purpose: str, packages: tuple[str, ...], extra: str) -> _Part:
    """Look for packages that are all needed."""
    from edgekit.host.versions import package_versions

    found = package_versions(*packages)
    missing = tuple(name for name in packages if name not in found)
    return _Part(purpose, found, missing, f"pip install edgekit[{extra}]" if missing else "")


def _parts() -> list[_Part]:
    """Look for all that each purpose needs, and for one runtime at least of each format."""
    from edgekit.host.versions import package_versions

    parts = [
        _whole("train and export", _TRAIN, "train"),
        _whole("train on GPUs or several machines", ("jax", "jaxlib"), "jax"),
        _whole("draw the report, compare results", _REPORT, "report"),
        _whole("read HEIC photographs", ("pillow-heif",), "heif"),
    ]
    for model_format, about in FORMATS.items():
        rows = runtimes_for(model_format)
        found = package_versions(*(row.package for row in rows))
        missing = () if found else (rows[0].package,)
        parts.append(_Part(f"run {about.title} files", found, missing, f"pip install edgekit[{rows[0].extra}]" if missing else ""))
    return parts


def command(as_json: Json = False) -> None:
    """Tell which parts work here, the pip line for those that do not, the tuning for this CPU, and what would disturb a measurement.

    Example: edgekit doctor
    """
    from edgekit.analysis.machine import tuning_for
    from edgekit.benchmarking.environment import environment
    from edgekit.host.cpu import WITHOUT_VNNI, saturates_8_bit
    from edgekit.store.record import builtins

    machine = environment()
    parts = _parts()
    instructions, advice = machine.instructions or "", _advice(machine)
    tuning = tuning_for(instructions)
    if as_json:
        told = {"parts": [asdict(part) for part in parts], "machine": builtins(machine), "disturbing": advice}
        print_json(told | {"saturates_8_bit": saturates_8_bit(), "tuning": tuning})
        return
    print_table(["to", "", "packages"], [[part.purpose, "missing" if part.missing else "ok", part.install or part.shown] for part in parts])
    print_line()
    print_line(f"{machine.name}, {machine.usable} of {machine.threads} threads usable")
    print_line(f"instructions: {instructions or 'none that is known to matter'}")
    print_line(f"exports for this CPU: --tuned-for {tuning}")
    if saturates_8_bit():
        print_line(WITHOUT_VNNI)
    print_line("would disturb a measurement: " + ("nothing that can be seen" if not advice else ""))
    for line in advice:
        print_line(f"  {line}")


def _advice(machine: Environment) -> list[str]:
    load, governor = machine.load_1min, machine.governor
    found = []
    if load is not None and load > _BUSY_LOAD:
        found.append(f"other programs are running (load {load}): close them")
    if governor not in (None, "performance"):
        found.append(f"CPU frequency scaling is on (governor {governor}): set it to performance")
    if machine.turbo:
        found.append("turbo is on: the clock depends on temperature; switch it off, or measure longer")
    if machine.virtual:
        found.append("this is a virtual machine: its neighbours are felt; only ratios within one run mean something")
    return found
