"""The processes and devices that train one model together, on JAX's distributed runtime through ``keras.distribution``."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np

from edgekit.errors import TrainingError, UsageError
from edgekit.spec.cluster import lost
from edgekit.training.share import Share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgekit.spec.cluster import Member

# A host that says nothing for so long is taken for dead; the others end then.
HEARTBEAT_TIMEOUT_S = 30
# Hosts are started by hand or by a scheduler: the first waits for the last.
JOIN_TIMEOUT_S = 300
# The others wait so long for process 0 to read the test set and to write the run.
LEAVE_TIMEOUT_S = 24 * 3600
_CHUNK_BYTES = 2**28
_DIGEST_CHARACTERS = 16
# What a collective operation begins its complaint with when another process is gone.
_LOST = ("UNKNOWN", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED", "FAILED_PRECONDITION")


@dataclass(frozen=True, slots=True)
class Group:
    """One process, ``process_id``, of ``processes``, which have ``devices`` altogether, the same number each."""

    processes: int = 1
    process_id: int = 0
    devices: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes the run."""
        return self.process_id == 0

    @property
    def is_one_device(self) -> bool:
        """Whether there is nobody and nothing to share with."""
        return self.devices == 1

    @property
    def share(self) -> Share:
        """The part of every batch that is this process's."""
        return Share(self.devices, self.processes, self.process_id)

    def check_batch(self, batch_size: int) -> None:
        """Raise a `UsageError` unless every device gets the same number of a batch's images."""
        if batch_size % self.devices:
            raise UsageError(
                f"a batch must divide by the number of devices, {self.devices}. Received: {batch_size} images a step",
                hint=f"--batch-size {-(-batch_size // self.devices) * self.devices}, or fewer devices",
            )

    def scope(self, *, whole: bool = False) -> AbstractContextManager[None]:
        """Within it Keras makes variables on every device, and splits batches among the devices or gives each the whole."""
        if self.is_one_device:
            return nullcontext()
        layout = _Whole if whole else keras.distribution.DataParallel
        # Each process decodes only its own share: see `Share`.
        scope: AbstractContextManager[None] = layout(auto_shard_dataset=False).scope()
        return scope

    def from_leader(self, data: bytes) -> bytes:
        """Return what process 0 gave as ``data``."""
        if self.processes == 1:
            return data
        from jax.experimental import multihost_utils

        size = np.array([len(data) >> 31, len(data) & (2**31 - 1)], np.uint32)
        high, low = (int(part) for part in multihost_utils.broadcast_one_to_all(size))
        length = (high << 31) + low
        given = np.frombuffer(data, np.uint8) if self.leads else np.zeros(length, np.uint8)
        chunks = [multihost_utils.broadcast_one_to_all(given[begin : begin + _CHUNK_BYTES]) for begin in range(0, length, _CHUNK_BYTES)]
        return b"".join(np.asarray(chunk, np.uint8).tobytes() for chunk in chunks)

    def check_weights(self, model: keras.Model) -> str:
        """Return the beginning of the sha256 of the weights, which must be the same in every process.

        Raises:
            TrainingError: two processes have different weights.

        """
        digest = hashlib.sha256()
        for variable in model.variables:
            digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(variable)).tobytes())
        if self.processes > 1:
            from jax.experimental import multihost_utils

            everyones = np.asarray(multihost_utils.process_allgather(np.frombuffer(digest.digest(), np.uint8)))
            if (everyones != everyones[0]).any():
                raise TrainingError("the processes have ended with different weights", hint="use the same edgekit, keras and jax on every host")
        return digest.hexdigest()[:_DIGEST_CHARACTERS]

    @contextmanager
    def together(self) -> Iterator[None]:
        """Translate what JAX raises, inside the block, when another process is gone."""
        try:
            yield
        # JAX raises its own errors, or plain ValueErrors with the same text.
        except (RuntimeError, ValueError) as error:
            if self.processes == 1 or not str(error).startswith(_LOST):
                raise
            raise lost(self.process_id, self.processes) from error

    def leave(self) -> None:
        """Wait for the others, then part: after it nobody misses anybody."""
        if self.processes > 1:
            import jax

            jax.distributed.shutdown()


class _Whole(keras.distribution.DataParallel):
    """Gives every device the whole batch."""

    def get_data_layout(self, data_shape: tuple[int, ...]) -> keras.distribution.TensorLayout:
        return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)


def alone() -> Group:
    """Return the group of this process and all of its devices; those of TensorFlow count as one."""
    if keras.backend.backend() != "jax":
        return Group()
    import jax

    return Group(devices=jax.local_device_count())


def join(member: Member) -> Group:
    """Meet the other processes at the coordinator.

    JAX ends this process with SIGABRT, past Python, when they do not come within `JOIN_TIMEOUT_S`, and when one dies later.

    Raises:
        UsageError: the hosts have different numbers of devices.

    """
    import jax

    jax.distributed.initialize(
        member.coordinator,
        member.processes,
        member.process_id,
        initialization_timeout=JOIN_TIMEOUT_S,
        heartbeat_timeout_seconds=HEARTBEAT_TIMEOUT_S,
        shutdown_timeout_seconds=LEAVE_TIMEOUT_S,
    )
    local, devices = jax.local_device_count(), jax.device_count()
    if devices != local * member.processes:
        raise UsageError(
            f"every process needs the same number of devices. Received: {local} here, {devices} in {member.processes} processes",
            hint="choose devices with CUDA_VISIBLE_DEVICES",
        )
    return Group(member.processes, member.process_id, devices)
