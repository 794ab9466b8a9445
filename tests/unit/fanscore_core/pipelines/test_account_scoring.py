from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import cast

import attrs
import pytest

from fanscore_core import signals
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.engine.rounds import run, run_many
from fanscore_core.engine.state import Degraded, Outcome
from fanscore_core.engine.steps import Step
from fanscore_core.engine.stubs import Answers, answer
from fanscore_core.engine.trace import Fate
from fanscore_core.errors import (
    DeadlineExceeded,
    InvalidId,
    InvalidInput,
    PipelineMisuse,
    Unavailable,
)
from fanscore_core.findings import BaseScore, Finding, Findings, ScoreOrigin, StoredScore
from fanscore_core.ids import RULE, BotRunId, EventId, GlobalUserId, MemberId
from fanscore_core.pipelines.account_scoring import (
    AccountFanscoreArgs,
    AccountFanscoreStash,
    SignalStep,
    account_fanscore,
    account_fanscore_with,
    score_fan,
)
from fanscore_core.points import Boost, ScoreReason
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.policy_book import PolicyBook
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity
from fanscore_core.scoring import AccountFanscore
from fanscore_core.signals import Band, Missing, Signal, SignalPolicy
from tests.declarations import undeclared_use

STEPS = (
    "getAccountFanscoreGlobalUserId",
    "getAccountFanscoreMemberId",
    "getArmScore",
    "getDiscoEventId",
    "getEventDemandRecord",
    "getBotOrNotCursor",
    "getBotOrNot",
    "calcAccountScore",
)

FAN = GlobalUserId("user123")
MEMBER, OTHER_MEMBER = MemberId("member123"), MemberId("member999")
EVENT, DISCO_EVENT = EventId("evt456"), EventId("disco456")
RUN = BotRunId("run-2026-11-01")

IDENTITY = FanIdentity(FAN)
SCORE = AccountScore(MEMBER)
ARM = ArmScore(FAN, EVENT)
MAPPING = DiscoEventId(EVENT)
DEMAND = EventDemandCount(FAN, DISCO_EVENT, EVENT)
CURSOR = BotOrNotCursor()
VERDICT = BotOrNot(FAN, RUN)

# The user's example: no score in the identity, so that all eight steps work.
EXAMPLE: Mapping[Question[object], object] = dict(
    [
        answer(IDENTITY, Identity(MEMBER)),
        answer(SCORE, StoredScore(Decimal(87), Decimal(75))),
        answer(ARM, Decimal(2)),
        answer(MAPPING, DISCO_EVENT),
        answer(DEMAND, 1),
        answer(CURSOR, RUN),
        answer(VERDICT, Decimal("0.05")),
    ]
)

POLICY = DEFAULT_POLICY
ARGS = AccountFanscoreArgs(POLICY, FAN, EVENT)
# Under this one, it shows which signal is unavailable.
UNAVAILABLE_POINTS = {signals.ARM: -1, signals.EVENT: -2, signals.MODEL: -3}
TELLING_POLICY = attrs.evolve(
    POLICY,
    signals={
        signal: attrs.evolve(POLICY.of(signal), unavailable=points)
        for signal, points in UNAVAILABLE_POINTS.items()
    },
)

EXAMPLE_BOOSTS = {signals.ARM: 5, signals.EVENT: 4, signals.MODEL: 3}
ACCOUNT_REASON = ScoreReason("ACCOUNT_SCORE", 75, "Score of the fan's account")
ARM_REASON = ScoreReason("ARM_LOW_RISK", 5, "ARM risk score is below 3")
EVENT_REASON = ScoreReason(
    "EVENT_DEMAND", 4, "Number of demand records for the event is 1 or more, and below 2"
)
MODEL_REASON = ScoreReason("MODEL_LIKELY_HUMAN", 3, "Bot probability is below 0.2")

ALL_RAN = (Fate.RAN,) * 8


class Noting:
    """A source that looks answers up, and notes what it is asked in each round."""

    def __init__(self) -> None:
        self.rounds: list[list[Ask]] = []

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        self.rounds.append(list(asks))
        return Answers(*EXAMPLE.items()).fetch(asks)


def run_with(
    *changes: tuple[Question[object], object],
    without: Sequence[object] = (),
    args: AccountFanscoreArgs = ARGS,
) -> Outcome[AccountFanscoreStash, AccountFanscore]:
    """Run the pipeline in the example's world with some other answers, or without some.

    A question without an answer fails the run: it must not be asked.
    """
    answers = {**EXAMPLE, **dict(changes)}
    known = {asked: answer for asked, answer in answers.items() if asked not in without}
    return run(account_fanscore, args, Answers(*known.items()))


def fates(**other: Fate) -> tuple[Fate, ...]:
    """Give the fate of each step: the one named, or that it ran."""
    return tuple(other.get(name, Fate.RAN) for name in STEPS)


def codes(outcome: Outcome[AccountFanscoreStash, AccountFanscore]) -> list[tuple[str, int]]:
    """Give codes and points of the reasons."""
    return [(reason.code, reason.points) for reason in outcome.result().reasons]


def test_the_steps_are_the_documents() -> None:
    """The pipeline has the eight steps of the user's document, by its names and in its order."""
    assert account_fanscore.name == "accountFanscore"
    assert tuple(step.name for step in account_fanscore.steps) == STEPS


@pytest.mark.parametrize("step", account_fanscore.steps, ids=STEPS)
def test_steps_use_what_they_declare(
    step: Step[AccountFanscoreArgs, AccountFanscoreStash, object],
) -> None:
    """What a step declares to read and write is what its source reads and writes."""
    assert undeclared_use(step) == ()


def test_the_documents_example() -> None:
    """The user's own query gives 87, of 75 and boosts of 5, 4 and 3, with the reasons."""
    outcome = run_with()
    assert outcome.result() == AccountFanscore(
        FAN,
        score=87,
        raw_score=75,
        boosts=EXAMPLE_BOOSTS,
        reasons=(ACCOUNT_REASON, ARM_REASON, EVENT_REASON, MODEL_REASON),
        policy_version="2026-11-01",
        degraded=(),
    )
    assert (outcome.warnings, outcome.trace.fates) == ((), ALL_RAN)


def test_the_stash_is_the_documents() -> None:
    """What the steps find is left in the stash under the document's names."""
    assert run_with().stash == AccountFanscoreStash(
        member_id=MEMBER,
        score=BaseScore(ScoreOrigin.ACCOUNT_SCORE, Decimal(75)),
        arm_score=Decimal(2),
        arm_boost=Boost(signals.ARM, ARM_REASON),
        disco_event_id=DISCO_EVENT,
        event_data=Decimal(1),
        bot_cursor=RUN,
        bot_score=Decimal("0.05"),
        findings=Findings(
            ScoreOrigin.ACCOUNT_SCORE,
            Decimal(75),
            {
                signals.ARM: Decimal(2),
                signals.EVENT: Decimal(1),
                signals.MODEL: Decimal("0.05"),
            },
        ),
    )


def test_the_cold_path_is_two_rounds() -> None:
    """All eight steps take 2 rounds and 7 questions; only steps 1 and 2 must have an answer."""
    source = Noting()
    outcome = run(account_fanscore, ARGS, source)
    assert source.rounds == [
        [
            Ask(IDENTITY),
            Ask(ARM, degradable=True),
            Ask(MAPPING, degradable=True),
            Ask(CURSOR, degradable=True),
        ],
        [Ask(SCORE), Ask(DEMAND, degradable=True), Ask(VERDICT, degradable=True)],
    ]
    assert (outcome.trace.rounds, outcome.trace.questions) == (2, 7)


def test_what_fans_share_is_asked_once() -> None:
    """Many fans of one event are as many rounds as one; mapping and cursor are asked once."""
    source = Noting()
    outcomes = list(run_many(account_fanscore, [ARGS] * 3, source))
    assert [outcome.result() for outcome in outcomes] == [run_with().result()] * 3
    assert [len(asks) for asks in source.rounds] == [4, 3]


def test_an_identitys_score_is_enough() -> None:
    """Where step 1 finds a score, step 2 returns early and the account is not asked."""
    identity = Identity(MEMBER, StoredScore(Decimal("72.5"), Decimal("70.5")))
    outcome = run_with(answer(IDENTITY, identity), without=[SCORE])
    assert codes(outcome)[0] == ("IDENTITY_SCORE", 71)
    assert outcome.trace.fates == fates(getAccountFanscoreMemberId=Fate.RETURNED_EARLY)
    assert (outcome.trace.rounds, outcome.trace.questions) == (2, 6)
    assert outcome.stash.member_id == MEMBER


def test_a_score_of_nothing_is_a_score() -> None:
    """A stored score of 0 is found like any other."""
    zero = StoredScore(Decimal(0))
    identity = run_with(answer(IDENTITY, Identity(None, zero)), without=[SCORE])
    account = run_with(answer(SCORE, zero))
    assert codes(identity)[0] == ("IDENTITY_SCORE", 0)
    assert codes(account)[0] == ("ACCOUNT_SCORE", 0)


@pytest.mark.parametrize("identity", [None, Identity()])
def test_without_an_account_there_is_no_history(identity: Identity | None) -> None:
    """A fan without score and account is a new fan, who starts from the policy's score."""
    outcome = run_with(answer(IDENTITY, identity), without=[SCORE])
    assert codes(outcome)[0] == ("NO_HISTORY", 50)
    assert outcome.result().raw_score == 50
    assert outcome.trace.fates == fates(getAccountFanscoreMemberId=Fate.RETURNED_EARLY)


def test_without_a_score_there_is_no_history() -> None:
    """A fan whose account has no score is a new fan, too; step 2 has done its work."""
    outcome = run_with(answer(SCORE, None))
    assert codes(outcome)[0] == ("NO_HISTORY", 50)
    assert (outcome.stash.score, outcome.trace.fates) == (None, ALL_RAN)


@pytest.mark.parametrize(
    ("identity", "asked"),
    [
        (None, OTHER_MEMBER),
        (Identity(), OTHER_MEMBER),
        (Identity(MEMBER), MEMBER),
    ],
)
def test_an_argument_stands_in_for_the_account(identity: Identity | None, asked: MemberId) -> None:
    """A member id from the arguments is used only where the identity record has none."""
    outcome = run_with(
        answer(IDENTITY, identity),
        answer(AccountScore(asked), StoredScore(Decimal(64))),
        without=[AccountScore(MEMBER if asked == OTHER_MEMBER else OTHER_MEMBER)],
        args=attrs.evolve(ARGS, member_id=OTHER_MEMBER),
    )
    assert codes(outcome)[0] == ("ACCOUNT_SCORE", 64)
    assert outcome.stash.member_id == asked


def test_without_an_event_demand_is_not_asked_for() -> None:
    """Without an event, steps 4 and 5 return early, ARM is asked without it, and 0 points count."""
    outcome = run_with(
        answer(ArmScore(FAN), Decimal(2)),
        without=[ARM, MAPPING, DEMAND],
        args=AccountFanscoreArgs(POLICY, FAN),
    )
    assert codes(outcome)[2] == ("EVENT_NOT_ASKED", 0)
    assert (outcome.result().score, outcome.result().degraded) == (83, ())
    assert outcome.trace.fates == fates(
        getDiscoEventId=Fate.RETURNED_EARLY, getEventDemandRecord=Fate.RETURNED_EARLY
    )


def test_without_a_mapping_the_event_is_its_own() -> None:
    """An event id without a mapping is the discovery id itself."""
    outcome = run_with(
        answer(MAPPING, None), answer(EventDemandCount(FAN, EVENT), 2), without=[DEMAND]
    )
    assert codes(outcome)[2] == ("EVENT_STRONG_DEMAND", 6)
    assert (outcome.stash.disco_event_id, outcome.trace.fates) == (EVENT, ALL_RAN)


@pytest.mark.parametrize(
    ("mapped_to", "count"),
    [
        (None, EventDemandCount(FAN, EVENT)),
        (EVENT, EventDemandCount(FAN, EVENT)),
        (DISCO_EVENT, EventDemandCount(FAN, DISCO_EVENT, EVENT)),
    ],
)
def test_demand_counts_under_both_ids(mapped_to: EventId | None, count: EventDemandCount) -> None:
    """Where step 4 finds another id, step 5 asks for both at once; the rounds stay two."""
    outcome = run_with(answer(MAPPING, mapped_to), answer(count, 2))
    asked = [
        each.question for each in outcome.trace.asked if isinstance(each.question, EventDemandCount)
    ]
    assert (asked, outcome.trace.rounds, outcome.trace.questions) == ([count], 2, 7)


def test_without_a_run_the_model_is_not_asked() -> None:
    """Before the first run of the bot model, step 7 returns early and 0 points count."""
    outcome = run_with(answer(CURSOR, None), without=[VERDICT])
    assert codes(outcome)[3] == ("MODEL_NOT_ASKED", 0)
    assert (outcome.result().score, outcome.result().degraded) == (84, ())
    assert outcome.trace.fates == fates(getBotOrNot=Fate.RETURNED_EARLY)


def test_without_a_verdict_there_are_no_points() -> None:
    """A run of the bot model that does not know the fan counts 0 points."""
    outcome = run_with(answer(VERDICT, None))
    assert codes(outcome)[3] == ("MODEL_NO_VERDICT", 0)
    assert (outcome.stash.bot_score, outcome.trace.fates) == (Missing.NO_VERDICT, ALL_RAN)


def test_without_a_risk_score_there_are_no_points() -> None:
    """A fan whom ARM does not know (404) counts 0 points, and nothing is degraded."""
    outcome = run_with(answer(ARM, None))
    assert codes(outcome)[1] == ("ARM_NO_SCORE", 0)
    assert (outcome.stash.arm_score, outcome.result().degraded) == (Missing.NO_SCORE, ())


def test_zeros_are_answers() -> None:
    """No risk, no demand and no suspicion are findings, and not the want of them."""
    outcome = run_with(answer(ARM, Decimal(0)), answer(DEMAND, 0), answer(VERDICT, Decimal(0)))
    assert codes(outcome)[1:] == [
        ("ARM_LOW_RISK", 5),
        ("EVENT_NO_DEMAND", 0),
        ("MODEL_LIKELY_HUMAN", 3),
    ]


@pytest.mark.parametrize(
    ("question", "system", "signal", "fate"),
    [
        (ARM, "arm_scoring", signals.ARM, {"getArmScore": Fate.DEGRADED}),
        (
            MAPPING,
            "demand_table",
            signals.EVENT,
            {
                "getDiscoEventId": Fate.DEGRADED,
                "getEventDemandRecord": Fate.RETURNED_EARLY,
            },
        ),
        (DEMAND, "demand_table", signals.EVENT, {"getEventDemandRecord": Fate.DEGRADED}),
        (
            CURSOR,
            "fan_identity_table",
            signals.MODEL,
            {"getBotOrNotCursor": Fate.DEGRADED, "getBotOrNot": Fate.RETURNED_EARLY},
        ),
        (VERDICT, "fan_identity_table", signals.MODEL, {"getBotOrNot": Fate.DEGRADED}),
    ],
    ids=STEPS[2:7],
)
def test_steps_3_to_7_degrade(
    question: Question[object], system: str, signal: Signal, fate: Mapping[str, Fate]
) -> None:
    """Where a system is unavailable, its boost has the policy's points for that and is named."""
    down = Unavailable(system)
    outcome = run_with(
        (question, down),
        without=[DEMAND] * (question == MAPPING) + [VERDICT] * (question == CURSOR),
        args=attrs.evolve(ARGS, policy=TELLING_POLICY),
    )
    result, points = outcome.result(), UNAVAILABLE_POINTS[signal]
    boosts = {**EXAMPLE_BOOSTS, signal: points}
    assert (result.score, result.boosts) == (75 + sum(boosts.values()), boosts)
    assert (f"{signal.name.upper()}_UNAVAILABLE", points) in codes(outcome)
    assert result.degraded == (signal,)
    assert outcome.trace.fates == fates(**fate)
    [degraded_step] = [name for name, its in fate.items() if its is Fate.DEGRADED]
    assert [(warning.step, warning.error) for warning in outcome.warnings] == [
        (degraded_step, down)
    ]


def test_all_signals_may_degrade() -> None:
    """A score is given even where every system but those of the base score is unavailable."""
    down = Unavailable("system")
    outcome = run_with((ARM, down), (MAPPING, down), (CURSOR, down), without=[DEMAND, VERDICT])
    assert codes(outcome) == [
        ("ACCOUNT_SCORE", 75),
        ("ARM_UNAVAILABLE", 0),
        ("EVENT_UNAVAILABLE", 0),
        ("MODEL_UNAVAILABLE", 0),
    ]
    assert outcome.result().degraded == signals.SIGNALS
    assert outcome.warnings == tuple(
        Degraded(name, down) for name in ("getArmScore", "getDiscoEventId", "getBotOrNotCursor")
    )


@pytest.mark.parametrize(("question", "step"), [(IDENTITY, STEPS[0]), (SCORE, STEPS[1])])
def test_steps_1_and_2_do_not_degrade(question: Question[object], step: str) -> None:
    """Without a base score there is no honest answer: the system's error is the answer."""
    down = Unavailable("table")
    outcome = run_with((question, down))
    assert (outcome.value, outcome.warnings) == (None, ())
    assert outcome.error is down
    assert outcome.trace.fates[STEPS.index(step)] is Fate.FAILED


@pytest.mark.parametrize("question", EXAMPLE, ids=STEPS[:7])
def test_nothing_degrades_when_time_is_over(question: Question[object]) -> None:
    """Out of time is an error at every step, and no reason to go on without an answer."""
    late = DeadlineExceeded("system")
    outcome = run_with((question, late))
    assert outcome.value is None
    assert outcome.error is late


def test_the_first_step_that_fails_decides() -> None:
    """Where several systems fail, the error is that of the first step, and none degrades on it."""
    first, down = Unavailable("fan_identity_table"), Unavailable("arm_scoring")
    outcome = run_with((IDENTITY, first), (ARM, down), (VERDICT, DeadlineExceeded("system")))
    assert outcome.error is first
    assert outcome.warnings == ()


def test_the_policy_decides() -> None:
    """Version, points and range are those of the policy in the arguments."""
    policy = attrs.evolve(TELLING_POLICY, version="strict", range=(0, 80), no_history_raw_score=10)
    outcome = run_with(args=attrs.evolve(ARGS, policy=policy))
    assert outcome.result().policy_version == "strict"
    assert outcome.result().score == 80
    assert codes(outcome)[-1] == ("CLAMPED", -7)


@pytest.mark.parametrize("bad", ["", "a\nb", "a\u2028b", "a" * 129, "a ", 1, True], ids=repr)
@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("global_user_id", lambda bad: AccountFanscoreArgs(POLICY, bad)),
        ("event_id", lambda bad: AccountFanscoreArgs(POLICY, FAN, bad)),
        ("member_id", lambda bad: AccountFanscoreArgs(POLICY, FAN, None, bad)),
    ],
    ids=["global_user_id", "event_id", "member_id"],
)
def test_arguments_are_ids(field: str, make: Callable[[object], object], bad: object) -> None:
    """Each id is checked before anything is asked, and a mistake is named by its argument."""
    with pytest.raises(InvalidId) as refused:
        make(bad)
    assert str(refused.value) == f"{field}: {RULE}"


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        (FAN, "expected a ScorePolicy, got str"),
        (None, "expected a ScorePolicy, got NoneType"),
        (PolicyBook(POLICY), "expected one policy of the book: book.policy_for(event_id)"),
    ],
    ids=range(3),
)
def test_a_policy_is_one_policy(policy: object, problem: str) -> None:
    """Whoever gives the fan first, or a whole book, reads what belongs in that place."""
    with pytest.raises(InvalidInput) as refused:
        AccountFanscoreArgs(cast("ScorePolicy", policy), FAN)
    assert str(refused.value) == f"policy: {problem}"


def test_a_book_scores_a_fan_by_the_event() -> None:
    """``score_fan`` takes a policy or a book, of which the policy of the event decides."""
    mine = attrs.evolve(POLICY, version="mine")
    book, world = PolicyBook(POLICY, {EVENT: mine}), [*EXAMPLE.items(), answer(ArmScore(FAN), None)]
    versions = [
        score_fan(FAN, world, event_id=event, policy=policy).policy_version
        for policy, event in ((book, EVENT), (book, None), (mine, None), (mine, EVENT))
    ]
    assert versions == ["mine", POLICY.version, "mine", "mine"]


OWN = Signal("own", "Own", "Own", (Missing.UNAVAILABLE,), SignalPolicy(0, (Band(0, "OWN_ANY"),)))


@pytest.mark.parametrize("found", [None, 3, 0.5, "5", True, Decimal("NaN"), Decimal("-Infinity")])
def test_a_signal_of_ones_own_that_is_no_finding(found: object) -> None:
    """It is a mistake of whoever wrote the signal: the caller is not told that theirs was."""

    async def ask(_: AccountFanscoreArgs) -> Finding:
        return cast("Finding", found)

    outcome = run(account_fanscore_with([SignalStep(OWN, ask)]), ARGS, Answers(*EXAMPLE.items()))
    problem = "found neither a finite Decimal nor Missing"
    misuse = PipelineMisuse("getOwn", type(found).__name__, problem)
    assert repr(outcome.error) == repr(misuse)
