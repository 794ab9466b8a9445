"""Decisions of the core that the console's ``decide.js`` must come to as well.

Run it as ``python -m tests.golden.decide_vectors`` to write them anew, where the rules change.
Policies and findings are random, and lean towards what is easily decided otherwise: bounds of 0 and
below, values on a bound and a hair beside it, raw scores that end in a half, sums beyond 2^53.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from pathlib import Path
from random import Random
from typing import TypeVar

import attrs

from fanscore_adapters.documents.findings import findings_document
from fanscore_adapters.documents.policy_diff import diff_document
from fanscore_adapters.embedded.plausible_fans import plausible_findings
from fanscore_appsync.local.policy_lab import policy_parts
from fanscore_core.findings import Finding, Findings, ScoreOrigin
from fanscore_core.newcomer_bias import NOBODY
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.policy_diff import diff
from fanscore_core.scoring import decide
from fanscore_core.signals import SIGNALS, Band, Missing, Signal, SignalPolicy

FILE = Path(__file__).with_name("decide-vectors.json")

POLICIES = 16
FANS = 8
"""Of each policy."""

PEOPLE = 200
"""Of each diff."""

LOYALTY = Signal(
    "loyalty_points",
    "Number of loyalty points",
    "The loyalty programme",
    (Missing.UNAVAILABLE, Missing.NO_SCORE),
    SignalPolicy(-1, (Band(0, "LOYALTY_NEW", Decimal("0.5")), Band(9, "LOYALTY_OLD"))),
)

_FAR = "9007199254740991.999999999"
BOUNDS = tuple(
    Decimal(each)
    for each in (
        *(f"-{_FAR}", "-12.5", "-1", "-0.1", "-0.000000001", "0", "0.000000001", "0.2", "0.3"),
        *("0.8", "1", "2", "3", "6.125", "10", "100.5", _FAR),
    )
)
RAWS = tuple(
    Decimal(each)
    for each in (
        *("0", "0.4", "0.5", "1.5", "2.5", "49.4999999999999999999999", "49.5", "50", "61.25"),
        *("99.5", "100"),
    )
)
NEARBY = (Decimal(0), Decimal("1e-24"), Decimal("-1e-24"), Decimal("1e-9"), Decimal("-0.5"))
POINTS = (-(2**53 - 1), -40, -15, -1, 0, 0, 1, 3, 5, 40, 2**53 - 1)
RANGES = ((0, 100), (0, 100), (-50, 50), (10, 11), (-(2**53 - 1), 2**53 - 1))

ItemT = TypeVar("ItemT")


def document() -> Mapping[str, Sequence[object]]:
    """Decide everything."""
    random = Random(7)
    return {
        "decisions": [_group(random, number) for number in range(POLICIES)],
        "crowd": [findings_document(each) for each in plausible_findings(PEOPLE, 2)],
        "diffs": [_diff(each) for each in _edited()],
    }


def text() -> str:
    """Write everything, a line for each item."""
    members = (f'"{name}": {_list_text(each)}' for name, each in document().items())
    return "{" + ",\n".join(members) + "}\n"


def _list_text(items: Sequence[object]) -> str:
    lines = ",\n".join(map(json.dumps, items))
    return f"[\n{lines}\n]"


def _group(random: Random, number: int) -> Mapping[str, object]:
    signals = (*SIGNALS, LOYALTY) if number % 2 else SIGNALS
    policy = _policy(random, number, signals)
    return {
        "signals": [
            {"name": each.name, "valueName": each.value_name, "asked": each.asked}
            for each in signals
        ],
        "policy": policy_parts(policy),
        "fans": [_decided(policy, _findings(random, policy, fan)) for fan in range(FANS)],
    }


def _decided(policy: ScorePolicy, findings: Findings) -> Mapping[str, object]:
    score = decide(policy, NOBODY, findings)
    return {
        "findings": findings_document(findings),
        "score": str(score.score),
        "rawScore": str(score.raw_score),
        "reasons": [[each.code, str(each.points), each.message] for each in score.reasons],
        "degraded": [each.name for each in score.degraded],
    }


def _policy(random: Random, number: int, signals: Sequence[Signal]) -> ScorePolicy:
    low, high = _one_of(random, RANGES)
    start = low + (high - low) // 2
    worth = {each: _worth(random, each) for each in signals}
    return ScorePolicy(f"vector-{number}", (low, high), start, worth)


def _worth(random: Random, signal: Signal) -> SignalPolicy:
    bounds = sorted({_one_of(random, BOUNDS) for _ in range(int(random.random() * 4))})
    bands = tuple(
        Band(_one_of(random, POINTS), f"{signal.name.upper()}_BAND_{index}", below)
        for index, below in enumerate((*bounds, None))
    )
    return SignalPolicy(_one_of(random, POINTS), bands)


def _findings(random: Random, policy: ScorePolicy, fan: int) -> Findings:
    origin = _one_of(random, tuple(ScoreOrigin))
    raw = None if origin is ScoreOrigin.NO_HISTORY else _one_of(random, RAWS)
    found = {
        signal: _finding(random, policy, signal)
        for signal in policy.signals
        if fan or signal is not LOYALTY  # what was never looked for was not asked
    }
    return Findings(origin, raw, found)


def _finding(random: Random, policy: ScorePolicy, signal: Signal) -> Finding:
    if random.random() < 0.3:
        return _one_of(random, tuple(Missing))
    bounds = [each.below for each in policy.of(signal).bands if each.below is not None]
    with localcontext(prec=60):
        return _one_of(random, (*bounds, *BOUNDS[1:-1])) + _one_of(random, NEARBY)


def _edited() -> Iterator[ScorePolicy]:
    kinder = attrs.evolve(DEFAULT_POLICY, version="kinder", no_history_raw_score=60)
    yield kinder
    worth = dict(DEFAULT_POLICY.signals)
    worth[SIGNALS[0]] = attrs.evolve(worth[SIGNALS[0]], unavailable=-7)
    yield attrs.evolve(kinder, version="colder", range=(-500, 70), signals=worth)
    yield attrs.evolve(kinder, version="below zero", range=(-40, 0), no_history_raw_score=-3)


def _diff(new: ScorePolicy) -> Mapping[str, object]:
    report = diff_document(diff(DEFAULT_POLICY, new, plausible_findings(PEOPLE, 2)))
    parts = {"old": policy_parts(DEFAULT_POLICY), "new": policy_parts(new)}
    return {**parts, **{name: report[name] for name in ("figures", "distribution", "partitions")}}


def _one_of(random: Random, items: Sequence[ItemT]) -> ItemT:
    return items[int(random.random() * len(items))]


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
