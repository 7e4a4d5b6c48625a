import gc
import sys

import pytest

from edgekit.cli.options import Backend, backend_chosen


@pytest.fixture
def nothing_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    yield gc.get_freeze_count()
    gc.unfreeze()


def test_what_a_backend_brings_is_left_alone_by_the_collector(nothing_imported):
    with backend_chosen(Backend.TENSORFLOW):
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > nothing_imported


def test_a_backend_that_is_not_there_leaves_the_collector_as_it_was(nothing_imported):
    with pytest.raises(ModuleNotFoundError), backend_chosen(Backend.JAX):
        raise ModuleNotFoundError
    assert gc.isenabled()
    assert gc.get_freeze_count() == nothing_imported


def test_what_was_imported_before_is_not_frozen_again(nothing_imported, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", sys)
    with backend_chosen(Backend.TENSORFLOW):
        assert gc.isenabled()
    assert gc.get_freeze_count() == nothing_imported
