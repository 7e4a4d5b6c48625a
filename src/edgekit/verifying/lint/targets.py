"""What each target asks of a model file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.spec.format import Format
from edgekit.spec.target import Target
from edgekit.text.words import either
from edgekit.verifying.lint.microcontroller import OPERATORS as OF_MICROCONTROLLERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgekit.verifying.lint.facts import Facts

# Custom operators that LiteRT's own set has: tensorflow/lite/core/kernels/register.cc.
_OF_LITERT = ("TFLite_Detection_PostProcess", "Mfcc", "AudioSpectrogram", "NumericVerify")
# Operators that compute, of which a microcontroller has no kernels for unsigned 8 bits.
_COMPUTING = frozenset(
    """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED MAX_POOL_2D MEAN MUL RELU RELU6 RESIZE_BILINEAR SOFTMAX SUB
    """.split()  # noqa: SIM905 (a line each would be a page)
)
# The newest file version that ONNX Runtime 1.32 opens.
_NEWEST_IR = 13
# The newest operator set that each release line of ONNX Runtime since 1.20 has, onnxruntime-web among them.
_NEWEST_OPSET = 21
# Operators outside the standard that ONNX Runtime has all the same, by their domain.
_OF_ONNXRUNTIME = ("com.microsoft.", "ai.onnx.ml.")


@dataclass(frozen=True, slots=True)
class Rule:
    """``broken`` says what of a file does not fit (``None``: it does), and ``remedy`` what to do then."""

    broken: Callable[[Facts], str | None]
    remedy: str


def wrong_format(found: Format, target: Target) -> str | None:
    """Return what is wrong where the target opens files of another format alone."""
    opens = _RULES[target]
    return None if found in opens else f"it opens {either(opens)} files; export --format {next(iter(opens))}"


def problems(facts: Facts, target: Target) -> list[str]:
    """Return what of a file in the right format does not fit, each with what to do; nothing if it fits."""
    return [f"{problem}; {rule.remedy}" for rule in _RULES[target][facts.format] if (problem := rule.broken(facts))]


def _an_image(facts: Facts) -> str | None:
    """Look for an image among what goes in."""
    if any(len(tensor.shape) == 4 for tensor in facts.inputs):
        return None
    received = facts.inputs[0].shape if facts.inputs else "none"
    return f"the input is to be (1, height, width, 3). Received: {received}"


def _one_image_alone(facts: Facts) -> str | None:
    if len(facts.inputs) != 1:
        return f"one input is wanted, an image. Received: {len(facts.inputs)}"
    shape = facts.inputs[0].shape
    if len(shape) != 4 or shape[0] != 1 or shape[3] != 3:
        return f"the input is to be (1, height, width, 3). Received: {shape}"
    return None


def _one_subgraph(facts: Facts) -> str | None:
    return None if facts.subgraphs == 1 else f"one subgraph is wanted: it knows no branches and loops. Received: {facts.subgraphs}"


def _scores(facts: Facts) -> str | None:
    """Each output is a classifier's: a score a class. A map, as a pose network's, would be read as so many classes."""
    found = [output.dtype for output in facts.outputs]
    if not found or set(found) not in ({"float32"}, {"uint8"}):
        return f"one output in uint8 or float32 is wanted. Received: {', '.join(found)}"
    maps = [output.shape for output in facts.outputs if any(extent != 1 for extent in output.shape[:-1])]
    return f"a score for each class is wanted, not a map. Received: {', '.join(map(str, maps))}" if maps else None


def _pixels(facts: Facts) -> str | None:
    found = facts.inputs[0].dtype if facts.inputs else "no input"
    if found == "float32":
        return None if facts.normalised is not None else f"the image is to be uint8: others need normalisation options. Received: {found}"
    return None if found == "uint8" else f"the image is to be uint8, or float32 with normalisation options. Received: {found}"


def _normalised_alike(facts: Facts) -> str | None:
    apart = facts.inputs and facts.inputs[0].dtype == "float32" and (facts.normalised or 1) > 1
    return "it normalises all channels alike, and the options have numbers for each" if apart else None


def _size_said(facts: Facts) -> str | None:
    if not facts.inputs:
        return None
    shape = facts.inputs[0].shape
    # The converter writes 1 for a size that is open, and a client that reads the static shape takes it for that.
    return None if min(shape[1:3], default=0) > 1 else f"the static shape is to say the image's size. Received: {shape}"


def _closed_for_litert_js(facts: Facts) -> str | None:
    # It compares the image's shape with the signature, number by number: examples/web leaves that comparison out.
    return "LiteRT.js 2.5 takes a file of fixed size alone" if any(image.open_size for image in facts.inputs) else None


def _signed(facts: Facts) -> str | None:
    # LiteRT.js asks for tensors by a signature's names; LiteRT's interpreter goes by their numbers.
    return None if facts.signatures else "it has no signature"


def _outputs_named(facts: Facts) -> str | None:
    if facts.output_names is None or (len(facts.output_names) == len(facts.outputs) and all(facts.output_names)):
        return None
    return "an output has no name in the metadata, which ends MediaPipe's process"


def _labels_for_scores(facts: Facts) -> str | None:
    if facts.labels_file is None or not facts.outputs:
        return None
    if facts.label_lines is None:
        return f"the labels that the metadata names are not in the file. Received: {facts.labels_file}"
    scores = facts.outputs[0].shape[-1:]
    return None if scores == (facts.label_lines,) else f"{facts.label_lines} labels for an output of {scores}"


def _stored(facts: Facts) -> str | None:
    return f"files inside are compressed, it reads stored ones alone. Received: {', '.join(facts.compressed)}" if facts.compressed else None


def _built_in(facts: Facts) -> str | None:
    return f"operators that are not built in. Received: {', '.join(sorted(facts.custom))}" if facts.custom else None


def _built_into_onnxruntime(facts: Facts) -> str | None:
    others = [name for name in facts.custom if not name.startswith(_OF_ONNXRUNTIME)]
    return f"operators that ONNX Runtime does not have. Received: {', '.join(sorted(others))}" if others else None


def _known_to_microcontrollers(facts: Facts) -> str | None:
    unknown = facts.operators - OF_MICROCONTROLLERS
    return f"operators without a kernel there. Received: {', '.join(sorted(unknown))}" if unknown else None


def _built_into_litert(facts: Facts) -> str | None:
    unknown = {name for name in facts.custom if name not in _OF_LITERT} | {name for name in facts.operators if name.startswith("operator ")}
    return f"operators that are not built in. Received: {', '.join(sorted(unknown))}" if unknown else None


def _computed_as_stored(facts: Facts) -> str | None:
    """Float runs there, and so does int8; what goes from one to the other within the graph does not."""
    if facts.reads & {("CAST", "uint8"), ("CAST", "float16"), ("DEQUANTIZE", "float16")}:
        return "it has no cast of an image or of float16, so all is to be in int8 from the image on, or in float32"
    if facts.weights:
        return f"it has no kernels for weights in {', '.join(sorted(facts.weights))} beside float32"
    unsigned = {name for name, dtype in facts.reads if dtype == "uint8"} & _COMPUTING
    return f"it computes in int8, not uint8. Received: {', '.join(sorted(unsigned))}" if unsigned else None


def _opset(facts: Facts) -> str | None:
    if facts.opset is None or facts.opset <= _NEWEST_OPSET:
        return None
    return f"its operator set is too new for releases in use. Received: {facts.opset}, at most: {_NEWEST_OPSET}"


def _ir_version(facts: Facts) -> str | None:
    if facts.ir_version is None or facts.ir_version <= _NEWEST_IR:
        return None
    return f"its file version is too new. Received: {facts.ir_version}, at most: {_NEWEST_IR}"


def _in_float(facts: Facts) -> str | None:
    return "its engine computes no quantised graph of ours" if "QuantizeLinear" in facts.operators else None


_AGAIN = "`edgekit export` makes such files"
_SMALLER = "take a network of convolutions, pools and dense layers"
_OF_TFLITE = (Rule(_an_image, _AGAIN), Rule(_built_in, _AGAIN))
_OF_ONNX = (
    Rule(_an_image, _AGAIN),
    Rule(_built_into_onnxruntime, _AGAIN),
    Rule(_opset, "`edgekit export` writes operator set 18"),
    Rule(_ir_version, _AGAIN),
)
# The formats that a target opens, the one to export for it first, and its own rules for each: what it opens and answers is not refused for
# what another target asks.
_RULES: dict[Target, dict[Format, tuple[Rule, ...]]] = {
    Target.MEDIAPIPE: {
        Format.TFLITE: (
            Rule(_one_image_alone, _AGAIN),
            Rule(_size_said, _AGAIN),
            Rule(_built_in, _AGAIN),
            Rule(_one_subgraph, _SMALLER),
            Rule(_pixels, _AGAIN),
            Rule(_normalised_alike, _AGAIN),
            Rule(_scores, _AGAIN),
            Rule(_outputs_named, _AGAIN),
            Rule(_labels_for_scores, _AGAIN),
            Rule(_stored, _AGAIN),
        )
    },
    Target.LITERT: {Format.TFLITE: (Rule(_an_image, _AGAIN), Rule(_built_into_litert, _AGAIN))},
    Target.MICROCONTROLLER: {
        Format.TFLITE: (
            *_OF_TFLITE,
            Rule(_size_said, _AGAIN),
            Rule(_one_subgraph, _SMALLER),
            Rule(_computed_as_stored, "export --precision int8 --tuned-for portable"),
            Rule(_known_to_microcontrollers, _SMALLER),
        )
    },
    Target.ONNXRUNTIME: {Format.ONNX: _OF_ONNX},
    # It reads any version of a file, and of the operators.
    Target.OPENCV: {Format.ONNX: (Rule(_an_image, _AGAIN), Rule(_built_into_onnxruntime, _AGAIN), Rule(_in_float, "export --precision float32"))},
    Target.WEB: {
        Format.TFLITE: (*_OF_TFLITE, Rule(_signed, _AGAIN), Rule(_closed_for_litert_js, "export --input-size HxW, or take the ONNX file")),
        Format.ONNX: _OF_ONNX,
    },
}
