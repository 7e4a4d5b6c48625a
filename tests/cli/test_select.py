"""What `edgekit select` says where there is nothing to choose from."""

import json

from edgekit.spec.protocol import Feed, Sizes
from handmade import block, written


def test_nothing_back_to_back_is_one_clear_line(edgekit_cli, tmp_path):
    result = written(tmp_path / "r.jsonl", block("exported/a", 0, [2_000_000] * 40, feed=Feed(sizes=Sizes.MIXED)))
    for more in ((), ("--json", "--out", tmp_path / "chosen")):
        status, out, err = edgekit_cli("select", result, *more)
        assert (status, err.count("error: no file was measured")) == (1, 1)
        assert not more or json.loads(out) == {"choices": [], "copied": None}
    assert not (tmp_path / "chosen").exists()
