from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import pytest

from fanscore_appsync.log import InvocationLog
from fanscore_appsync.shadow import ShadowCounts, shadowed
from fanscore_appsync.testing import service, user
from fanscore_core.engine.question import Question
from fanscore_core.engine.rounds import run
from fanscore_core.engine.state import Outcome
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, account_fanscore
from fanscore_core.points import PointsTable
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.policy_book import PolicyBook
from fanscore_core.ports.fan_identity import FanIdentity
from fanscore_core.signals import ARM, EVENT, Band, SignalPolicy
from tests.unit.fanscore_appsync.samples import (
    FAN,
    OTHER_FAN,
    OTHER_SCORE,
    SCORE,
    TIME_LEFT_S,
    UNDECIDED,
    desk,
    score_event,
)

SAME = attrs.evolve(DEFAULT_POLICY, version="same")
KINDER = attrs.evolve(DEFAULT_POLICY, version="kinder", no_history_raw_score=60)
"""New fans get more."""
STRICTER = attrs.evolve(DEFAULT_POLICY, version="stricter", no_history_raw_score=40)
"""New fans get less."""


def worth(policy: ScorePolicy, version: str, **points: int) -> ScorePolicy:
    """Make a policy where the only bands of ARM and event have these points."""
    changed = {
        signal: SignalPolicy(0, (Band(points[signal.name], f"{signal.name.upper()}_ANY"),))
        for signal in (ARM, EVENT)
    }
    return attrs.evolve(policy, version=version, signals={**policy.signals, **changed})


@attrs.frozen
class Unusable(ScorePolicy):
    """A policy that fails whoever asks it what signals are worth."""

    @property
    def points(self) -> PointsTable:
        """Fail."""
        raise ZeroDivisionError


UNUSABLE = Unusable("unusable", (0, 100), 50, DEFAULT_POLICY.signals)


def shown(
    event: object,
    shadow: ScorePolicy | PolicyBook | None,
    changed: Mapping[Question[object], object] | None = None,
) -> tuple[object, ShadowCounts | None, list[Question[object]], list[Exception]]:
    """Return the response, the counts in the log, what was asked and what was reported."""
    kept: list[InvocationLog] = []
    used = desk(changed)
    app = attrs.evolve(used.app, log=kept.append, shadow=shadow)
    response = app.answer(event, TIME_LEFT_S).response
    (line,) = kept
    return response, line.shadow, used.asked, used.reports


@pytest.mark.parametrize(
    ("shadow", "counts"),
    [
        (None, None),
        (DEFAULT_POLICY, ShadowCounts(1)),
        (SAME, ShadowCounts(1)),
        (KINDER, ShadowCounts(1, 1, 1, 0)),
        (STRICTER, ShadowCounts(1, 1, 0, 1)),
        (UNUSABLE, ShadowCounts(0, 0, 0, 0, 1)),
    ],
    ids=["none", "live", "same", "kinder", "stricter", "unusable"],
)
def test_one_decision(shadow: ScorePolicy | None, counts: ShadowCounts | None) -> None:
    """A shadow is counted by how it would have scored; answer and questions stay as they are."""
    event = score_event(OTHER_FAN, service())
    response, found, asked, _ = shown(event, shadow)
    assert (response, found) == (OTHER_SCORE, counts)
    assert asked == shown(event, None)[2]


def test_other_reasons_for_the_same_score() -> None:
    """A shadow that explains the same score otherwise has changed it, neither up nor down."""
    shadow = worth(DEFAULT_POLICY, "moved", arm=4, event=5)
    response, found, _, _ = shown(score_event(), shadow)
    assert (response, found) == (SCORE, ShadowCounts(1, 1))


def test_a_failure_is_counted_and_reported_once() -> None:
    """A shadow that fails spoils no answer: all are counted, and the first is reported."""
    events = [score_event(), score_event(OTHER_FAN, user(OTHER_FAN))]
    response, found, _, reports = shown(events, UNUSABLE)
    assert response == [{"data": SCORE}, {"data": OTHER_SCORE}]
    assert found == ShadowCounts(shadow_failed=2)
    assert [type(each) for each in reports] == [ZeroDivisionError]


def test_a_book_of_shadows_decides_by_the_event_that_is_asked() -> None:
    """Of a book, the policy of the event decides; a batch is counted whole, errors left out."""
    book = PolicyBook(SAME, {EventId("evt456"): KINDER, EventId("evt789"): STRICTER})
    events: Sequence[object] = [
        score_event(OTHER_FAN, user(OTHER_FAN)),
        score_event(OTHER_FAN, user(OTHER_FAN)),
        score_event(OTHER_FAN, user(FAN)),
        score_event(GlobalUserId("no id "), service()),
        {},
    ]
    response, found, asked, reports = shown(events, book)
    plain = shown(events, None)
    assert found == ShadowCounts(2, 2, 2, 0)
    assert (response, asked, reports) == (plain[0], plain[2], plain[3])


@pytest.mark.parametrize("event", UNDECIDED.values(), ids=UNDECIDED)
def test_where_nothing_was_decided(event: object) -> None:
    """Without a decision, a shadow has nothing to decide, and the line says nothing of it."""
    assert shown(event, KINDER)[1] is None


def test_a_run_that_ends_in_an_error() -> None:
    """Where the live decision failed, the shadow decides nothing."""
    broken: dict[Question[object], object] = {FanIdentity(FAN): KeyError("identity")}
    assert shown(score_event(envelope=True), KINDER, broken)[1] is None


def test_other_runs() -> None:
    """A run of another field, or one with another result, has nothing for a shadow to decide."""
    args = AccountFanscoreArgs(DEFAULT_POLICY, FAN)
    outcome = run(account_fanscore, args, desk().source)
    book = PolicyBook(KINDER)
    assert shadowed(book, object(), outcome) is None
    other = Outcome("other", None, (), outcome.stash, outcome.trace)
    assert shadowed(book, args, other) is None


def test_a_version_names_one_policy() -> None:
    """An app refuses a shadow that has another policy under the version of a live one."""
    live = PolicyBook(SAME, {EventId("evt456"): KINDER})
    other = attrs.evolve(KINDER, no_history_raw_score=61)
    app = attrs.evolve(desk().app, policy=live, shadow=PolicyBook(STRICTER, live.events))
    with pytest.raises(InvalidInput) as raised:
        attrs.evolve(app, shadow=PolicyBook(STRICTER, {EventId("evt1"): other}))
    problem = "events['evt1']: the live policy of version \"kinder\" is another"
    assert str(raised.value) == problem
