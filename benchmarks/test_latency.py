"""Every file of every bundle in every installed runtime, on its real images, in one process: for following regressions.

`pytest-benchmark compare` tells one run from another. The figure to cite is `edgekit bench`'s: fresh processes, interleaved.
A round is all images, one at a time; ``image_ms`` is one image's median.
"""

from __future__ import annotations

import pytest

from edgekit.datasets.decode import decode
from edgekit.datasets.resize import resize_to_uint8
from edgekit.runtimes.base import installed_for, open_session
from edgekit.spec.runtime import runtime_named
from edgekit.store.bundle import bundles_below, open_artifact, open_bundle

ROUNDS, WARMUP_ROUNDS = 10, 2


def pytest_generate_tests(metafunc):
    if "file" not in metafunc.fixturenames:
        return
    cases = [
        pytest.param(bundle, entry.file, row.name, id=f"{bundle.name}/{entry.file}-{row.name}")
        for bundle in bundles_below(metafunc.config.getoption("--bundles"))
        for entry in open_bundle(bundle).manifest.artifacts
        for row in installed_for(entry.format)
    ]
    nothing = pytest.param(None, "", "", marks=pytest.mark.skip(reason="no bundle to measure: `edgekit export`, or --bundles DIR"))
    metafunc.parametrize(("folder", "file", "runtime"), cases or [nothing])


def test_latency(benchmark, folder, file, runtime):
    bundle, artifact = open_bundle(folder), open_artifact(folder / file)
    golden = bundle.golden.plain
    size = artifact.contract.preprocessing.image_px
    images = [resize_to_uint8(decode(bundle.golden_path(image)), size, size)[None] for image in golden]
    session = open_session(artifact, runtime_named(runtime), threads=1)

    def answer():
        return [int(session.run(image).argmax()) for image in images]

    answers = benchmark.pedantic(answer, rounds=ROUNDS, warmup_rounds=WARMUP_ROUNDS)
    right = sum(answer == image.label for answer, image in zip(answers, golden, strict=True)) / len(golden)
    benchmark.group = f"{folder.name} {artifact.contract.precision.value}"
    benchmark.extra_info.update(image_ms=1e3 * benchmark.stats.stats.median / len(images), accuracy=right, images=len(images))
    assert right > 1 / len(bundle.labels)
