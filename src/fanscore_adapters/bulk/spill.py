"""Rows sorted into partitions on disk: what a join needs that has more rows than memory.

A spill is one file. Its rows stand in blocks, one partition's behind the other's; the last lines
say where each block begins.
"""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

import attrs

BUFFERED_ROWS = 50_000
"""How many rows are kept until they are written, whatever their number of partitions."""

ROWS_OF_A_PARTITION = 25_000
"""So many fit into memory easily, all at once."""

SEPARATOR = "\t"
"""Between the parts of a row; neither it nor the end of a line can stand in an id."""

_LENGTH_BYTES = 20


def partitions_for(rows: int) -> int:
    """Return into how many partitions to sort so many rows."""
    return max(1, -(-rows // ROWS_OF_A_PARTITION))


class SpillWriter:
    """Sorts rows into partitions by their keys, and writes them."""

    def __init__(self, file: BinaryIO, partitions: int) -> None:
        """Write into a new file.

        Args:
            file: open for writing.
            partitions: how many.
        """
        self._file = file
        self._partitions = partitions
        self._kept: list[list[str]] = [[] for _ in range(partitions)]
        self._count = 0
        self._index = array("Q")

    def add(self, key: str, row: str) -> None:
        """Add a row; rows with equal keys are in one partition, in the order of adding."""
        self._kept[crc32(key.encode()) % self._partitions].append(row)
        self._count += 1
        if self._count >= BUFFERED_ROWS:
            self._write_kept()

    def finish(self) -> None:
        """Write what is left, and where everything stands. The file stays open."""
        self._write_kept()
        index = json.dumps(self._index.tolist()).encode()
        self._file.write(index)
        self._file.write(f"{len(index):>{_LENGTH_BYTES}}".encode())

    def _write_kept(self) -> None:
        for partition, rows in enumerate(self._kept):
            if rows:
                block = "\n".join(rows).encode()
                self._index.extend((partition, self._file.tell(), len(block)))
                self._file.write(block)
                rows.clear()
        self._count = 0


@attrs.frozen
class Spill:
    """A finished spill: reads the rows of one partition.

    Attributes:
        path: of the file.
        index: of each block its partition, where it begins, and how many bytes it has.
    """

    path: Path
    index: array[int] = attrs.field(repr=False)

    @classmethod
    def of(cls, path: Path) -> Spill:
        """Open a spill that was finished."""
        with path.open("rb") as file:
            file.seek(-_LENGTH_BYTES, os.SEEK_END)
            length = int(file.read(_LENGTH_BYTES))
            file.seek(-_LENGTH_BYTES - length, os.SEEK_END)
            return cls(path, array("Q", json.loads(file.read(length))))

    def rows(self, partition: int) -> Iterator[Sequence[str]]:
        """Read the rows of a partition, each as its parts."""
        with self.path.open("rb") as file:
            for at in range(0, len(self.index), 3):
                if self.index[at] == partition:
                    file.seek(self.index[at + 1])
                    block = file.read(self.index[at + 2]).decode()
                    for row in block.split("\n"):
                        yield row.split(SEPARATOR)
