"""A run begins whole, or leaves nothing."""

import os
import resource

import pytest

from edgekit.errors import StoreError
from edgekit.store.run import begin_run


def test_a_plan_that_finds_no_room_leaves_no_folder(small_run, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            begin_run(tmp_path, small_run.record)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == []
    assert begin_run(tmp_path, small_run.record).folder.name == "mobilenet"
