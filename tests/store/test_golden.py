import msgspec
import pytest

from edgekit.store.golden import GOLDEN_SCHEMA, PLAIN, Golden, GoldenImage, OwnScores

VARIANTS = (PLAIN, "odd", PLAIN, "saturated")
IMAGES = tuple(
    GoldenImage(file=f"golden/{index:02}.png", sha256="0" * 64, label=0, source="a.png", variant=variant, scores=(float(index), 0.0))
    for index, variant in enumerate(VARIANTS)
)
OWN = OwnScores(
    runtime="litert", version="2", machine="x86_64", tolerances=(0.0, 0.1, 0.2, 0.3), scores=tuple((index + 0.5, 0.0) for index in range(4))
)
GOLDEN = Golden(schema=GOLDEN_SCHEMA, images=IMAGES, own={"a.tflite": OWN})


def test_what_is_measured_with_are_the_plain_images():
    assert [image.file for image in GOLDEN.plain] == ["golden/00.png", "golden/02.png"]


def test_of_some_images_their_own_scores_and_tolerances_stay():
    some = GOLDEN.of_images([1, 3])
    assert [image.variant for image in some.images] == ["odd", "saturated"]
    assert some.own == {"a.tflite": msgspec.structs.replace(OWN, tolerances=(0.1, 0.3), scores=((1.5, 0.0), (3.5, 0.0)))}


@pytest.mark.parametrize("changed", [{"tolerances": OWN.tolerances[1:]}, {"scores": OWN.scores[1:]}])
def test_a_table_without_the_scores_or_tolerance_of_an_image_is_none(changed):
    with pytest.raises(ValueError, match="for every golden image"):
        msgspec.structs.replace(GOLDEN, own={"a.tflite": msgspec.structs.replace(OWN, **changed)})
