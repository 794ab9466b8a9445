"""Laws of asking and deciding (docs/explanation/scoring.md): findings are all it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

import attrs
from hypothesis import given
from hypothesis import strategies as st

from fanscore_core.engine.question import Question
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.rounds import run
from fanscore_core.engine.state import Outcome
from fanscore_core.engine.stubs import Answers
from fanscore_core.errors import DeadlineExceeded, FanscoreError, Unavailable
from fanscore_core.findings import StoredScore
from fanscore_core.ids import BotRunId, EventId, GlobalUserId, MemberId
from fanscore_core.pipelines.account_scoring import (
    AccountFanscoreArgs,
    AccountFanscoreStash,
    account_fanscore,
)
from fanscore_core.policy import ScorePolicy
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity
from fanscore_core.scoring import AccountFanscore, decide
from fanscore_core.signals import ARM
from tests.property.test_scoring_laws import policies, stored_scores

AnswerT = TypeVar("AnswerT")

FAN = GlobalUserId("user123")
MEMBERS = (MemberId("m1"), MemberId("m2"))
EVENTS = (EventId("evt456"), EventId("disco456"))
RUN = BotRunId("run7")

failures = st.sampled_from([Unavailable("system"), DeadlineExceeded("system")])
scores = st.none() | st.builds(StoredScore, stored_scores, stored_scores)
members = st.none() | st.sampled_from(MEMBERS)


def rarely_failing(answers: st.SearchStrategy[AnswerT]) -> st.SearchStrategy[object]:
    """Draw an answer, or once in a while an error."""
    return st.one_of(answers, answers, answers, failures)


worlds = st.fixed_dictionaries(
    {
        cast("Question[object]", question): rarely_failing(answers)
        for question, answers in (
            (FanIdentity(FAN), st.none() | st.builds(Identity, members, scores)),
            *((AccountScore(member), scores) for member in MEMBERS),
            *(
                (ArmScore(FAN, event), st.none() | st.decimals(0, 10, places=2))
                for event in (None, *EVENTS)
            ),
            (DiscoEventId(EVENTS[0]), st.none() | st.just(EVENTS[1])),
            (DiscoEventId(EVENTS[1]), st.none()),
            *((EventDemandCount(FAN, event), st.integers(0, 5)) for event in EVENTS),
            (EventDemandCount(FAN, EVENTS[1], EVENTS[0]), st.integers(0, 5)),
            (BotOrNotCursor(), st.none() | st.just(RUN)),
            (BotOrNot(FAN, RUN), st.none() | st.decimals(0, 1, places=3)),
        )
    }
)


@st.composite
def calls(draw: st.DrawFn) -> AccountFanscoreArgs:
    """Draw what a score is asked for, under any policy."""
    event = draw(st.none() | st.sampled_from(EVENTS))
    return AccountFanscoreArgs(draw(policies()), FAN, event, draw(members))


def asked(
    args: AccountFanscoreArgs, world: Mapping[Question[object], object]
) -> tuple[list[Question[object]], Outcome[AccountFanscoreStash, AccountFanscore]]:
    """Score a fan in a world: what was asked, in order, and the outcome."""
    recording = Recording(Answers(*world.items()))
    outcome = run(account_fanscore, args, recording)
    return [question for question, _ in recording.kept], outcome


@given(calls(), policies(), worlds)
def test_what_is_asked_does_not_depend_on_the_policy(
    args: AccountFanscoreArgs, other: ScorePolicy, world: Mapping[Question[object], object]
) -> None:
    """Two policies ask the same questions in the same order, and find the same."""
    questions, outcome = asked(args, world)
    questions_of_other, outcome_of_other = asked(attrs.evolve(args, policy=other), world)
    assert questions == questions_of_other
    assert outcome.stash.findings == outcome_of_other.stash.findings
    assert isinstance(outcome.error, FanscoreError | None)


@given(calls(), policies(), worlds)
def test_deciding_again_is_running_again(
    args: AccountFanscoreArgs, other: ScorePolicy, world: Mapping[Question[object], object]
) -> None:
    """From what a run found, another policy decides what a run under it would have answered."""
    _, outcome = asked(args, world)
    _, again = asked(attrs.evolve(args, policy=other), world)
    if outcome.error is not None:
        assert (outcome.error, outcome.stash.findings) == (again.error, None)
    else:
        findings = outcome.stash.findings
        assert findings is not None
        assert decide(other, FAN, findings) == again.result()


@given(calls(), worlds)
def test_the_arm_boost_of_the_stash_is_the_decided_one(
    args: AccountFanscoreArgs, world: Mapping[Question[object], object]
) -> None:
    """``armBoost``, which ``getArmScore`` leaves in the stash, is what the score has for ARM."""
    _, outcome = asked(args, world)
    if outcome.error is None:
        score, boost = outcome.result(), outcome.stash.arm_boost
        assert score.boosts[ARM] == boost.reason.points
        assert boost.reason in score.reasons
        assert (ARM in score.degraded) == boost.degraded
