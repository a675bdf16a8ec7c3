"""Signature and docstring of every public name of `silentbench`, for the page of the API.

Called by tools/documents.py, which builds the documents where no library of the project is
installed: it reads the source and imports none of it.
"""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "silentbench"
MARK = "<!-- signatures and docstrings, by tools/api_reference.py -->"
CALLED = "__call__", "__getitem__"  # methods that are part of the interface, beside those without _
Function = ast.FunctionDef | ast.AsyncFunctionDef


def reference() -> str:
    """Markdown: a section for each name of `__all__`, in its order; `__version__` has none."""
    package = _parsed(PACKAGE)
    places = _places(package)
    names = [name for name in _exported(package) if not name.startswith("_")]
    return "\n\n".join(_section(name, places[name]) for name in names)


def _exported(package: ast.Module) -> list[str]:
    (names,) = [
        ast.literal_eval(node.value)
        for node in package.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    return list(names)


def _places(package: ast.Module) -> dict[str, str]:
    """The module that each name is imported from, as type checkers are told."""
    return {
        alias.name: node.module
        for node in ast.walk(package)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _section(name: str, module: str) -> str:
    found = [n for n in _parsed(module).body if getattr(n, "name", None) == name]
    if found:
        return f"### {name}\n\n{_described(found[0], _source(module))}"
    inner = _parsed(f"{module}.{name}")  # a module, and how what it has is called
    classes = [node for node in inner.body if isinstance(node, ast.ClassDef)]
    shown = [_described(node, _source(f"{module}.{name}")) for node in classes]
    return "\n\n".join((f"### {name}", _text(ast.get_docstring(inner) or ""), *shown))


def _described(node: ast.stmt, source: str) -> str:
    """The code that says how a function or a class is used, and its docstring."""
    assert isinstance(node, ast.ClassDef | Function)
    lines = source.splitlines()
    code = _class(node, lines) if isinstance(node, ast.ClassDef) else _signature(node, lines)
    return f"```python\n{code}\n```\n\n{_text(ast.get_docstring(node) or '')}"


def _class(node: ast.ClassDef, lines: list[str]) -> str:
    """How it is made and what it has: its fields with their comments, its public methods."""
    methods = [each for each in node.body if isinstance(each, Function)]
    first, last = _after_docstring(node), _beginning(methods[0]) if methods else _end(node)
    parts = ["\n".join(lines[_beginning(node) - 1 : node.lineno])]
    parts[0] += "".join(f"\n{line}" for line in lines[first - 1 : last - 1] if line.strip())
    for method in methods:
        if not method.name.startswith("_") or method.name in CALLED:
            shown = textwrap.indent(_signature(method, lines), " " * 4)
            said = (ast.get_docstring(method) or "").splitlines()
            parts.append("\n".join((shown, *(f"        # {line}".rstrip() for line in said))))
    return "\n\n".join(parts).removesuffix(":")


def _signature(node: Function, lines: list[str]) -> str:
    """As it stands in the source, decorators and all, without what follows its colon."""
    rows = lines[_beginning(node) - 1 : max(node.body[0].lineno - 1, node.lineno)]
    return textwrap.dedent("\n".join(rows)).removesuffix(" ...").removesuffix(":")


def _beginning(node: Function | ast.ClassDef) -> int:
    return min((each.lineno for each in node.decorator_list), default=node.lineno)


def _after_docstring(node: ast.ClassDef) -> int:
    return _end(node.body[0]) if ast.get_docstring(node) else node.body[0].lineno


def _end(node: ast.stmt) -> int:
    """The line after the last one."""
    assert node.end_lineno is not None
    return node.end_lineno + 1


def _text(docstring: str) -> str:
    """A docstring as Markdown: its examples are code."""
    pieces = [
        f"```pycon\n{piece}\n```" if piece.startswith(">>>") else piece
        for piece in docstring.split("\n\n")
    ]
    return "\n\n".join(pieces)


def _parsed(module: str) -> ast.Module:
    return ast.parse(_source(module))


def _source(module: str) -> str:
    path = ROOT / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file.read_text("utf-8")
