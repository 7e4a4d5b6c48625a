"""How a file did on the test set, beside the trained model on the very same images."""

from __future__ import annotations

import msgspec

from edgekit.spec.bounds import Count, Name, Share  # noqa: TC001 (msgspec reads the annotations)


class PairedCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of test images that two sets of scores were compared on.

    ``right`` are those whose highest score is their label's, or all of whose labels are decided as they are; of ``lost`` the
    trained model was right and the file is not, of ``won`` the file is and the trained model was not. ``f1`` is that of the
    decisions of several labels together (micro-averaged).
    """

    images: Count
    right: Count
    lost: Count
    won: Count
    f1: Share | None = None

    def __post_init__(self) -> None:
        if min(self.right, self.lost, self.won) < 0 or self.images < 1 or self.right + self.lost > self.images or self.won > self.right:
            raise ValueError(f"counts that do not go together. Received: {self!r}")

    @property
    def share(self) -> float:
        """The share that the file is right on."""
        return self.right / self.images

    @property
    def drop(self) -> float:
        """What the file is right less often than the trained model, from -1 to 1."""
        return (self.lost - self.won) / self.images

    @property
    def reference_share(self) -> float:
        """The trained model's on the same images."""
        return (self.right + self.lost - self.won) / self.images

    def in_runtime(self, runtime: str) -> Accuracy:
        """Return the counts as those of a file that was run in ``runtime``."""
        return Accuracy(runtime=runtime, images=self.images, right=self.right, lost=self.lost, won=self.won, f1=self.f1)


class Accuracy(PairedCounts, frozen=True):
    """The counts of a file that was run in ``runtime``."""

    runtime: Name
