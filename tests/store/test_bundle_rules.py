import msgspec
import pytest

from edgekit.store.bundle_rules import contradiction


def test_a_bundle_agrees_with_itself(exported):
    assert contradiction(exported.manifest, exported.labels, exported.golden) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda image: msgspec.structs.replace(image, label=5), "classes that the labels do not"),
        (lambda image: msgspec.structs.replace(image, label=None, labels=(0, 5)), "classes that the labels do not"),
        (lambda image: msgspec.structs.replace(image, scores=image.scores[:3]), "the golden images have 3 scores, and the files 5"),
    ],
)
def test_images_that_do_not_fit(exported, change, words):
    golden = msgspec.structs.replace(exported.golden, images=tuple(map(change, exported.golden.images)), own={})
    assert words in contradiction(exported.manifest, exported.labels, golden)


def test_labels_that_do_not_fit(exported):
    golden = msgspec.structs.replace(exported.golden, images=tuple(msgspec.structs.replace(image, label=None) for image in exported.golden.images))
    assert "there are 4 labels for 5 scores (classes)" in contradiction(exported.manifest, exported.labels[:4], golden)
