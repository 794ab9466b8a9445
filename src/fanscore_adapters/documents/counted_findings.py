"""A findings file counted by class, many lines at a time (docs/reference/policy-diff.md).

A program writes all its lines alike. So one pattern, made after the first line of a block, takes
the whole block apart, and each text of a member is understood once. A block in which any line looks
different, or is wrong, is read line by line by ``read_findings``, which says what is wrong.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from io import BytesIO
from itertools import compress, repeat
from typing import BinaryIO, TypeAlias, TypeVar

import attrs

from fanscore_adapters.documents.findings import FindingsLine, read_findings
from fanscore_adapters.documents.lines import MAX_LINE_BYTES
from fanscore_core.errors import InvalidInput
from fanscore_core.finding_classes import FindingClass, Place, SharedBands
from fanscore_core.findings import ScoreOrigin, round_half_up
from fanscore_core.ids import EventId
from fanscore_core.signals import SIGNALS, Missing, Signal

BLOCK_BYTES = 256 * 1024
MOST_KEPT = 16 * 1024
"""The most texts of one member that are kept."""

MeaningT = TypeVar("MeaningT")
Base: TypeAlias = tuple[ScoreOrigin, int | None]


def count_findings(
    file: BinaryIO,
    bands: SharedBands,
    event: EventId | None = None,
    signals: Sequence[Signal] = SIGNALS,
) -> Mapping[FindingClass, int]:
    """Count the lines of a findings file by class, in bounded memory.

    Args:
        file: as ``read_findings`` reads it.
        bands: of the signals, say what the classes are.
        event: whose lines count; ``None`` for all lines.
        signals: that a line may have.

    Raises:
        InvalidInput: as ``read_findings``.
        OSError: the file cannot be read.
    """
    counting = _Counting(bands, event, signals)
    number = 1
    for block in _blocks(file):
        if not counting.add_alike(block.removeprefix(b"\xef\xbb\xbf") if number == 1 else block):
            counting.add_one_by_one(block, number)
        number += block.count(b"\n")
    return counting.classes()


class _Texts(dict[str, MeaningT]):
    """What texts mean, each understood once as long as there are not too many."""

    def __init__(self, understand: Callable[[str], MeaningT]) -> None:
        super().__init__()
        self._understand = understand

    def __missing__(self, text: str) -> MeaningT:
        if len(self) >= MOST_KEPT:
            self.clear()
        meaning = self[text] = self._understand(text)
        return meaning


class _Counting:
    """People by class, while a file is read."""

    def __init__(
        self, bands: SharedBands, event: EventId | None, signals: Sequence[Signal]
    ) -> None:
        self._bands, self._event, self._signals = bands, event, signals
        self._alike: Counter[tuple[Base, tuple[Place, ...]]] = Counter()
        self._others: Counter[FindingClass] = Counter()
        self._counts = _Texts(self._is_counted)
        self._bases = _Texts(self._base)
        self._places = {
            signal.name: _Texts(partial(self._place, signal)) for signal in bands.bounds
        }

    def add_alike(self, block: bytes) -> bool:
        """Count a block whose lines all look like its first; return whether they do."""
        try:
            text = block.decode()
        except UnicodeDecodeError:
            return False
        layout = _layout(text.partition("\n")[0])
        if layout is None or not layout.names or not self._places.keys() >= {*layout.names}:
            return False
        rows = _pattern(layout).findall(text)
        lines = block.removesuffix(b"\n").split(b"\n")
        if len(rows) != len(lines) or max(map(len, lines)) >= MAX_LINE_BYTES:
            return False
        try:
            counted = Counter(self._keys(rows, layout.names))
        except InvalidInput:
            return False
        self._alike.update(counted)
        return True

    def add_one_by_one(self, block: bytes, number: int) -> None:
        """Count a block line by line, from its number in the file."""
        lines = read_findings(BytesIO(block), self._signals, number)
        counted = (
            line.findings for line in lines if self._event is None or line.event == self._event
        )
        self._others.update(self._bands.count(counted))

    def classes(self) -> Mapping[FindingClass, int]:
        """Return how many people each class has."""
        alike = {FindingClass(*base, places): n for (base, places), n in self._alike.items()}
        return Counter(alike) + self._others

    def _keys(
        self, rows: Sequence[tuple[str, ...]], names: Sequence[str]
    ) -> Iterator[tuple[Base, tuple[Place, ...]]]:
        events, bases, *values = zip(*rows, strict=True)
        texts = dict(zip(names, values, strict=True))
        places: Iterator[tuple[Place, ...]] = zip(
            *(
                map(meanings.__getitem__, texts[name])
                if name in texts
                else repeat(Missing.NOT_ASKED)
                for name, meanings in self._places.items()
            ),
            strict=False,
        )
        keys = zip(map(self._bases.__getitem__, bases), places, strict=False)
        return compress(keys, map(self._counts.__getitem__, events))

    def _is_counted(self, event: str) -> bool:
        member = f'"event":"{event}",' if event else ""
        line = self._read(f'{member}"origin":"NO_HISTORY","signals":{{}}')
        return self._event is None or line.event == self._event

    def _base(self, text: str) -> Base:
        found = self._read(f'"origin":{text},"signals":{{}}').findings
        return found.origin, None if found.raw is None else round_half_up(found.raw)

    def _place(self, signal: Signal, text: str) -> Place:
        line = self._read(f'"origin":"NO_HISTORY","signals":{{"{signal.name}":"{text}"}}')
        return self._bands.place(signal, line.findings.of(signal))

    def _read(self, members: str) -> FindingsLine:
        return next(read_findings(BytesIO(f"{{{members}}}".encode()), self._signals))


@attrs.frozen
class _Layout:
    """How a line looks, but for the texts of its members."""

    has_event: bool
    space: str
    names: tuple[str, ...]


def _layout(line: str) -> _Layout | None:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    signals = document.get("signals") if isinstance(document, dict) else None
    if not isinstance(signals, dict):
        return None
    return _Layout("event" in document, " " if '": ' in line else "", tuple(signals))


@lru_cache
def _pattern(layout: _Layout) -> re.Pattern[str]:
    """Return what matches a line of this layout: its event, its base, and a text a signal."""
    comma, colon = f",{layout.space}", f":{layout.space}"
    text = r'"([^"\\\n]++)"'
    event = f'"event"{colon}{text}{comma}' if layout.has_event else "()"
    base = rf'"origin"{colon}("[A-Z_]++"(?:{comma}"raw"{colon}"[^"\\\n]++")?+)'
    signals = comma.join(f'"{re.escape(name)}"{colon}{text}' for name in layout.names)
    return re.compile(rf'^\{{{event}{base}{comma}"signals"{colon}\{{{signals}\}}\}}$', re.MULTILINE)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Read whole lines, many at a time; a line that is too long comes in pieces."""
    rest = b""
    while read := file.read(BLOCK_BYTES):
        lines, newline, rest = (rest + read).rpartition(b"\n")
        if newline:
            yield lines + newline
        if len(rest) > MAX_LINE_BYTES:
            yield rest
            rest = b""
    if rest:
        yield rest
