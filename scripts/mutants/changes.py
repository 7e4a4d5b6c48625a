"""What may be changed in a file: Cosmic Ray's operators and four of ours, and which of their changes say something."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator
from parso.python.tree import Name, Number

# One replacement for each operator: all eleven of a `+` would weigh more than all else in its line.
_PAIRS = (
    "Add_Sub",
    "Sub_Add",
    "Mul_Div",
    "Div_Mul",
    "FloorDiv_Mul",
    "Mod_FloorDiv",
    "Pow_Mul",
    "RShift_LShift",
    "LShift_RShift",
    "BitAnd_BitOr",
    "BitOr_BitAnd",
)
_COMPARISONS = ("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt", "Is_IsNot", "IsNot_Is")
_NAMED = (
    *(f"ReplaceBinaryOperator_{pair}" for pair in _PAIRS),
    *(f"ReplaceComparisonOperator_{pair}" for pair in _COMPARISONS),
    *("ReplaceUnaryOperator_Delete_USub", "ReplaceUnaryOperator_Delete_Invert", "ReplaceUnaryOperator_Delete_Not"),
    *("AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceBreakWithContinue"),
    *("ReplaceContinueWithBreak", "ExceptionReplacer", "RemoveDecorator", "ZeroIterationForLoop"),
)

_FRESH = ("name", "testlist_star_expr")
_SIDES = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor", "argmin": "argmax", "argmax": "argmin"}


class _Ours(Operator):
    """An operator of ours: what a node becomes, by `becomes`."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        for _ in self.becomes(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return parso.parse(node.get_first_leaf().prefix + self.becomes(node)[index])

    def becomes(self, node: Any) -> tuple[str, ...]:
        raise NotImplementedError

    @classmethod
    def examples(cls) -> tuple[()]:
        return ()


class ChangedNumber(_Ours):
    """Whole numbers one up and one down, others doubled and halved: 0.025 ± 1 would be no tail that anybody writes."""

    def becomes(self, node: Any) -> tuple[str, ...]:
        if not isinstance(node, Number):
            return ()
        value = ast.literal_eval(node.value)
        return (str(value + 1), f"({value - 1})") if isinstance(value, int) else (str(value * 2), str(value / 2))


class RemovedStatement(_Ours):
    """A call, a change of what is there, or a `raise`, left out; a name that is assigned first would be missed by its next use."""

    def becomes(self, node: Any) -> tuple[str, ...]:
        first = node.get_first_leaf().value
        if node.type not in ("expr_stmt", "atom_expr", "raise_stmt") or node.parent.type != "simple_stmt" or first[:1] in "\"'":
            return ()
        fresh = node.type == "expr_stmt" and node.children[0].type in _FRESH and getattr(node.children[1], "value", "=") == "="
        return () if fresh else ("pass",)


class NothingReturned(_Ours):
    """`return x` becomes `return None`, and `yield x` yields it."""

    def becomes(self, node: Any) -> tuple[str, ...]:
        if node.type not in ("return_stmt", "yield_expr") or node.children[1].get_code().strip() == "None":
            return ()
        return (f"{node.children[0].value} None",) if node.children[1].type != "yield_arg" else ()


class OtherSide(_Ours):
    """The least for the most, any for all, floor for ceiling, and back."""

    def becomes(self, node: Any) -> tuple[str, ...]:
        called = isinstance(node, Name) and node.parent.type in ("atom_expr", "trailer") and node.value in _SIDES
        return (_SIDES[node.value],) if called else ()


OPERATORS: dict[str, Operator] = {
    **{name: get_operator(f"core/{name}")() for name in _NAMED},
    **{ours.__name__: ours() for ours in (ChangedNumber, RemovedStatement, NothingReturned, OtherSide)},
}


@dataclass(frozen=True)
class Change:
    """One operator, the how-manieth place of the file where it applies, and the line (from 1) that it changes."""

    path: str
    line: int
    operator: str
    occurrence: int
    rank: str

    def applied(self, source: str) -> str:
        return str(mutate_code(source, OPERATORS[self.operator], self.occurrence))


def changes(path: str, source: str, seed: int) -> dict[int, list[Change]]:
    """Return the changes of each line; `rank` is a hash of the seed and of the line's own text, so that edits elsewhere do not move it."""
    lines, found = source.splitlines(), dict[int, list[Change]]()
    nodes = list(ast_nodes(get_ast(source)))
    for name, operator in OPERATORS.items():
        occurrence = 0
        for node in nodes:
            for (line, _), _ in operator.mutation_positions(node):
                same = lines[: line - 1].count(lines[line - 1])
                rank = sha256(f"{seed} {path} {lines[line - 1]} {same} {name} {len(found.get(line, ()))}".encode()).hexdigest()
                found.setdefault(line, []).append(Change(path, line, name, occurrence, rank))
                occurrence += 1
    return found


def says_something(source: str, changed: str) -> bool:
    """Whether a change is valid Python and more than another annotation, import for the type checker, or way to store an object."""
    try:
        return _meaning(source) != _meaning(changed)
    except SyntaxError:
        return False


def _meaning(source: str) -> str:
    return ast.dump(_WithoutTypes().visit(ast.parse(source)))


class _WithoutTypes(ast.NodeTransformer):
    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(0)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        # Which arguments are given by name alone is for people and the type checker.
        node.args, node.posonlyargs, node.kwonlyargs = [*node.posonlyargs, *node.args, *node.kwonlyargs], [], []
        node.defaults, node.kw_defaults = [*node.defaults, *(default for default in node.kw_defaults if default)], []
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if "TYPE_CHECKING" in ast.dump(node.test) else self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST | None:
        return None if node.arg in ("slots", "kw_only") else self.generic_visit(node)


def sample(root: Path, folders: tuple[str, ...], count: int, seed: int) -> list[tuple[Change, str]]:
    """Return `count` changes, each of a line of its own, with the changed source; all lines that can be changed have the same chance."""
    sources = {str(path.relative_to(root)): path.read_text() for folder in folders for path in sorted((root / folder).rglob("*.py"))}
    lines = [(path, each) for path, source in sources.items() for each in changes(path, source, seed).values()]
    taken = list[tuple[Change, str]]()
    for path, each in sorted(lines, key=lambda line: sha256(min(change.rank for change in line[1][:1]).encode()).hexdigest()):
        applied = ((change, change.applied(sources[path])) for change in sorted(each, key=lambda change: change.rank))
        if found := next((pair for pair in applied if says_something(sources[path], pair[1])), None):
            taken.append(found)
            if len(taken) == count:
                break
    return taken
