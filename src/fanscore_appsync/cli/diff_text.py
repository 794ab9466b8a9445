"""The report of a policy diff for the terminal, no line wider than it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

import click

from fanscore_appsync.diff_report.sections import BROKEN, Section
from fanscore_appsync.printable import one_line

GAP = "  "
LEAST_BAR = 8
LEGEND = "█ under both policies, ░ under the old one alone, + under the new one alone"


def draw_sections(drawn: Sequence[Section], columns: int) -> str:
    """Draw sections one below the other.

    Args:
        drawn: the sections.
        columns: the width; a table that has no room becomes a list.
    """
    return "\n\n".join("\n".join(_section(each, columns)) for each in drawn)


def _section(section: Section, columns: int) -> Iterator[str]:
    yield from (click.style(line, bold=True) for line in _wrapped(section.title, columns))
    for note in section.notes:
        yield from _wrapped(note, columns)
    if not section.columns:
        return
    rows = [tuple(map(one_line, row)) for row in (section.columns, *section.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    width = sum(widths) + len(GAP) * (len(widths) - 1)
    if width > columns:
        yield from _listed(rows, columns)
        return
    lines = [_row(row, widths) for row in rows]
    bar = columns - width - len(GAP)
    if section.bars and bar >= LEAST_BAR:
        yield from _wrapped(LEGEND, columns)
        lines[1:] = map(_with_bar, lines[1:], _bars(section.bars, bar))
    yield click.style(lines[0].rstrip(), fg="bright_black")
    yield from (_colored(line.rstrip()) for line in lines[1:])


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(row, widths, strict=True)
    cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
    return GAP.join(cells)


def _listed(rows: Sequence[Sequence[str]], columns: int) -> Iterator[str]:
    head, *others = rows
    for row in others:
        yield from _wrapped(row[0], columns)
        pairs = [f"{name}: {text}" for name, text in zip(head[1:], row[1:], strict=True)]
        yield from map(_colored, _wrapped("; ".join(pairs), columns, GAP))


def _with_bar(line: str, bar: str) -> str:
    return f"{line}{GAP}{bar}"


def _bars(numbers: Sequence[tuple[int, int]], width: int) -> Iterator[str]:
    greatest = max(max(pair) for pair in numbers) or 1
    for pair in numbers:
        old, new = (round(each * width / greatest) for each in pair)
        rest = "░" * (old - new) + "+" * (new - old)
        yield "█" * min(old, new) + rest


def _wrapped(text: str, columns: int, indent: str = "") -> Iterator[str]:
    lines = wrap(one_line(text), columns, initial_indent=indent, subsequent_indent=indent)
    return iter(lines)


def _colored(line: str) -> str:
    return click.style(line, fg="red") if BROKEN in line else line
