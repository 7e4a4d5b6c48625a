from edgekit.datasets.dataset import Dataset, Example
from edgekit.datasets.sample import open_sample


class Named:
    def __init__(self, name):
        self.name = name


def test_a_data_set_is_shown_without_its_examples():
    assert len(repr(open_sample())) < 1000


def test_pictures_are_left_out_of_every_split_by_name():
    splits = [tuple(Example(Named(f"{split}/{index}"), 0) for index in range(3)) for split in "abc"]
    dataset = Dataset("name", "/there", ("x", "y"), splits[0], splits[1], validation=splits[2])
    left = dataset.without({"a/0", "b/1", "c/0", "c/2", "d/0"})
    names = [[example.picture.name for example in part] for part in (left.train, left.test, left.validation)]
    assert names == [["a/1", "a/2"], ["b/0", "b/2"], ["c/1"]]
    assert (left.name, left.location, left.classes, left.split, left.left_out) == ("name", "/there", ("x", "y"), "given", ())
