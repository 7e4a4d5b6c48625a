"""Verify a bundle on 64-bit Arm, emulated: does every file answer there as it did where it was exported?

    python scripts/arm64.py BUNDLE

Python comes from Debian's packages, the runtimes from their Arm wheels, both into .cache/arm64, once: nothing is installed on this
machine, and root's rights are not needed. Emulation is slow, so one golden image of each kind is asked; its timings mean nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edgekit.errors import EdgekitError
from edgekit.store.atomic import write_whole
from edgekit.store.bundle import MANIFEST_FILE, open_bundle, sha256_of
from edgekit.store.golden import GOLDEN_FILE
from edgekit.store.record import encode

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent.parent
CACHE = HERE / ".cache" / "arm64"
DEBIAN_PACKAGES = ("python3.11", "libstdc++6")
EMULATOR, EMULATOR_PACKAGE = "qemu-aarch64-static", "qemu-user-static"
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")

# Runtimes choose their kernels by what the CPU can do: a Raspberry Pi 4 (NEON alone), a Raspberry Pi 5 (dot products), and all that the
# emulator knows (8-bit matrix products, SVE2) but SME: there an int8 TFLite file answers wrongly in QEMU 7.2, and rightly in 10.0.
CPUS = ("cortex-a72", "cortex-a76", "max,sme=off")

# What Linux says of a Raspberry Pi 4's cores. What the CPU can do, runtimes learn elsewhere, from the emulator.
CPUINFO = """\
processor\t: {index}
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

"""

# What `edgekit verify` does, in one process: the kernel starts no child of a program that it cannot run itself.
VERIFY = """
import sys
from pathlib import Path

from edgekit.store.bundle import open_bundle
from edgekit.verifying.bundle import verify_bundle

checks = verify_bundle(open_bundle(Path(sys.argv[1])))
for check in checks:
    if check.compared or check.passed is False:
        print("ok    " if check.passed else "FAILED", check.artifact, check.subject, check.detail, flush=True)
sys.exit(any(check.passed is False for check in checks) or not any(check.compared for check in checks))
"""

# apt with a state of its own, in which nothing is installed. The machine's sources serve, its hooks do not.
APT_CONF = """\
APT::Architecture "arm64";
APT::Architectures {{ "arm64"; "{own}"; }};
APT::Sandbox::User "root";
Dir::State "{folder}";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear Acquire::IndexTargets::deb::DEP-11;
"""


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python scripts/arm64.py BUNDLE")
    try:
        with tempfile.TemporaryDirectory() as folder:
            small = Path(folder) / Path(sys.argv[1]).resolve().name
            one_of_each_kind(Path(sys.argv[1]), small)
            system, wheels = made("debian", debian), made(f"wheels-{wanted()}", wheels_for_arm)
            failed = [cpu for cpu in CPUS if not verified(small, cpu, system, wheels)]
    except EdgekitError as error:
        sys.exit(f"error: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: `{Path(error.cmd[0]).name} …` failed, see above; CONTRIBUTING.md says what this needs")
    if failed:
        sys.exit(f"error: verification failed on an emulated {' and on '.join(failed)}, see above")


def one_of_each_kind(source: Path, folder: Path) -> None:
    """Copy a bundle with one golden image of each variant, the plain one first."""
    bundle = open_bundle(source)
    kinds = [image.variant for image in bundle.golden.images]
    chosen = sorted(kinds.index(kind) for kind in set(kinds))
    shutil.copytree(source, folder)
    write_whole(folder / GOLDEN_FILE, encode(bundle.golden.of_images(chosen)))
    write_whole(folder / MANIFEST_FILE, encode(msgspec.structs.replace(bundle.manifest, golden_sha256=sha256_of(folder / GOLDEN_FILE))))


def verified(bundle: Path, cpu: str, system: Path, wheels: Path) -> bool:
    """Verify on an emulated CPU."""
    # ONNX Runtime dies on this machine's own /proc/cpuinfo. What stands below -L goes before it.
    write_whole(system / "proc" / "cpuinfo", "".join(CPUINFO.format(index=index) for index in range(os.cpu_count() or 1)).encode())
    print(f"\nOn an emulated {cpu}:", flush=True)
    emulator = shutil.which(EMULATOR) or system / "emulator" / EMULATOR
    command = [emulator, "-cpu", cpu, "-L", system, system / "usr" / "bin" / "python3.11", "-s", "-c", VERIFY, bundle]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": f"{HERE / 'src'}:{wheels}"}, check=False).returncode == 0


def made(name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder of the cache, made if it is not there; older ones of its kind go."""
    folder, half = CACHE / name, CACHE / f"{name}.partial"
    if not folder.is_dir():
        for old in CACHE.glob(f"{name.split('-')[0]}*"):
            shutil.rmtree(old)
        print(f"fetching {folder.relative_to(HERE)}", flush=True)
        half.mkdir(parents=True)
        make(half)
        half.rename(folder)
    return folder


def debian(root: Path) -> None:
    """Unpack Debian's Python for Arm, with all that it needs, and the emulator where this machine has none."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        sys.exit("error: apt-get and dpkg are not there: this test takes Arm's Python and the emulator out of Debian 12's packages")
    own = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as name:
        state = Path(name)
        for folder in (state / "lists" / "partial", state / "archives" / "partial"):
            folder.mkdir(parents=True)
        (state / "status").touch()
        (state / "apt.conf").write_text(APT_CONF.format(folder=state, own=own))
        apt = ["apt-get", "-qq", f"--config-file={state / 'apt.conf'}"]
        subprocess.run([*apt, "update"], check=True)
        subprocess.run([*apt, "install", "--download-only", "--no-install-recommends", "--yes", *DEBIAN_PACKAGES], check=True)
        for package in (state / "archives").glob("*.deb"):
            subprocess.run(["dpkg", "--extract", package, root], check=True)
        if not shutil.which(EMULATOR):
            subprocess.run([*apt, "download", f"{EMULATOR_PACKAGE}:{own}"], cwd=state, check=True)
            subprocess.run(["dpkg", "--extract", next(state.glob("*.deb")), state / "emulator"], check=True)
            (root / "emulator").mkdir()
            shutil.move(state / "emulator" / "usr" / "bin" / EMULATOR, root / "emulator")


def wheels_for_arm(folder: Path) -> None:
    """Unpack Arm's wheels of what `edgekit verify` needs, in the versions of constraints.txt."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    packages = [*project["dependencies"], *extras["litert"], *extras["onnxruntime"]]
    which = ["--python-version=3.11", "--implementation=cp", "--only-binary=:all:", *(f"--platform={name}" for name in PLATFORMS)]
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", f"--constraint={HERE / 'constraints.txt'}"]
    subprocess.run([*pip, *which, f"--target={folder}", *packages], check=True)


def wanted() -> str:
    """Return what changes when the versions of the wheels may."""
    return hashlib.sha256(b"".join((HERE / name).read_bytes() for name in ("constraints.txt", "pyproject.toml"))).hexdigest()[:12]


if __name__ == "__main__":
    main()
