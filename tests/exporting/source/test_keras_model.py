import keras
import numpy as np
import pytest
from keras import layers

from edgekit.errors import DataError, EdgekitError, ExportError, StoreError, UsageError
from edgekit.exporting.keras.writer import rebuild
from edgekit.exporting.parity.gate import Gate
from edgekit.exporting.parity.reference import golden_evidence
from edgekit.exporting.parity.reference import test_evidence as evidence_of_test_images
from edgekit.exporting.pipeline import export
from edgekit.exporting.plan import ExportPlan
from edgekit.exporting.source.foreign import ForeignOptions
from edgekit.exporting.source.golden import choose_golden
from edgekit.exporting.source.images import images_in
from edgekit.exporting.source.keras_model import of_file
from edgekit.exporting.source.trained import Reference
from edgekit.graph import ops
from edgekit.models.head import without_head
from edgekit.models.raw_input import with_raw_input
from edgekit.models.reader import read
from edgekit.passes.fold_batch_norm import fold_batch_norm
from edgekit.passes.fold_input_norm import fold_input_norm
from edgekit.spec.export import Head
from edgekit.spec.format import Format, Precision
from edgekit.spec.pixels import PIXELS, RAW, parse_pixels
from edgekit.spec.progress import Silent
from edgekit.spec.task import Task
from edgekit.spec.tensor import DType, TensorSpec
from foreign_models import CLASSES, PX, SMALL, any_size, scores, stem
from listening import Listener

RAW_IMAGES = np.random.default_rng(0).integers(0, 256, (2, PX, PX, 3)).astype(np.float32)
KERAS_MODES = {"signed": "tf", "imagenet": "torch", "bgr-mean": "caffe"}


@pytest.mark.parametrize(("name", "mode"), KERAS_MODES.items())
def test_preprocessing_is_what_keras_applications_call_by_another_name(name, mode):
    model = SMALL["clipped"]()
    wanted = np.asarray(model(keras.applications.imagenet_utils.preprocess_input(RAW_IMAGES.copy(), mode=mode)))
    raw = with_raw_input(model, PX, PIXELS[name])
    assert np.abs(np.asarray(raw(RAW_IMAGES)) - wanted).max() <= 1e-5
    assert np.abs(np.asarray(with_raw_input(model, PX, RAW)(RAW_IMAGES)) - wanted).max() > 1e-3


def test_labels_that_windows_wrote(small_folder, tmp_path):
    SMALL["clipped"]().save(tmp_path / "net.keras")
    (tmp_path / "labels.txt").write_text("alef\nheh\nkaf\nmeem\nsheen\n", encoding="utf-8-sig")
    subject = of_file(tmp_path / "net.keras", ForeignOptions(labels=tmp_path / "labels.txt", golden=small_folder / "test"), progress=Silent())
    assert subject.labels[0] == "alef"
    assert subject.images.labelled


def labelled(tmp_path, folder, lines):
    """The five letters in a model and a folder, by labels of these lines; what was said of them stands in the second."""
    SMALL["clipped"]().save(tmp_path / "net.keras")
    (tmp_path / "labels.txt").write_text(lines, encoding="utf-8")
    heard = Listener()
    return of_file(tmp_path / "net.keras", ForeignOptions(labels=tmp_path / "labels.txt", golden=folder), progress=heard), heard


def test_labels_with_numbers_and_of_another_case(small_folder, tmp_path):
    subject, heard = labelled(tmp_path, small_folder / "test", "0 Alef\n1 HEH\n2 kaf\n3 meem\n4 sheen\n")
    assert subject.labels == ("Alef", "HEH", "kaf", "meem", "sheen")
    assert subject.images.labelled
    assert "the numbers in front of the labels are taken off: they are Alef, HEH, kaf …" in heard.said


def test_labels_and_folders_that_differ_are_both_shown(small_folder, tmp_path):
    subject, heard = labelled(tmp_path, small_folder / "test", "a\nb\nc\nd\ne\n")
    assert not subject.images.labelled
    assert any("(folders: alef, heh, kaf, meem, sheen; labels: a, b, c, d, e)" in line for line in heard.said)


def test_some_folders_that_are_no_labels_are_shown_beside_the_labels(small_folder, tmp_path):
    with pytest.raises(DataError, match=r"Received: heh in .*folders: alef, heh, kaf, meem, sheen; labels: alef, h, kaf, meem, sheen"):
        labelled(tmp_path, small_folder / "test", "alef\nh\nkaf\nmeem\nsheen\n")


@pytest.mark.parametrize(("text", "turned"), [("unit", 1), ("mean=10,20,30;std=40,50,60", 1), ("bgr;mean=10,20,30;std=40,50,60", -1)])
def test_preprocessing_by_its_formula(text, turned):
    model, pixels = SMALL["clipped"](), parse_pixels(text)
    wanted = np.asarray(model(((RAW_IMAGES - np.float32(pixels.mean)) / np.float32(pixels.std))[..., ::turned]))
    assert np.abs(np.asarray(with_raw_input(model, PX, pixels)(RAW_IMAGES)) - wanted).max() <= 1e-5


@pytest.mark.parametrize("name", PIXELS)
def test_preprocessing_goes_into_the_first_convolution(name):
    """Whatever stands before it (here a Rescaling and a Normalization too), one subtraction stays."""
    image = keras.Input((PX, PX, 3))
    x = layers.Normalization(mean=[0.4, 0.5, 0.6], variance=[0.1, 0.2, 0.3])(layers.Rescaling(0.5, offset=0.1)(image))
    model = with_raw_input(scores(image, layers.Conv2D(8, 3)(x)), PX, PIXELS[name])
    graph = fold_input_norm(fold_batch_norm(read(model)))
    kinds = [type(node.op) for node in graph.nodes.values()]
    assert kinds.count(ops.Opaque) == 0
    assert kinds.count(ops.Shift) == 1
    assert kinds.count(ops.Affine) == 0
    assert np.allclose(np.asarray(rebuild(graph)(RAW_IMAGES)), np.asarray(model(RAW_IMAGES)), atol=1e-5)


def test_a_model_inside_that_is_called_twice_answers_twice():
    model = SMALL["nested_twice"]()
    wanted = np.asarray(model(RAW_IMAGES))
    assert np.abs(np.asarray(rebuild(read(model))(RAW_IMAGES)) - wanted).max() <= 1e-6


def test_a_model_of_any_size_gets_one():
    model = any_size()
    flat = with_raw_input(model, 40, RAW)
    assert flat.input.shape == (None, 40, 40, 3)
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 40, 40, 3)).astype(np.float32)
    assert np.allclose(np.asarray(flat(pictures)), np.asarray(model(pictures)), atol=1e-6)


def test_a_layer_that_keeps_a_state_is_refused():
    @keras.saving.register_keras_serializable()
    class Counts(layers.Layer):
        def build(self, shape):
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, x):
            self.calls.assign_add(1.0)
            return x * self.calls

    image, x = stem()
    with pytest.raises(ExportError, match="does not answer the same"):
        with_raw_input(scores(image, Counts()(x)), PX, RAW)


def saved(tmp_path, model):
    model.save(tmp_path / "net work.keras")
    return tmp_path / "net work.keras"


def plain(shape=(PX, PX, 3), outputs=1, **options):
    image = keras.Input(shape)
    answers = [layers.Dense(CLASSES, activation="softmax", **options)(layers.GlobalAveragePooling2D()(image)) for _ in range(outputs)]
    return keras.Model(image, answers if outputs > 1 else answers[0])


def half_inside():
    part = keras.Input((PX, PX, 3))
    image = keras.Input((PX, PX, 3))
    inside = keras.Model(part, layers.Conv2D(4, 3, dtype="mixed_float16")(part))
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax")(layers.GlobalAveragePooling2D()(inside(image))))


def quantised():
    model = plain()
    model.quantize("int8")
    return model


def broken():
    return plain(kernel_initializer=keras.initializers.Constant(np.nan))


@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        (quantised, {}, "quantised already.* Received: dense"),
        (broken, {}, "not finite"),
        (lambda: plain((32, 24, 3)), {}, "square.* Received: 32 × 24 px"),
        (lambda: plain((32, 32, 4)), {}, r"one RGB image.* Received: \(None, 32, 32, 4\)"),
        (lambda: plain((None, None, 3)), {}, "any size"),
        (plain, {"image_px": 40}, "images of 32 px. Received: --image-size 40"),
        (lambda: plain(outputs=2), {}, "Received: 1 in, 2 out"),
        (lambda: plain(dtype="mixed_float16"), {}, "float32.* Received: float16"),
        (half_inside, {}, "float32.* Received: float16"),
        (lambda: keras.Sequential([layers.Flatten(), layers.Dense(CLASSES)]), {}, "without a fixed graph"),
        (plain, {"golden": None}, "needs photographs"),
    ],
)
def test_one_clear_line(tmp_path, small_folder, model, options, words):
    with pytest.raises(EdgekitError, match=words) as caught:
        of_file(saved(tmp_path, model()), ForeignOptions(**({"golden": small_folder / "test"} | options)), progress=Silent())
    assert caught.value.hint


@pytest.mark.parametrize(("text", "words"), [("a\nb\n", "2 labels for 5 scores"), (b"\xff\xfe\xfa", "text in UTF-16")])
def test_labels_that_do_not_fit(tmp_path, small_folder, text, words):
    file = tmp_path / "labels.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises((DataError, StoreError), match=words):
        of_file(saved(tmp_path, plain()), ForeignOptions(labels=file, golden=small_folder / "test"), progress=Silent())


def test_labels_of_what_has_no_scores(tmp_path, small_folder):
    (tmp_path / "labels.txt").write_text("a\n")
    image = keras.Input((PX, PX, 3))
    path = saved(tmp_path, keras.Model(image, layers.Dense(1, activation="tanh")(layers.GlobalAveragePooling2D()(image))))
    with pytest.raises(UsageError, match=r"no scores to label.* tanh"):
        of_file(path, ForeignOptions(labels=tmp_path / "labels.txt", golden=small_folder / "test"), progress=Silent())


def test_labels_that_are_alike_are_named(tmp_path, small_folder):
    (tmp_path / "labels.txt").write_text("crane\nowl\ncrane\nemu\nhen\n")
    listener = Listener()
    options = ForeignOptions(labels=tmp_path / "labels.txt", golden=small_folder / "test")
    assert of_file(saved(tmp_path, plain()), options, progress=listener).labels.count("crane") == 2
    assert listener.said[0].endswith("do not tell them apart: crane")


def test_tensors_in_dictionaries(tmp_path, small_folder):
    image = keras.Input((PX, PX, 3), name="photo")
    model = keras.Model({"photo": image}, {"scores": layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(image))})
    subject = of_file(saved(tmp_path, model), ForeignOptions(golden=small_folder / "test"), progress=Silent())
    assert np.allclose(subject.model(RAW_IMAGES), model({"photo": RAW_IMAGES})["scores"], atol=1e-5)


def test_a_file_becomes_a_subject(tmp_path, small_folder):
    labels = tmp_path / "labels.txt"
    labels.write_text("sheen\nmeem\nkaf\nheh\nalef\n")
    subject = of_file(saved(tmp_path, plain()), ForeignOptions(labels=labels, golden=small_folder / "test"), progress=Silent())
    assert (subject.name, subject.labels[0], len(subject.images.test)) == ("net-work", "sheen", 165)
    assert subject.provenance.file == "net work.keras"
    assert {(example.picture.name.split("/")[0], subject.labels[example.label]) for example in subject.images.test} == {
        (label, label) for label in subject.labels
    }
    without = of_file(saved(tmp_path, plain()), ForeignOptions(golden=small_folder / "test"), progress=Silent())
    assert (without.labels[4], without.images.labelled, len(without.images.test)) == ("class_4", False, 165)


def test_a_sequential_file_becomes_a_subject(tmp_path, small_folder):
    model = keras.Sequential([keras.Input((PX, PX, 3)), layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(CLASSES, "softmax")])
    subject = of_file(saved(tmp_path, model), ForeignOptions(golden=small_folder / "test"), progress=Silent())
    image = np.random.default_rng(0).uniform(0, 255, (1, PX, PX, 3)).astype(np.float32)
    assert np.allclose(subject.model(image), model(image), atol=1e-5)


def test_one_score_that_is_a_number_is_held_to_how_far_it_is_off(tmp_path, small_folder):
    """There is no other class that it could name: without a limit any answer would pass."""

    def of_one_score(weight):
        image = keras.Input((PX, PX, 3))
        score = layers.Dense(1, kernel_initializer=keras.initializers.Constant(weight))
        return keras.Model(image, score(layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, kernel_initializer="ones", activation="relu")(image))))

    options = ForeignOptions(golden=small_folder / "test", task=Task.CLASSES)
    right, wrong = (of_file(saved(tmp_path, of_one_score(weight)), options, progress=Silent()) for weight in (0.01, -1.0))
    plan = ExportPlan(files=((Format.TFLITE, Precision.INT8),))
    bundles = [export(subject, plan, tmp_path / "exported", progress=Silent()) for subject in (right, wrong)]
    for record in bundles[0].manifest.checks.parity:
        assert (record.relative_l2 < 0.1, record.tested) == (True, None)
    assert bundles[0].manifest.classes == ()
    assert "relative error" in (bundles[0].folder / "README.md").read_text()
    reference = Reference(without_head(right.model, Head.LOGITS))
    spec = TensorSpec(name="image", shape=(1, -1, -1, 3), dtype=DType.UINT8)
    golden = golden_evidence(choose_golden(right.images.golden, right.seed), spec, reference)
    gate = Gate(right.labels, golden, evidence_of_test_images(right.images.test, spec, reference, {}, labelled=False))
    mine, other = (bundle.artifact(bundle.manifest.artifacts[0]) for bundle in bundles)
    assert gate.refusal(mine) is None
    assert "relative error of all images together" in str(gate.refusal(other))


def test_folders_of_images(small_folder, tmp_path):
    labels = ("alef", "heh", "kaf", "meem", "sheen")
    one = images_in(labels, calibration=None, golden=small_folder / "test", seed=0)
    assert (len(one.calibration), len(one.test), one.labelled) == (165, 165, True)
    two = images_in(labels, calibration=small_folder / "train" / "kaf", golden=small_folder / "test", seed=0)
    assert {example.picture.name.partition("/")[0] for example in two.calibration}.isdisjoint(labels)
    with pytest.raises(DataError, match=r"some class folders are no labels.* Received: alef"):
        images_in(("a", *labels[1:]), calibration=None, golden=small_folder / "test", seed=0)
    with pytest.raises(DataError, match="no images there"):
        images_in(labels, calibration=None, golden=tmp_path, seed=0)


def test_norms_without_an_activation_between_are_folded_once():
    """A linear bottleneck: what the second convolution reads has moved by the time its own norm is folded."""
    image, x = stem()
    for _ in range(2):
        x = layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(x))
    model = scores(image, x)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights(
                [np.linspace(low, high, layer.gamma.shape[0], dtype=np.float32) for low, high in ((0.5, 2), (-1, 1), (-2, 2), (0.1, 3))]
            )
    graph = fold_batch_norm(read(model))
    assert sum(isinstance(node.op, ops.Affine) for node in graph.nodes.values()) == 1  # the input's
    assert np.allclose(np.asarray(rebuild(graph)(RAW_IMAGES)), np.asarray(model(RAW_IMAGES)), atol=1e-5)
