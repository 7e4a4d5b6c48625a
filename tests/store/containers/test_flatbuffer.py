import pytest

from edgekit.store.containers.flatbuffer import Budget


def test_as_many_entries_are_read_as_there_is_a_budget_for():
    budget = Budget(left=5)
    budget.spend(3)
    budget.spend(2)
    with pytest.raises(IndexError, match="more entries than a model has"):
        budget.spend(1)
    assert Budget().left == 2_000_000
