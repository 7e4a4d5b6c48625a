import numpy as np
import pytest

from edgekit.datasets.folder import open_folder
from edgekit.errors import UsageError
from edgekit.spec.cluster import member
from edgekit.spec.recipe import RECIPES, changed
from edgekit.training.group import Group
from edgekit.training.pipeline import Pipeline
from edgekit.training.share import Share

RECIPE = changed(RECIPES["quick"], image_px=32, batch_size=8)


@pytest.mark.parametrize(("devices", "processes"), [(1, 1), (2, 2), (4, 2), (4, 1), (4, 4)])
@pytest.mark.parametrize("images", [3, 8, 40, 44, 45])
def test_all_processes_together_have_the_batches_of_one(devices, processes, images):
    order = np.random.default_rng(0).permutation(images)
    shares = [Share(devices, processes, process_id) for process_id in range(processes)]
    left_over = shares[0].left_over(images, 8)
    assert left_over == (images % 8 if images % 8 % devices else 0)
    batches = [order[begin : begin + 8] for begin in range(0, images - left_over, 8)]
    for step, batch in enumerate(batches):
        parts = [share.even(order, 8)[step * 8 // processes :][: len(batch) // processes] for share in shares]
        assert np.concatenate(parts).tolist() == batch.tolist()
    assert all(share.even(order, 8).size * processes == images - left_over for share in shares)
    assert all(share.whole(order, 8).tolist() == order[images - left_over :].tolist() for share in shares)


def test_a_process_decodes_its_share_of_the_same_epoch(small_folder):
    examples = open_folder(small_folder).train[:21]
    whole = [images.numpy() for images, _ in Pipeline(examples, RECIPE).training(2)]
    parts = [Pipeline(examples, RECIPE, Share(2, 2, process_id)) for process_id in (0, 1)]
    shared = [[images.numpy() for images, _ in part.training(2)] for part in parts]
    for batch, first, second in zip(whole[:2], *shared, strict=True):
        assert np.array_equal(batch, np.concatenate([first, second]))
    (left_over,) = [images.numpy() for images, _ in parts[1].training(2, left_over=True)]
    assert (parts[1].left_over, parts[1].batches) == (5, 3)
    assert np.array_equal(whole[2], left_over)


def test_a_batch_that_does_not_divide_is_refused_with_one_that_does():
    Group(2, 0, 4).check_batch(8)
    with pytest.raises(UsageError, match="number of devices, 4") as caught:
        Group(2, 0, 4).check_batch(30)
    assert "Received: 30" in caught.value.message
    assert "--batch-size 32" in caught.value.hint


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (("host:1", 2, None), "together"),
        ((None, None, 0), "together"),
        (("host", 2, 0), "HOST:PORT"),
        (("host:99999", 2, 0), "HOST:PORT"),
        (("host:1", 1, 0), "--processes"),
        (("host:1", 2, 2), "--process-id"),
    ],
)
def test_the_three_options_are_checked(given, word):
    with pytest.raises(UsageError, match=word):
        member(*given)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [((), "--backend jax"), (("--backend", "jax", "--network", "all"), "for each"), (("--backend", "tensorflow"), "--backend jax")],
)
def test_what_does_not_go_with_several_processes(edgekit_cli, arguments, word):
    status, _, err = edgekit_cli("train", *arguments, "--coordinator", "127.0.0.1:9", "--processes", 2, "--process-id", 0)
    assert status == 2
    assert word in err
