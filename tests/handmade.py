"""Results made by hand, as `edgekit bench` would write them."""

import msgspec

from edgekit.spec.protocol import BUDGETS
from edgekit.store.measurement import Block, ImageRecord, ResultHeader
from edgekit.store.result import RESULT_SCHEMA

PROTOCOL = msgspec.structs.replace(BUDGETS["smoke"], processes=3, least_images=4)
MACHINE = {"cpu": "a | cpu"}
IMAGES = tuple(ImageRecord(name=f"{index}.png", label=index % 2, keras=0) for index in range(4))


def block(source, process, timed_ns, **fields):
    scores = dict.fromkeys(range(4), (1.0, 0.0)) if timed_ns else {}
    usual = {
        "source": source, "file": "m.tflite", "sha256": "", "bytes": 5_000_000, "precision": "int8", "runtime": "fake", "version": "1",
        "threads": 1, "process": process, "timed_ns": tuple(timed_ns), "visited": tuple(index % 4 for index in range(len(timed_ns))), "scores": scores,
    }  # fmt: skip
    return Block(**(usual | fields))


def written(path, *blocks, sources=("exported/a",), environment=MACHINE, protocol=PROTOCOL, **fields):
    images = dict.fromkeys(sources, IMAGES)
    header = ResultHeader(schema=RESULT_SCHEMA, protocol=protocol, started_at="now", environment=environment, images=images, **fields)
    path.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in (header, *blocks)))
    return path
