"""Where a program walks a set whose order the process draws at its start, or takes from addresses.

Texts, octets and tuples of them lie in a set in another order in each process (`PYTHONHASHSEED`),
objects by where they were put. Integers do not, so sets of them may be walked: the same history
leaves them in the same order. What is a set is known by syntax: by its display, its call, or what
the package declares of a name; what takes a set whole (`sorted`, `len`, another set) may have it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping


class Names:
    """Which sets of what a package speaks of: by name of attribute, variable or function.

    The value is the text of the annotation. A name that is a set here and something else there is
    nobody's: syntax does not tell which one is meant.
    """

    def __init__(self) -> None:
        self.attributes: dict[str, str] = {}
        self.functions: dict[str, str] = {}
        self._other: set[str] = set()  # attributes that are something else elsewhere

    def learn(self, tree: ast.Module) -> None:
        """Take in what one module declares for all to see."""
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
                self._note(self.functions, node.name, node.returns)
            elif isinstance(node, ast.ClassDef):
                for line in ast.walk(node):
                    if not isinstance(line, ast.AnnAssign):
                        continue
                    if isinstance(line.target, ast.Attribute):
                        self._note(self.attributes, line.target.attr, line.annotation)
                    elif isinstance(line.target, ast.Name) and line in node.body:
                        self._note(self.attributes, line.target.id, line.annotation)
        for name in self._other:
            self.attributes.pop(name, None)

    def _note(self, into: dict[str, str], name: str, annotation: ast.expr) -> None:
        text = ast.unparse(annotation)
        if _SET.search(text):
            into[name] = text
        elif into is self.attributes:
            self._other.add(name)


_SET = re.compile(r"\b(set|frozenset|AbstractSet|MutableSet)\[")
_INTEGERS = re.compile(r"\b(set|frozenset|AbstractSet|MutableSet)\[int\]")
# What takes a set without its order telling.
_ORDERLESS = frozenset("sorted len sum min max any all bool set frozenset".split())
_TAKERS = frozenset("list tuple enumerate iter map filter zip reversed dict deque chain".split())


def walked_sets(tree: ast.Module, names: Names) -> Iterator[tuple[int, str, str]]:
    """Yield line, "order" and what is walked for each set whose order tells."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            local = _locals(scope)
            for node in _within(scope):
                for walked in _walks(node, parents):
                    if _is_set(walked, local, names):
                        yield walked.lineno, "order", f"walks the set {ast.unparse(walked)}"


def _within(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function or module, those of functions inside it left out."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _within(child)


def _walks(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> Iterator[ast.expr]:
    """The expressions that a node goes through one by one, where the order may tell."""
    if isinstance(node, ast.For | ast.AsyncFor):
        yield node.iter
    elif isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp):
        if not _is_orderless(parents.get(node)):
            yield from (part.iter for part in node.generators)
    elif isinstance(node, ast.Starred):
        if not isinstance(parents.get(node), ast.Set):
            yield node.value
    elif isinstance(node, ast.Call) and node.args and not _is_orderless(parents.get(node)):
        called = _called(node)
        if called in _TAKERS or called in ("join", "extend", "fromkeys"):
            yield from node.args
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        yield node.value


def _is_orderless(node: ast.AST | None) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id in _ORDERLESS
    return isinstance(node.func, ast.Attribute) and node.func.attr in (
        "union", "update", "difference_update", "intersection_update", "issubset", "issuperset"
    )  # fmt: skip


def _locals(scope: ast.AST) -> dict[str, str]:
    """Variables and parameters of a scope that hold sets: name to annotation, "" if none."""
    found: dict[str, str] = {}
    arguments = getattr(scope, "args", None)
    if isinstance(arguments, ast.arguments):
        for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if one.annotation is not None and _SET.match(ast.unparse(one.annotation)):
                found[one.arg] = ast.unparse(one.annotation)
    for node in _within(scope):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if _SET.match(text := ast.unparse(node.annotation)):
                found[node.target.id] = text
        elif isinstance(node, ast.Assign) and _is_set(node.value, found, Names()):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = ""
    return found


def _is_set(node: ast.expr, local: Mapping[str, str], names: Names) -> bool:
    """Is it a set whose order is drawn? One of integers lies in the same order in each process."""
    if isinstance(node, ast.Set | ast.SetComp):
        return not all(isinstance(getattr(one, "value", None), int) for one in _elements(node))
    if isinstance(node, ast.Name):
        return node.id in local and not _INTEGERS.search(local[node.id])
    if isinstance(node, ast.BinOp) and isinstance(
        node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor
    ):
        return any(_is_set(side, local, names) or _keys(side) for side in (node.left, node.right))
    if isinstance(node, ast.Attribute):
        text = names.attributes.get(node.attr, "")
        return bool(_SET.match(text)) and not _INTEGERS.match(text)
    if isinstance(node, ast.Subscript):
        return _holds_sets(node.value, names)
    return isinstance(node, ast.Call) and _makes_set(node, local, names)


def _makes_set(node: ast.Call, local: Mapping[str, str], names: Names) -> bool:
    called = _called(node)
    if called in ("set", "frozenset"):
        return not node.args or not _of_integers(node.args[0], local, names)
    if isinstance(node.func, ast.Attribute):
        if called in ("get", "pop", "setdefault"):
            return _holds_sets(node.func.value, names)
        if called in ("union", "difference", "intersection", "symmetric_difference", "copy"):
            return _is_set(node.func.value, local, names)
    text = names.functions.get(called, "")
    return bool(_SET.match(text)) and not _INTEGERS.match(text)


def _of_integers(node: ast.expr, local: Mapping[str, str], names: Names) -> bool:
    """Is it known to be a collection of integers?"""
    text = local.get(node.id, "") if isinstance(node, ast.Name) else ""
    if isinstance(node, ast.Attribute):
        text = names.attributes.get(node.attr, "")
    return bool(_INTEGERS.search(text))


def _called(node: ast.Call) -> str:
    """The last name of what is called."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _elements(node: ast.Set | ast.SetComp) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Set) else [node.elt]


def _keys(node: ast.expr) -> bool:
    """Is it the keys of a dictionary? Combined with others they make a set."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("keys", "items")
    )


def _holds_sets(node: ast.expr, names: Names) -> bool:
    """Is it a dictionary of such sets?"""
    text = names.attributes.get(getattr(node, "attr", ""), "")
    found = re.search(r"\w*dict\[.*\b(set|frozenset)\[(?P<of>.*?)\]", text, re.IGNORECASE)
    return found is not None and found["of"] != "int"
