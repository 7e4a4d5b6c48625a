"""TFLite files that a hostile hand damaged, digest and all: whatever a runtime does with one, the command that asked goes on."""

import random

import pytest

from edgekit.errors import StoreError
from edgekit.host.companion import Limits
from edgekit.runtimes.apart import Apart
from edgekit.runtimes.base import installed_for
from edgekit.verifying import bundle
from edgekit.verifying.bundle import verify_file
from lite_damage import damaged, sealed, structure

ROOM = Limits(30, 4_000_000_000)
NAMES = ("mobilenet-float32.tflite", "mobilenet-int8.tflite", "mobilenet-dynamic.tflite")


def verified(folder, exported, count, seed):
    """What became of ``count`` damaged files: refused before they were opened, or so many of the checks that failed."""
    rng = random.Random(seed)
    wholes = {name: (exported.folder / name).read_bytes() for name in NAMES}
    places = {name: structure(data) for name, data in wholes.items()}
    found = []
    with Apart(ROOM) as apart:
        for number in range(count):
            name = NAMES[number % len(NAMES)]
            path = folder / name
            path.write_bytes(damaged(wholes[name], places[name], rng))
            try:
                checks = verify_file(path, opener=apart.open_session)
            except StoreError:
                found.append("refused")
                continue
            assert all(check.artifact == name for check in checks)
            found.append("failed" if any(check.passed is False for check in checks) else "passed")
    return found


def test_no_damage_ends_who_asks(exported, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "installed_for", lambda kind: installed_for(kind)[:1])  # the others take seconds for each
    found = verified(tmp_path, exported, 24, seed=0)
    assert len(found) == 24
    # Where a draw hits hangs on the file. What matters is that both kinds are among them: refused unopened, and opened.
    assert 1 <= found.count("refused") < 24


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(4))
def test_no_damage_of_hundreds_ends_who_asks(exported, tmp_path, seed):
    found = verified(tmp_path, exported, 150, seed)
    assert len(found) == 150
    assert 15 <= found.count("refused") < 150


def test_a_file_that_is_cut_off_or_zeroed_where_its_weights_are_is_refused(exported, tmp_path):
    rng = random.Random(1)
    whole = (exported.folder / NAMES[0]).read_bytes()
    path = tmp_path / NAMES[0]
    for _ in range(20):
        start, length = rng.randrange(len(whole)), rng.randint(1, 100_000)
        for data in (whole[:start], whole[:start] + bytes(min(length, len(whole) - start)) + whole[start + length :]):
            path.write_bytes(data)
            with pytest.raises(StoreError, match=NAMES[0]):
                verify_file(path)
    assert sealed(whole) == whole
