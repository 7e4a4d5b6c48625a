import pytest

from edgekit.spec.tensor import DType, TensorSpec


@pytest.mark.parametrize(("name", "shape"), [("image", (1, -1, -1, 3)), ("a", ()), ("a", (2**27,)), ("a", (2**13, -1, 2**14))])
def test_a_tensor(name, shape):
    assert TensorSpec(name=name, shape=shape, dtype=DType.UINT8).shape == shape


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("", (1,), "needs a name and extents"),
        ("image", (1, 0), "needs a name and extents"),
        ("image", (-2,), "needs a name and extents"),
        ("image", (2**27 + 1,), "at most 134,217,728 elements"),
        ("image", (2**14, -1, 2**14), "at most 134,217,728 elements"),
    ],
)
def test_what_is_no_tensor(name, shape, words):
    with pytest.raises(ValueError, match=words):
        TensorSpec(name=name, shape=shape, dtype=DType.UINT8)
