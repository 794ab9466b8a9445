from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import repeat

import attrs
import pytest

from fanscore_core.cohorts import (
    DEGRADED,
    HISTORY,
    ORIGIN,
    Cohort,
    Count,
    Partition,
    Standing,
    Worth,
    withheld,
)
from fanscore_core.errors import InvalidInput
from fanscore_core.finding_classes import shared_bands
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.newcomer_bias import NewcomerBias, Stratum
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.policy_changes import PolicyChange
from fanscore_core.policy_diff import (
    Bucket,
    Example,
    Moves,
    ReasonMoves,
    diff,
    figures,
)
from fanscore_core.seat_chances import Draw, TicketBand
from fanscore_core.signals import ARM, EVENT, MODEL, Band, Missing, Signal, SignalPolicy

OLD = DEFAULT_POLICY
KIND = attrs.evolve(OLD, version="kind", no_history_raw_score=60)
"""Gives newcomers 10 points more."""

NOBODY_MOVES = Moves(0, Fraction(0), 0)


def changed(signal: Signal, worth: SignalPolicy) -> ScorePolicy:
    """Change what one signal is worth in the default policy."""
    return attrs.evolve(OLD, version="changed", signals={**OLD.signals, signal: worth})


def newcomer(arm: str = "1") -> Findings:
    """Know nothing of a fan but signals: 50 of the default policy, and 8 more."""
    signals = {ARM: Decimal(arm), EVENT: Decimal(0), MODEL: Decimal("0.1")}
    return Findings(ScoreOrigin.NO_HISTORY, None, signals)


def known(raw: str = "70", arm: str = "1") -> Findings:
    """Know a fan by the score of the account."""
    return attrs.evolve(newcomer(arm), origin=ScoreOrigin.ACCOUNT_SCORE, raw=Decimal(raw))


CROWD = [*repeat(newcomer(), 40), *repeat(known(), 60)]


def test_movers_and_what_moved_them() -> None:
    """It says how many move, by how much, and by which reason's points."""
    report = diff(OLD, KIND, CROWD)
    ten = Moves(40, Fraction(10), 10)
    assert (report.people, report.up, report.down) == (100, ten, NOBODY_MOVES)
    assert report.reasons == (
        ReasonMoves("base score", ten, NOBODY_MOVES),
        ReasonMoves("arm", NOBODY_MOVES, NOBODY_MOVES),
        ReasonMoves("event", NOBODY_MOVES, NOBODY_MOVES),
        ReasonMoves("model", NOBODY_MOVES, NOBODY_MOVES),
        ReasonMoves("limits of the range", NOBODY_MOVES, NOBODY_MOVES),
    )
    assert [each for each in report.distribution if each.old or each.new] == [
        Bucket(55, 59, 40, 0),
        Bucket(65, 69, 0, 40),
        Bucket(75, 79, 60, 60),
    ]
    place = {"arm": "below 3", "event": "below 1", "model": "below 0.2"}
    assert report.examples == (Example(40, {"origin": "NO_HISTORY", **place}, 58, 68),)


def test_cohorts() -> None:
    """Each partition says of each cohort how many there are, how many move, and how they stand."""
    report = diff(OLD, KIND, CROWD)
    old, new = Standing(Fraction(58), None), Standing(Fraction(68), None)
    still = Standing(Fraction(78), None)
    newcomers, others = Count(40, 40, 0, old, new), Count(60, 0, 0, still, still)
    assert report.partition(HISTORY) == Partition(
        HISTORY,
        (
            Cohort("newcomers", Worth("NO_HISTORY", 50), Worth("NO_HISTORY", 60), newcomers),
            Cohort("with a history", None, None, others),
        ),
    )
    assert report.partition(ORIGIN).cohorts == (Cohort("account score", None, None, others),)
    everybody = Count(100, 40, 0, Standing(Fraction(70), None), Standing(Fraction(74), None))
    low = Worth("ARM_LOW_RISK", 5)
    assert report.partition("arm").cohorts == (Cohort("below 3", low, low, everybody),)
    assert report.partition(DEGRADED).cohorts == (Cohort("not degraded", None, None, everybody),)
    assert report.everybody == everybody


def test_bias() -> None:
    """Newcomers are compared with the others by measures that have a name."""
    report = diff(OLD, KIND, CROWD)
    name = "arm below 3, model below 0.2"
    before, after = Fraction(58, 78), Fraction(68, 78)
    assert report.old_bias == NewcomerBias(
        Fraction(20), before, before, (Stratum(name, Fraction(20), before),), Fraction(20)
    )
    assert report.new_bias == NewcomerBias(
        Fraction(10), after, after, (Stratum(name, Fraction(10), after),), Fraction(10)
    )


def test_a_ratio_of_nothing_says_nothing() -> None:
    """Where a mean is negative, or both are 0, there is no ratio."""
    low = attrs.evolve(OLD, version="low", range=(-100, 0), no_history_raw_score=-100)
    report = diff(low, OLD, CROWD)
    assert report.old_bias is not None
    assert (report.old_bias.ratio, report.old_bias.ratio_to_others) == (None, None)
    assert report.old_bias.conditional_ratio is None


@pytest.mark.parametrize(
    "crowd",
    [CROWD[:40], CROWD[40:], [*repeat(newcomer(), 19), *CROWD[40:]]],
    ids=["newcomers alone", "others alone", "few newcomers"],
)
def test_no_bias_without_both(crowd: list[Findings]) -> None:
    """Where there are none of one kind, or few, the measures are missing, and so the figures."""
    report = diff(OLD, KIND, crowd)
    assert (report.old_bias, report.new_bias) == (None, None)
    missing = {name for name, figure in figures(report).items() if figure is None}
    measures = {
        "parity_difference",
        "parity_ratio",
        "parity_ratio_to_others",
        "conditional_difference",
        "conditional_ratio",
        "counterfactual_penalty",
        "chance_ratio",
    }
    assert missing == {f"{side}newcomer.{name}" for side in ("", "old.") for name in measures}


def test_figures() -> None:
    """Each figure has a name, and the old policy's begin with ``old.``."""
    report = diff(OLD, KIND, CROWD)
    found = figures(report)
    after, before = Fraction(68, 78), Fraction(58, 78)
    assert found == {
        "people": 100,
        "up.people": 40,
        "up.share": Fraction(2, 5),
        "up.mean": 10,
        "up.most": 10,
        "down.people": 0,
        "down.share": 0,
        "down.mean": 0,
        "down.most": 0,
        "score.mean": 74,
        "newcomer.parity_difference": 10,
        "newcomer.parity_ratio": after,
        "newcomer.parity_ratio_to_others": after,
        "newcomer.conditional_difference": 10,
        "newcomer.conditional_ratio": after,
        "newcomer.counterfactual_penalty": 10,
        "newcomer.chance_ratio": None,
        "old.score.mean": 70,
        "old.newcomer.parity_difference": 20,
        "old.newcomer.parity_ratio": before,
        "old.newcomer.parity_ratio_to_others": before,
        "old.newcomer.conditional_difference": 20,
        "old.newcomer.conditional_ratio": before,
        "old.newcomer.counterfactual_penalty": 20,
        "old.newcomer.chance_ratio": None,
    }


def test_chances() -> None:
    """With a draw, each cohort has its mean chance of a seat, under both policies."""
    crowd = [*repeat(newcomer(), 2_000), *repeat(known(), 2_000)]
    report = diff(OLD, KIND, crowd, Draw(1_000, (TicketBand(60, 3),)))
    newcomers, others = (each.count for each in report.partition(HISTORY).cohorts)
    assert newcomers is not None
    assert others is not None
    assert newcomers.new.chance == pytest.approx(0.25, abs=1e-12)
    assert others.new.chance == pytest.approx(0.25, abs=1e-12)
    # t + 1 - (1 - t)^3 = 1/2 has the root t = 0.138775...
    assert newcomers.old.chance == pytest.approx(0.138776, abs=1e-6)
    assert others.old.chance == pytest.approx(0.361224, abs=1e-6)
    assert report.everybody is not None
    assert report.everybody.old.chance == pytest.approx(0.25, abs=1e-12)
    assert figures(report)["newcomer.chance_ratio"] == pytest.approx(1)
    assert figures(report)["old.newcomer.chance_ratio"] == pytest.approx(0.384182, abs=1e-5)


def test_bands_are_those_of_both_policies() -> None:
    """Values are parted by the bounds of both policies, and a value on a bound is above it."""
    bands = (Band(7, "LOW", Decimal("2.5")), Band(0, "HIGH"))
    new = changed(ARM, SignalPolicy(1, bands))
    crowd = [
        each
        for arm in ("-1", "2.4", "2.5", "2.999999999", "3", "6")
        for each in repeat(known(arm=arm), 20)
    ]
    low, medium, high = (Worth(band.code, band.points) for band in OLD.of(ARM).bands)
    assert [
        (each.name, each.old, each.new, each.count and each.count.people)
        for each in diff(OLD, new, crowd).partition("arm").cohorts
    ] == [
        ("below 2.5", low, Worth("LOW", 7), 40),
        ("2.5 to below 3", low, Worth("HIGH", 0), 40),
        ("3 to below 6", medium, Worth("HIGH", 0), 20),
        ("6 or more", high, Worth("HIGH", 0), 20),
    ]


def test_a_signal_without_bounds() -> None:
    """A signal of one open band has one place for all values."""
    flat = SignalPolicy(0, (Band(1, "ANY"),))
    old = changed(ARM, flat)
    new = attrs.evolve(changed(ARM, SignalPolicy(0, (Band(2, "ANY"),))), version="other")
    (cohort,) = diff(old, new, repeat(known(), 20)).partition("arm").cohorts
    assert (cohort.name, cohort.old, cohort.new) == ("any value", Worth("ANY", 1), Worth("ANY", 2))


def test_where_policies_differ() -> None:
    """Each place of their documents that differs is named, with what each has there."""
    bands = (Band(5, "ARM_LOW_RISK", Decimal(3)), Band(-9, "ARM_HIGH_RISK"))
    new = attrs.evolve(changed(ARM, SignalPolicy(2, bands)), range=(0, 90), no_history_raw_score=40)
    assert diff(OLD, new, []).changes == (
        PolicyChange("no_history_raw_score", "50", "40"),
        PolicyChange("range", "0 to 100", "0 to 90"),
        PolicyChange("version", "2026-11-01", "changed"),
        PolicyChange("arm.unavailable", "0", "2"),
        PolicyChange("arm.bands[1].below", "6", None),
        PolicyChange("arm.bands[1].code", "ARM_MEDIUM_RISK", "ARM_HIGH_RISK"),
        PolicyChange("arm.bands[1].points", "0", "-9"),
        PolicyChange("arm.bands[2].code", "ARM_HIGH_RISK", None),
        PolicyChange("arm.bands[2].points", "-15", None),
    )


def test_the_limits_of_the_range_move_people_too() -> None:
    """What the range cuts off is a reason of its own."""
    new = attrs.evolve(OLD, version="lower", range=(0, 70))
    report = diff(OLD, new, CROWD)
    eight = Moves(60, Fraction(8), 8)
    assert report.down == eight
    assert report.reasons[-1] == ReasonMoves("limits of the range", NOBODY_MOVES, eight)


def test_cells_under_20_are_withheld_with_the_next_smallest() -> None:
    """A small cell cannot be worked out from the sum: the next smallest is withheld as well."""
    assert withheld({"a": 20, "b": 30}) == frozenset()
    assert withheld({"a": 19, "b": 300, "c": 30}) == {"a", "c"}
    assert withheld({"a": 1, "b": 300, "c": 2, "d": 30}) == {"a", "c", "d"}
    assert withheld({"a": 3}) == {"a"}
    assert withheld({}) == frozenset()


def test_few_newcomers_hide_who_has_a_history() -> None:
    """Where few are newcomers, the origins are withheld too: they sum to those with a history."""
    crowd = [*repeat(newcomer(), 19), *repeat(known(), 60)]
    crowd += repeat(attrs.evolve(known(), origin=ScoreOrigin.IDENTITY_SCORE), 60)
    report = diff(OLD, KIND, crowd)
    for name in (HISTORY, ORIGIN):
        assert [each.count for each in report.partition(name).cohorts] == [None, None]
    assert report.reasons[0] == ReasonMoves("base score", None, None)


def test_few_without_an_answer_hide_the_degraded() -> None:
    """Where few lack an answer of one system, the degraded are withheld too: they may be all."""
    lacking = attrs.evolve(known(), signals={**known().signals, ARM: Missing.UNAVAILABLE})
    other = attrs.evolve(known(), signals={**known().signals, MODEL: Missing.UNAVAILABLE})
    report = diff(OLD, KIND, [*repeat(lacking, 5), *repeat(other, 60), *CROWD])
    for name in ("arm", DEGRADED):
        assert [each.count for each in report.partition(name).cohorts] == [None, None]
    assert not report.partition("model").is_withheld


def test_examples_do_not_give_away_what_is_withheld() -> None:
    """A class that is all of a withheld cell is no example, or its neighbour could be counted."""
    bands = (Band(9, "LOW", Decimal(3)), Band(9, "MEDIUM", Decimal(6)), Band(-15, "HIGH"))
    new = changed(ARM, SignalPolicy(0, bands))
    crowd = [*repeat(known(arm="1"), 100), *repeat(known(arm="4"), 50), *repeat(known(arm="9"), 5)]
    report = diff(OLD, new, crowd)
    assert [each.count is None for each in report.partition("arm").cohorts] == [False, True, True]
    assert [each.people for each in report.examples] == [100]


def test_equal_policies() -> None:
    """A policy does not differ from itself, whatever the findings."""
    report = diff(OLD, OLD, CROWD)
    assert (report.changes, report.up, report.down) == ((), NOBODY_MOVES, NOBODY_MOVES)
    assert report.examples == ()


def test_nobody() -> None:
    """Without findings there is nobody, and all shares are missing."""
    report = diff(OLD, KIND, [])
    assert (report.people, report.everybody) == (0, None)
    assert [figures(report)[name] for name in ("up.share", "down.share", "score.mean")] == [
        None,
        None,
        None,
    ]


def test_one_version_is_one_policy() -> None:
    """Two policies that differ under one version are refused."""
    with pytest.raises(InvalidInput) as refused:
        diff(OLD, attrs.evolve(KIND, version=OLD.version), [])
    problem = "the old policy, which differs, has this version"
    assert str(refused.value) == f"new.version: {problem}"


def test_policies_of_other_signals_are_refused() -> None:
    """Policies that do not say the worth of the same signals cannot be compared."""
    fewer = attrs.evolve(OLD, version="fewer", signals={ARM: OLD.of(ARM)})
    with pytest.raises(InvalidInput) as refused:
        diff(OLD, fewer, [])
    assert str(refused.value) == "new.signals: expected the signals of the old policy"


def test_findings_of_other_signals_are_refused() -> None:
    """A signal that the policies do not know is refused, not passed over."""
    own = Signal("vip", "Visits", "The guest list", (), SignalPolicy(0, (Band(7, "VIP"),)))
    found = attrs.evolve(newcomer(), signals={own: Decimal(1)})
    with pytest.raises(InvalidInput) as refused:
        diff(OLD, KIND, [found])
    problem = "a signal that the policies do not know"
    assert str(refused.value) == f"findings.signals: {problem}"


def test_a_signal_named_like_a_partition_is_none() -> None:
    """Whatever a signal is called, its cohorts are its own."""
    for name in ("newcomers", "degraded", "clamped"):
        own = Signal(name, "Visits", "The guest list", (), SignalPolicy(0, (Band(7, "VIP"),)))
        old = attrs.evolve(OLD, signals={**OLD.signals, own: own.default})
        report = diff(old, attrs.evolve(old, version="new", no_history_raw_score=60), CROWD)
        (cohort,) = report.partition(name).cohorts
        assert (cohort.name, cohort.count) == ("not asked", report.everybody)


def test_scores_of_any_range_fit_some_22_buckets() -> None:
    """Buckets have one round width, cover both ranges, and are never many."""
    for low, high in ((0, 100), (-7, 9), (0, 1), (-(2**53) + 1, 2**53 - 1), (5, 1_004)):
        new = attrs.evolve(OLD, version="new", range=(low, high), no_history_raw_score=high)
        old = attrs.evolve(new, version="old")
        buckets = diff(old, new, []).distribution
        assert len(buckets) <= 22
        assert (buckets[0].at_least, buckets[-1].at_most) == (low, high)
        ends = [each.at_most + 1 for each in buckets[:-1]]
        assert ends == [each.at_least for each in buckets[1:]]


def test_an_example_stands_for_its_class() -> None:
    """What is decided for a class is what both policies decide for each of its people."""
    bands = shared_bands(OLD, KIND)
    for found in (*CROWD[:1], *CROWD[-1:], known("69.5", "5.9"), known("0", "-4")):
        (finding_class,) = bands.count([found])
        assert dict(bands.count([bands.example(finding_class)])) == {finding_class: 1}


def test_buckets_have_a_round_width() -> None:
    """The width is 1, 2 or 5 times a power of ten."""
    for high, width in ((10, 1), (40, 2), (100, 5), (200, 10), (1_000, 50), (2_000, 100)):
        old = attrs.evolve(OLD, range=(0, high), no_history_raw_score=0)
        first = diff(old, old, []).distribution[0]
        assert (first.at_least, first.at_most) == (0, width - 1)


def test_examples_begin_with_what_moves_the_most_points() -> None:
    """Classes are ordered by people and points together, up or down alike."""
    bands = (Band(8, "LOW", Decimal(3)), Band(-30, "MEDIUM", Decimal(6)), Band(-14, "HIGH"))
    new = changed(ARM, SignalPolicy(0, bands))
    crowd = [*repeat(known("30", "1"), 60), *repeat(known("60", "4"), 40)]
    crowd += repeat(known("90", "7"), 170)
    assert [(each.people, each.old, each.new) for each in diff(OLD, new, crowd).examples] == [
        (40, 63, 33),
        (60, 38, 41),
        (170, 78, 79),
    ]


def test_partitions_in_order() -> None:
    """The partitions come in the order of the report, under names that programs may rely on."""
    assert [each.name for each in diff(OLD, KIND, CROWD).partitions] == [
        "newcomers and others",
        "origin of the score",
        "arm",
        "event",
        "model",
        "degraded or not",
    ]
