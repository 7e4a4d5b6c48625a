"""What each target asks of a model file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.spec.export import Format
from edgekit.spec.target import Target
from edgekit.verify.lint.microcontroller import OPERATORS as OF_MICROCONTROLLERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgekit.verify.lint.facts import Facts

# The newest operator set that each release line of ONNX Runtime since 1.20 has, onnxruntime-web among them.
_NEWEST_OPSET = 21
# Operators outside the standard that ONNX Runtime has all the same, by their domain.
_OF_ONNXRUNTIME = ("com.microsoft.", "ai.onnx.ml.")
_FORMATS = {
    Target.MEDIAPIPE: Format.TFLITE,
    Target.LITERT: Format.TFLITE,
    Target.MICROCONTROLLER: Format.TFLITE,
    Target.ONNXRUNTIME: Format.ONNX,
    Target.OPENCV: Format.ONNX,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """``broken`` says what of a file does not fit (``None``: it does), and ``remedy`` what to do then."""

    broken: Callable[[Facts], str | None]
    remedy: str


def wrong_format(found: Format, target: Target) -> str | None:
    """Return what is wrong where the target opens files of another format alone."""
    wanted = _FORMATS.get(target, found)
    return None if found is wanted else f"it opens {wanted.value} files; export --format {wanted.value}"


def problems(facts: Facts, target: Target) -> list[str]:
    """Return what of a file in the right format does not fit, each with what to do; nothing if it fits."""
    return [f"{problem}; {rule.remedy}" for rule in (*_EVERYWHERE, *_RULES[target]) if (problem := rule.broken(facts))]


def _one_image(facts: Facts) -> str | None:
    if len(facts.inputs) != 1:
        return f"one input is wanted, an image. Received: {len(facts.inputs)}"
    [image] = facts.inputs
    if len(image.shape) != 4 or image.shape[0] != 1 or image.shape[3] != 3:
        return f"the input is to be (1, height, width, 3). Received: {image.shape}"
    return None


def _one_subgraph(facts: Facts) -> str | None:
    return None if facts.subgraphs == 1 else f"one subgraph is wanted: it knows no branches and loops. Received: {facts.subgraphs}"


def _float_scores(facts: Facts) -> str | None:
    found = [output.dtype for output in facts.outputs]
    return None if found == ["float32"] else f"one output in float32 is wanted. Received: {', '.join(found)}"


def _raw_pixels(facts: Facts) -> str | None:
    found = facts.inputs[0].dtype if facts.inputs else "no input"
    return None if found == "uint8" else f"the image is to be uint8: others need normalisation options. Received: {found}"


def _size_said(facts: Facts) -> str | None:
    if facts.format is not Format.TFLITE or not facts.inputs:
        return None
    shape = facts.inputs[0].shape
    # The converter writes 1 for a size that is open, and a client that reads the static shape takes it for that.
    return None if min(shape[1:3], default=0) > 1 else f"the static shape is to say the image's size. Received: {shape}"


def _closed_for_litert_js(facts: Facts) -> str | None:
    # It compares the image's shape with the signature, number by number: examples/web leaves that comparison out.
    opened = facts.format is Format.TFLITE and any(image.open_size for image in facts.inputs)
    return "LiteRT.js 2.5 takes a file of fixed size alone" if opened else None


def _signed(facts: Facts) -> str | None:
    # CompiledModel and LiteRT's C interface ask for tensors by a signature's names.
    return "it has no signature" if facts.format is Format.TFLITE and not facts.signatures else None


def _outputs_named(facts: Facts) -> str | None:
    if facts.output_names is None or (len(facts.output_names) == len(facts.outputs) and all(facts.output_names)):
        return None
    return "an output has no name in the metadata, which ends MediaPipe's process"


def _labels_for_scores(facts: Facts) -> str | None:
    if facts.labels_file is None or not facts.outputs:
        return None
    scores = facts.outputs[0].shape[-1:]
    if facts.label_lines is None:
        return f"the labels that the metadata names are not in the file. Received: {facts.labels_file}"
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


def _in_8_bits(facts: Facts) -> str | None:
    # One that quantises its weights alone has 8 bits in its constants and float between its operators.
    return None if facts.quantised and "CAST" not in facts.operators else "all is computed in 8 bits there, from uint8 on"


def _opset(facts: Facts) -> str | None:
    if facts.opset is None or facts.opset <= _NEWEST_OPSET:
        return None
    return f"its operator set is too new for releases in use. Received: {facts.opset}, at most: {_NEWEST_OPSET}"


def _in_float(facts: Facts) -> str | None:
    return "its engine computes no quantised graph of ours" if "QuantizeLinear" in facts.operators else None


_AGAIN = "`edgekit export` makes such files"
_SMALLER = "take a network of convolutions, pools and dense layers"
_EVERYWHERE = (Rule(_one_image, _AGAIN), Rule(_size_said, _AGAIN))
_OF_TFLITE = (Rule(_built_in, _AGAIN),)
_OF_ONNX = (Rule(_built_into_onnxruntime, _AGAIN), Rule(_opset, "`edgekit export` writes operator set 18"))
_RULES: dict[Target, tuple[Rule, ...]] = {
    Target.MEDIAPIPE: (
        *_OF_TFLITE,
        Rule(_one_subgraph, _SMALLER),
        Rule(_raw_pixels, _AGAIN),
        Rule(_float_scores, _AGAIN),
        Rule(_outputs_named, _AGAIN),
        Rule(_labels_for_scores, _AGAIN),
        Rule(_stored, _AGAIN),
    ),
    Target.LITERT: (*_OF_TFLITE, Rule(_signed, _AGAIN)),
    Target.MICROCONTROLLER: (
        *_OF_TFLITE,
        Rule(_one_subgraph, _SMALLER),
        Rule(_in_8_bits, "export --precision int8 --tuned-for portable"),
        Rule(_known_to_microcontrollers, _SMALLER),
    ),
    Target.ONNXRUNTIME: _OF_ONNX,
    Target.OPENCV: (Rule(_built_in, _AGAIN), *_OF_ONNX, Rule(_in_float, "export --precision float32")),
    Target.WEB: (*_OF_ONNX, Rule(_signed, _AGAIN), Rule(_closed_for_litert_js, "export --input-size HxW, or take the ONNX file")),
}
