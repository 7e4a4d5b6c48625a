"""What holds for every rewrite, of the graph or of a file: its row finds what does it."""

from importlib import import_module
from inspect import signature
from pkgutil import iter_modules

import pytest

from edgekit.passes import function_of
from edgekit.spec.passes import Stage
from edgekit.spec.rewrites import REWRITES


@pytest.mark.parametrize("rewrite", REWRITES, ids=lambda rewrite: rewrite.field)
def test_each_rewrite_is_a_function_in_a_module_of_its_name(rewrite):
    """Which takes its settings, if it has any. No other module stands there."""
    function = function_of(rewrite)
    assert (function.__name__, function.__module__) == (rewrite.field, f"{rewrite.row.stage.package}.{rewrite.field}")
    assert len(signature(function).parameters) == (1 if rewrite.off is False else 2)


@pytest.mark.parametrize("package", sorted({stage.package for stage in Stage}))
def test_no_module_beside_them_is_forgotten(package):
    modules = {module.name for module in iter_modules(import_module(package).__path__)}
    assert modules == {each.field for each in REWRITES if each.row.stage.package == package}
