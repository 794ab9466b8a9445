"""What the terminal can show: how many columns, whether colours, which characters."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from itertools import islice

import click

NARROWEST = 40
"""No picture is made narrower than this, in columns."""

LINES_AT_ONCE = 1_000

ASCII = str.maketrans("█░·│…", "#-.|~")


def columns() -> int:
    """Return the width of the terminal; 80 where the output is not one.

    ``COLUMNS`` in the environment overrules both.
    """
    return max(shutil.get_terminal_size().columns, NARROWEST)


def colors(environ: Mapping[str, str]) -> bool | None:
    """Return whether to use colours; ``None``: if the output is a terminal.

    ``NO_COLOR`` and ``FORCE_COLOR`` count unless empty, as https://no-color.org says.
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return False if environ.get("TERM") == "dumb" else None


def show(picture: str) -> None:
    """Print a picture, in ASCII where the terminal knows no better; of an id, what it can show."""
    encoding = sys.stdout.encoding
    try:
        picture.encode(encoding)
    except UnicodeEncodeError:
        drawn = picture.translate(ASCII)
        picture = drawn.encode(encoding, "backslashreplace").decode(encoding)
    click.echo(picture)


def print_lines(lines: Iterator[str]) -> None:
    """Print lines, which have their ends, many at once."""
    while some := "".join(islice(lines, LINES_AT_ONCE)):
        click.echo(some, nl=False)


def counted(number: int, noun: str) -> str:
    """Return how many there are of something: ``1 receipt``, ``2 receipts``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
