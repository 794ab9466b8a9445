"""Rows sorted into partitions on disk: what a join needs that has more rows than memory.

A spill is one file. Its rows stand in blocks, each of one partition. After them comes an index:
where each block begins and how long it is, sorted by partition; then which of these is each
partition's first; then where the index begins, and how many partitions there are.
"""

from __future__ import annotations

import os
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Final
from zlib import crc32

import attrs

from fanscore_adapters.bulk.work_folder import new_file

BUFFERED_ROWS = 50_000
"""How many rows, of all partitions together, are kept until they are written."""

ROWS_OF_A_PARTITION = 25_000
"""So many fit into memory easily, all at once."""

SEPARATOR = "\t"
"""Between the parts of a row; neither it nor the end of a line can stand in an id."""

_UNSIGNED: Final = "Q"
_BYTES = array(_UNSIGNED).itemsize


def partitions_for(rows: int) -> int:
    """Return into how many partitions to sort so many rows."""
    return max(1, -(-rows // ROWS_OF_A_PARTITION))


class SpillWriter:
    """Sorts rows into partitions by their keys, and writes them."""

    def __init__(self, file: BinaryIO, partitions: int, buffered: int = BUFFERED_ROWS) -> None:
        """Write into a new file.

        Args:
            file: open for writing.
            partitions: how many.
            buffered: as ``BUFFERED_ROWS``.
        """
        self._file = file
        self._partitions, self._buffered = partitions, buffered
        self._kept: list[list[str]] = [[] for _ in range(partitions)]
        self._count = 0
        self._blocks: list[tuple[int, int, int]] = []

    def add(self, key: str, row: str) -> None:
        """Add a row; rows with equal keys are in one partition, in the order of adding."""
        self._kept[crc32(key.encode()) % self._partitions].append(row)
        self._count += 1
        if self._count >= self._buffered:
            self._write_kept()

    def finish(self) -> None:
        """Write what is left, and where everything stands. The file stays open."""
        self._write_kept()
        where = self._file.tell()
        blocks = sorted(self._blocks)  # by partition; blocks of one stay in their order
        counts = Counter(partition for partition, _, _ in blocks)
        firsts = accumulate((counts[each] for each in range(self._partitions)), initial=0)
        self._file.write(array(_UNSIGNED, (n for block in blocks for n in block[1:])).tobytes())
        self._file.write(array(_UNSIGNED, firsts).tobytes())
        self._file.write(array(_UNSIGNED, (where, self._partitions)).tobytes())

    def _write_kept(self) -> None:
        for partition, rows in enumerate(self._kept):
            if rows:
                block = "\n".join(rows).encode()
                self._blocks.append((partition, self._file.tell(), len(block)))
                self._file.write(block)
                rows.clear()
        self._count = 0


@contextmanager
def spilling(path: Path, partitions: int) -> Iterator[SpillWriter]:
    """Make a spill, of the rows that the block adds."""
    with new_file(path) as file:
        rows = SpillWriter(file, partitions)
        yield rows
        rows.finish()


@attrs.frozen
class Spill:
    """A finished spill: reads the rows of one partition, and of the rest only the index.

    Attributes:
        path: of the file.
    """

    path: Path

    def rows(self, partition: int) -> Iterator[str]:
        """Read the rows of a partition."""
        with self.path.open("rb") as file:
            end = file.seek(-2 * _BYTES, os.SEEK_END)
            where, partitions = _numbers(file, 2)
            file.seek(end - (partitions + 1 - partition) * _BYTES)
            first, last = _numbers(file, 2)
            file.seek(where + 2 * first * _BYTES)
            blocks = _numbers(file, 2 * (last - first))
            for start, length in zip(blocks[::2], blocks[1::2], strict=True):
                file.seek(start)
                yield from file.read(length).decode().split("\n")


def _numbers(file: BinaryIO, count: int) -> array[int]:
    return array(_UNSIGNED, file.read(count * _BYTES))
