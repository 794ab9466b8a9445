"""Chunks of scored fans: the files that one is written to, whoever scores it.

What is to be kept of each fan is a ``Record``: scores, findings, or what else is added to them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import attrs

from fanscore_adapters.bulk.work_folder import OWNER_ONLY_FOLDER, new_file
from fanscore_adapters.documents.findings import FindingsLine, findings_lines
from fanscore_adapters.documents.scores import score_line, tally_document, tally_of
from fanscore_core.findings import Findings
from fanscore_core.ids import EventId
from fanscore_core.registrants import ScoredFan
from fanscore_core.score_tally import ScoreTally

FANS_AT_ONCE = 500
TALLY = "tally.json"


@attrs.frozen
class Record:
    """What is kept of each scored fan, in a file of its own.

    Attributes:
        name: of the file.
        lines: makes the lines of some fans, each with its end.
    """

    name: str
    lines: Callable[[Sequence[ScoredFan]], Iterable[str]]


SCORES = Record("scores.jsonl", lambda fans: map(score_line, fans))
"""Each fan's score, or why the fan has no score."""


def findings_record(event_id: EventId) -> Record:
    """Keep the exact findings of each fan that has a score, without ids of fans."""

    def lines(fans: Sequence[ScoredFan]) -> Iterator[str]:
        found = (each.found for each in fans)
        return findings_lines(
            FindingsLine(event_id, each) for each in found if isinstance(each, Findings)
        )

    return Record("findings.jsonl", lines)


def write_chunk(folder: Path, fans: Iterable[ScoredFan], records: Sequence[Record]) -> None:
    """Write a chunk: a new folder with a file for each record, and the tally.

    Args:
        folder: is made.
        fans: taken as they come.
        records: what is kept of each.
    """
    folder.mkdir(mode=OWNER_ONLY_FOLDER)
    tally = ScoreTally()
    remaining = iter(fans)
    with ExitStack() as opened:
        files = [opened.enter_context(new_file(folder / each.name)) for each in records]
        while some := [*islice(remaining, FANS_AT_ONCE)]:
            for each in some:
                tally.count(each)
            for record, file in zip(records, files, strict=True):
                file.write("".join(record.lines(some)).encode())
    with new_file(folder / TALLY) as file:
        file.write(json.dumps(tally_document(tally)).encode())


def read_tally(chunk: Path) -> ScoreTally:
    """Read the tally of a chunk."""
    return tally_of((chunk / TALLY).read_text(encoding="ascii"))
