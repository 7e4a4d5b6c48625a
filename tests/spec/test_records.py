"""Data first: what is written down, and what is passed on, is never changed behind somebody's back."""

import dataclasses
import importlib
import pkgutil

import msgspec
import pytest

from edgekit.spec.protocol import Feed

PACKAGES = ("spec", "store", "analysis", "datasets", "benchmarking")
# What a loop or a reader fills, inside one function.
FILLED = {"Budget", "Samples", "Tensors"}


def kinds():
    for package in PACKAGES:
        root = importlib.import_module(f"edgekit.{package}")
        for found in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            module = importlib.import_module(found.name)
            yield from (kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == found.name)


def test_records_and_results_are_frozen():
    structs = {kind for kind in kinds() if issubclass(kind, msgspec.Struct)}
    classes = {kind for kind in kinds() if dataclasses.is_dataclass(kind)}
    assert len(structs) > 30
    assert len(classes) > 30
    open_to_change = {kind for kind in structs if not kind.__struct_config__.frozen}
    open_to_change |= {kind for kind in classes if not kind.__dataclass_params__.frozen}
    assert {kind.__name__ for kind in open_to_change} == FILLED


def test_a_frozen_record_refuses():
    with pytest.raises(AttributeError):
        Feed().rate_hz = 5.0
