from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import timedelta
from decimal import Decimal
from itertools import count

import attrs
import pytest

from fanscore_adapters.adapter import together
from fanscore_adapters.sources import Sources
from fanscore_appsync.app import App
from fanscore_appsync.log import InvocationLog, ReceiptCounts
from fanscore_appsync.receipts import MAX_WAIT_S, ReceiptKeeper, fresh_nonce
from fanscore_appsync.testing import service, user
from fanscore_core.decision_line import decision_line
from fanscore_core.engine.question import Answered, Ask, Question, Source
from fanscore_core.engine.rounds import run_many
from fanscore_core.engine.stubs import Answers
from fanscore_core.errors import (
    DeadlineExceeded,
    NotAllowed,
    Unavailable,
)
from fanscore_core.ids import GlobalUserId
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, account_fanscore
from fanscore_core.pipelines.receipts import receipt_of
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.fan_identity import FanIdentity
from fanscore_core.ports.receipts import PutReceipt
from fanscore_core.receipt import Receipt
from fanscore_core.systems import DEMAND
from tests.unit.fanscore_appsync.samples import (
    EVENT,
    FAN,
    KNOWN,
    NOW,
    OTHER_FAN,
    OTHER_SCORE,
    SCORE,
    TIME_LEFT_S,
    UNDECIDED,
    Faulty,
    desk,
    score_event,
)
from tests.unit.fanscore_appsync.test_shadow import KINDER, UNUSABLE
from tests.virtual_time import VirtualTime

VERSION = "1.2.3"
KEPT_FOR = timedelta(days=180)
BROKEN: Mapping[Question[object], object] = {FanIdentity(FAN): Unavailable("fan_identity_table")}


def counted() -> Callable[[], bytes]:
    """Make nonces that are counted."""
    numbers = count()
    return lambda: next(numbers).to_bytes(16, "big")


@attrs.define
class Store:
    """Keeps what is put, or says something else instead.

    Attributes:
        says: the answer to each effect.
        puts: what it was asked.
        times_left_s: how long it was said to have, each time.
    """

    says: object = True
    puts: list[PutReceipt] = attrs.field(factory=list)
    times_left_s: list[float] = attrs.field(factory=list)

    def source(self, time_left_s: float) -> Store:
        """Be the source of an invocation."""
        self.times_left_s.append(time_left_s)
        return self

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Keep what is put."""
        self.puts += [ask.question for ask in asks if isinstance(ask.question, PutReceipt)]
        return [Answered(self.says, DEMAND)] * len(asks)

    @property
    def receipts(self) -> list[Receipt]:
        """What was put."""
        return [put.receipt for put in self.puts]


@attrs.define
class Kept:
    """What came of an invocation, besides its response."""

    response: object
    counts: ReceiptCounts | None
    lines: list[str]
    reports: list[Exception]
    asked: list[Question[object]]


def answered(
    event: object,
    source: Callable[[float], Source] | None,
    changed: Mapping[Question[object], object] | None = None,
    *,
    time_left_s: float = TIME_LEFT_S,
    nonce: Callable[[], bytes] | None = None,
    write_line: Callable[[str], None] | None = None,
    change: Callable[[App], App] = lambda app: app,
) -> Kept:
    """Answer an event, and keep receipts with a source and as lines."""
    logged: list[InvocationLog] = []
    lines: list[str] = []
    used = desk(changed)
    app = attrs.evolve(used.app, log=logged.append)
    keeper = ReceiptKeeper(
        VERSION, app.report, KEPT_FOR, source, write_line or lines.append, nonce or counted()
    )
    app = change(attrs.evolve(app, keeper=keeper))
    response = app.answer(event, time_left_s).response
    return Kept(response, logged[0].receipts, lines, used.reports, used.asked)


def expected(
    fans: Sequence[GlobalUserId],
    changed: Mapping[Question[object], object] | None = None,
    errors: Sequence[str | None] = (),
) -> list[Receipt | None]:
    """Make the receipts of what ``run_many`` comes to."""
    args = [AccountFanscoreArgs(DEFAULT_POLICY, fan, EVENT) for fan in fans]
    nonce = counted()
    outcomes = run_many(account_fanscore, args, Answers(*{**KNOWN, **(changed or {})}.items()))
    codes = errors or [None] * len(fans)
    return [
        receipt_of(each, outcome, NOW, nonce(), VERSION, error=code)
        for each, outcome, code in zip(args, outcomes, codes, strict=True)
    ]


def test_a_single_decision_has_its_receipt() -> None:
    """What is kept is the receipt of the run, for as long as it should be; and its line."""
    store = Store()
    kept = answered(score_event(), store.source)
    (receipt,) = expected([FAN])
    assert receipt is not None
    assert (kept.response, kept.counts, kept.reports) == (SCORE, ReceiptCounts(1, 0), [])
    assert store.puts == [PutReceipt(receipt, NOW + KEPT_FOR)]
    assert kept.lines == [decision_line(receipt, DEFAULT_POLICY).text]
    assert store.times_left_s == [MAX_WAIT_S]


def test_a_batch_has_the_receipt_of_each_decision() -> None:
    """A batch is kept in one fetch: scores and their errors, and nothing of what was refused."""
    store = Store()
    events = [
        score_event(OTHER_FAN, user(OTHER_FAN)),
        score_event(FAN, user(OTHER_FAN)),
        {},
        score_event(FAN, service()),
    ]
    kept = answered(events, store.source, BROKEN)
    receipts = expected([OTHER_FAN, FAN], BROKEN, [None, "UNAVAILABLE"])
    assert store.receipts == receipts
    assert [(each.error, each.findings is None) for each in store.receipts] == [
        (None, False),
        ("UNAVAILABLE", True),
    ]
    assert len(kept.lines) == 2
    assert (kept.counts, len(store.times_left_s)) == (ReceiptCounts(2, 0), 1)


@pytest.mark.parametrize("event", UNDECIDED.values(), ids=UNDECIDED)
def test_where_nothing_was_decided(event: object) -> None:
    """Without a decision there is no receipt, no call, and no word of it in the log."""
    store = Store()
    kept = answered(event, store.source)
    assert (kept.counts, kept.lines, store.times_left_s) == (None, [], [])


def test_an_error_of_the_code_has_a_receipt_too() -> None:
    """A run that failed by a mistake of ours says so by the code that the caller got."""
    store = Store()
    broken: Mapping[Question[object], object] = {FanIdentity(FAN): KeyError("identity")}
    kept = answered(score_event(envelope=True), store.source, broken)
    assert [each.error for each in store.receipts] == ["INTERNAL"]
    assert kept.counts == ReceiptCounts(1, 0)


@pytest.mark.parametrize(
    ("shadow", "score"), [(None, None), (KINDER, 60), (UNUSABLE, None)], ids=str
)
def test_the_score_of_a_shadow_is_noted(shadow: object, score: int | None) -> None:
    """A receipt has the score of the shadow, and none of a shadow that failed."""
    store = Store()
    book = None if shadow is None else PolicyBook(shadow)  # type: ignore[arg-type]  # of the table
    kept = answered(
        score_event(OTHER_FAN, service()),
        store.source,
        change=lambda app: attrs.evolve(app, shadow=book),
    )
    (receipt,) = store.receipts
    assert (receipt.shadow.score if receipt.shadow else None) == score
    assert (kept.response, kept.counts) == (OTHER_SCORE, ReceiptCounts(1, 0))


class Cancelled:
    """A source whose task is cancelled, which is no ``Exception``."""

    def fetch(self, _asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Be cancelled."""
        raise asyncio.CancelledError


STORES: Mapping[str, tuple[object, str]] = {
    "unavailable": (Store(Unavailable(DEMAND, "kept being throttled")), "kept being throttled"),
    "late": (Store(DeadlineExceeded(DEMAND)), "out of time"),
    "taken": (Store(says=False), "another receipt has its place"),
    "raises": (Faulty(OSError("canary")), "raised OSError"),
    "is cancelled": (Cancelled(), "raised CancelledError"),
    "too few answers": (Faulty([]), "raised ValueError"),
    "no answers": (Faulty(None), "raised TypeError"),
}


@pytest.mark.parametrize("name", STORES)
def test_a_store_that_fails_changes_no_answer(name: str) -> None:
    """Whatever a store does, answers are those without it; it is counted, and reported once."""
    store, problem = STORES[name]
    events = [score_event(), score_event(OTHER_FAN, user(OTHER_FAN))]
    kept = answered(events, lambda _: store)  # type: ignore[arg-type,return-value]  # sources that break their contract
    assert kept.response == [{"data": SCORE}, {"data": OTHER_SCORE}]
    assert kept.counts == ReceiptCounts(0, 2)
    assert list(map(str, kept.reports)) == [f"source {DEMAND}: {problem}"]
    assert len(kept.lines) == 2


def test_a_source_that_cannot_be_made_changes_no_answer() -> None:
    """The same where there is no source at all."""

    def none(_time_left_s: float) -> Source:
        raise NotAllowed("canary")

    kept = answered(score_event(), none)
    assert (kept.response, kept.counts) == (SCORE, ReceiptCounts(0, 1))
    assert list(map(str, kept.reports)) == [f"source {DEMAND}: raised NotAllowed"]


def test_a_receipt_that_cannot_be_made_changes_no_answer() -> None:
    """A nonce that is none, and a finding with too many digits: counted, and nothing is stored."""
    store = Store()
    kept = answered(score_event(), store.source, nonce=lambda: b"short")
    assert (kept.response, kept.counts, kept.lines) == (SCORE, ReceiptCounts(0, 1), [])
    tiny: Mapping[Question[object], object] = {ArmScore(FAN, EVENT): Decimal("1e-99")}
    kept = answered(score_event(), store.source, tiny)
    assert (kept.response, kept.counts, kept.lines) == (SCORE, ReceiptCounts(0, 1), [])
    assert store.puts == []


def test_a_line_that_cannot_be_written_changes_no_answer() -> None:
    """It is counted as failed, though the receipt is stored."""
    store = Store()

    def full(_line: str) -> None:
        raise OSError(28, "no space")

    kept = answered(score_event(), store.source, write_line=full)
    assert (kept.response, kept.counts) == (SCORE, ReceiptCounts(0, 1))
    assert len(store.puts) == 1
    assert [type(each) for each in kept.reports] == [OSError]


@pytest.mark.parametrize(
    ("time_left_s", "waited_s"), [(12.5, 0.25), (0.5, 0.25), (0.25, 0.125), (0.0, 0.0), (-1.0, 0.0)]
)
def test_at_most_half_of_the_time_left_is_waited(time_left_s: float, waited_s: float) -> None:
    """The wait is bounded by what the answer has left; where that is nothing, nothing is waited."""
    store = Store()
    standing = VirtualTime()
    answered(
        score_event(),
        store.source,
        time_left_s=time_left_s,
        change=lambda app: attrs.evolve(app, clock=standing.clock),
    )
    assert store.times_left_s == [waited_s]


class Hanging(Executor):
    """Calls of which none ever ends."""

    def submit(self, *_: object, **__: object) -> Future[object]:  # type: ignore[override]  # whatever it is
        """Take a call, and never make it."""
        return Future()


@attrs.frozen
class Tables:
    """An adapter that puts receipts."""

    systems: Mapping[type[Question[object]], str] = {PutReceipt: DEMAND}
    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Never come to this."""
        raise AssertionError(asks)


def test_a_store_that_hangs_holds_an_answer_up_for_no_longer_than_the_bound() -> None:
    """Behind the sources of the wiring, an answer waits for ``MAX_WAIT_S`` and goes."""
    time = VirtualTime()

    def source(time_left_s: float) -> Source:
        def wait(_call: object, at_most_s: float | None) -> bool:
            time.now_s += at_most_s or 0.0
            return False

        return Sources([Tables()], [Hanging()], time.clock, time.clock() + time_left_s, wait)

    started_at = time.clock()
    kept = answered(score_event(), source, change=lambda app: attrs.evolve(app, clock=time.clock))
    assert (kept.response, kept.counts) == (SCORE, ReceiptCounts(0, 1))
    assert time.clock() - started_at == MAX_WAIT_S
    assert list(map(str, kept.reports)) == [f"source {DEMAND}: out of time"]


def test_receipts_ask_nothing_that_was_not_asked() -> None:
    """The questions of a run are those of a run without receipts."""
    asked = answered(score_event(), Store().source).asked
    plain = desk()
    assert plain.answer(score_event()) == SCORE
    assert asked == plain.asked


def test_nonces_differ() -> None:
    """Each nonce is 16 bytes, and no two are the same."""
    nonces = {fresh_nonce() for _ in range(100)}
    assert ({len(each) for each in nonces}, len(nonces)) == ({16}, 100)


OFF = """
import json, sys
from fanscore_appsync.handler import app
from fanscore_appsync.testing import appsync_event, service
event = appsync_event("VFApi.accountFanscore", {"globalUserId": "user123"}, service())
assert app().answer(event, 30.0).response["score"]
kept = {"fanscore_appsync.receipts", "secrets"} & {*sys.modules}
print(json.dumps([app().keeper is None, *kept]))
"""


def test_receipts_that_are_off_are_not_even_imported() -> None:
    """Without the setting, what keeps receipts is not there, nor what it alone would need."""
    run = subprocess.run([sys.executable, "-c", OFF], env={}, capture_output=True, check=True)
    assert json.loads(run.stdout) == [True]
