"""Files that people write, with a document on each line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeVar

import attrs

from fanscore_core.errors import InvalidInput

MAX_LINE_BYTES = 16 * 1024
"""The longest line that is read."""

LineT = TypeVar("LineT")


def parsed_lines(file: BinaryIO, parse: Callable[[str], LineT], first: int = 1) -> Iterator[LineT]:
    """Parse a file line by line, in bounded memory.

    Args:
        file: UTF-8; a byte order mark is passed over.
        parse: what a line holds; raises ``InvalidInput`` with the path of the first mistake.
        first: the number of the first line, where the file goes on with another.

    Raises:
        InvalidInput: a line is too long, no UTF-8, or not valid; names its number and the path.
        OSError: the file cannot be read.
    """
    number = first - 1
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        try:
            yield parse(_text(line, number))
        except InvalidInput as error:
            raise attrs.evolve(error, where=f"line {number}: {error.where}") from None


def _text(line: bytes, number: int) -> str:
    if len(line) > MAX_LINE_BYTES:
        raise InvalidInput("$", f"longer than {MAX_LINE_BYTES} bytes")
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        raise InvalidInput("$", "not UTF-8") from None
