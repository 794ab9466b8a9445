"""Log lines of decisions, found among whatever else a log has (docs/reference/receipts.md)."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import attrs

from fanscore_adapters.documents.json_text import parse_json, parse_json_at
from fanscore_adapters.documents.members import members_of, names_of
from fanscore_core.decision_line import FORMAT, MARK, MEMBERS, DecisionLine
from fanscore_core.errors import InvalidInput

MAX_LINE_BYTES = 64 * 1024 * 1024
"""The longest line of a log that is read. Firehose may write many records without any line end."""

_MEMBERS = names_of(MARK, *MEMBERS)
_ATTRIBUTES = {
    "event_id": "event",
    "policy_digest": "policy",
    "code_version": "code",
    "shadow_score": "shadow",
}
_GZIP = b"\x1f\x8b"


@attrs.define
class LineCounts:
    """What was found in a log.

    Attributes:
        decisions: log lines of decisions.
        others: lines, or log events, of another kind.
    """

    decisions: int = 0
    others: int = 0


def parse_decision_line(text: str) -> DecisionLine:
    """Read the log line of a decision.

    Args:
        text: its document; the spelling does not matter.

    Raises:
        InvalidInput: it is not such a line (``InvalidId`` if its event is not valid); names the
            path of the mistake.
    """
    return _decision_line(parse_json(text))


def read_decision_lines(file: BinaryIO, counts: LineCounts | None = None) -> Iterator[DecisionLine]:
    """Read the log lines of decisions in a file, and pass over all else.

    Args:
        file: our lines as they were written, among others; or what CloudWatch Logs hands to
            Firehose, with our lines as messages of log events. UTF-8, plain or compressed (gzip).
        counts: what is found is counted there.

    Raises:
        InvalidInput: a line that is ours is not valid, or the compression is broken; names the
            number of the line and the path.
        OSError: the file cannot be read.
    """
    counted = LineCounts() if counts is None else counts
    number = 0
    with _unpacked(file) as unpacked:
        while line := unpacked.readline(MAX_LINE_BYTES + 1):
            number += 1
            try:
                yield from _of_line(line, counted)
            except InvalidInput as error:
                raise attrs.evolve(error, where=f"line {number}: {error.where}") from None


@contextmanager
def _unpacked(file: BinaryIO) -> Iterator[BinaryIO]:
    buffered = io.BufferedReader(cast("io.RawIOBase", file))
    try:
        if buffered.peek(len(_GZIP)).startswith(_GZIP):
            yield cast("BinaryIO", gzip.GzipFile(fileobj=buffered))
        else:
            yield buffered
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidInput("$", "its compression (gzip) is broken, or ends too early") from error
    finally:
        buffered.detach()  # the file is not ours to close


def _of_line(line: bytes, counts: LineCounts) -> Iterator[DecisionLine]:
    if len(line) > MAX_LINE_BYTES:
        raise InvalidInput("$", f"longer than {MAX_LINE_BYTES} bytes")
    if MARK.encode() not in line:
        counts.others += bool(line.strip())
        return
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise InvalidInput("$", "not UTF-8") from None
    yield from _of_text(text, counts)


def _of_text(text: str, counts: LineCounts) -> Iterator[DecisionLine]:
    """Read the JSON objects of a line, which need have nothing between them, or before them."""
    at = text.find("{")
    while at >= 0:
        document, end = parse_json_at(text, at)
        match document:
            case {"logEvents": [*events]}:
                for each in events:
                    yield from _of_log_event(each, counts)
            case {"fanscore_decision": _}:
                counts.decisions += 1
                yield _decision_line(document)
            case _:
                counts.others += 1
        at = text.find("{", end)


def _of_log_event(event: object, counts: LineCounts) -> Iterator[DecisionLine]:
    match event:
        case {"message": str(message)} if MARK in message:
            yield from _of_text(message, counts)
        case _:
            counts.others += 1


def _decision_line(document: object) -> DecisionLine:
    given = members_of("$", document, _MEMBERS)
    if given[MARK] != FORMAT or type(given[MARK]) is not int:
        raise InvalidInput(MARK, f"expected {FORMAT}, the format that this version reads")
    for name, kind in (("bands", dict), ("codes", list), ("degraded", list)):
        if type(given[name]) is not kind:
            raise InvalidInput(name, f"expected an {'object' if kind is dict else 'array'}")
    try:
        return DecisionLine(
            given["leaf"],
            given["event"],
            given["hour"],
            given["policy"],
            given["code"],
            given["origin"],
            given["raw"],
            given["bands"],
            given["score"],
            tuple(given["codes"]),
            tuple(given["degraded"]),
            given["error"],
            given["shadow"],
        )
    except InvalidInput as error:
        where = _ATTRIBUTES.get(error.where, error.where)
        raise attrs.evolve(error, where=where) from None
