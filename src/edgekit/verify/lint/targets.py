"""What each target asks of a model file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.spec.export import Format
from edgekit.spec.target import Target
from edgekit.verify.lint.microcontroller import OPERATORS as OF_MICROCONTROLLERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgekit.verify.lint.facts import Facts

    Rule = Callable[[Facts], str | None]


# The newest operator set that each release line of ONNX Runtime since 1.20 has, onnxruntime-web among them.
_NEWEST_OPSET = 21
# TFLite's operators that runtimes of 2.14, the last tflite-runtime, do not have.
_AFTER_2_14 = ("STABLEHLO_", "DILATE", "REDUCE_WINDOW")


def problems(facts: Facts, target: Target) -> list[str]:
    """Return what of a file does not fit, each with what to export instead; nothing if it fits."""
    wanted = _FORMATS.get(target, facts.format)
    if facts.format is not wanted:
        return [f"it opens {wanted.value} files; export --format {wanted.value}"]
    return [problem for rule in _RULES[target] if (problem := rule(facts))]


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
    return None if min(shape[1:3], default=0) > 1 else f"the static shape is to say the image's size. Received: {shape}; export it with edgekit again"


def _closed_for_litert_js(facts: Facts) -> str | None:
    # It compares the image's shape with the signature, number by number: examples/web leaves that comparison out.
    opened = facts.format is Format.TFLITE and any(image.open_size for image in facts.inputs)
    return "LiteRT.js 2.5 takes a file of fixed size alone; export --input-size HxW, or take the ONNX file" if opened else None


def _outputs_named(facts: Facts) -> str | None:
    if facts.output_names is None or all(facts.output_names):
        return None
    return "an output has no name in the metadata, which ends MediaPipe's process; export it with edgekit again"


def _labels_for_scores(facts: Facts) -> str | None:
    if facts.label_lines is None or not facts.outputs or facts.label_lines == facts.outputs[0].shape[-1]:
        return None
    return f"{facts.label_lines} labels for {facts.outputs[0].shape[-1]} scores; export it with edgekit again"


def _stored(facts: Facts) -> str | None:
    return f"files inside are compressed, it reads stored ones alone. Received: {', '.join(facts.compressed)}" if facts.compressed else None


def _built_in(facts: Facts) -> str | None:
    return f"operators that are not built in. Received: {', '.join(sorted(facts.custom))}; export it with edgekit" if facts.custom else None


def _known_to_tflite(facts: Facts) -> str | None:
    unknown = [name for name in facts.operators if facts.format is Format.TFLITE and name.startswith(_AFTER_2_14)]
    return f"operators that runtimes since 2.14 do not have. Received: {', '.join(sorted(unknown))}" if unknown else None


def _known_to_microcontrollers(facts: Facts) -> str | None:
    unknown = facts.operators - OF_MICROCONTROLLERS
    return f"operators without a kernel there. Received: {', '.join(sorted(unknown))}" if unknown else None


def _in_8_bits(facts: Facts) -> str | None:
    # One that quantises its weights alone has 8 bits in its constants and float between its operators.
    return None if facts.quantised and "CAST" not in facts.operators else "all is computed in 8 bits there, from uint8 on; export --precision int8"


def _opset(facts: Facts) -> str | None:
    if facts.opset is None or facts.opset <= _NEWEST_OPSET:
        return None
    return f"its operator set is too new for releases in use. Received: {facts.opset}, at most: {_NEWEST_OPSET}"


def _in_float(facts: Facts) -> str | None:
    return "its engine computes no quantised graph of ours; export --precision float32" if "QuantizeLinear" in facts.operators else None


_FORMATS = {
    Target.MEDIAPIPE: Format.TFLITE,
    Target.LITERT: Format.TFLITE,
    Target.MICROCONTROLLER: Format.TFLITE,
    Target.ONNXRUNTIME: Format.ONNX,
    Target.OPENCV: Format.ONNX,
}
_EVERYWHERE: tuple[Rule, ...] = (_built_in, _one_image, _size_said, _known_to_tflite, _opset)
_RULES: dict[Target, tuple[Rule, ...]] = {
    Target.MEDIAPIPE: (*_EVERYWHERE, _one_subgraph, _raw_pixels, _float_scores, _outputs_named, _labels_for_scores, _stored),
    Target.LITERT: _EVERYWHERE,
    Target.MICROCONTROLLER: (*_EVERYWHERE, _one_subgraph, _in_8_bits, _known_to_microcontrollers),
    Target.ONNXRUNTIME: _EVERYWHERE,
    Target.OPENCV: (*_EVERYWHERE, _in_float),
    Target.WEB: (*_EVERYWHERE, _closed_for_litert_js),
}
