from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO

import pytest

from fanscore_adapters.documents.counted_findings import BLOCK_BYTES, count_findings
from fanscore_adapters.documents.findings import read_findings
from fanscore_adapters.documents.lines import MAX_LINE_BYTES
from fanscore_core.errors import InvalidInput
from fanscore_core.finding_classes import FindingClass, shared_bands
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY

BANDS = shared_bands(DEFAULT_POLICY, DEFAULT_POLICY)
EVENT = EventId("evt456")

GOOD = b'{"event":"evt456","origin":"ACCOUNT_SCORE","raw":"61.5","signals":{"arm":"2","event":"UNAVAILABLE","model":"0.2"}}\n'  # noqa: E501  # a line
NEW = (
    b'{"event":"e","origin":"NO_HISTORY","signals":{"arm":"3","event":"1","model":"NO_VERDICT"}}\n'
)
SPACED = GOOD.replace(b":", b": ").replace(b",", b", ")
FEW = b'{"origin":"NO_HISTORY","signals":{"model":"0.9"}}\n'

FILES = {
    "alike": GOOD + NEW + GOOD,
    "spaced": SPACED * 2,
    "different": GOOD + SPACED + FEW + NEW,
    "fewer signals": FEW * 3,
    "no signals": b'{"origin":"NO_HISTORY","signals":{}}\n' * 2,
    "other order": GOOD.replace(b'"arm":"2",', b"").replace(b"0.2", b'0.2","arm":"2') * 2,
    "byte order mark": b"\xef\xbb\xbf" + GOOD + NEW,
    "second byte order mark": GOOD + b"\xef\xbb\xbf" + GOOD,
    "no end of line": GOOD + NEW.removesuffix(b"\n"),
    "carriage returns": (GOOD + NEW).replace(b"\n", b"\r\n"),
    "escapes": GOOD + GOOD.replace(b"evt456", b"evt\\u0034"),
    "many blocks": GOOD * (3 * BLOCK_BYTES // len(GOOD)),
    "empty": b"",
    "empty line": GOOD + b"\n" + GOOD,
    "value out of range": GOOD * 9 + GOOD.replace(b"61.5", b"100.1"),
    "unknown reason": GOOD + GOOD.replace(b"UNAVAILABLE", b"NO_VERDICT"),
    "exponent": GOOD + GOOD.replace(b'"2"', b'"2e1"'),
    "empty value": GOOD + GOOD.replace(b'"2"', b'""'),
    "raw of a newcomer": GOOD + GOOD.replace(b"ACCOUNT_SCORE", b"NO_HISTORY"),
    "no raw": GOOD + GOOD.replace(b'"raw":"61.5",', b""),
    "unknown origin": GOOD + GOOD.replace(b"ACCOUNT_SCORE", b"NOWHERE"),
    "unknown signal": GOOD.replace(b"model", b"mode1") * 2,
    "key twice": GOOD + GOOD.replace(b'"event":"UNAVAILABLE"', b'"arm":"2"'),
    "first key twice": GOOD.replace(b'"event":"UNAVAILABLE"', b'"arm":"2"') * 2,
    "no id": GOOD + GOOD.replace(b"evt456", b" x"),
    "control character": GOOD + GOOD.replace(b"evt456", b"a\x01"),
    "no UTF-8": GOOD + GOOD.replace(b"evt456", b"\xff"),
    "line in two": GOOD + GOOD.replace(b"UNAVAIL", b"UNAVAIL\n"),
    "two in a line": GOOD.removesuffix(b"\n") + GOOD,
    "long line": GOOD + b" " * MAX_LINE_BYTES + GOOD,
    "endless line": GOOD + b'{"' + b"a" * (2 * BLOCK_BYTES),
    "late mistake": GOOD * (2 * BLOCK_BYTES // len(GOOD)) + FEW + b"nonsense\n" + GOOD,
}


def one_by_one(content: bytes, event: EventId | None) -> Mapping[FindingClass, int]:
    """Count each line by itself."""
    lines = read_findings(BytesIO(content))
    return BANDS.count(each.findings for each in lines if event is None or each.event == event)


def in_blocks(content: bytes, event: EventId | None) -> Mapping[FindingClass, int]:
    """Count as it is tested here."""
    return count_findings(BytesIO(content), BANDS, event)


def counted(
    count: Callable[[bytes, EventId | None], Mapping[FindingClass, int]],
    content: bytes,
    event: EventId | None,
) -> Mapping[FindingClass, int] | tuple[str, str, str]:
    """Return what is counted, or the mistake: its type, where it is and what is wrong."""
    try:
        return count(content, event)
    except InvalidInput as error:
        return type(error).__name__, error.where, error.problem


@pytest.mark.parametrize("event", [None, EVENT, EventId("other")])
@pytest.mark.parametrize("name", FILES)
def test_blocks_are_counted_as_lines_are(name: str, event: EventId | None) -> None:
    """Whatever is in a file, blocks give the same classes as lines, or name the same mistake."""
    content = FILES[name]
    assert counted(in_blocks, content, event) == counted(one_by_one, content, event)
