"""Kinds of operators, the slowest first."""

from edgekit.report.operators import kinds, longest_kinds
from edgekit.store.operators import OperatorTime


def operator(name, kind, time_ns):
    return OperatorTime(name=name, type=kind, time_ns=time_ns)


def test_operators_of_a_kind_are_added_up():
    assert kinds([operator("a", "Conv", 5), operator("b", "Add", 7), operator("c", "Conv", 4)]) == [("Conv", 9), ("Add", 7)]


def test_what_is_left_of_many_kinds_stands_as_one():
    operators = [operator(str(index), str(index), 100 - index) for index in range(15)]
    assert len(kinds(operators)) == 15
    found = longest_kinds(operators)
    assert len(found) == 13
    assert found[0] == ("0", 100)
    assert found[-1] == ("all others", 88 + 87 + 86)
    assert (kinds([]), longest_kinds([])) == ([], [])
