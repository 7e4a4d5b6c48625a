"""Damage that must be noticed: each ends with status 4, the artifact named, and nothing published."""

import shutil

import numpy as np
import pytest

from edgekit.errors import VerificationError
from edgekit.export import conversion, metadata, model, pipeline, tflite
from edgekit.export.subject import of_run
from edgekit.spec.export import TFLiteOptions
from edgekit.spec.progress import Silent
from edgekit.store.bundle import MANIFEST_FILE, open_bundle

NAME = "mobilenet-float32.tflite"


def exporting(run, out):
    return pipeline.export(of_run(run), [TFLiteOptions()], out, progress=Silent())


def antialias(monkeypatch):
    from keras import layers

    monkeypatch.setattr(model, "resize_layer", lambda px: layers.Resizing(px, px, interpolation="nearest"))


def channel_order(monkeypatch):
    deployable = model.deployable

    def swapped(network, size):
        import keras

        inner = keras.Model(network.input, network(network.input[..., ::-1]), name="network")
        return deployable(inner, size)

    monkeypatch.setattr(conversion, "deployable", swapped)


def weight(monkeypatch):
    frozen = tflite.frozen

    def damaged(graph):
        kernel = graph.get_layer("network").get_layer("pointwise_3").kernel
        whole = kernel.numpy()
        kernel.assign(np.where(np.arange(whole.shape[-1]) == 5, whole * 1.5, whole))
        return frozen(graph)

    monkeypatch.setattr(tflite, "frozen", damaged)


def label_order(monkeypatch):
    import msgspec

    contract = pipeline.contract

    def swapped(*arguments):
        whole = contract(*arguments)
        return msgspec.structs.replace(whole, labels=(whole.labels[1], whole.labels[0], *whole.labels[2:]))

    monkeypatch.setattr(pipeline, "contract", swapped)


@pytest.mark.parametrize("damage", [antialias, channel_order, weight, label_order])
def test_a_damaged_export_is_not_published(small_run, tmp_path, monkeypatch, damage):
    reference = model.Reference
    resize = model.resize_layer

    class Sound(reference):
        """The trained model's own path stays sound whatever happens to the exported graph."""

        def __init__(self, network):
            super().__init__(network)
            self._resize = resize(network.input.shape[1])

    monkeypatch.setattr(pipeline, "Reference", Sound)
    damage(monkeypatch)
    with pytest.raises(VerificationError, match=NAME) as caught:
        exporting(small_run, tmp_path / "exported")
    assert caught.value.exit_status == 4
    assert list((tmp_path / "exported").iterdir()) == []


def test_damage_after_export_is_noticed_by_verify(bundle_copy, edgekit_cli):
    path = bundle_copy / NAME
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)
    status, out, err = edgekit_cli("verify", bundle_copy)
    assert status == 4
    assert NAME in err
    assert "sha256 differs" in out


def test_a_swapped_label_is_noticed_by_verify(bundle_copy, edgekit_cli):
    labels = (bundle_copy / "labels.txt").read_text().splitlines()
    (bundle_copy / "labels.txt").write_text("\n".join([labels[1], labels[0], *labels[2:]]) + "\n")
    status, _, err = edgekit_cli("verify", bundle_copy)
    assert status == 4
    assert "labels.txt" in err


@pytest.mark.parametrize("change", ["weight", "labels"])
def test_a_forged_file_is_noticed_by_its_scores_or_contract(bundle_copy, edgekit_cli, change):
    """The attacker mends the manifest's hash as well: the scores, or the labels inside, still tell."""
    import hashlib

    path = bundle_copy / NAME
    data = path.read_bytes()
    if change == "weight":
        schema = tflite.schema
        flat = schema.ModelT.InitFromPackedBuf(data, 0)
        largest = max(flat.buffers, key=lambda buffer: 0 if buffer.data is None else len(buffer.data))
        largest.data = (np.frombuffer(bytes(largest.data), np.float32) * 1.3).view(np.uint8)
        builder = tflite.flatbuffers.Builder(len(data))
        builder.Finish(flat.Pack(builder), b"TFL3")
        forged = metadata._with_zip(bytes(builder.Output()), entries_of(path))
    else:
        entries = entries_of(path)
        for key in ("labels.txt", "edgekit.json"):
            entries[key] = entries[key].replace(b"alef", b"tmp").replace(b"heh", b"alef").replace(b"tmp", b"heh")
        forged = metadata._with_zip(data[: start_of(path)], entries)
    manifest = (bundle_copy / MANIFEST_FILE).read_text()
    manifest = manifest.replace(hashlib.sha256(data).hexdigest(), hashlib.sha256(forged).hexdigest())
    path.write_bytes(forged)
    (bundle_copy / MANIFEST_FILE).write_text(manifest)
    status, out, err = edgekit_cli("verify", bundle_copy)
    assert status == 4
    assert NAME in err
    assert ("worst: golden/" if change == "weight" else "labels") in err + out


def entries_of(path):
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def start_of(path):
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return min(info.header_offset for info in archive.infolist())


def test_the_sound_export_passes_and_is_the_same_bytes_again(small_run, exported, tmp_path):
    again = pipeline.export(
        of_run(small_run),
        [TFLiteOptions(precision=entry.precision) for entry in exported.manifest.artifacts if entry.format == "tflite"],
        tmp_path,
        progress=Silent(),
    )
    first = {entry.file: entry.sha256 for entry in exported.manifest.artifacts}
    assert {entry.file: first[entry.file] for entry in again.manifest.artifacts} == {entry.file: entry.sha256 for entry in again.manifest.artifacts}
    assert open_bundle(again.folder).golden.images == exported.golden.images
    shutil.rmtree(again.folder)
