"""What was measured of a bundle's files, kept beside them."""

import msgspec
import pytest

from edgekit.store.latency import LATENCY_FILE, LatencyRecord, LatencyTable, merged, read_latency, write_latency
from whole_records import WHOLE

ROW = WHOLE[LatencyTable].rows[0]


def row(**changed):
    return msgspec.structs.replace(ROW, **changed)


def test_what_is_written_is_read_and_what_is_not_there_is_nothing(tmp_path):
    assert read_latency(tmp_path) == ()
    write_latency(tmp_path, [ROW])
    assert read_latency(tmp_path) == (ROW,)
    assert (tmp_path / LATENCY_FILE).is_file()


def test_of_the_same_file_on_the_same_machine_the_newest_stays():
    old, new = row(started_at="2026-01-01", p50_ns=7.0), row(started_at="2026-02-01", p50_ns=9.0)
    assert merged([new], [old]) == merged([old], [new]) == (new,)
    others = [row(machine="b"), row(threads=ROW.threads + 1), row(sha256="ab"), row(runtime="other")]
    assert len(merged([old, new], others)) == 5


def test_rows_stand_by_machine_threads_and_latency():
    rows = [row(machine=machine, threads=threads, p50_ns=p50, sha256=f"{number:02x}") for number, (machine, threads, p50) in enumerate(
        [("b", 1, 1.0), ("a", 2, 1.0), ("a", 1, 9.0), ("a", 1, 3.0)])]  # fmt: skip
    assert [(each.machine, each.threads, each.p50_ns) for each in merged(rows, [])] == [("a", 1, 3.0), ("a", 1, 9.0), ("a", 2, 1.0), ("b", 1, 1.0)]


def test_a_time_is_above_nothing_and_at_most_what_a_float_counts_to():
    plain = msgspec.to_builtins(ROW)
    assert msgspec.convert(plain | {"p50_ns": 2.0**53}, LatencyRecord).p50_ns == 2**53
    for value in (0.0, -1.0, 2.0**53 + 2):
        with pytest.raises(msgspec.ValidationError, match="p50_ns"):
            msgspec.convert(plain | {"p50_ns": value}, LatencyRecord)
