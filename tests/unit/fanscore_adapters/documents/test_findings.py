from __future__ import annotations

import json
from decimal import Decimal
from io import BytesIO

import attrs
import pytest

from fanscore_adapters.documents.findings import (
    DECIMAL_RULE,
    FindingsLine,
    findings_lines,
    read_findings,
)
from fanscore_adapters.documents.lines import MAX_LINE_BYTES
from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import RULE, EventId
from fanscore_core.signals import ARM, EVENT, MODEL, SIGNALS, Band, Missing, Signal, SignalPolicy

GOOD = {"origin": "NO_HISTORY", "signals": {}}

KNOWN = FindingsLine(
    EventId("evt456"),
    Findings(
        ScoreOrigin.ACCOUNT_SCORE,
        Decimal("61.5"),
        {ARM: Decimal(2), EVENT: Missing.UNAVAILABLE, MODEL: Decimal("-0.050")},
    ),
)
UNKNOWN = FindingsLine(None, Findings(ScoreOrigin.NO_HISTORY, None, {ARM: Missing.NO_SCORE}))

TEXT = (
    '{"event":"evt456","origin":"ACCOUNT_SCORE","raw":"61.5",'
    '"signals":{"arm":"2","event":"UNAVAILABLE","model":"-0.050"}}\n'
    '{"origin":"NO_HISTORY","signals":{"arm":"NO_SCORE"}}\n'
)


def read(text: str | bytes) -> list[FindingsLine]:
    """Read a whole file."""
    content = text.encode() if isinstance(text, str) else text
    return list(read_findings(BytesIO(content)))


def test_lines_are_read() -> None:
    """A line is one person's findings; numbers are exact, and what is left out was not asked."""
    known, unknown = read(TEXT)
    assert (known, unknown) == (KNOWN, UNKNOWN)
    assert str(known.findings.of(MODEL)) == "-0.050"
    assert unknown.findings.of(EVENT) is Missing.NOT_ASKED


def test_lines_are_written_as_they_are_read() -> None:
    """What is written is what is read, to the letter."""
    assert "".join(findings_lines([KNOWN, UNKNOWN])) == TEXT


@pytest.mark.parametrize("content", [f"\ufeff{TEXT}", TEXT.replace("\n", "\r\n"), TEXT[:-1]])
def test_ends_of_lines_and_the_byte_order_mark_do_not_matter(content: str) -> None:
    """A file may be of another system, and its last line may have no end."""
    assert read(content) == [KNOWN, UNKNOWN]


ARM_RULE = f"{DECIMAL_RULE}, or UNAVAILABLE or NOT_ASKED or NO_SCORE"

MISTAKES: tuple[tuple[object, str], ...] = (
    ([], "$: expected an object"),
    (None, "$: expected an object"),
    ({**GOOD, "fan": "user123"}, "$: unknown key 'fan'"),
    ({**GOOD, "\x1b[31m": 1}, "$: unknown key"),
    ({**GOOD, "event": None}, f"event: {RULE}"),
    ({**GOOD, "event": 456}, f"event: {RULE}"),
    ({**GOOD, "event": " x"}, f"event: {RULE}"),
    ({"signals": {}}, "origin: expected ACCOUNT_SCORE or IDENTITY_SCORE or NO_HISTORY"),
    ({**GOOD, "origin": "no_history"}, "origin: expected ACCOUNT_SCORE or IDENTITY_SCORE or "),
    ({**GOOD, "origin": ["NO_HISTORY"]}, "origin: expected ACCOUNT_SCORE or IDENTITY_SCORE or "),
    ({"origin": "NO_HISTORY"}, "signals: expected an object"),
    ({**GOOD, "signals": []}, "signals: expected an object"),
    ({**GOOD, "signals": {"vip": "1"}}, "signals: unknown key 'vip'"),
    ({**GOOD, "signals": {"arm": 2}}, f"signals.arm: {ARM_RULE}"),
    ({**GOOD, "signals": {"arm": None}}, f"signals.arm: {ARM_RULE}"),
    ({**GOOD, "signals": {"arm": "NO_VERDICT"}}, f"signals.arm: {ARM_RULE}"),
    ({**GOOD, "signals": {"arm": "2,5"}}, f"signals.arm: {ARM_RULE}"),
    ({**GOOD, "signals": {"arm": "2e5"}}, f"signals.arm: {ARM_RULE}"),
    ({**GOOD, "signals": {"arm": "NaN"}}, f"signals.arm: {ARM_RULE}"),
    ({**GOOD, "signals": {"arm": "\u0663"}}, f"signals.arm: {ARM_RULE}"),
    ({**GOOD, "signals": {"arm": "2\n"}}, f"signals.arm: {ARM_RULE}"),
    ({**GOOD, "signals": {"arm": "9" * 65}}, f"signals.arm: {ARM_RULE}"),
    ({**GOOD, "signals": {"arm": f"0.{'1' * 65}"}}, f"signals.arm: {ARM_RULE}"),
    ({**GOOD, "raw": "50"}, "raw: expected none with NO_HISTORY"),
    ({**GOOD, "raw": None}, f"raw: {DECIMAL_RULE}"),
    ({**GOOD, "origin": "ACCOUNT_SCORE"}, "raw: expected a number with ACCOUNT_SCORE"),
    ({**GOOD, "origin": "ACCOUNT_SCORE", "raw": 61.5}, f"raw: {DECIMAL_RULE}"),
    ({**GOOD, "origin": "ACCOUNT_SCORE", "raw": "-1"}, "raw: expected a number from 0 to 100"),
    ({**GOOD, "origin": "IDENTITY_SCORE", "raw": "100.01"}, "raw: expected a number from 0 to 100"),
)


@pytest.mark.parametrize(("document", "said"), MISTAKES, ids=str)
def test_a_mistake_is_named_by_line_and_path(document: object, said: str) -> None:
    """Whatever is wrong with a line, the error says in which line, and where in it."""
    with pytest.raises(InvalidInput) as refused:
        read(f"{TEXT}{json.dumps(document)}\n{TEXT}")
    assert str(refused.value).startswith(f"line 3: {said}")
    assert isinstance(refused.value, InvalidId) is said.startswith("event: ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"\n", "$: not JSON: "),
        (b"{", "$: not JSON: "),
        (b'{"origin":"NO_HISTORY","signals":{}} {}', "$: not JSON: "),
        (b'{"origin":"NO_HISTORY","origin":"NO_HISTORY","signals":{}}', "$: a key is repeated"),
        (b'{"origin":"NO_HISTORY","signals":{"arm":NaN}}', "$: NaN is not JSON"),
        (b"\xff", "$: not UTF-8"),
        (b"[" * 10_000, "$: nested too deep"),
        (b"9" * 5_000, "$: a number has too many digits"),
        (b" " * (MAX_LINE_BYTES + 1), "$: longer than 16384 bytes"),
        (b'{"a":"' + b"x" * 10**7, "$: longer than 16384 bytes"),
        ("\ufeff{}".encode(), "$: not JSON: "),
    ],
    ids=lambda text: repr(text[:40]),
)
def test_a_hostile_line_is_refused(line: bytes, said: str) -> None:
    """No line is read beyond its bound, and none does more than to be refused by its number."""
    with pytest.raises(InvalidInput) as refused:
        read(TEXT.encode() + line + b"\n")
    assert str(refused.value).startswith(f"line 3: {said}")


def test_lines_are_read_one_by_one() -> None:
    """What is before a mistake is handed over before the mistake is met: nothing is collected."""
    lines = read_findings(BytesIO(TEXT.encode() + b"nonsense"))
    assert [next(lines), next(lines)] == [KNOWN, UNKNOWN]
    with pytest.raises(InvalidInput):
        next(lines)


def test_own_signals() -> None:
    """A line may have the signals that it is read for, each missing in its own ways."""
    default = SignalPolicy(0, (Band(7, "VIP"),))
    own = Signal("vip", "Visits", "The guest list", (Missing.NO_VERDICT,), default)
    line = b'{"origin":"NO_HISTORY","signals":{"vip":"%s"}}'
    for text, found in (
        (b"3", Decimal(3)),
        (b"NO_VERDICT", Missing.NO_VERDICT),
        (b"NOT_ASKED", Missing.NOT_ASKED),
    ):
        (read_line,) = read_findings(BytesIO(line % text), [*SIGNALS, own])
        assert read_line.findings.of(own) == found
    asked = attrs.evolve(own, missing=(Missing.UNAVAILABLE,))
    with pytest.raises(InvalidInput, match="or UNAVAILABLE or NOT_ASKED"):
        list(read_findings(BytesIO(line % b"NO_VERDICT"), [asked]))
