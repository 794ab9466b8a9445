"""How much code both sides are, counted by Python's own parser."""

from __future__ import annotations

import ast
import sys
import tokenize
from collections.abc import Collection, Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path

import attrs

from benchmarks.findings import Finding, Measure, Number

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examples/presale/presale"
OUR_CODE = tuple(PACKAGE / f"{name}.py" for name in ("api", "partner", "pipelines", "questions"))
OUR_TESTS = tuple(ROOT / f"examples/presale/tests/test_{name}.py" for name in ("fields", "partner"))
ORDINARY_CODE = (ROOT / "benchmarks/own_api/ordinary.py",)
ORDINARY_TESTS = (ROOT / "tests/side_by_side/test_ordinary.py",)

SIGNAL = frozenset({"LOYALTY", "get_loyalty"})
SIGNAL_TESTS = frozenset({"SCORE", "test_points_raise_the_score", "test_a_score_without_the_table"})
"""The boost of the score, which the other side has not."""

ONE_TEST = "test_the_more_speaks_for_a_fan_the_earlier"

_NO_CODE = frozenset(
    {
        tokenize.COMMENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
        tokenize.INDENT,
        tokenize.NEWLINE,
        tokenize.NL,
    }
)


@attrs.frozen
class Size:
    """How much code it is.

    Attributes:
        lines: that are neither blank, nor comment, nor docstring.
        imports: names that are imported.
        library_names: those of them that are of a library: neither the standard one nor one's own.
    """

    lines: int
    imports: int
    library_names: int


def size(files: Sequence[Path], without: Collection[str] = ()) -> Size:
    """Measure code.

    Args:
        files: that it is in.
        without: names at the top of a file that do not count; what only they import does.
    """
    texts = [file.read_text(encoding="utf-8") for file in files]
    imported = [each for text in texts for each in _imported(text)]
    no_library = {*sys.stdlib_module_names, "benchmarks", "presale", "tests"}
    of_libraries = {(module, name) for module, name in imported if module not in no_library}
    return Size(
        sum(len(code_lines(text) - _lines_of(text, without)) for text in texts),
        len(imported),
        len(of_libraries),
    )


def code_lines(text: str) -> frozenset[int]:
    """Return the numbers of the lines that hold code."""
    tokens = tokenize.generate_tokens(StringIO(text).readline)
    lines = {
        line
        for token in tokens
        if token.type not in _NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    return frozenset(lines - {line for each in _docstrings(text) for line in each})


def compared() -> Mapping[str, tuple[int, int]]:
    """Return what each side has of everything: ours, and the ordinary way."""
    ours, ordinary = size(OUR_CODE, SIGNAL), size(ORDINARY_CODE)
    our_tests, ordinary_tests = size(OUR_TESTS, SIGNAL_TESTS), size(ORDINARY_TESTS)
    return {
        "lines of code": (ours.lines, ordinary.lines),
        "files of code": (len(OUR_CODE), len(ORDINARY_CODE)),
        "imported names": (ours.imports, ordinary.imports),
        "of them names of libraries": (ours.library_names, ordinary.library_names),
        "lines of the unit tests": (our_tests.lines, ordinary_tests.lines),
        f"lines of `{ONE_TEST}`": (_one(OUR_TESTS), _one(ORDINARY_TESTS)),
    }


def sizes() -> list[Finding]:
    """Measure both sides."""
    return [
        *(Measure(name, ordinary, ours) for name, (ours, ordinary) in compared().items()),
        Number("lines of the boost, which do not count", _boost(), ""),
    ]


def sizes_table() -> str:
    """Draw the table of the page."""
    rows = ["| | fanscore | Powertools and boto3 |", "| --- | --- | --- |"]
    rows += [f"| {name} | {ours} | {ordinary} |" for name, (ours, ordinary) in compared().items()]
    return "".join(f"{row}\n" for row in rows)


def _boost() -> int:
    return size(OUR_CODE).lines - size(OUR_CODE, SIGNAL).lines


def _one(files: Sequence[Path]) -> int:
    texts = [file.read_text(encoding="utf-8") for file in files]
    return sum(len(code_lines(text) & _lines_of(text, {ONE_TEST})) for text in texts)


def _imported(text: str) -> Iterator[tuple[str, str]]:
    """Return what is imported: the module at the top, and the name."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from ((each.name.partition(".")[0], each.name) for each in names)
            case ast.ImportFrom(module=str(module), names=names) if module != "__future__":
                yield from ((module.partition(".")[0], each.name) for each in names)
            case _:
                pass


def _lines_of(text: str, names: Collection[str]) -> frozenset[int]:
    """Return the lines of what is named so at the top of a file, decorators included."""
    return frozenset(
        line
        for node in ast.parse(text).body
        if not _names(node).isdisjoint(names)
        for line in range(_first_line(node), (node.end_lineno or node.lineno) + 1)
    )


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def _names(node: ast.stmt) -> frozenset[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return frozenset({name})
        case ast.Assign(targets=targets):
            return frozenset(each.id for each in targets if isinstance(each, ast.Name))
        case _:
            return frozenset()


def _docstrings(text: str) -> Iterator[range]:
    """Return the lines of texts that stand alone: docstrings, of values too."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                yield range(node.lineno, (node.end_lineno or node.lineno) + 1)
            case _:
                pass
