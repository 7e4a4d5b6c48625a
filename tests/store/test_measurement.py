from edgekit.spec.protocol import BACK_TO_BACK, Purpose
from edgekit.store.measurement import Block


def test_a_block_before_anything_is_measured():
    told = {"source": "a", "file": "m", "sha256": "", "bytes": 1, "precision": "int8", "runtime": "fake", "version": "1", "threads": 1, "process": 0}
    block = Block(**told)
    numbers = ("start_ns", "load_ns", "first_ns", "reallocations", "late", "involuntary_switches", "rss_bytes", "peak_rss_bytes")
    assert {getattr(block, name) for name in numbers} == {0}
    rows = ("warmup_ns", "timed_ns", "visited", "invoke_ns", "operators")
    assert {getattr(block, name) for name in rows} == {()}
    assert {block.tuning, block.python, block.started_at, block.error} == {""}
    assert (block.purpose, block.feed, block.input_px, block.scores, block.other_cores) == (Purpose.TIMING, BACK_TO_BACK, (0, 0), {}, None)
    assert block.key == ("a", "m", "fake", "", Purpose.TIMING, BACK_TO_BACK, 0)
