"""The lines of an export's data files, each with an item in DynamoDB JSON; read in bounded memory.

What is read is held against the manifest's checksum and number of items at the end of each file:
until then, it may be a part of it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from json import JSONDecoder
from pathlib import Path
from typing import TypeAlias

import attrs

from fanscore_adapters.dynamodb.export_manifest import DataFile, md5_text
from fanscore_core.errors import InvalidInput

READ_BYTES = 64 * 1024
BLOCK_BYTES = 256 * 1024
"""How much text is handed on at once, about."""

MAX_LINE_BYTES = 8 * 1024 * 1024
"""Of a line. An item has 400 KB at most, and its JSON names the type of each value."""

TypedItem: TypeAlias = Mapping[str, object]
"""An item whose values name their types, such as ``{"S": "…"}``."""

_GZIP = 16 + zlib.MAX_WBITS

_decode = JSONDecoder().raw_decode


@attrs.frozen
class Block:
    """Some lines of a data file.

    Attributes:
        first: the number of the first of them, from 1.
        lines: the lines, without their ends.
    """

    first: int
    lines: Sequence[str]


def read_blocks(file: DataFile, needles: Sequence[bytes] = (b"",)) -> Iterator[Block]:
    """Read the lines of a data file.

    Args:
        file: the file.
        needles: what a block that is handed on has at least one of; others are passed over.

    Raises:
        InvalidInput: it cannot be read, is damaged, differs from its checksum, or has another
            number of items than the manifest says; names the file.
    """
    digest = hashlib.md5(usedforsecurity=False)
    first = 1
    for lines in _whole_lines(file.path, digest.update):
        if any(needle in lines for needle in needles):
            yield Block(first, _text(file.path, first, lines).split("\n"))
        first += lines.count(b"\n") + 1
    if md5_text(digest.digest()) != file.md5:
        raise InvalidInput(str(file.path), "differs from its checksum")
    if first - 1 != file.item_count:
        problem = f"has {first - 1} items, and the manifest says {file.item_count}"
        raise InvalidInput(str(file.path), problem)


def read_each(
    file: DataFile, read: Callable[[str], object], needles: Sequence[bytes] = (b"",)
) -> None:
    """Read a data file line by line.

    Args:
        file: the file.
        read: takes a line.
        needles: as for ``read_blocks``.

    Raises:
        InvalidInput: as ``read_blocks``; what ``read`` raises, naming the file and the line.
    """
    for block in read_blocks(file, needles):
        number = block.first
        try:
            for number, line in enumerate(block.lines, number):  # noqa: B020  # goes on from there
                read(line)
        except InvalidInput as error:
            where = f"{file.path} line {number}: {error.where}"
            raise attrs.evolve(error, where=where) from None


def typed_item(line: str) -> TypedItem:
    """Return the item of a line, whose values name their types.

    Raises:
        InvalidInput: it is no object with an ``Item``.
    """
    try:
        document, end = _decode(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("$", "not JSON") from error
    item = document.get("Item") if type(document) is dict else None
    if type(item) is not dict or line[end:].strip():
        raise InvalidInput("$", 'expected {"Item": {…}}')
    return item


def key_text(item: TypedItem, name: str) -> str:
    """Return a key of an item.

    Raises:
        InvalidInput: it is no text.
    """
    match item.get(name):
        case {"S": str(text)}:
            return text
        case _:
            raise InvalidInput(f"Item.{name}", 'expected {"S": "…"}')


def _whole_lines(path: Path, note: Callable[[bytes], object]) -> Iterator[bytes]:
    """Read lines in blocks, without the end of the last."""
    rest = b""
    for part in _unzipped(path, note):
        whole, is_whole, rest = (rest + part).rpartition(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            raise InvalidInput(str(path), f"a line is longer than {MAX_LINE_BYTES} bytes")
        if is_whole:
            yield whole
    if rest:
        yield rest


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
                    if unzip.eof:  # gzip files may be several, one behind the other
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


def _text(path: Path, first: int, lines: bytes) -> str:
    try:
        return lines.decode("utf-8")
    except UnicodeDecodeError as error:
        number = first + lines.count(b"\n", 0, error.start)
        where = f"{path} line {number}"
        raise InvalidInput(where, "not UTF-8") from error
