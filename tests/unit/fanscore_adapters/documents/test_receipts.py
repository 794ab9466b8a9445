from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from io import BytesIO

import attrs
import pytest

from fanscore_adapters.documents.receipts import (
    MAX_BYTES,
    NO_LINE,
    NOT_CANONICAL,
    NUMBER_RULE,
    OTHER_LEAF,
    TIME_RULE,
    parse_receipt,
    read_receipts,
    receipt_line,
    starts_receipts,
    usual_receipt,
)
from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import RULE, GlobalUserId
from fanscore_core.jcs import jcs_text
from fanscore_core.merkle import leaf_hash
from fanscore_core.receipt import HASH_RULE, Receipt, ShadowDecision
from fanscore_core.scalars import TEXT_RULE
from fanscore_core.signals import (
    ARM,
    EVENT,
    INTEGER_RULE,
    SIGNALS,
    Band,
    Missing,
    Signal,
    SignalPolicy,
)
from tests.receipt_samples import error_receipt, receipt, receipts, receipts_file

FOUND = Findings(
    ScoreOrigin.ACCOUNT_SCORE, Decimal("74.6"), {ARM: Decimal(2), EVENT: Missing.UNAVAILABLE}
)
MADE = attrs.evolve(receipt(1, FOUND), shadow=ShadowDecision("kind", "ab" * 32, 90))
TEXT = MADE.canonical_bytes.decode()

LOYALTY = Signal(
    "loyalty", "Years", "Loyalty", (Missing.UNAVAILABLE,), SignalPolicy(0, (Band(1, "LOYAL"),))
)


def changed(changes: Mapping[str, object]) -> str:
    """Write the document with parts changed, by path; `...` leaves a part out."""
    document = json.loads(TEXT)
    for path, value in changes.items():
        *above, name = path.split(".")
        part = document
        for each in above:
            part = part[int(each) if each.isdigit() else each]
        if value is ...:
            del part[name]
        else:
            part[name] = value
    try:
        return jcs_text(document)
    except InvalidInput:
        return json.dumps(document)


def test_a_receipt_is_read() -> None:
    """What is read is what was written, of a decision and of an error."""
    assert parse_receipt(TEXT) == MADE
    failed = error_receipt(2)
    assert parse_receipt(failed.canonical_bytes.decode()) == failed


def test_signals_of_an_api_of_ones_own_are_read() -> None:
    """The findings may have the signals that the API has, and no others."""
    own = receipt(1, Findings(ScoreOrigin.NO_HISTORY, None, {LOYALTY: Decimal(7)}))
    text = own.canonical_bytes.decode()
    assert parse_receipt(text, (*SIGNALS, LOYALTY)) == own
    with pytest.raises(InvalidInput) as error:
        parse_receipt(text)
    assert str(error.value) == "findings.signals: unknown key 'loyalty'"


ORIGINS = "expected ACCOUNT_SCORE or IDENTITY_SCORE or NO_HISTORY"
MISTAKES: tuple[tuple[Mapping[str, object], str], ...] = (
    ({"v": 2}, "v: expected 1, the format that this version reads"),
    ({"v": True}, "v: expected 1, the format that this version reads"),
    ({"v": ...}, "v: required"),
    ({"extra": 1}, "$: unknown key 'extra'"),
    ({"globalUserId": ""}, f"globalUserId: {RULE}"),
    ({"globalUserId": None}, f"globalUserId: {RULE}"),
    ({"eventId": 456}, f"eventId: {RULE}"),
    ({"decidedAt": "2026-11-28T20:31:00Z"}, f"decidedAt: {TIME_RULE}"),
    ({"decidedAt": "2026-11-28T20:31:00.000000+00:00"}, f"decidedAt: {TIME_RULE}"),
    ({"decidedAt": "2026-11-28T24:00:00.000000Z"}, f"decidedAt: {TIME_RULE}"),
    ({"decidedAt": "2026-02-30T20:31:00.000000Z"}, f"decidedAt: {TIME_RULE}"),
    ({"decidedAt": 1}, f"decidedAt: {TIME_RULE}"),
    ({"policyVersion": ""}, f"policyVersion: {TEXT_RULE}"),
    ({"policyDigest": "AB" * 32}, f"policyDigest: {HASH_RULE}"),
    ({"codeVersion": None}, f"codeVersion: {TEXT_RULE}"),
    ({"nonce": "ab" * 15}, "nonce: expected 32 hexadecimal digits in lower case"),
    ({"nonce": "AB" * 16}, "nonce: expected 32 hexadecimal digits in lower case"),
    ({"nonce": None}, "nonce: expected 32 hexadecimal digits in lower case"),
    ({"findings": []}, "findings: expected an object"),
    ({"findings": None}, "findings: expected them with a decision, and with no error"),
    ({"findings.origin": "ARM"}, f"findings.origin: {ORIGINS}"),
    ({"findings.origin": ["ACCOUNT_SCORE"]}, f"findings.origin: {ORIGINS}"),
    ({"findings.raw": None}, "findings.raw: expected a number with ACCOUNT_SCORE"),
    ({"findings.raw": 74.6}, f"findings.raw: {NUMBER_RULE}"),
    ({"findings.raw": "UNAVAILABLE"}, f"findings.raw: {NUMBER_RULE}"),
    ({"findings.signals": None}, "findings.signals: expected an object"),
    ({"findings.signals.own": "1"}, "findings.signals: unknown key 'own'"),
    *(
        ({"findings.signals.arm": text}, f"findings.signals.arm: {NUMBER_RULE}")
        for text in (
            "",
            "-",
            "-0",
            "0.0",
            "2.0",
            "02",
            "+2",
            "2.",
            ".2",
            "1e1",
            "00.1",
            " 2",
            "2\n",
            "٢",
            "missing",
            "1" * 65,
            "0." + "1" * 65,
            2,
            None,
        )
    ),
    ({"findings.raw": "-1"}, "findings.raw: expected a number from 0 to 100"),
    ({"findings.raw": "9" * 64}, "findings.raw: expected a number from 0 to 100"),
    ({"decision": []}, "decision: expected an object"),
    ({"decision": None}, "decision: expected a decision or an error"),
    ({"decision.score": ...}, "decision.score: required"),
    ({"decision.score": 79}, "decision.reasons: expected points that sum to the score"),
    ({"decision.score": "80"}, "decision.score: expected an integer"),
    ({"decision.rawScore": 2**53}, f"decision.rawScore: {INTEGER_RULE}"),
    ({"decision.reasons": {}}, "decision.reasons: expected an array"),
    ({"decision.reasons": [None]}, "decision.reasons[0]: expected an object"),
    ({"decision.reasons": [{"code": "A"}]}, "decision.reasons[0].points: required"),
    (
        {"decision.reasons": [{"code": None, "points": 80}]},
        "decision.reasons[0].code: expected a string",
    ),
    (
        {"decision.reasons": [{"code": "A", "points": "80"}]},
        f"decision.reasons[0].points: {INTEGER_RULE}",
    ),
    ({"decision.degraded": "event"}, "decision.degraded: expected an array of strings"),
    ({"decision.degraded": [1]}, "decision.degraded: expected an array of strings"),
    ({"error": "UNAVAILABLE"}, "decision: expected a decision or an error"),
    ({"shadow": 90}, "shadow: expected an object"),
    (
        {"decision.reasons": [{"code": "ACCOUNT_SCORE", "points": True}]},
        f"decision.reasons[0].points: {INTEGER_RULE}",
    ),
    ({"shadow.score": 90.5}, "shadow.score: expected an integer"),
    ({"shadow.policyDigest": "x"}, f"shadow.policyDigest: {HASH_RULE}"),
    ({"shadow.more": 1}, "shadow: unknown key 'more'"),
)


@pytest.mark.parametrize(("changes", "refused"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_named_by_its_path(changes: Mapping[str, object], refused: str) -> None:
    """The first mistake is named by where it stands in the document."""
    with pytest.raises(InvalidInput) as error:
        parse_receipt(changed(changes))
    assert str(error.value) == refused
    assert isinstance(error.value, InvalidId) == refused.endswith(RULE)


def places(document: object) -> Iterator[str]:
    """Yield the JSON of each member in a document, with its name before it."""
    match document:
        case dict():
            for name, value in document.items():
                yield f'"{name}":{jcs_text(value)}'
                yield from places(value)
        case list():
            for value in document:
                yield from places(value)
        case _:
            pass


@pytest.mark.parametrize("value", ["[]", "[[]]", '[{"a":1}]', "{}", '{"a":[]}', "true", "1", '"1"'])
def test_whatever_stands_for_a_value_breaks_nothing(value: str) -> None:
    """What is read is a receipt of that very text, or refused by where the mistake is."""
    for place in places(json.loads(TEXT)):
        name, _, before = place.partition(":")
        text = TEXT.replace(place, f"{name}:{value}")
        assert (text == TEXT) is (value == before)
        try:
            assert parse_receipt(text).canonical_bytes.decode() == text
        except InvalidInput as error:
            assert error.where  # noqa: PT017  # a few of them are receipts


LONG = ("9" * 64 + "." + "9" * 64, "-" + "9" * 64, "0." + "0" * 63 + "1", "10", "-0.5", "0")


@pytest.mark.parametrize("number", LONG, ids=range(len(LONG)))
def test_long_decimals_are_exact(number: str) -> None:
    """A finding keeps each of its digits."""
    read = parse_receipt(changed({"findings.signals.arm": number}))
    assert read.findings is not None
    assert f"{read.findings.of(ARM):f}" == number


OTHERWISE = (
    f" {TEXT}",
    f"{TEXT}\n",
    TEXT.replace('":', '": '),
    TEXT.replace('"v":1}', '"v":1,"v":1}'),
    TEXT.replace("fan1", "\\u0066an1"),
    json.dumps(dict(reversed(json.loads(TEXT).items())), separators=(",", ":")),
)


@pytest.mark.parametrize("text", OTHERWISE, ids=range(len(OTHERWISE)))
def test_another_spelling_is_refused(text: str) -> None:
    """A receipt that says the same in other bytes has another leaf, and is refused."""
    with pytest.raises(InvalidInput) as error:
        parse_receipt(text)
    assert str(error.value) == f"$: {NOT_CANONICAL}"


BY_NAME = {signal.name: signal for signal in SIGNALS}
NEWCOMER = receipt(2, Findings(ScoreOrigin.NO_HISTORY, None, {}))
USUAL = (
    *receipts(20),
    MADE,
    NEWCOMER,
    attrs.evolve(NEWCOMER, event_id=None, global_user_id=GlobalUserId("Zoë {1}, [2]")),
)


@pytest.mark.parametrize("made", USUAL, ids=range(len(USUAL)))
def test_usual_receipts_are_read_at_once(made: Receipt) -> None:
    """The receipt of a decision is read without a parser of JSON, and is the same."""
    assert usual_receipt(made.canonical_bytes.decode(), BY_NAME) == made


UNUSUAL = (
    "",
    "{}",
    *(text for text in OTHERWISE if text),
    *(changed(changes) for changes, _ in MISTAKES),
    TEXT.replace("20:31:00", "24:31:00"),
    TEXT.replace('"degraded":["event"]', '"degraded":[event]'),
    TEXT.replace('"score":80}', '"score":true}'),
    TEXT.replace('"signals":{', '"signals":{,'),
    TEXT.replace("fan1", "fan\n1"),
    error_receipt(2).canonical_bytes.decode(),
    attrs.evolve(MADE, code_version='a "b"').canonical_bytes.decode(),
)


@pytest.mark.parametrize("text", UNUSUAL, ids=range(len(UNUSUAL)))
def test_all_else_is_left_to_a_parser(text: str) -> None:
    """What is no receipt, spelled otherwise or out of the usual is not read at once."""
    assert text != TEXT
    assert usual_receipt(text, BY_NAME) is None


def test_signals_that_are_not_known_are_left_to_a_parser() -> None:
    """A signal that the API does not have has no finding."""
    assert usual_receipt(TEXT, {"arm": ARM}) is None


def test_what_is_no_json_is_refused() -> None:
    """So are other things than objects, and half characters."""
    for text, problem in (
        ("", "$: not JSON: "),
        ("[]", "$: expected an object"),
        (TEXT[:-1], "$: not JSON: "),
        (TEXT.replace("kind", "\\ud800"), "shadow.policyVersion: "),
        ("[" * 100_000, "$: nested too deep"),
    ):
        with pytest.raises(InvalidInput) as error:
            parse_receipt(text)
        assert str(error.value).startswith(problem)


def read(content: bytes) -> list[Receipt]:
    """Read a whole file."""
    return list(read_receipts(BytesIO(content)))


def test_a_file_is_a_line_for_each() -> None:
    """A file is read as it was written; nothing is in no file."""
    kept = [*receipts(3), error_receipt(3)]
    assert read(receipts_file(*kept)) == kept
    assert read(b"") == []
    assert receipt_line(MADE) == f'{{"leaf":"{MADE.leaf}","receipt":{TEXT}}}\n'
    assert starts_receipts(receipts_file(MADE))


def framed(content: bytes) -> bytes:
    """Make a line whose leaf is right, whatever is in it."""
    return b'{"leaf":"%s","receipt":%s}\n' % (leaf_hash(content).hex().encode(), content)


GOOD = receipts_file(MADE)
FILE_MISTAKES: tuple[tuple[bytes, str], ...] = (
    (GOOD + b"\n", f"line 2: $: {NO_LINE}"),
    (b"\xef\xbb\xbf" + GOOD, f"line 1: $: {NO_LINE}"),
    (GOOD.replace(b"\n", b"\r\n"), f"line 1: receipt {MADE.leaf}: $: {NO_LINE}"),
    (GOOD[:-1], f"line 1: receipt {MADE.leaf}: $: {NO_LINE}"),
    (GOOD + GOOD.replace(b"fan1", b"fan2"), f"line 2: receipt {MADE.leaf}: leaf: {OTHER_LEAF}"),
    (GOOD.replace(b'{"leaf":"', b'{"leaf":"0'), f"line 1: receipt 0{MADE.leaf[:-1]}: $: {NO_LINE}"),
    (GOOD.replace(b'"leaf"', b'"Leaf"'), f"line 1: $: {NO_LINE}"),
    (GOOD.replace(MADE.leaf.encode(), MADE.leaf.upper().encode()), f"line 1: leaf: {OTHER_LEAF}"),
    (framed(b"{}"), f"line 1: receipt {leaf_hash(b'{}').hex()}: v: required"),
    (framed(b"\xff"), f"line 1: receipt {leaf_hash(bytes([255])).hex()}: $: not UTF-8"),
    (b" " * (MAX_BYTES + 1), f"line 1: $: longer than {MAX_BYTES} bytes"),
    (b'{"fanscore_recording": 1}\n', f"line 1: $: {NO_LINE}"),
)


@pytest.mark.parametrize(("content", "refused"), FILE_MISTAKES, ids=range(len(FILE_MISTAKES)))
def test_a_mistake_in_a_file_is_named_by_its_line(content: bytes, refused: str) -> None:
    """The first mistake is named by line, by the receipt that stands there, and by its path."""
    with pytest.raises(InvalidInput) as error:
        read(content)
    assert str(error.value) == refused


def test_a_file_is_read_as_it_is_asked() -> None:
    """The lines before a mistake are handed on, and no more of the file is read than that."""
    lines = read_receipts(BytesIO(GOOD + b"x"))
    assert next(lines) == MADE
    with pytest.raises(InvalidInput):
        next(lines)


def test_what_is_expected_is_said_in_words() -> None:
    """Whoever holds a file that is refused learns what was expected of it."""
    assert NO_LINE == (
        'expected {"leaf":"…","receipt":{…}}, to the letter as it was written, and a line end'
    )
    assert OTHER_LEAF == "not the hash of the receipt beside it: one of the two was changed"
    assert NOT_CANONICAL == "not in canonical form (RFC 8785), or with members that come twice"
    assert NUMBER_RULE == "expected a number in plain digits without needless zeros, in a string"
    assert TIME_RULE == (
        "expected a time in UTC, to the microsecond, such as 2026-11-28T20:00:00.000000Z"
    )
    assert MAX_BYTES == 65_536


def test_the_longest_line_is_read() -> None:
    """A line of just so many bytes is read, one of a byte more is not."""
    version = "v" * (MAX_BYTES - len(GOOD) + len(MADE.policy_version))
    longest = attrs.evolve(MADE, policy_version=version)
    assert len(receipts_file(longest)) == MAX_BYTES
    assert read(receipts_file(longest, MADE)) == [longest, MADE]
    too_long = attrs.evolve(longest, policy_version=f"{version}v")
    with pytest.raises(InvalidInput) as error:
        receipt_line(too_long)
    assert str(error.value) == f"$: longer than {MAX_BYTES} bytes"
    with pytest.raises(InvalidInput) as error:
        read(GOOD + framed(too_long.canonical_bytes))
    where = f"line 2: receipt {too_long.leaf}"
    assert str(error.value) == f"{where}: $: longer than {MAX_BYTES} bytes"
