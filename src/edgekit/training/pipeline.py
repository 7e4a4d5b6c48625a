"""From examples to batches: decode, the deployment's own resize, augmentation, batching; in parallel, in a seeded order."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from edgekit.datasets.decoded import CACHE_BYTES, DecodedImages
from edgekit.errors import ImageError
from edgekit.host.cpu import usable_threads
from edgekit.networks.preprocessing import resize_layer
from edgekit.training.augment import augmenter
from edgekit.training.share import Share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from edgekit.datasets.dataset import Example
    from edgekit.spec.recipe import Recipe

_BATCHES_AHEAD = 2


class Pipeline:
    """Batches of (float32 (batch, px, px, 3) RGB 0 to 255, int32 labels) from examples.

    With a ``share`` a batch has this process's images only; the left-over, a last batch that does not divide, is apart.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        recipe: Recipe,
        share: Share = Share(),  # noqa: B008 (frozen)
        *,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._recipe = recipe
        self._share = share
        self._images = DecodedImages(examples, most_bytes=cache_bytes)
        self.labels = np.array([example.label for example in examples], np.int32)
        self._failure: ImageError | None = None
        self._resize = resize_layer(recipe.image_px)
        self.count = len(examples)

    @property
    def batches(self) -> int:
        """Batches in an epoch; the last one may be smaller."""
        return -(-self.count // self._recipe.batch_size)

    @property
    def left_over(self) -> int:
        """Images of an epoch's last batch if it does not divide by the devices, else 0."""
        return self._share.left_over(self.count, self._recipe.batch_size)

    def training(self, epoch: int, *, left_over: bool = False) -> tf.data.Dataset:
        """Return epoch number ``epoch`` (from 0): shuffled and augmented by (seed, epoch)."""
        order = np.random.default_rng((self._recipe.seed, epoch)).permutation(self.count)
        change = augmenter(self._recipe.augment)
        offset = self._recipe.seed * 1_000_003 + epoch

        def augmented(index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            image, label = self._example(index)
            return change(image, tf.stack([tf.constant(offset, tf.int64), index])), label

        return self._batched(order, augmented, left_over=left_over)

    def plain(self, *, left_over: bool = False) -> tf.data.Dataset:
        """Return all examples once, in their order, unchanged but for the resize."""
        return self._batched(np.arange(self.count), self._example, left_over=left_over)

    def _example(self, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        pixels = tf.numpy_function(self._pixels, [index], tf.uint8, stateful=False)
        pixels = tf.ensure_shape(pixels, (None, None, 3))
        return self._resize(tf.cast(pixels, tf.float32)), tf.constant(self.labels)[index]

    def _pixels(self, index: int) -> NDArray[np.uint8]:
        try:
            return self._images[index]
        except ImageError as error:
            self._failure = error
            raise

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise the `ImageError` itself where TensorFlow raises one of its own, inside the block, for an image that cannot be read."""
        try:
            yield
        except tf.errors.OpError as error:
            if self._failure is None:
                raise
            raise self._failure from error

    def _batched(self, order: np.ndarray, load: object, *, left_over: bool) -> tf.data.Dataset:
        batch_size = self._recipe.batch_size
        chosen = self._share.whole(order, batch_size) if left_over else self._share.even(order, batch_size)
        dataset = tf.data.Dataset.from_tensor_slices(chosen.astype(np.int64))
        dataset = dataset.map(load, num_parallel_calls=usable_threads(), deterministic=True)
        dataset = dataset.batch(batch_size if left_over else batch_size // self._share.processes)
        return dataset.prefetch(_BATCHES_AHEAD).with_options(_untuned())


def _untuned() -> tf.data.Options:
    """Return options without TensorFlow's tuning of pipelines, whose thread outlives an epoch by up to the epoch's own time.

    It sleeps 10 ms, then twice as long each time, and the end of the epoch waits for it to wake (TensorFlow 2.21): 5.5 s of
    steps took 10.23 s.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return options
