"""Findings as lines of JSON, without ids of people (docs/reference/policy-diff.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import BinaryIO

import attrs

from fanscore_adapters.documents.json_text import json_text, parse_json
from fanscore_adapters.documents.lines import parsed_lines
from fanscore_adapters.documents.members import members_of, names_of
from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.findings import MAX_STORED_SCORE, Finding, Findings, ScoreOrigin
from fanscore_core.ids import RULE, EventId, is_id
from fanscore_core.receipt import MAX_DIGITS
from fanscore_core.signals import SIGNALS, Missing, Signal

DECIMAL_RULE = 'expected a decimal number in a string, such as "61.5"'

_MEMBERS = names_of("event", "origin", "raw", "signals")
_KEPT_VALUES = 16 * 1024  # so that values which many people have are read once

_is_decimal = re.compile(
    rf"-?[0-9]{{1,{MAX_DIGITS}}}(?:\.[0-9]{{1,{MAX_DIGITS}}})?", re.ASCII
).fullmatch


@attrs.frozen
class FindingsLine:
    """A line of a findings file: what was known of one person.

    Attributes:
        event: for which the score was asked; ``None`` without one.
        findings: what was known.
    """

    event: EventId | None
    findings: Findings


def read_findings(
    file: BinaryIO, signals: Sequence[Signal] = SIGNALS, first: int = 1
) -> Iterator[FindingsLine]:
    """Read a findings file line by line, in bounded memory.

    Args:
        file: UTF-8, one JSON object a line; a byte order mark is passed over.
        signals: that a line may have.
        first: the number of the first line, where the file goes on with another.

    Raises:
        InvalidInput: a line is not valid (``InvalidId`` if that is its event); names the number of
            the line and the path of the first mistake.
        OSError: the file cannot be read.
    """
    by_name = {signal.name: signal for signal in signals}
    yield from parsed_lines(file, lambda text: _line(text, by_name), first)


def findings_lines(lines: Iterable[FindingsLine]) -> Iterator[str]:
    """Write findings as the lines that ``read_findings`` reads, each with its end."""
    for line in lines:
        event = {} if line.event is None else {"event": line.event}
        yield json_text({**event, **findings_document(line.findings)}) + "\n"


def findings_document(found: Findings) -> Mapping[str, object]:
    """Write findings as the document of a line; each number as text in plain digits."""
    raw = {} if found.raw is None else {"raw": f"{found.raw:f}"}
    signals = {signal.name: _finding_text(each) for signal, each in found.signals.items()}
    return {"origin": found.origin.name, **raw, "signals": signals}


def _finding_text(finding: Finding) -> str:
    return finding.name if isinstance(finding, Missing) else f"{finding:f}"


def _line(text: str, by_name: Mapping[str, Signal]) -> FindingsLine:
    document = members_of("$", parse_json(text), _MEMBERS, is_all=False)
    event = document.get("event")
    if "event" in document and not is_id(event):
        raise InvalidId("event", RULE)
    origin = document.get("origin")
    if type(origin) is not str or origin not in ScoreOrigin.__members__:
        raise InvalidInput("origin", f"expected {' or '.join(ScoreOrigin.__members__)}")
    signals = members_of("signals", document.get("signals"), by_name.keys(), is_all=False)
    found = {by_name[name]: _finding(by_name[name], given) for name, given in signals.items()}
    findings = Findings(ScoreOrigin[origin], _raw(document), found)
    return FindingsLine(event, findings)


def _raw(document: Mapping[str, object]) -> Decimal | None:
    if "raw" not in document:
        return None
    raw = document["raw"]
    if type(raw) is not str or not _is_decimal(raw):
        raise InvalidInput("raw", DECIMAL_RULE)
    number = Decimal(raw)
    if not 0 <= number <= MAX_STORED_SCORE:
        raise InvalidInput("raw", f"expected a number from 0 to {MAX_STORED_SCORE}")
    return number


def _finding(signal: Signal, given: object) -> Finding:
    ways = ways_to_be_missing(signal)
    found = _finding_of(ways, given) if type(given) is str else None
    if found is None:
        names = " or ".join(each.name for each in ways)
        raise InvalidInput(f"signals.{signal.name}", f"{DECIMAL_RULE}, or {names}")
    return found


@lru_cache(_KEPT_VALUES)
def _finding_of(ways: Sequence[Missing], text: str) -> Finding | None:
    if _is_decimal(text):
        return Decimal(text)
    return next((each for each in ways if each.name == text), None)


def ways_to_be_missing(signal: Signal) -> Sequence[Missing]:
    """Return how a signal can be missing. Whatever the signal, it may not have been looked for."""
    return tuple(dict.fromkeys((*signal.missing, Missing.NOT_ASKED)))
