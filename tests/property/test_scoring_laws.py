"""Laws of scoring, over random policies and findings (docs/reference/score-policy.md)."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

import attrs
from hypothesis import given
from hypothesis import strategies as st

from fanscore_core.findings import BaseScore, Finding, Findings, ScoreOrigin, round_half_up
from fanscore_core.ids import GlobalUserId
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.scoring import AccountFanscore, decide
from fanscore_core.signals import ARM, EVENT, MODEL, SIGNALS, Band, Missing, Signal, SignalPolicy

FAN = GlobalUserId("user123")
DEFAULT = DEFAULT_POLICY

# Quarters from a small range, so that a value often lies on a bound.
numbers = st.integers(-8, 48).map(lambda quarters: Decimal(quarters) / 4)
points = st.integers(-200, 200)
stored_scores = st.decimals(0, 100, places=4)
bases = st.builds(
    BaseScore,
    st.sampled_from([ScoreOrigin.ACCOUNT_SCORE, ScoreOrigin.IDENTITY_SCORE]),
    stored_scores,
)
findings = st.one_of(numbers, st.sampled_from(Missing))

# What each signal's system can say.
risks = st.decimals(0, 10, places=2)
counts = st.integers(0, 5).map(Decimal)
probabilities = st.decimals(0, 1, places=3)


@attrs.frozen
class Case:
    """A policy, and what it is applied to."""

    policy: ScorePolicy
    base: BaseScore | None
    arm: Finding
    event: Finding
    model: Finding

    @property
    def signals(self) -> dict[Signal, Finding]:
        """What is known of each signal."""
        return {ARM: self.arm, EVENT: self.event, MODEL: self.model}

    @property
    def findings(self) -> Findings:
        """All that is known."""
        origin = self.base.origin if self.base else ScoreOrigin.NO_HISTORY
        return Findings(origin, self.base.raw if self.base else None, self.signals)

    @property
    def raw_score(self) -> int:
        """The raw score that the score starts from."""
        return round_half_up(self.base.raw) if self.base else self.policy.no_history_raw_score

    def scored(self) -> AccountFanscore:
        """Score the fan."""
        return decide(self.policy, FAN, self.findings)


@st.composite
def signal_policies(draw: st.DrawFn, code: str) -> SignalPolicy:
    """Draw the policy of a signal, of up to 4 bands with any points."""
    bounds = sorted(draw(st.sets(numbers, max_size=3)))
    bands = [
        Band(draw(points), f"{code}_{index}", bound) for index, bound in enumerate([*bounds, None])
    ]
    return SignalPolicy(draw(points), tuple(bands))


@st.composite
def policies(draw: st.DrawFn) -> ScorePolicy:
    """Draw a valid policy with any range."""
    low, high = sorted(draw(st.lists(points, min_size=2, max_size=2, unique=True)))
    signals = {signal: draw(signal_policies(signal.name.upper())) for signal in SIGNALS}
    return ScorePolicy("drawn", (low, high), draw(st.integers(low, high)), signals)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a case under any policy."""
    policy = draw(policies())
    base = draw(st.none() | bases)
    return Case(policy, base, draw(findings), draw(findings), draw(findings))


@st.composite
def sound_cases(draw: st.DrawFn) -> Case:
    """Draw a case under the default policy in which all systems answer."""
    base = BaseScore(ScoreOrigin.ACCOUNT_SCORE, Decimal(draw(st.integers(0, 100))))
    return Case(DEFAULT, base, draw(risks), draw(counts), draw(probabilities))


@given(cases())
def test_reasons_reconcile(case: Case) -> None:
    """The points of the reasons sum to the score, and those of the boosts are among them."""
    scored = case.scored()
    assert sum(reason.points for reason in scored.reasons) == scored.score
    assert list(scored.boosts.values()) == [reason.points for reason in scored.reasons[1:4]]
    assert scored.raw_score == scored.reasons[0].points == case.raw_score


@given(cases())
def test_the_score_is_clamped(case: Case) -> None:
    """The score is the sum, kept within the range; ``CLAMPED`` stands exactly where it cut in."""
    scored = case.scored()
    low, high = case.policy.range
    total = scored.raw_score + sum(scored.boosts.values())
    assert scored.score == sorted([low, total, high])[1]
    clamped = [reason for reason in scored.reasons if reason.code == "CLAMPED"]
    assert [reason.points for reason in clamped] == [scored.score - total] * (total != scored.score)
    assert scored.reasons[4:] == tuple(clamped)


@given(cases())
def test_each_reason_is_the_right_one(case: Case) -> None:
    """Each signal's reason is its band's, or says why there is none."""
    expected = [(case.findings.origin.name, case.raw_score)]
    for signal, finding in case.signals.items():
        policy = case.policy.of(signal)
        if isinstance(finding, Decimal):
            at = sum(band.below is not None and band.below <= finding for band in policy.bands)
            expected.append((policy.bands[at].code, policy.bands[at].points))
        else:
            down = finding is Missing.UNAVAILABLE
            expected.append(
                (f"{signal.name.upper()}_{finding.name}", policy.unavailable if down else 0)
            )
    reasons = case.scored().reasons[:4]
    assert [(reason.code, reason.points) for reason in reasons] == expected


@given(cases())
def test_degraded_names_the_unavailable(case: Case) -> None:
    """Exactly the signals whose system gave no answer are degraded, in the order of the boosts."""
    assert case.scored().degraded == tuple(
        signal for signal, finding in case.signals.items() if finding is Missing.UNAVAILABLE
    )


@given(cases())
def test_messages_keep_the_value_to_themselves(case: Case) -> None:
    """A message depends on the band alone: every value of it gives the same one."""
    others = [_same_band(case.policy.of(signal), found) for signal, found in case.signals.items()]
    again = Case(case.policy, case.base, *others)
    assert again.scored() == case.scored()


@given(sound_cases(), risks)
def test_less_risk_never_lowers_the_score(case: Case, risk: Decimal) -> None:
    """Under the default policy, a lower ARM risk score is never worse for the fan."""
    other = attrs.evolve(case, arm=risk)
    better, worse = (case, other) if case.arm < risk else (other, case)  # type: ignore[operator]  # it is known
    assert better.scored().score >= worse.scored().score


@given(sound_cases(), counts)
def test_more_demand_never_lowers_the_score(case: Case, count: Decimal) -> None:
    """Under the default policy, more demand for the event is never worse for the fan."""
    other = attrs.evolve(case, event=count)
    better, worse = (case, other) if case.event > count else (other, case)  # type: ignore[operator]  # it is known
    assert better.scored().score >= worse.scored().score


@given(sound_cases(), probabilities)
def test_a_likelier_human_never_has_a_lower_score(case: Case, probability: Decimal) -> None:
    """Under the default policy, a lower probability of being a bot is never worse for the fan."""
    other = attrs.evolve(case, model=probability)
    better, worse = (case, other) if case.model < probability else (other, case)  # type: ignore[operator]  # it is known
    assert better.scored().score >= worse.scored().score


@given(sound_cases(), stored_scores, stored_scores)
def test_a_better_account_never_has_a_lower_score(case: Case, one: Decimal, other: Decimal) -> None:
    """A higher stored score is never worse for the fan, and is off by half a point at most."""
    worse, better = (
        attrs.evolve(case, base=BaseScore(ScoreOrigin.ACCOUNT_SCORE, score))
        for score in sorted([one, other])
    )
    assert better.scored().score >= worse.scored().score
    assert -Decimal("0.5") <= one - round_half_up(one) < Decimal("0.5")


def _same_band(policy: SignalPolicy, finding: Finding) -> Finding:
    """Give another value of the band that a value lies in."""
    if isinstance(finding, Missing):
        return finding
    lower, band = policy.find(finding)
    if lower is not None:
        return lower
    return finding - 1 if band.below is not None else Decimal(0)


@given(cases(), st.integers(0, 9))
def test_a_value_matters_to_the_decimals_of_the_bounds_alone(case: Case, extra: int) -> None:
    """With bounds of k decimals, a value counts only as floor(v * 10^k), a raw score as rounded.

    So findings can be small integers, exactly. The bounds drawn here have two decimals.
    """
    signals = {
        signal: found if isinstance(found, Missing) else _floor(_with_digit(found, extra))
        for signal, found in case.signals.items()
    }
    exact = {
        signal: found if isinstance(found, Missing) else _with_digit(found, extra)
        for signal, found in case.signals.items()
    }
    found = case.findings
    raw = None if found.raw is None else Decimal(round_half_up(found.raw))
    small = Findings(found.origin, raw, signals)
    assert decide(case.policy, FAN, small) == decide(
        case.policy, FAN, Findings(found.origin, found.raw, exact)
    )


def _with_digit(value: Decimal, digit: int) -> Decimal:
    return value + Decimal(digit).scaleb(-3)


def _floor(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_FLOOR)
