"""Which settings an entry's `Model` takes, and of which type; its code is read, and none of it run.

They are the parameters of `Model.__init__` after what is asked and the seed, and what the variants
of the header set. A type is that of the annotation, else that of the default and of the header's
values; what tells nothing is `Any`.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from types import GenericAlias, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from benchmark.registry import source

GIVEN = 3  # parameters of `__init__` besides settings: self, what is asked, and the seed
_SIMPLE = {"bool": bool, "int": int, "float": float, "str": str}
_LISTS = ("Sequence", "Iterable", "Collection", "list", "tuple", "set", "frozenset")


def same(value: object, other: object) -> bool:
    """Whether two values are the same setting; true is not 1, which equals it in Python."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def read(
    path: Path, variants: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Kind of each setting of `Model`, `Any` where nothing tells it, and the defaults there are."""
    source.files(path)  # UserError for what cannot be read
    tree = ast.parse(source.source_text(path))
    aliases = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    kinds: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    for parameter, default in _parameters(tree):
        kinds[parameter.arg] = _kind(parameter.annotation, aliases)
        if default is not None:
            with contextlib.suppress(ValueError):  # computed, so nobody knows it
                defaults[parameter.arg] = _as_json(ast.literal_eval(default))
    values: dict[str, list[Any]] = {name: [] for name in kinds}
    for chosen in (*variants.values(), defaults):
        for name, value in chosen.items():
            values.setdefault(name, []).append(value)
    for name, examples in values.items():
        if kinds.get(name, Any) is Any:
            kinds[name] = _kind_of(examples)
    return kinds, defaults


def _parameters(tree: ast.Module) -> list[tuple[ast.arg, ast.expr | None]]:
    """The settings that `Model.__init__` takes, with their defaults; none without one."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "Model":
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    of = method.args
                    plain_ones = [*of.posonlyargs, *of.args]
                    padding = [None] * (len(plain_ones) - len(of.defaults))
                    pairs = list(zip(plain_ones, [*padding, *of.defaults], strict=True))
                    return [
                        *pairs[GIVEN:],
                        *zip(of.kwonlyargs, of.kw_defaults, strict=True),
                    ]
    return []


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _kind(node: ast.expr | None, aliases: Mapping[str, ast.expr], depth: int = 0) -> Any:
    """The type that an annotation names, as far as settings need it; `Any` for others."""
    if node is None or depth > 9:
        return Any
    if isinstance(node, ast.Constant) and node.value is None:
        return type(None)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):  # written as a text
        return Any
    if isinstance(node, ast.Name):
        if node.id in _SIMPLE:
            return _SIMPLE[node.id]
        return list if node.id in _LISTS else _kind(aliases.get(node.id), aliases, depth + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [_kind(side, aliases, depth + 1) for side in (node.left, node.right)]
        return Any if Any in sides else reduce(or_, sides)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        if node.value.id == "Literal":
            try:
                given = ast.literal_eval(node.slice)
            except ValueError:
                return Any
            return Literal[given]
        if node.value.id in _LISTS:
            first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
            inner = _kind(first, aliases, depth + 1)
            return list if inner is Any else GenericAlias(list, (inner,))
    return Any


def _kind_of(examples: Sequence[Any]) -> Any:
    """The type that values are of; `Any` where there are none, or none but None."""
    kinds = {type(value) for value in examples}
    if float in kinds:
        kinds.discard(int)
    if not kinds - {type(None)}:
        return Any
    return reduce(or_, sorted(kinds, key=str))


def fits(value: Any, kind: Any) -> bool:
    """Whether a value, as JSON has it, is of a type; a whole number is a number as well."""
    origin, of = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin in (Union, UnionType):
        return any(fits(value, each) for each in of)
    if origin is Literal:
        return any(same(value, each) for each in of)
    if origin is list:
        return isinstance(value, list) and all(fits(each, of[0]) for each in value)
    if kind in (int, float):
        numbers = (int,) if kind is int else (int, float)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, kind)


def called(kind: Any) -> str:
    """A kind in the words of a user."""
    origin, of = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return " or ".join(map(called, of))
    if origin is Literal:
        return " or ".join(map(str, of))
    if origin is list:
        return f"a list such as 0,2,5 of {called(of[0])}"
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    return {**words, list: "a list such as 0,2,5", type(None): "null"}.get(kind, str(kind))
