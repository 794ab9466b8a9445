"""The public names of each package, for docs/reference/python.md."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import NewType

from fanscore_core.engine.definition import Pipeline

ROOT = Path(__file__).parents[2]


def table_of(face: str) -> str:
    """Write a table of a face's names: where each is defined, and what it is in one line."""
    module = import_module(face)
    homes = _homes(face)
    rows = [
        f"| [`{name}`](../../src/{homes[name].replace('.', '/')}.py) "
        f"| {_summary(homes[name], name, getattr(module, name))} |\n"
        for name in sorted(module.__all__, key=str.lower)
    ]
    return "| name | what |\n|---|---|\n" + "".join(rows)


def _homes(face: str) -> dict[str, str]:
    return {
        name.name: str(node.module)
        for node in ast.walk(_tree(f"{face}.__init__"))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }


def _summary(home: str, name: str, value: object) -> str:
    documented = inspect.isclass(value) or inspect.isfunction(value)
    text = inspect.getdoc(value) if documented else _docstrings(home).get(name)
    if text:
        paragraph = text.partition("\n\n")[0].replace("\n", " ").removesuffix(".")
        return paragraph.replace("``", "`").replace("|", "\\|")
    if isinstance(value, NewType):
        return "A kind of text or document with a type of its own"
    if isinstance(value, Pipeline):
        return f"The pipeline of the field `{value.name}`"
    message = f"{home}.{name} has no docstring"
    raise AssertionError(message)


def _docstrings(module: str) -> dict[str, str]:
    """Find the texts that stand below the assignments of a module."""
    return dict(_documented(_tree(module).body))


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, following in pairwise(body):
        match statement, following:
            case (
                ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)),
                ast.Expr(ast.Constant(str(text))),
            ):
                yield name, inspect.cleandoc(text)
            case _:
                pass


def _tree(module: str) -> ast.Module:
    path = ROOT / "src" / f"{module.replace('.', '/')}.py"
    return ast.parse(path.read_text(encoding="utf-8"))
