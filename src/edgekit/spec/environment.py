"""The machine that a measurement was taken on, as data."""

from __future__ import annotations

import msgspec

from edgekit.spec.bounds import Integer, Text  # noqa: TC001 (msgspec reads the annotations)


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What could disturb or explain a latency, as it was when the measurement began; ``None`` where it could not be read.

    ``instructions`` are those of the CPU that matter, between spaces. ``cores`` are physical ones and ``threads`` those that the
    operating system sees; ``usable`` are those that the process may use, and ``affinity`` their numbers between commas.
    ``cgroup_cpu`` is what a container may have of the CPUs, in Linux's words. A result of an older edgekit may say less.
    """

    cpu: Text | None = None
    architecture: Text | None = None
    instructions: Text | None = None
    cores: Integer | None = None
    threads: Integer | None = None
    usable: Integer | None = None
    affinity: Text | None = None
    governor: Text | None = None
    turbo: bool | None = None
    frequency_mhz: Integer | None = None
    load_1min: float | None = None
    temperature_c: float | None = None
    cgroup_cpu: Text | None = None
    virtual: bool | None = None
    memory_mb: Integer | None = None
    os: Text | None = None
    python: Text | None = None
    numpy: Text | None = None

    @property
    def name(self) -> str:
        """What the machine is called: its CPU, or where that is not known the CPU's kind."""
        return self.cpu or self.architecture or "an unknown machine"
