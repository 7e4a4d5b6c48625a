import numpy as np
import pytest
from PIL import Image

from edgekit.errors import EdgekitError
from edgekit.exporting.source.images import images_in
from edgekit.exporting.source.truth import with_truth
from edgekit.spec.task import Task
from listening import Listener

LABELS = ("cat", "Dog", "owl")
FILES = ("a.png", "b.png", "c.png", "sub/d.png", "sub/a.png")


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "photographs"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(folder / name)
    return folder


def read(photographs, text, task=Task.MULTILABEL, encoding="utf-8"):
    table = photographs.parent / "truth.csv"
    table.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    images = images_in((), calibration=None, golden=photographs, seed=0)
    listener = Listener()
    return with_truth(images, photographs, table, LABELS, task, progress=listener), listener.said


LISTED = "a.png,cat;dog\nb.png,owl\nc.png,\nsub/d.png,Dog\nsub/a.png,cat;dog;owl\n"
TRUTH = {"a.png": (0, 1), "b.png": (2,), "c.png": (), "sub/d.png": (1,), "sub/a.png": (0, 1, 2)}


@pytest.mark.parametrize(
    "text",
    [
        LISTED,
        f"image,labels\n{LISTED}",
        f"\ufefffile,tags\r\n{LISTED}".replace("\n", "\r\n").replace("\r\r", "\r"),
        LISTED.replace(";", " ; ").replace("sub/", "photographs\\sub\\"),
        LISTED.replace("cat;dog\n", "dog;cat;cat\n", 1) + "\n\n",
        "image,cat,dog,owl\na.png,1,1,0\nb.png,0,0,1\nc.png,0,0,0\nsub/d.png,0,1,0\nsub/a.png,1,1,1\n",
        "image,owl,cat,Dog\na.png,0,1,1\nb.png,1,,\nc.png,0.0,0,false\nsub/d.png,no,0,1.0\nsub/a.png,yes,true,1\n",
    ],
)
def test_the_forms_of_a_table(photographs, text):
    images, said = read(photographs, text)
    assert (images.truth, said, images.labelled) == (TRUTH, [], True)
    assert {example.picture.name for example in images.test} == set(FILES)


def test_one_label_an_image_is_a_class(photographs):
    images, _ = read(photographs, "a.png,cat\nb.png,owl\nc.png,dog\nsub/d.png,dog\nsub/a.png,cat\n", Task.CLASSES)
    assert images.truth is None
    assert {example.picture.name: example.label for example in images.test} == {"a.png": 0, "b.png": 2, "c.png": 1, "sub/d.png": 1, "sub/a.png": 0}


def test_images_without_a_line_are_left_out_and_counted(photographs):
    images, said = read(photographs, "b.png,owl\nsub/d.png,cat\n")
    assert images.truth == {"b.png": (2,), "sub/d.png": (0,)}
    assert len(images.test) == 2
    assert len(images.calibration) == 5
    assert said == ["3 of 5 images in photographs have no line in truth.csv: they are left out of the comparison"]


def test_a_name_alone_is_enough_where_one_file_has_it(photographs):
    assert read(photographs, "d.png,owl\n")[0].truth == {"sub/d.png": (2,)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.png,cat\nz.png,cat\n", "1 of 2 lines do not fit: line 2: no such image.*z.png"),
        ("a.png,cat;hen\n", "line 1: no such label: hen"),
        ("a.png,cat\nb.png,owl\na.png,dog\n", "line 3: a.png for the second time"),
        ("image,labels\na.png,cat,owl\n", "line 2 has 3 cells"),
        ("image,cat,dog,owl\na.png,1,2,0\n", "line 2 has '2' where 0 or 1 is wanted"),
        ("image,cat,dog,owl\na.png,1,0\n", "line 2 has 3 cells, the header 4"),
        ("image,cat,dog\na.png,1,0\n", "columns are not the labels.*columns: cat, dog; labels: cat, Dog, owl"),
        ("image,cat,dog,hen\na.png,1,0,0\n", "columns are not the labels"),
        ("image,labels\n", "no line of an image"),
        ("", "the table is empty"),
        ("\n\n", "the table is empty"),
        (b"\xff\xfea\x00", "UTF-16"),
        ("\n".join(f"z{index}.png,cat" for index in range(9)), "9 of 9 lines do not fit.* and 6 more"),
    ],
)
def test_lines_that_do_not_fit_are_named(photographs, text, words):
    with pytest.raises(EdgekitError, match=words) as caught:
        read(photographs, text)
    assert caught.value.hint
    assert "truth.csv" in caught.value.message


@pytest.mark.parametrize("labels", ["", "cat;owl"])
def test_a_class_is_one_label(photographs, labels):
    with pytest.raises(EdgekitError, match=r"line 1: a.png has \d labels, one is wanted"):
        read(photographs, f"a.png,{labels}\n", Task.BINARY)
