"""Laws of receipts, replaying and sealing (docs/reference/receipts.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from typing import cast

import attrs
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.documents.decision_lines import parse_decision_line, read_decision_lines
from fanscore_adapters.documents.receipts import parse_receipt, read_receipts, usual_receipt
from fanscore_adapters.documents.sealing import parse_head, parse_proof
from fanscore_core.decision_line import DecisionLine, decision_line, decision_line_text
from fanscore_core.engine.question import Question
from fanscore_core.engine.rounds import run
from fanscore_core.engine.stubs import Answers
from fanscore_core.errors import InvalidInput
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import EventId, GlobalUserId, is_id
from fanscore_core.jcs import MAX_INTEGER
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, account_fanscore
from fanscore_core.pipelines.receipts import receipt_of
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_book import PolicyBook
from fanscore_core.receipt import NONCE_BYTES, Receipt, ShadowDecision, decide_again
from fanscore_core.receipt_replay import replay_receipts, would_have_been
from fanscore_core.scalars import is_text
from fanscore_core.sealing import seal
from fanscore_core.signals import SIGNALS, Missing
from tests.property.test_decision_laws import calls, worlds
from tests.property.test_scoring_laws import policies
from tests.receipt_samples import error_receipt, log_line, receipt, receipts, receipts_file

ids = st.text(min_size=1, max_size=20).filter(is_id)
texts = st.text(min_size=1, max_size=20).filter(is_text)
integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
digits = st.text("0123456789", max_size=64)
numbers = st.one_of(
    st.decimals(-50, 100, places=3),
    st.builds(lambda whole, decimals: Decimal(f"-{whole}9.{decimals}1"), digits, digits).filter(
        lambda number: len(number.as_tuple().digits) <= 64
    ),
    st.sampled_from([Decimal("-0"), Decimal("0E+3"), Decimal("1E+60"), Decimal("1E-63")]),
)
moments = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)
all_findings = st.builds(
    lambda origin, raw, values: Findings(
        origin, None if origin is ScoreOrigin.NO_HISTORY else raw, values
    ),
    st.sampled_from(ScoreOrigin),
    st.decimals(0, 100, places=5),
    st.dictionaries(st.sampled_from(SIGNALS), st.one_of(numbers, st.sampled_from(Missing))),
)

FOUND = Findings(ScoreOrigin.NO_HISTORY, None, {})


@st.composite
def any_receipts(draw: st.DrawFn) -> tuple[Receipt, ScorePolicy]:
    """Draw a receipt, and the policy that decided."""
    policy = draw(policies())
    plain = receipt(0, draw(all_findings), policy)
    made = attrs.evolve(
        plain,
        global_user_id=GlobalUserId(draw(ids)),
        event_id=draw(st.none() | ids.map(EventId)),
        decided_at=draw(moments),
        nonce=draw(st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES)),
        code_version=draw(texts),
    )
    if draw(st.booleans()):
        made = attrs.evolve(made, shadow=ShadowDecision(draw(texts), "ab" * 32, draw(integers)))
    if draw(st.integers(0, 4)) == 0:
        made = attrs.evolve(made, findings=None, decision=None, error=draw(texts))
    return made, policy


@given(any_receipts())
def test_what_is_written_is_what_others_write_and_is_read(
    drawn: tuple[Receipt, ScorePolicy],
) -> None:
    """A receipt and its log line have the bytes of the package ``rfc8785``, and are read back."""
    made, policy = drawn
    line = decision_line(made, policy)
    assert made.canonical_bytes == rfc8785.dumps(cast("dict[str, str]", made.document))
    assert decision_line_text(made, policy) == line.text
    assert line.text.encode() == rfc8785.dumps(cast("dict[str, str]", line.document))
    read = parse_receipt(made.canonical_bytes.decode())
    assert (read, read.canonical_bytes, read.leaf) == (made, made.canonical_bytes, made.leaf)
    usual = usual_receipt(made.canonical_bytes.decode(), {each.name: each for each in SIGNALS})
    assert usual in (made, None)
    assert list(read_receipts(BytesIO(receipts_file(made)))) == [made]
    assert parse_decision_line(line.text) == line
    assert parse_decision_line(json.dumps(line.document, indent=1)) == line


@given(st.dictionaries(st.text(st.characters(max_codepoint=127)), integers.map(abs)), texts)
def test_odd_names_and_codes_are_written_as_others_write_them(
    bands: Mapping[str, int], code: str
) -> None:
    """A line of whatever text has the bytes of the package ``rfc8785``, and is read back."""
    line = attrs.evolve(log_line(receipt(1, FOUND)), bands=bands, codes=(code,), degraded=(code,))
    assert line.text.encode() == rfc8785.dumps(cast("dict[str, str]", line.document))
    assert parse_decision_line(line.text) == line


@given(calls(), policies(), worlds, moments)
def test_deciding_again_repeats_a_run(
    args: AccountFanscoreArgs,
    other: ScorePolicy,
    world: Mapping[Question[object], object],
    moment: datetime,
) -> None:
    """The receipt of a run comes out the same; under another policy, as a run under that one."""
    source = Answers(*world.items())
    outcome = run(account_fanscore, args, source)
    again = run(account_fanscore, attrs.evolve(args, policy=other), source)
    nonce = bytes(NONCE_BYTES)
    code = None if outcome.error is None else "UNAVAILABLE"
    made = receipt_of(args, outcome, moment, nonce, "0.1.0", error=code)
    assert made is not None
    read = parse_receipt(made.canonical_bytes.decode())
    assert decide_again(read, args.policy).canonical_bytes == made.canonical_bytes
    under_other = receipt_of(
        attrs.evolve(args, policy=other), again, moment, nonce, "0.1.0", error=code
    )
    if code is None:
        assert decide_again(read, other) == under_other
        (replayed,) = replay_receipts([read], PolicyBook(args.policy))
        (would_be,) = would_have_been([read], PolicyBook(other))
        assert (replayed.is_same, would_be.again) == (True, under_other)
    else:
        assert decide_again(read, other) == read


FILE = receipts_file(*receipts(1), error_receipt(1))
LINES = FILE.splitlines(keepends=True)
LEAVES = [line[9:73].decode() for line in LINES]


@pytest.mark.parametrize("change", [1, 0x20, 0x80], ids=["bit", "case", "high bit"])
def test_each_changed_byte_of_a_file_is_found_and_named(change: int) -> None:
    """One byte changed anywhere is named with its line, and by the receipt that stands there."""
    for place, byte in enumerate(FILE):
        changed = FILE[:place] + bytes([byte ^ change]) + FILE[place + 1 :]
        with pytest.raises(InvalidInput) as error:
            list(read_receipts(BytesIO(changed)))
        line = 0 if place < len(LINES[0]) else 1
        within = place - (0 if line == 0 else len(LINES[0]))
        assert error.value.where.startswith(f"line {line + 1}: "), place
        if within >= 73 and byte != 0x0A:
            assert f"receipt {LEAVES[line]}: " in error.value.where, place


def test_each_byte_too_many_or_too_few_is_found() -> None:
    """A byte cut out or doubled is found, and so is a file that ends within a line."""
    for place in range(len(FILE)):
        twice = FILE[: place + 1] + FILE[place:]
        for changed in (FILE[:place] + FILE[place + 1 :], twice):
            with pytest.raises(InvalidInput, match=r"^line [123]: "):
                list(read_receipts(BytesIO(changed)))
        if FILE[:place].endswith(b"\n") or not place:
            continue
        with pytest.raises(InvalidInput, match=r"^line [12]: "):
            list(read_receipts(BytesIO(FILE[:place])))


CROWD = [*receipts(40), error_receipt(40)]
SEALED_LINES = [log_line(each) for each in CROWD]
HEAD = seal(SEALED_LINES).head()

line_lists = st.lists(st.sampled_from(SEALED_LINES), max_size=9)


@given(line_lists, st.data())
def test_order_and_repeats_do_not_change_a_seal(
    lines: list[DecisionLine], data: st.DataObject
) -> None:
    """The same lines in any order, some of them repeatedly, have one head."""
    again = data.draw(st.permutations(lines))
    more = [
        *again,
        *data.draw(st.lists(st.sampled_from(lines or SEALED_LINES[:0])) if lines else st.just([])),
    ]
    assert seal(more).head() == seal(lines).head()
    assert seal(more).repeated == len(more) - len(set_of(lines))
    assert parse_head(seal(lines).head().text) == seal(lines).head()


def set_of(lines: list[DecisionLine]) -> set[str]:
    """Return the leaves of lines."""
    return {each.leaf for each in lines}


@given(st.sets(st.sampled_from(range(41)), min_size=1))
def test_a_cut_line_changes_the_head(cut: set[int]) -> None:
    """Lines left out give another size, and another root of leaves and of lines."""
    left = [each for number, each in enumerate(SEALED_LINES) if number not in cut]
    head = seal(left).head()
    assert head.size == HEAD.size - len(cut)
    assert (head.root == HEAD.root, head.lines == HEAD.lines) == (False, False)


@given(st.sampled_from(range(41)))
def test_each_receipt_is_proved_to_be_among_them(number: int) -> None:
    """The proof of a receipt holds for it, and for no other; it survives being written."""
    proof = seal(SEALED_LINES).prove(CROWD[number].leaf)
    assert proof is not None
    assert parse_proof(proof.text) == proof
    assert [proof.holds(each, HEAD) for each in CROWD] == [each is CROWD[number] for each in CROWD]
    assert not proof.holds(CROWD[number], attrs.evolve(HEAD, size=40))


def test_each_changed_byte_of_a_line_changes_the_head() -> None:
    """A line changed in one byte is no line any more, or gives another head."""
    text = SEALED_LINES[0].text
    rest = [each.text.encode() for each in SEALED_LINES[1:3]]
    head = seal(map(parse_decision_line, [text, *(each.decode() for each in rest)])).head()
    written = text.encode()
    for place, byte in enumerate(written):
        changed = written[:place] + bytes([byte ^ 1]) + written[place + 1 :]
        try:
            lines = list(read_decision_lines(BytesIO(b"\n".join([changed, *rest]))))
        except InvalidInput:
            continue
        assert seal(lines).head() != head, place
