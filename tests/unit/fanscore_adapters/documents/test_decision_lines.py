from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from io import BytesIO

import pytest

from fanscore_adapters.documents.decision_lines import (
    LineCounts,
    parse_decision_line,
    read_decision_lines,
)
from fanscore_core.decision_line import DecisionLine
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import RULE
from fanscore_core.receipt import HASH_RULE
from tests.receipt_samples import error_receipt, log_line, receipts

ONE, TWO = (log_line(each) for each in receipts(2))
FAILED = log_line(error_receipt(2))

OTHERS = (
    '{"function": "resolver", "name": "VFApi.accountFanscore", "_aws": {}}',
    "START RequestId: 8f5c Version: $LATEST",
    "REPORT RequestId: 8f5c {Duration: 3 ms}",
)


def read(content: bytes | str) -> tuple[list[DecisionLine], LineCounts]:
    """Read a whole file, and what is counted of it."""
    counts = LineCounts()
    written = content.encode() if isinstance(content, str) else content
    return list(read_decision_lines(BytesIO(written), counts)), counts


def envelope(*messages: str) -> str:
    """Write what CloudWatch Logs hands to a subscription."""
    events = [{"id": str(n), "timestamp": n, "message": each} for n, each in enumerate(messages)]
    return json.dumps({"messageType": "DATA_MESSAGE", "owner": "1", "logEvents": events})


def test_our_lines_are_found_among_others() -> None:
    """Others are passed over and counted; empty lines are nothing."""
    content = "\n".join([OTHERS[0], ONE.text, "", *OTHERS[1:], FAILED.text])
    assert read(content) == ([ONE, FAILED], LineCounts(decisions=2, others=3))
    assert read("") == ([], LineCounts())


def test_a_time_may_stand_before_a_line() -> None:
    """So it is where a log is printed by a command of AWS."""
    content = f"2026-11-28T20:31:00 2026/11/28/[$LATEST]8f5c {ONE.text}\r\n"
    assert read(content) == ([ONE], LineCounts(decisions=1))


def test_log_events_are_read() -> None:
    """Of what CloudWatch Logs hands to Firehose, the messages count, wherever a line ends."""
    content = envelope(OTHERS[0], f"{ONE.text}\n") + envelope(TWO.text, *OTHERS[1:])
    expected = ([ONE, TWO, FAILED], LineCounts(decisions=3, others=3))
    assert read(f"{content}\n{envelope(FAILED.text)}") == expected
    assert read(envelope("fanscore_decision is a member")) == ([], LineCounts())
    odd = json.dumps(
        {"logEvents": [None, {"message": 1}, {"message": "{}"}], "fanscore_decision": 1}
    )
    assert read(odd) == ([], LineCounts(others=3))


def test_what_only_mentions_our_lines_is_of_another_kind() -> None:
    """An object that has the name as a value is not one of ours."""
    content = '{"message": "fanscore_decision"}'
    assert read(content) == ([], LineCounts(others=1))
    assert read(envelope(content)) == ([], LineCounts(others=1))


def test_the_longest_line_is_read() -> None:
    """A line of 64 MiB is read, one of a byte more is not: memory is bounded."""
    longest = b" " * (64 * 1024 * 1024 - len(ONE.text)) + ONE.text.encode()
    assert read(longest) == ([ONE], LineCounts(decisions=1))
    with pytest.raises(InvalidInput) as error:
        read(b" " + longest)
    assert str(error.value) == f"line 1: $: longer than {64 * 1024 * 1024} bytes"


def test_compressed_files_are_read() -> None:
    """Firehose compresses by gzip, one part after the other."""
    content = gzip.compress(f"{ONE.text}\n".encode()) + gzip.compress(TWO.text.encode())
    assert read(content) == ([ONE, TWO], LineCounts(decisions=2))


@pytest.mark.parametrize("cut", [1, 9, 40])
def test_a_broken_compression_is_named(cut: int) -> None:
    """A compressed file that ends too early is not read as a shorter one."""
    packed = gzip.compress("\n".join([ONE.text] * 9).encode())
    with pytest.raises(InvalidInput, match="compression"):
        read(packed[:-cut])
    with pytest.raises(InvalidInput, match="compression"):
        read(packed[:20] + b"\xff" * 9 + packed[29:])


def test_the_file_stays_open() -> None:
    """It is not the reader's to close."""
    file = BytesIO(ONE.text.encode())
    assert list(read_decision_lines(file)) == [ONE]
    assert not file.closed


def changed(changes: Mapping[str, object]) -> str:
    """Write a line with members changed; `...` leaves one out."""
    document = {**json.loads(ONE.text), **changes}
    return json.dumps({name: value for name, value in document.items() if value is not ...})


MISTAKES: tuple[tuple[Mapping[str, object], str], ...] = (
    ({"fanscore_decision": 2}, "fanscore_decision: expected 1, the format that this version reads"),
    ({"fanscore_decision": True}, "fanscore_decision: expected 1, the format that this version "),
    ({"leaf": ...}, "leaf: required"),
    ({"fan": "user123"}, "$: unknown key 'fan'"),
    ({"leaf": "x"}, f"leaf: {HASH_RULE}"),
    ({"event": ""}, f"event: {RULE}"),
    ({"hour": "20"}, "hour: expected an hour in UTC"),
    ({"hour": "2026-02-29T20Z"}, "hour: expected an hour in UTC"),
    ({"policy": None}, f"policy: {HASH_RULE}"),
    ({"code": ""}, "code: expected text"),
    ({"origin": 1}, "origin: expected ACCOUNT_SCORE or "),
    ({"raw": 1.0}, "raw: expected an integer"),
    ({"bands": []}, "bands: expected an object"),
    ({"bands": {"arm": "x"}}, "bands.arm: expected an index from 0, or NOT_ASKED or "),
    ({"score": 2**53}, "score: expected an integer between "),
    ({"codes": "A"}, "codes: expected an array"),
    ({"degraded": None}, "degraded: expected an array"),
    ({"error": 1}, "error: expected text"),
    ({"shadow": "1"}, "shadow: expected an integer"),
)


@pytest.mark.parametrize(("changes", "refused"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_named_by_line_and_path(changes: Mapping[str, object], refused: str) -> None:
    """A line that is ours must be right; the mistake is named."""
    with pytest.raises(InvalidInput) as error:
        parse_decision_line(changed(changes))
    assert str(error.value).startswith(refused)
    with pytest.raises(InvalidInput) as error:
        read(f"{TWO.text}\n{changed(changes)}")
    assert str(error.value).startswith(f"line 2: {refused}")


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        (ONE.text[:-1].encode(), "line 1: $: not JSON"),
        (b'{"fanscore_decision":' + b"[" * 100_000, "line 1: $: nested too deep"),
        (ONE.text.replace('"raw":', '"raw":1,"raw":').encode(), "line 1: $: a key is repeated"),
        (ONE.text.encode() + b"{\xff", "line 1: $: not UTF-8"),
    ],
    ids=["cut", "deep", "repeated", "bytes"],
)
def test_what_only_looks_like_a_line_is_refused(line: bytes, refused: str) -> None:
    """A line of ours that was cut or changed is not passed over as another."""
    with pytest.raises(InvalidInput) as error:
        read(line)
    assert str(error.value).startswith(refused)
