"""TFLite files that are damaged where their structure is, and whose digest is made to fit: what a hostile hand would do."""

from edgekit.store.containers.flatbuffer import root
from edgekit.store.containers.seal import at_the_end, digest

# Fields of TFLite's schema.fbs.
BUFFERS, DATA = 4, 0
LARGE = 256


def structure(data):
    """The places of a file's bytes, but for those of weights and of the zip behind the flatbuffer."""
    end = data.index(b"PK\x03\x04")
    kept = bytearray(b"\x01") * end
    for buffer in root(data).tables(BUFFERS):
        length = buffer.extent(DATA)
        if length > LARGE:
            start = data.index(bytes(buffer.data[slice(*_span(buffer))]))
            kept[start : start + length] = bytes(length)
    return [place for place in range(end) if kept[place]]


def _span(buffer):
    place = buffer._place(DATA)
    start = place + int.from_bytes(buffer.data[place : place + 4], "little") + 4
    return start, start + buffer.extent(DATA)


def damaged(data, places, rng):
    """A copy with a few bytes of its structure changed in one of three ways; its length stays, so that the contract inside is found."""
    changed = bytearray(data)
    kind = rng.choice(("flip", "bytes", "zeros", "ones"))
    start = rng.choice(places)
    match kind:
        case "flip":
            changed[start] ^= 1 << rng.randrange(8)
        case "bytes":
            for _ in range(rng.randint(1, 8)):
                changed[rng.choice(places)] = rng.randrange(256)
        case "zeros" | "ones":
            span = range(start, min(start + rng.randint(1, 64), places[-1]))
            for place in span:
                changed[place] = 0 if kind == "zeros" else 255
    return sealed(bytes(changed))


def sealed(data):
    """The same with the digest that it should have."""
    place = at_the_end(data)
    return data if place is None else data[: place[0]] + digest(data, place)
