from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from fanscore_core.errors import InvalidInput
from fanscore_core.findings import (
    BaseScore,
    Finding,
    Findings,
    ScoreOrigin,
    StoredScore,
    round_half_up,
)
from fanscore_core.ids import GlobalUserId
from fanscore_core.points import Boost, ScoreReason
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.scoring import AccountFanscore, boost, decide
from fanscore_core.signals import ARM, EVENT, MODEL, SIGNALS, Band, Missing, Signal, SignalPolicy

FAN = GlobalUserId("user123")
POLICY = DEFAULT_POLICY
RANGE_MESSAGE = "A score is never below 0 or above 100"

ARM_LOW = ScoreReason("ARM_LOW_RISK", 5, "ARM risk score is below 3")
ARM_HIGH = ScoreReason("ARM_HIGH_RISK", -15, "ARM risk score is 6 or more")
ONE_DEMAND = ScoreReason(
    "EVENT_DEMAND", 4, "Number of demand records for the event is 1 or more, and below 2"
)
NO_DEMAND = ScoreReason("EVENT_NO_DEMAND", 0, "Number of demand records for the event is below 1")
HUMAN = ScoreReason("MODEL_LIKELY_HUMAN", 3, "Bot probability is below 0.2")
BOT = ScoreReason("MODEL_LIKELY_BOT", -40, "Bot probability is 0.8 or more")


def account(raw_score: int) -> BaseScore:
    """Start from the score of an account."""
    return BaseScore(ScoreOrigin.ACCOUNT_SCORE, Decimal(raw_score))


def scored(
    base: BaseScore | None,
    arm: Finding,
    event: Finding,
    model: Finding,
    *,
    policy: ScorePolicy = POLICY,
) -> AccountFanscore:
    """Decide the score of a fan, by the default policy."""
    origin = base.origin if base else ScoreOrigin.NO_HISTORY
    signals = {ARM: arm, EVENT: event, MODEL: model}
    return decide(policy, FAN, Findings(origin, base.raw if base else None, signals))


def changed(signal: Signal, worth: SignalPolicy) -> ScorePolicy:
    """Change what one signal is worth in the default policy."""
    return attrs.evolve(POLICY, signals={**POLICY.signals, signal: worth})


def test_the_documents_example() -> None:
    """A raw score of 75 with ARM 5, event 4 and model 3 is a score of 87."""
    assert scored(account(75), Decimal(2), Decimal(1), Decimal("0.05")) == AccountFanscore(
        FAN,
        score=87,
        raw_score=75,
        boosts={ARM: 5, EVENT: 4, MODEL: 3},
        reasons=(
            ScoreReason("ACCOUNT_SCORE", 75, "Score of the fan's account"),
            ARM_LOW,
            ONE_DEMAND,
            HUMAN,
        ),
        policy_version="2026-11-01",
        degraded=(),
    )


@pytest.mark.parametrize(
    ("stored", "rounded"),
    [
        ("0", 0),
        ("-0", 0),
        ("0.49", 0),
        ("0.5", 1),
        ("1.5", 2),
        ("2.5", 3),
        ("74.5", 75),
        ("74.49999999999999999", 74),
        ("74.4999999999999999999999999999999999999999", 74),
        ("74.5000000000000000000000000000000000000001", 75),
        ("99.5", 100),
        ("1E+2", 100),
        ("1E-5000", 0),
    ],
)
def test_stored_scores_are_rounded_half_up(stored: str, rounded: int) -> None:
    """A stored score becomes an integer by rounding halves up, once and exactly."""
    base = BaseScore(ScoreOrigin.ACCOUNT_SCORE, StoredScore(Decimal(stored)).raw_score)
    nothing = [Missing.NOT_ASKED] * 3
    assert (round_half_up(Decimal(stored)), scored(base, *nothing).raw_score) == (rounded, rounded)


def test_the_raw_score_is_the_score_where_there_is_none() -> None:
    """A stored score without a raw score has the score for one."""
    score = Decimal("74.5")
    assert StoredScore(score) == StoredScore(score, score)


@pytest.mark.parametrize("score", ["-0.01", "100.01", "1E+9", "NaN", "sNaN", "Infinity"])
def test_a_stored_score_lies_in_its_range(score: str) -> None:
    """A stored score is a number from 0 to 100, and so is a raw score."""
    with pytest.raises(InvalidInput) as refused:
        StoredScore(Decimal(score))
    assert str(refused.value) == "score: expected a number from 0 to 100"
    with pytest.raises(InvalidInput) as refused:
        StoredScore(Decimal(50), Decimal(score))
    assert str(refused.value) == "raw_score: expected a number from 0 to 100"


@pytest.mark.parametrize(
    ("score", "kind"), [(50.0, "float"), ("50", "str"), (True, "bool"), (None, "NoneType")]
)
def test_a_stored_score_is_exact(score: Decimal, kind: str) -> None:
    """A stored score is a ``Decimal`` or an ``int``, and the message says so."""
    with pytest.raises(InvalidInput) as refused:
        StoredScore(score)
    expected = f"score: expected a number from 0 to 100: a Decimal or an int, not {kind}"
    assert str(refused.value) == expected


def test_a_stored_score_may_be_an_integer() -> None:
    """An ``int`` is taken for the ``Decimal`` that it is."""
    assert StoredScore(75, 0) == StoredScore(Decimal(75), Decimal(0))


@pytest.mark.parametrize(
    ("origin", "raw", "expected"),
    [
        (ScoreOrigin.NO_HISTORY, Decimal(50), "none with NO_HISTORY"),
        (ScoreOrigin.ACCOUNT_SCORE, None, "a number with ACCOUNT_SCORE"),
        (ScoreOrigin.IDENTITY_SCORE, None, "a number with IDENTITY_SCORE"),
    ],
)
def test_findings_have_a_raw_score_or_no_history(
    origin: ScoreOrigin, raw: Decimal | None, expected: str
) -> None:
    """A raw score stands in the findings exactly where a score was found."""
    with pytest.raises(InvalidInput) as refused:
        Findings(origin, raw, {})
    assert str(refused.value) == f"raw: expected {expected}"


@pytest.mark.parametrize(
    ("raw", "signals", "refused"),
    [
        (75, {}, "raw: expected a finite Decimal, got int"),
        (Decimal("NaN"), {}, "raw: expected a finite Decimal, got Decimal"),
        (Decimal(75), {"arm": Decimal(2)}, "signals: expected a Signal such as ARM, got str"),
        (Decimal(75), {ARM: 2.5}, "signals.arm: expected a finite Decimal or Missing, got float"),
        (
            Decimal(75),
            {ARM: None},
            "signals.arm: expected a finite Decimal or Missing, got NoneType",
        ),
        (
            Decimal(75),
            {EVENT: Decimal("Infinity")},
            "signals.event: expected a finite Decimal or Missing, got Decimal",
        ),
    ],
)
def test_findings_are_exact(raw: Decimal, signals: dict[Signal, Finding], refused: str) -> None:
    """What would change a score silently, or fail in the middle of one, is refused at once."""
    with pytest.raises(InvalidInput) as raised:
        Findings(ScoreOrigin.ACCOUNT_SCORE, raw, signals)
    assert str(raised.value) == refused


def test_findings_cannot_be_changed() -> None:
    """What a decision was made from stays what it was, whoever keeps the mapping that made it."""
    signals: dict[Signal, Finding] = {ARM: Decimal(2)}
    findings = Findings(ScoreOrigin.NO_HISTORY, None, signals)
    signals[ARM] = Decimal(9)
    assert (findings.of(ARM), findings.of(EVENT)) == (Decimal(2), Missing.NOT_ASKED)
    with pytest.raises(TypeError):
        findings.signals[ARM] = Decimal(9)  # type: ignore[index]  # that is what is shown


@pytest.mark.parametrize("edge", ["0", "100"])
def test_a_stored_score_may_be_at_the_edge(edge: str) -> None:
    """Both ends of the range are scores."""
    assert StoredScore(Decimal(edge)).raw_score == Decimal(edge)


@pytest.mark.parametrize(
    ("signal", "value", "reason"),
    [
        (ARM, "0", ARM_LOW),
        (ARM, "2.999", ARM_LOW),
        (
            ARM,
            "3",
            ScoreReason("ARM_MEDIUM_RISK", 0, "ARM risk score is 3 or more, and below 6"),
        ),
        (ARM, "6", ARM_HIGH),
        (ARM, "10", ARM_HIGH),
        (EVENT, "0", NO_DEMAND),
        (EVENT, "1", ONE_DEMAND),
        (
            EVENT,
            "2",
            ScoreReason(
                "EVENT_STRONG_DEMAND", 6, "Number of demand records for the event is 2 or more"
            ),
        ),
        (MODEL, "0.199", HUMAN),
        (
            MODEL,
            "0.2",
            ScoreReason("MODEL_UNSURE", 0, "Bot probability is 0.2 or more, and below 0.8"),
        ),
        (MODEL, "0.8", BOT),
        (MODEL, "1", BOT),
    ],
)
def test_a_boost_is_that_of_the_band(signal: Signal, value: str, reason: ScoreReason) -> None:
    """A signal's value is worth its band's points, and the message tells only the band."""
    assert boost(POLICY, signal, Decimal(value)) == Boost(signal, reason)


def test_a_signal_with_one_band_is_merely_known() -> None:
    """The message of a band without any bound does not make one up."""
    policy = changed(ARM, SignalPolicy(0, (Band(1, "ANY_RISK"),)))
    reason = ScoreReason("ANY_RISK", 1, "ARM risk score is known")
    assert boost(policy, ARM, Decimal(4)) == Boost(ARM, reason)


@pytest.mark.parametrize("bound", ["1E+1", "10"])
def test_a_message_is_for_people(bound: str) -> None:
    """A message writes a bound without an exponent, however the policy writes it."""
    bands = (Band(1, "FEW", Decimal(bound)), Band(2, "MANY"))
    policy = changed(EVENT, SignalPolicy(0, bands))
    message = "Number of demand records for the event is below 10"
    assert boost(policy, EVENT, Decimal(4)).reason.message == message


@pytest.mark.parametrize(
    ("signal", "missing", "code", "message"),
    [
        (
            ARM,
            Missing.NO_SCORE,
            "ARM_NO_SCORE",
            "ARM risk scoring knows no score for the fan",
        ),
        (
            EVENT,
            Missing.NOT_ASKED,
            "EVENT_NOT_ASKED",
            "Demand for the event was not asked",
        ),
        (MODEL, Missing.NOT_ASKED, "MODEL_NOT_ASKED", "The bot model was not asked"),
        (
            MODEL,
            Missing.NO_VERDICT,
            "MODEL_NO_VERDICT",
            "The bot model has no verdict on the fan",
        ),
    ],
)
def test_a_signal_without_a_value_is_worth_nothing(
    signal: Signal, missing: Missing, code: str, message: str
) -> None:
    """Where a signal has no value for a good reason, it has 0 points and a code that says why."""
    assert boost(POLICY, signal, missing) == Boost(signal, ScoreReason(code, 0, message))


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (ARM, "ARM risk scoring gave no answer"),
        (EVENT, "Demand for the event gave no answer"),
        (MODEL, "The bot model gave no answer"),
    ],
)
def test_a_signal_whose_system_is_down_is_degraded(signal: Signal, message: str) -> None:
    """Where a system gave no answer, the policy's points for that apply, and the boost says so."""
    down = {each: attrs.evolve(POLICY.of(each), unavailable=-7) for each in SIGNALS}
    reason = ScoreReason(f"{signal.name.upper()}_UNAVAILABLE", -7, message)
    policy = attrs.evolve(POLICY, signals=down)
    assert boost(policy, signal, Missing.UNAVAILABLE) == Boost(signal, reason, degraded=True)


def test_a_new_fan_starts_from_the_policys_score() -> None:
    """Without a stored score the policy's raw score counts, and the reason says so."""
    found = scored(None, Decimal(0), Missing.NOT_ASKED, Missing.NOT_ASKED)
    assert (found.score, found.raw_score) == (55, 50)
    assert found.reasons[0] == ScoreReason("NO_HISTORY", 50, "Nothing is known of the fan yet")


@pytest.mark.parametrize(
    ("raw_score", "findings", "score", "clamped"),
    [
        (98, ("0", "1", "0"), 100, -10),
        (88, ("0", "1", "0"), 100, None),
        (89, ("0", "1", "0"), 100, -1),
        (9, ("10", "0", "1"), 0, 46),
        (55, ("10", "0", "1"), 0, None),
        (54, ("10", "0", "1"), 0, 1),
    ],
)
def test_the_range_cuts_in_at_both_ends(
    raw_score: int, findings: tuple[str, str, str], score: int, clamped: int | None
) -> None:
    """A score outside of the range is clamped, and only then a reason has the difference."""
    found = scored(account(raw_score), *map(Decimal, findings))
    last = () if clamped is None else (ScoreReason("CLAMPED", clamped, RANGE_MESSAGE),)
    assert (found.score, found.raw_score, found.reasons[4:]) == (score, raw_score, last)


def test_a_raw_score_outside_of_the_range_is_told_as_it_is() -> None:
    """A policy with a range of its own clamps the score, and leaves the raw score alone."""
    policy = attrs.evolve(POLICY, range=(40, 60))
    nothing = [Missing.NOT_ASKED] * 3
    found = scored(account(75), *nothing, policy=policy)
    message = "A score is never below 40 or above 60"
    assert (found.score, found.raw_score) == (60, 75)
    assert found.reasons[-1] == ScoreReason("CLAMPED", -15, message)


def test_degraded_names_the_signals() -> None:
    """Exactly the signals whose system gave no answer are named, in the order of the boosts."""
    found = scored(account(75), Missing.UNAVAILABLE, Missing.NOT_ASKED, Missing.UNAVAILABLE)
    assert found.degraded == (ARM, MODEL)
    assert [reason.code for reason in found.reasons] == [
        "ACCOUNT_SCORE",
        "ARM_UNAVAILABLE",
        "EVENT_NOT_ASKED",
        "MODEL_UNAVAILABLE",
    ]


def test_the_boosts_are_kept_apart() -> None:
    """Each boost's points stand under the name of its signal, whatever the range does."""
    found = scored(account(0), Decimal(10), Decimal(2), Decimal(1))
    assert found.boosts == {ARM: -15, EVENT: 6, MODEL: -40}
