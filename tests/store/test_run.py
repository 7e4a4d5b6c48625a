"""A run begins whole, or leaves nothing."""

import os
import resource

import pytest

from edgekit.errors import StoreError
from edgekit.spec.network import DEFAULT_NETWORK
from edgekit.spec.recipe import RECIPES
from edgekit.store.run import begin_run
from handmade_run import run_record


def test_a_plan_that_finds_no_room_leaves_no_folder(small_folder, tmp_path):
    record = run_record(small_folder, DEFAULT_NETWORK, RECIPES["quick"])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            begin_run(tmp_path, record)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == []
    assert begin_run(tmp_path, record).folder.name == "mobilenet"
