"""The values of a Keras 2 file, put into the layers that were made of it: by each layer's place in a ``.keras`` file, by its name in an ``.h5``."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from edgekit.models.keras2.refusal import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from edgekit.models.keras2.graph import Part

_HINT = "the file is damaged; model.save('NAME.keras') writes it anew"
# Where a model's layers lie: the second in files of Keras 2.12, which lists each layer that has weights twice.
_LAYERS, _TWICE = "layers", "_layer_checkpoint_dependencies"
_VALUES = "vars"
# A normalisation that keeps statistics of batches has more than it answers with.
_RENORMALISED = re.compile(r"moving_stddev|renorm_(mean|stddev|variance)(_weight)?")


def fill(part: Part, group: h5py.Group, *, is_archive: bool) -> None:
    """Give the layers of ``part`` their values.

    Raises:
        UnreadableError: the file has no values for a layer, or others than it has room for.

    """
    if is_archive:
        _fill_by_place(part, group)
    else:
        _fill_by_name(part, group)


def _fill_by_place(part: Part, group: h5py.Group) -> None:
    """Keras numbers the layers of a class in the order of the configuration: ``conv2d``, ``conv2d_1``, and so on."""
    place = next((name for name in (_LAYERS, _TWICE) if name in group), None)
    if place is None:
        raise UnreadableError(f"the file has no values for the model {part.name}", hint=_HINT)
    numbers: Counter[str] = Counter()
    inside = group[place]
    for each in part.parts:
        kind = _snake_case(each.kind)
        number = numbers[kind]
        name = f"{kind}_{number}" if number else kind
        numbers[kind] += 2 if place == _TWICE and name in inside and _has_values(inside[name]) else 1
        if not any(map(_wanted, each.leaves())):
            continue
        if each.is_model:
            _fill_by_place(each, _group(inside, name, each))
        else:
            _fill_object(each, each.layer, _group(inside, name, each))


def _fill_object(part: Part, owner: Any, group: h5py.Group) -> None:
    """Give an object its own values, and those of the objects that it has as attributes, which Keras 3 may call with a ``_`` in front."""
    stored = group.get(_VALUES, {})
    values = [np.asarray(stored[key]) for key in sorted(stored, key=int)]
    _assign(part, [*owner._trainable_variables, *owner._non_trainable_variables], values)
    for name, inside in group.items():
        child = next((getattr(owner, each) for each in (name, f"_{name}", name.lstrip("_")) if hasattr(owner, each)), None)
        if name != _VALUES and child is not None and _has_values(inside):
            _fill_object(part, child, inside)


def _fill_by_name(part: Part, group: h5py.Group) -> None:
    for each in part.parts:
        leaves = [leaf for leaf in each.leaves() if _wanted(leaf)]
        if leaves:
            named = _named(_group(group, each.name, each), each)
            for leaf, values in _shared_out(each, leaves, named):
                _assign(leaf, leaf.layer.weights, values)


def _shared_out(part: Part, leaves: Sequence[Part], named: dict[str, NDArray[Any]]) -> Iterator[tuple[Part, list[NDArray[Any]]]]:
    """Give each layer inside a part its values: those under its name where that tells them all apart, else by Keras' order."""
    found = {leaf.name: [name for name in named if f"/{leaf.name}/" in f"/{name}"] for leaf in leaves}
    told = Counter(name for names in found.values() for name in names)
    enough = all(len(_plain_ones(names)) == len(leaf.layer.weights) for leaf, names in zip(leaves, found.values(), strict=False))
    if not part.is_model:
        yield part, [named[name] for name in _plain_ones(list(named))]
    elif len(found) == len(leaves) and enough and max(told.values()) == 1:
        yield from ((leaf, [named[name] for name in _plain_ones(found[leaf.name])]) for leaf in leaves)
    else:
        yield from _in_order(part, leaves, list(named.values()))


def _in_order(part: Part, leaves: Sequence[Part], values: list[NDArray[Any]]) -> Iterator[tuple[Part, list[NDArray[Any]]]]:
    """Keras wrote what is trained of all layers first, then what is not; of a layer that is not trained, all of it."""
    places = [(leaf, index) for leaf in leaves for index in range(len(leaf.layer.weights)) if _is_trained(part, leaf, index)]
    places += [(leaf, index) for leaf in leaves for index in range(len(leaf.layer.weights)) if not _is_trained(part, leaf, index)]
    if len(places) != len(values):
        raise UnreadableError(f"the model {part.name} has {len(places)} weights, and the file {len(values)}", hint=_HINT)
    by_place = {(id(leaf), index): value for (leaf, index), value in zip(places, values, strict=True)}
    for leaf in leaves:
        yield leaf, [by_place[id(leaf), index] for index in range(len(leaf.layer.weights))]


def _is_trained(part: Part, leaf: Part, index: int) -> bool:
    statistics = len(leaf.layer._non_trainable_variables) if not leaf.layer._layers else 0
    return part.trainable and leaf.trainable and index < len(leaf.layer.weights) - statistics


def _plain_ones(names: list[str]) -> list[str]:
    return [name for name in names if not _RENORMALISED.fullmatch(name.rpartition("/")[2].partition(":")[0])]


def _named(group: h5py.Group, part: Part) -> dict[str, NDArray[Any]]:
    """Return a layer's values by their names, in the file's order; a long list of names lies in several attributes."""
    names: list[Any] = list(group.attrs.get("weight_names", ()))
    pieces = 0
    while f"weight_names{pieces}" in group.attrs:
        names += list(group.attrs[f"weight_names{pieces}"])
        pieces += 1
    texts = [name.decode() if isinstance(name, bytes) else str(name) for name in names]
    missing = [name for name in texts if not isinstance(group.get(name), h5py.Dataset)]
    if missing:
        raise UnreadableError(f"the file has no values for {missing[0][:80]} of {part.name}", hint=_HINT)
    return {name: np.asarray(group[name]) for name in texts}


def _assign(part: Part, variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> None:
    shapes = [tuple(variable.shape) for variable in variables]
    if part.kind.endswith("BatchNormalization"):
        values = values[: len(variables)]  # what a renormalisation keeps comes behind
    if shapes != [value.shape for value in values]:
        stored = ", ".join(str(value.shape) for value in values) or "none"
        raise UnreadableError(f"the layer {part.name} ({part.kind}) has room for {shapes}, and the file holds {stored}", hint=_HINT)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    if variables and hasattr(part.layer, "finalize_state"):
        part.layer.finalize_state()


def _wanted(part: Part) -> bool:
    return bool(getattr(part.layer, "weights", None))


def _has_values(group: Any) -> bool:
    return isinstance(group, h5py.Group) and any(isinstance(each, h5py.Dataset) or _has_values(each) for each in group.values())


def _group(parent: h5py.Group, name: str, part: Part) -> h5py.Group:
    found = parent.get(name)
    if not isinstance(found, h5py.Group):
        raise UnreadableError(f"the file has no values for {part.name} ({part.kind})", hint=_HINT)
    return found


def _snake_case(name: str) -> str:
    """Return a class' name as Keras turns it for its files: ``Conv2D`` is ``conv2d``, ``InputLayer`` ``input_layer``."""
    spaced = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", spaced).lower()
