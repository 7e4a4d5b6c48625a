"""Too little memory, as a limit of the address space gives it to a real process."""

import errno
import resource
import subprocess
import sys

import pytest

from edgekit.cli.memory import is_out_of_memory

MEGABYTE = 1024 * 1024


def limited(megabytes, *arguments):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * MEGABYTE,) * 2)

    command = [sys.executable, "-m", "edgekit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, preexec_fn=limit)


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")
@pytest.mark.parametrize("megabytes", [60, 130, 240])
def test_a_command_says_in_one_line_that_memory_is_too_little(exported, megabytes):
    done = limited(megabytes, "predict", exported.folder, exported.folder / "golden" / "00.png")
    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]
    assert "too little memory" in done.stderr
    assert done.stdout == ""


def raised(error, cause=None):
    try:
        raise error from cause
    except Exception as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (ImportError("libx.so: failed to map segment from shared object"), True),
        (RuntimeError("can't start new thread"), True),
        (RuntimeError("std::bad_alloc"), True),
        (raised(ValueError("the converter failed"), MemoryError()), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (ValueError("of another shape"), False),
    ],
)
def test_want_of_memory_is_known_whoever_misses_it(error, told):
    assert is_out_of_memory(error) is told
