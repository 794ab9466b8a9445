"""The lines of an export's data files, each with an item in DynamoDB JSON; read in bounded memory.

What is read is held against the manifest's checksum and number of items at the end of each file:
until then, it may be a part of it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from json import JSONDecoder
from operator import length_hint
from pathlib import Path
from typing import TypeAlias

import attrs

from fanscore_adapters.dynamodb.export_manifest import DataFile, md5_text
from fanscore_core.errors import InvalidInput

READ_BYTES = 64 * 1024
BLOCK_BYTES = 64 * 1024
"""How much text is handed on at once, about."""

MAX_LINE_BYTES = 8 * 1024 * 1024
"""The longest line that is read. An item has 400 KB at most; JSON adds the types of its values."""

TypedItem: TypeAlias = Mapping[str, object]
"""An item whose values name their types, such as ``{"S": "…"}``."""

_SHAPE = 'expected {"Item": {…}}'

_GZIP = 16 + zlib.MAX_WBITS

# Of ints, Python reads no more than 4,300 digits; no number of an item is written as one.
_decode = JSONDecoder(parse_int=Decimal).raw_decode


def read_lines(file: DataFile) -> Iterator[Sequence[bytes]]:
    """Read a data file, some whole lines at a time, without their ends.

    Raises:
        InvalidInput: it cannot be read, is damaged, differs from its checksum, or has another
            number of items than the manifest says; names the file.
    """
    digest = hashlib.md5(usedforsecurity=False)
    count = 0
    for lines in _whole_lines(file.path, digest.update):
        yield lines
        count += len(lines)
    if md5_text(digest.digest()) != file.md5:
        raise InvalidInput(str(file.path), "differs from its checksum")
    if count != file.item_count:
        problem = f"has {count} items, and the manifest says {file.item_count}"
        raise InvalidInput(str(file.path), problem)


def read_each(file: DataFile, read: Callable[[Iterator[bytes]], object]) -> None:
    """Read a data file line by line.

    Args:
        file: the file.
        read: takes some lines, each of them when it is done with the one before.

    Raises:
        InvalidInput: as ``read_lines``; what ``read`` raises, naming the file and the line.
    """
    number = 0
    for lines in read_lines(file):
        number += len(lines)
        left = iter(lines)
        try:
            read(left)
        except InvalidInput as error:
            raise of_line(file, number - length_hint(left), error) from None


def lines_with(file: DataFile, one: bytes, other: bytes) -> Iterator[tuple[int, bytes]]:
    """Read the lines of a data file that have one of two texts in them.

    Returns:
        each with its number in the file, from 1.

    Raises:
        InvalidInput: as ``read_lines``.
    """
    before = 0
    for lines in read_lines(file):
        for number, line in enumerate(lines, before + 1):
            if one in line or other in line:
                yield number, line
        before += len(lines)


def of_line(file: DataFile, number: int, error: InvalidInput) -> InvalidInput:
    """Return the error of a line with the file and the line in it."""
    return attrs.evolve(error, where=f"{file.path} line {number}: {error.where}")


def typed_item(line: bytes) -> TypedItem:
    """Return the item of a line, whose values name their types.

    Raises:
        InvalidInput: it is no object with an ``Item``.
    """
    try:
        text = line.decode().lstrip()
        document, end = _decode(text)
    except UnicodeDecodeError as error:
        raise InvalidInput("$", "not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput("$", "not JSON") from error
    item = document.get("Item") if type(document) is dict else None
    if type(item) is not dict or text[end:].strip():
        raise InvalidInput("$", _SHAPE)
    return item


def check_shape(line: bytes) -> None:
    """Refuse a line that can be no item, without reading it.

    Raises:
        InvalidInput: it does not begin and end as one does.
    """
    text = line.strip()
    if not (text.startswith(b"{") and text.endswith(b"}")):
        raise InvalidInput("$", _SHAPE)


def key_text(name: str, typed: object) -> str:
    """Return a key of an item.

    Args:
        name: of the key.
        typed: what the item has for it.

    Raises:
        InvalidInput: it is no text.
    """
    text = typed.get("S") if type(typed) is dict else None
    if type(text) is not str:
        raise InvalidInput(f"Item.{name}", 'expected {"S": "…"}')
    return text


def _whole_lines(path: Path, note: Callable[[bytes], object]) -> Iterator[Sequence[bytes]]:
    rest = b""
    for part in _unzipped(path, note):
        lines = (rest + part).split(b"\n")
        rest = lines.pop()
        if len(rest) > MAX_LINE_BYTES:
            raise InvalidInput(str(path), f"a line is longer than {MAX_LINE_BYTES} bytes")
        if lines:
            yield lines
    if rest:
        yield [rest]


def _unzipped(path: Path, note: Callable[[bytes], object]) -> Iterator[bytes]:
    """Read what a file of gzip holds; each part of the file itself is noted, too."""
    unzip = zlib.decompressobj(_GZIP)
    is_empty = True
    try:
        with path.open("rb") as opened:
            while packed := opened.read(READ_BYTES):
                note(packed)
                is_empty = False
                while packed:
                    if unzip.eof:  # there may be several, one after the other
                        unzip = zlib.decompressobj(_GZIP)
                    yield unzip.decompress(packed, BLOCK_BYTES)
                    packed = unzip.unconsumed_tail or unzip.unused_data
            while not unzip.eof and (part := unzip.decompress(b"", BLOCK_BYTES)):
                yield part
    except OSError as error:
        raise InvalidInput(str(path), f"cannot be read: {error.strerror}") from error
    except zlib.error as error:
        raise InvalidInput(str(path), "is damaged: not gzip") from error
    if not unzip.eof and not is_empty:  # DynamoDB writes an empty file for an empty partition
        raise InvalidInput(str(path), "is damaged: it ends too early")
