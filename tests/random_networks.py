"""Random networks of the kinds of blocks that the table's have, of a few channels: a stem, two or three blocks, and what answers."""

from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.graph.ops import Around
from sketch import AVERAGE, MAX, SAME, VALID, Sketch


def activated(sketch, x, slope=0.1):
    return sketch.add(ops.Leaky(slope), sketch.affine(x))


def stem(sketch, x):
    x = activated(sketch, sketch.conv(sketch.affine(x), 5, (7, 7), 2), 0.0)
    return sketch.add(ops.Pool(MAX, 3, 2, SAME), x)


def stem_behind_zeros(sketch, x):
    x = sketch.conv(sketch.affine(x), 5, (7, 7), 2, Around(3, 3))
    return sketch.add(ops.Pool(MAX, 3, 2, VALID), sketch.add(ops.Pad((1, 1), (1, 1)), activated(sketch, x, 0.0)))


def stem_of_stride_one(sketch, x):
    x = activated(sketch, sketch.conv(sketch.affine(x), 5))
    return sketch.add(ops.Pool(MAX, 2, 2, SAME), x)


def separable(sketch, x):
    return activated(sketch, sketch.conv(activated(sketch, sketch.depthwise(x)), 6, (1, 1)))


def inverted_residual(sketch, x):
    y = sketch.add(ops.Clip(6.0), sketch.affine(sketch.conv(x, 7, (1, 1))))
    y = sketch.add(ops.Clip(6.0), sketch.affine(sketch.depthwise(y)))
    return sketch.add(ops.Add(), x, sketch.affine(sketch.conv(y, sketch.shape(x)[-1], (1, 1))))


def residual(sketch, x):
    y = sketch.affine(sketch.conv(activated(sketch, sketch.conv(x, 3)), sketch.shape(x)[-1]))
    return sketch.add(ops.Leaky(0.2), sketch.add(ops.Add(), x, y))


def residual_of_branches(sketch, x):
    """A sum of a concatenation and of what passes it by."""
    both = sketch.add(ops.Concat(), sketch.conv(x, 3), sketch.conv(x, sketch.shape(x)[-1] - 3, (1, 1)))
    return sketch.add(ops.Add(), x, both)


def dense_block(sketch, x):
    return sketch.add(ops.Concat(), x, sketch.conv(activated(sketch, x), 3))


def transition(sketch, x):
    x = sketch.conv(activated(sketch, x), 5, (1, 1))
    return sketch.add(ops.Pool(AVERAGE, 2, 1, VALID), x) if min(sketch.shape(x)[:2]) > 1 else x


def strided_residual(sketch, x):
    x = residual_of_pixels(sketch, x)
    both = [sketch.affine(sketch.conv(y, 6, (1, 1), stride)) for y, stride in ((x, 2), (activated(sketch, sketch.conv(x, 3, (1, 1), 2)), 1))]
    return sketch.add(ops.Leaky(0.2), sketch.add(ops.Add(), *both))


def residual_of_pixels(sketch, x):
    y = sketch.affine(sketch.conv(activated(sketch, sketch.conv(x, 3)), sketch.shape(x)[-1], (1, 1)))
    return sketch.add(ops.Leaky(0.2), sketch.add(ops.Add(), x, y))


def not_known(sketch, x):
    return sketch.add(ops.Add(), x, sketch.opaque(x))


KNOWN = [separable, inverted_residual, residual, residual_of_branches, strided_residual, dense_block, transition]
BLOCKS = [*KNOWN, not_known]
STEMS = [stem, stem_behind_zeros, stem_of_stride_one]


def network(px, blocks, seed, begin=stem):
    sketch = Sketch(px, seed)
    x = begin(sketch, "image")
    for block in blocks:
        x = block(sketch, x)
    x = sketch.add(ops.GlobalAverage(), activated(sketch, x))
    return sketch.graph(sketch.affine(sketch.dense(x, 4)))


def networks(blocks, least=2):
    """Draw graphs of ``least`` of these ``blocks``, or one more."""
    return st.builds(
        network, st.integers(9, 18), st.lists(st.sampled_from(blocks), min_size=least, max_size=least + 1), st.integers(0, 99), st.sampled_from(STEMS)
    )
