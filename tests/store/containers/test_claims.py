"""What a precision says of stored types, on graphs of a few kernels; tests/contract/test_stored_types.py holds whole files to it."""

import pytest

from edgekit.spec.format import Precision
from edgekit.store.containers.claims import another_precision
from edgekit.store.containers.tensors import Kernel, Layer, Tensors


def conv(dtype, numbers=2048, **more):
    return Kernel(dtype=dtype, numbers=numbers, layer=Layer.CONVOLUTION, **more)


def dense(dtype, numbers=2048, **more):
    return Kernel(dtype=dtype, numbers=numbers, layer=Layer.DENSE, **more)


INTEGER = {"bias": "int32", "takes_8_bits": True}


@pytest.mark.parametrize(
    ("precision", "kernels", "steps", "problem"),
    [
        (Precision.FLOAT32, [conv("float32"), dense("float32")], False, ""),
        (Precision.FLOAT32, [conv("float32"), dense("float32"), conv("float16", 9)], False, "float16"),
        (Precision.FLOAT32, [conv("float32"), conv("float32"), dense("uint8", 9)], False, "8 bits"),
        (Precision.FLOAT32, [conv("float32")], True, "between operators"),
        (Precision.FLOAT16, [conv("float16"), dense("float16")], False, ""),
        (Precision.FLOAT16, [conv("float16", 9), dense("float32", 9)], False, "fully connected layers are stored in float32"),
        (Precision.FLOAT16, [conv("float16"), conv("float32", 4096, is_scale=True)], False, ""),
        (Precision.FLOAT16, [dense("float16", 1 << 20), conv("float32")], False, "convolutions are stored in float32"),
        (Precision.MIXED, [conv("float32"), dense("int8")], False, ""),
        (Precision.MIXED, [conv("int8"), dense("int8")], False, "convolutions are stored in 8 bits"),
        (Precision.MIXED, [conv("float32"), dense("float32", 9)], False, "fully connected layers are stored in float32"),
        (Precision.DYNAMIC, [conv("int8"), dense("int8")], False, ""),
        (Precision.DYNAMIC, [conv("int8"), conv("float32", 1023)], False, ""),
        (Precision.DYNAMIC, [conv("float32", 1024), dense("int8", 1 << 20)], False, "convolutions are stored in float32"),
        (Precision.INT8, [conv("int8", **INTEGER), dense("int8", takes_8_bits=True)], True, ""),
        (Precision.INT8, [conv("int8", **INTEGER)], False, "nothing is computed in 8 bits"),
        (Precision.INT8, [conv("float32"), dense("float32")], True, "nothing is computed in 8 bits"),
        (Precision.INT8, [conv("int8", bias="float32", takes_8_bits=True)], True, "biases of layers in 8 bits are stored in float32"),
        (Precision.INT8, [conv("int8", bias="int32"), conv("int8"), dense("int8", **INTEGER)], True, "multiplied with values in float32"),
        *((precision, [], precision is Precision.INT8, "") for precision in Precision),
    ],
)
def test_what_is_stored_is_held_to_the_precision(precision, kernels, steps, problem):
    found = another_precision(Tensors(kernels=kernels, steps=steps), precision)
    assert problem in found
    assert bool(found) is bool(problem)


@pytest.mark.parametrize(("whole", "problem"), [(False, ""), (True, "convolutions are stored in float32")])
def test_an_int8_file_may_keep_layers_in_float32_where_it_says_so(whole, problem):
    tensors = Tensors(kernels=[conv("int8", **INTEGER), conv("float32", 4096), dense("int8", **INTEGER)], steps=True)
    found = another_precision(tensors, Precision.INT8, whole=whole)
    assert problem in found
    assert bool(found) is bool(problem)
