"""A worker that comes to harm in one block, and measures every other: ``python faulty_worker.py FAULT [IMAGE]``.

The block is process 1 of int8; the harm comes after the job was read, as it would from a native library. ``grow`` is given
an image that does not fit into the memory that is left.
"""

import os
import resource
import signal
import sys
import time

import msgspec
import psutil

from edgekit.benchmarking import worker
from edgekit.benchmarking.job import Job

ROOM_BYTES = 64 * 1024 * 1024


def die(job):
    os.kill(os.getpid(), signal.SIGKILL)


def crash(job):
    os.abort()


def hang(job):
    time.sleep(600)


def babble(job):
    os.write(1, b"noise")
    sys.exit(0)


def grow(job):
    most = psutil.Process().memory_info().vms + ROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    return msgspec.structs.replace(job, images=(sys.argv[2],))


def main():
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    if job.process == 1 and "int8" in job.planned.file:
        job = {fault.__name__: fault for fault in (die, crash, hang, babble, grow)}[sys.argv[1]](job)
    sys.stdout.buffer.write(msgspec.json.encode(worker.answer(job)))


if __name__ == "__main__":
    main()
