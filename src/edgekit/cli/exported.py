"""What ``edgekit export`` prints of the bundles that it made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.cli.output import print_json, print_line, print_table
from edgekit.spec.task import ACCURACY, Task, rule
from edgekit.text.units import percent, size

if TYPE_CHECKING:
    from edgekit.store.bundle import Bundle


def print_bundles(bundles: list[Bundle], *, as_json: bool) -> None:
    """Print what each file was held against, and where the bundles are; or their manifests as JSON alone."""
    if as_json:
        from edgekit.store.record import builtins

        print_json([{"bundle": str(bundle.folder), **builtins(bundle.manifest)} for bundle in bundles])
        return
    for bundle in bundles:
        _print_bundle(bundle)
    if bundles:
        print_line("next: edgekit verify, edgekit bench")


def _print_bundle(bundle: Bundle) -> None:
    sizes = {entry.file: entry.bytes for entry in bundle.manifest.artifacts}
    decision = bundle.manifest.decision
    agrees = decision.decides(bundle.manifest.artifacts[0].output.shape[-1])
    accuracy = ACCURACY[decision.task]
    print_table(
        ["file", "size", "runtime", "against", "difference", "agrees" if agrees else "relative error", accuracy],
        [
            [
                record.file,
                size(sizes[record.file]),
                record.runtime,
                record.against,
                f"{record.share:.1e}",
                percent(record.agreement_of_all) if agrees else f"{record.relative_l2:.1e}",
                "" if record.tested is None else percent(record.tested.share),
            ]
            for record in bundle.manifest.checks.parity
        ],
    )
    for entry in bundle.manifest.artifacts:
        kept = [f"without {', '.join(entry.left_out)}"] if entry.left_out else []
        kept += [f"{', '.join(entry.layers_in_float)} in float32"] if entry.layers_in_float else []
        if kept:
            print_line(f"{entry.file}: {' and '.join(kept)}: it lost too much otherwise")
    first = bundle.manifest.checks.parity[0]
    images = " or ".join(map(str, bundle.manifest.checks.test_images))
    unknown = f"agrees: on {first.images} images, whose classes are not known" if agrees else "relative error: that of the worst image"
    told = f"{accuracy}: on {images} test images" if images else unknown
    print_line(f"differences: the largest on {first.golden_images} golden images, as a share of the range; {told}")
    if decision.task is not Task.CLASSES:
        print_line(f"{decision.task.value}: {rule(decision, bundle.labels)}")
    print_line(str(bundle.folder))
