import pytest

from edgekit.text.words import either, with_article


@pytest.mark.parametrize(("names", "text"), [(["a"], "a"), (["a", "b"], "a or b"), (("a", "b", "c"), "a, b or c")])
def test_names_are_read_as_a_choice(names, text):
    assert either(names) == text


def test_a_name_has_the_article_that_it_is_read_with():
    assert [with_article(name) for name in ("TFLite", "ONNX")] == ["a TFLite", "an ONNX"]
