"""A Keras 2 configuration as a model of Keras 3: each layer is made, and called as the file says it was."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras

from edgekit.models.keras2.functions import called
from edgekit.models.keras2.layers import is_merging, layer_of
from edgekit.models.keras2.nodes import ends, is_reference, keywords, read_by, references
from edgekit.models.keras2.refusal import CodeError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FUNCTIONAL, _SEQUENTIAL = ("Functional", "Model"), ("Sequential",)
_CALLS = ("TFOpLambda", "SlicingOpLambda")
_CONSTANT = "_CONSTANT_VALUE"
# What a call says of training, which no export asks for.
_OF_TRAINING = ("training", "mask")


@dataclass(slots=True)
class Part:
    """What became of one entry of a configuration: its ``layer``, and the ``parts`` inside where it is a model.

    ``name`` and ``kind`` are the file's own. A ``function`` of TensorFlow's is no layer in Keras 3.
    """

    name: str
    kind: str
    layer: Any = None
    trainable: bool = True
    function: str = ""
    parts: list[Part] = field(default_factory=list)

    def leaves(self) -> list[Part]:
        """Return the layers inside that are no models, in the file's order; this one alone where it is none."""
        return [leaf for part in self.parts for leaf in part.leaves()] if self.is_model else [self]

    @property
    def is_model(self) -> bool:
        """Whether there are layers inside it."""
        return self.kind in (*_FUNCTIONAL, *_SEQUENTIAL)


def built(config: Mapping[str, Any], *, unsafe: bool) -> tuple[keras.Model, Part]:
    """Return the model of a whole configuration, and where its layers came from.

    Raises:
        UnreadableError: something in it is not known here, or is code.

    """
    builder = _Builder(unsafe=unsafe)
    part = builder.part(dict(config))
    if not part.is_model:
        raise UnreadableError(f"the file holds a layer ({part.kind}), no model")
    return part.layer, part


class _Builder:
    """Makes models of entries. Their layers get names that Keras 3 takes, no two alike in a model."""

    def __init__(self, *, unsafe: bool) -> None:
        self._unsafe = unsafe

    def part(self, entry: dict[str, Any], input_shape: Any = None, taken: set[str] | None = None) -> Part:
        """Return what an entry becomes: a model, a layer, or a function that is called later."""
        kind, config = str(entry.get("class_name")), entry.get("config")
        inside = config if isinstance(config, dict) else {}
        part = Part(str(inside.get("name") or entry.get("name") or kind.lower()), kind, trainable=bool(inside.get("trainable", True)))
        name = _free(part.name, set() if taken is None else taken)
        if kind in _SEQUENTIAL:
            self._sequential(part, config, entry, input_shape, name)
        elif kind in _FUNCTIONAL and "layers" in inside:
            self._functional(part, inside, name)
        elif "layers" in inside and "output_layers" in inside:
            raise CodeError(f"the model's class is somebody's own: {kind}; what it does is code, which no file holds", hint=_OF_LAYERS)
        elif kind in _CALLS:
            part.function = str(inside.get("function"))
        elif kind != "InputLayer":
            part.layer = layer_of(entry, name, unsafe=self._unsafe)
        return part

    def _sequential(self, part: Part, config: Any, entry: dict[str, Any], input_shape: Any, name: str) -> None:
        """Keras before 2.2.3 wrote the layers alone."""
        entries = config if isinstance(config, list) else config["layers"]
        build = entry.get("build_config") or {}
        known = None if isinstance(config, list) else config.get("build_input_shape")
        shape = _input_shape(entries[0]) if entries else None
        shape = shape or known or build.get("input_shape") or input_shape
        if shape is None:
            raise UnreadableError(
                f"the model {part.name} says nowhere which shape it reads", hint="call it once on an image, then model.save('NAME.keras')"
            )
        image = x = keras.Input(tuple(shape[1:]), name=f"{name}_input")
        taken: set[str] = set()
        for each in entries:
            inside = self.part(each, (None, *x.shape[1:]), taken)
            part.parts.append(inside)
            if inside.kind != "InputLayer":
                x = inside.layer(x)
        part.layer = keras.Model(image, x, name=name)

    def _functional(self, part: Part, config: dict[str, Any], name: str) -> None:
        entries = config["layers"]
        taken: set[str] = set()
        part.parts = [self.part(entry, _shape_of(entry), taken) for entry in entries]
        names = [str(entry.get("name") or inside.name) for entry, inside in zip(entries, part.parts, strict=True)]
        calls = _Calls(dict(zip(names, part.parts, strict=True)), [*(entry.get("inbound_nodes") or [] for entry in entries), config["output_layers"]])
        images = [_read_input(entry, inside) for entry, inside in zip(entries, part.parts, strict=True) if inside.kind == "InputLayer"]
        by_name = dict(zip([key for key, inside in zip(names, part.parts, strict=True) if inside.kind == "InputLayer"], images, strict=True))
        for key, image in by_name.items():
            calls.give(key, 0, image)
        calls.make(
            [(key, index, node) for key, entry in zip(names, entries, strict=True) for index, node in enumerate(entry.get("inbound_nodes") or [])]
        )
        inputs = [by_name[key] for key in ends(config["input_layers"], names)]
        outputs = [calls.resolved(reference) for reference in references(config["output_layers"])]
        part.layer = keras.Model(inputs[0] if len(inputs) == 1 else inputs, outputs[0] if len(outputs) == 1 else outputs, name=name)


_OF_LAYERS = "models of Keras' own layers can be exported: keras.Model(image, scores), Sequential"


class _Calls:
    """The tensors of a functional model, by the layer that gave each, the number of its call, and the number of the output."""

    def __init__(self, parts: Mapping[str, Part], nodes: list[Any]) -> None:
        self._parts = parts
        self._given: dict[tuple[str, int], list[Any]] = {}
        # A model's own making counted as its first call in some versions, whose files have no node for it.
        self._first = {name: min(index for each, index in read if each == name) for read in [read_by(nodes, parts)] for name, _ in read}

    def give(self, name: str, index: int, outputs: Any) -> None:
        """Remember what a call of a layer gave."""
        first = self._first.get(name, 0) if self._parts[name].is_model else 0
        self._given[name, first + index] = keras.tree.flatten(outputs)

    def make(self, calls: list[tuple[str, int, Any]]) -> None:
        """Make all calls, each when what it reads is there: the file has its layers in about that order."""
        while calls:
            later = []
            for call in calls:
                if all((name, index) in self._given for name, index in read_by(call[2], self._parts)):
                    self._call(*call)
                else:
                    later.append(call)
            if len(later) == len(calls):
                raise UnreadableError(f"a damaged file: nothing gives what the layer {later[0][0]} reads")
            calls = later

    def resolved(self, value: Any) -> Any:
        """Return a value of the file with the tensors that it names in their places."""
        if is_reference(value, self._parts):
            outputs = self._given[value[0], value[1]]
            return outputs[value[2]]
        if isinstance(value, list) and value[:2] == [_CONSTANT, -1]:
            return value[2]
        if isinstance(value, list):
            return [self.resolved(each) for each in value]
        return {key: self.resolved(each) for key, each in value.items()} if isinstance(value, dict) else value

    def _call(self, name: str, index: int, node: Any) -> None:
        part = self._parts[name]
        is_call = part.kind in _CALLS
        first = self.resolved(node)
        # A layer's one tensor stands in a list; a function's is a list where the function reads one.
        if not is_call and isinstance(first, list) and len(first) == 1 and not is_merging(part.kind):
            first = first[0]
        arguments = {key: self.resolved(each) for key, each in keywords(node).items() if key not in _OF_TRAINING}
        before = [tensor for tensor in keras.tree.flatten([first, arguments]) if keras.utils.is_keras_tensor(tensor)]
        outputs = called(name, part.function, first, arguments) if is_call else part.layer(first, **arguments)
        if is_call or not isinstance(part.layer, keras.layers.Layer):
            _name_after(outputs, before, part.name)
        self.give(name, index, outputs)


def _name_after(outputs: Any, sources: list[Any], name: str) -> None:
    """Name the operations between ``sources`` and ``outputs`` after the file's: Keras numbers nameless ones through the process."""
    known = {id(tensor) for tensor in sources}
    waiting, made = keras.tree.flatten(outputs), {}
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in known or not keras.utils.is_keras_tensor(tensor):
            continue
        operation, index, _ = tensor._keras_history
        made[id(operation)] = operation
        waiting += operation._inbound_nodes[index].arguments.keras_tensors
    plain = _plain(name)
    for number, operation in enumerate(reversed(made.values())):
        operation.name = f"{plain}_{number}" if number else plain


def _read_input(entry: dict[str, Any], part: Part) -> Any:
    shape = _input_shape(entry)
    if shape is None:
        raise UnreadableError(f"a damaged file: the input {part.name} has no shape")
    return keras.Input(tuple(shape[1:]), name=_plain(part.name))


def _input_shape(entry: dict[str, Any]) -> Any:
    """Return the shape that an input, or a Sequential's first layer, was made with, batch first."""
    config = entry.get("config")
    if not isinstance(config, dict):
        return None
    found = config.get("batch_input_shape") or config.get("batch_shape")
    if found is None and entry.get("class_name") in (*_FUNCTIONAL, *_SEQUENTIAL) and config.get("layers"):
        return _input_shape(config["layers"][0])
    return found


def _shape_of(entry: dict[str, Any]) -> Any:
    build = entry.get("build_config")
    return build.get("input_shape") if isinstance(build, dict) else None


def _free(name: str, taken: set[str]) -> str:
    """Return a name that Keras 3 takes, which has no slash, and that no other layer of the model has."""
    wanted = free = _plain(name)
    count = 1
    while free in taken:
        count += 1
        free = f"{wanted}_{count}"
    taken.add(free)
    return free


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name).lstrip("_.-") or "layer"
