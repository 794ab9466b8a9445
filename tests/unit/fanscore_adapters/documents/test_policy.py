from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from fanscore_adapters.documents.policy import parse_policy, policy_text
from fanscore_core.errors import InvalidInput
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.signals import ARM, EVENT, MODEL, SIGNALS, Band, Signal, SignalPolicy

# docs/reference/score-policy.md, to the letter.
CONTRACT = """
{
  "version": "2026-11-01",
  "range": [0, 100],
  "no_history_raw_score": 50,
  "arm":   {"unavailable": 0, "bands": [{"below": 3, "points": 5, "code": "ARM_LOW_RISK"}, {"below": 6, "points": 0, "code": "ARM_MEDIUM_RISK"}, {"points": -15, "code": "ARM_HIGH_RISK"}]},
  "event": {"unavailable": 0, "bands": [{"below": 1, "points": 0, "code": "EVENT_NO_DEMAND"}, {"below": 2, "points": 4, "code": "EVENT_DEMAND"}, {"points": 6, "code": "EVENT_STRONG_DEMAND"}]},
  "model": {"unavailable": 0, "bands": [{"below": 0.2, "points": 3, "code": "MODEL_LIKELY_HUMAN"}, {"below": 0.8, "points": 0, "code": "MODEL_UNSURE"}, {"points": -40, "code": "MODEL_LIKELY_BOT"}]}
}
"""  # noqa: E501  # quoted

DEFAULT = ScorePolicy(
    version="2026-11-01",
    range=(0, 100),
    no_history_raw_score=50,
    signals={
        ARM: SignalPolicy(
            0,
            (
                Band(5, "ARM_LOW_RISK", Decimal(3)),
                Band(0, "ARM_MEDIUM_RISK", Decimal(6)),
                Band(-15, "ARM_HIGH_RISK"),
            ),
        ),
        EVENT: SignalPolicy(
            0,
            (
                Band(0, "EVENT_NO_DEMAND", Decimal(1)),
                Band(4, "EVENT_DEMAND", Decimal(2)),
                Band(6, "EVENT_STRONG_DEMAND"),
            ),
        ),
        MODEL: SignalPolicy(
            0,
            (
                Band(3, "MODEL_LIKELY_HUMAN", Decimal("0.2")),
                Band(0, "MODEL_UNSURE", Decimal("0.8")),
                Band(-40, "MODEL_LIKELY_BOT"),
            ),
        ),
    },
)

ARM_BANDS = (
    '[{"below": 3, "points": 5, "code": "ARM_LOW_RISK"}, '
    '{"below": 6, "points": 0, "code": "ARM_MEDIUM_RISK"}, '
    '{"points": -15, "code": "ARM_HIGH_RISK"}]'
)
ONLY_LAST_OPEN = "only the last band may be open"
LAST_OPEN = "the last band must be open, or values above it have none"

REFUSED = [
    # a value that lies in no band, or in two
    ('"below": 6, ', "", "policy.arm.bands[1].below", ONLY_LAST_OPEN),
    ('"below": 6, ', '"below": null, ', "policy.arm.bands[1].below", ONLY_LAST_OPEN),
    ('{"points": -15', '{"below": 9, "points": -15', "policy.arm.bands[2].below", LAST_OPEN),
    (', {"points": -15, "code": "ARM_HIGH_RISK"}', "", "policy.arm.bands[1].below", LAST_OPEN),
    ('"below": 6', '"below": 3', "policy.arm.bands[1].below", "expected more than 3"),
    ('"below": 0.8', '"below": 0.15', "policy.model.bands[1].below", "expected more than 0.2"),
    (ARM_BANDS, "[]", "policy.arm.bands", "expected at least one"),
    (ARM_BANDS, "{}", "policy.arm.bands", "expected a list"),
    # points that are no integers
    ('"points": 5,', '"points": 5.5,', "policy.arm.bands[0].points", "expected an integer"),
    ('"points": 5,', '"points": 5.0,', "policy.arm.bands[0].points", "expected an integer"),
    ('"points": 5,', '"points": 5e0,', "policy.arm.bands[0].points", "expected an integer"),
    ('"points": 5,', '"points": true,', "policy.arm.bands[0].points", "expected an integer"),
    ('"points": 4', '"points": "4"', "policy.event.bands[1].points", "expected an integer"),
    ('"points": 3', '"points": null', "policy.model.bands[0].points", "expected an integer"),
    ('"points": -40, ', "", "policy.model.bands[2].points", "required"),
    # bounds that are no numbers
    ('"below": 3', '"below": "3"', "policy.arm.bands[0].below", "expected a number"),
    ('"below": 3', '"below": true', "policy.arm.bands[0].below", "expected a number"),
    # codes
    ("ARM_LOW_RISK", "ARM_HIGH_RISK", "policy.arm.bands[2].code", "another band has this code"),
    (
        "MODEL_UNSURE",
        "ARM_LOW_RISK",
        "policy.model.bands[1].code",
        "another band has this code",
    ),
    ("ARM_LOW_RISK", "CLAMPED", "policy.arm.bands[0].code", "this code has a meaning of its own"),
    ("ARM_LOW_RISK", "Low risk", "policy.arm.bands[0].code", "expected capitals, digits and _"),
    ("ARM_LOW_RISK", "", "policy.arm.bands[0].code", "expected capitals, digits and _"),
    ('"ARM_LOW_RISK"', "7", "policy.arm.bands[0].code", "expected a string"),
    (', "code": "ARM_LOW_RISK"', "", "policy.arm.bands[0].code", "required"),
    # range and raw score
    ("[0, 100]", "[0]", "policy.range", "expected a list of 2"),
    ("[0, 100]", "[0, 50, 100]", "policy.range", "expected a list of 2"),
    ("[0, 100]", '"0..100"', "policy.range", "expected a list"),
    ("[0, 100]", "[0, 100.5]", "policy.range[1]", "expected an integer"),
    ("[0, 100]", "[false, 100]", "policy.range[0]", "expected an integer"),
    (
        "[0, 100]",
        "[100, 0]",
        "policy.range",
        "expected the least score, then the greatest",
    ),
    ("[0, 100]", "[50, 50]", "policy.range", "expected the least score, then the greatest"),
    ('score": 50', 'score": 101', "policy.no_history_raw_score", "expected 0 to 100"),
    ('score": 50', 'score": -1', "policy.no_history_raw_score", "expected 0 to 100"),
    ('score": 50', 'score": 50.0', "policy.no_history_raw_score", "expected an integer"),
    # shape
    ('"2026-11-01"', '""', "policy.version", "expected a name"),
    ('"2026-11-01"', "20261101", "policy.version", "expected a string"),
    ('"version": "2026-11-01",', "", "policy.version", "required"),
    ('"version"', '"colour": 1, "version"', "policy", "unknown key 'colour'"),
    ('"below": 3', '"above": 0, "below": 3', "policy.arm.bands[0]", "unknown key 'above'"),
    ('"arm":', '"phone":', "policy.arm", "required"),
    ('{"unavailable": 0, "bands": [{"below": 3', '[{"below": 3', "$", "not JSON"),
    ('"event": {"unavailable": 0, ', '"event": {', "policy.event.unavailable", "required"),
    (
        '"event": {"unavailable": 0',
        '"event": {"unavailable": 0.5',
        "policy.event.unavailable",
        "expected an integer",
    ),
    ('"version"', '"version": "1", "version"', "$", "a key is repeated"),
    ('"below": 3', '"below": NaN', "$", "NaN is not JSON"),
    ('"points": 5,', '"points": Infinity,', "$", "Infinity is not JSON"),
]


@pytest.mark.parametrize("policy", [DEFAULT_POLICY, parse_policy(CONTRACT)])
def test_the_default_is_the_contracts_policy(policy: ScorePolicy) -> None:
    """The policy that is shipped is the one that the contract prints."""
    assert policy == DEFAULT


@pytest.mark.parametrize(("old", "new", "where", "problem"), REFUSED)
def test_a_bad_policy_is_refused(old: str, new: str, where: str, problem: str) -> None:
    """A policy with a mistake is refused, with the path of the mistake and what is wrong."""
    assert old in CONTRACT
    with pytest.raises(InvalidInput) as refused:
        parse_policy(CONTRACT.replace(old, new, 1))
    assert refused.value.where == where
    assert refused.value.problem.partition(":")[0] == problem


OWN = Signal("vip", "Visits", "The guest list", (), SignalPolicy(0, (Band(7, "VIP"),)))


def test_a_policy_of_before_a_signal_stays_valid() -> None:
    """Where a policy does not say what a signal of one's own is worth, its default counts."""
    policy = parse_policy(CONTRACT, [*SIGNALS, OWN])
    assert policy == attrs.evolve(DEFAULT, signals={**DEFAULT.signals, OWN: OWN.default})
    said = CONTRACT.replace(
        '"arm":', '"vip": {"unavailable": 1, "bands": [{"points": 2, "code": "V"}]}, "arm":'
    )
    assert parse_policy(said, [*SIGNALS, OWN]).of(OWN) == SignalPolicy(1, (Band(2, "V"),))
    with pytest.raises(InvalidInput, match="unknown key 'vip'"):
        parse_policy(said)


def test_a_policy_is_written_as_it_is_read() -> None:
    """The text of a policy is one that gives the policy again."""
    assert parse_policy(policy_text(DEFAULT)) == DEFAULT
    fine = attrs.evolve(DEFAULT.of(ARM), bands=(Band(1, "A", Decimal("0.000000001")), Band(2, "B")))
    other = attrs.evolve(
        DEFAULT, version='so-called "fine" ü', signals={**DEFAULT.signals, ARM: fine}
    )
    assert parse_policy(policy_text(other)) == other


@pytest.mark.parametrize("text", ["null", "[]", '"policy"', "5", f"[{CONTRACT}]"])
def test_a_policy_is_an_object(text: str) -> None:
    """A document that is no object is no policy."""
    with pytest.raises(InvalidInput) as refused:
        parse_policy(text)
    assert str(refused.value) == "policy: expected an object"


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ('"arm":   {"unavailable": 0', '"arm": {"unavailable": -7', {"unavailable": -7}),
        (
            '"below": 3',
            '"below": 2.50',
            {"bands": (Band(5, "ARM_LOW_RISK", Decimal("2.50")), *DEFAULT.of(ARM).bands[1:])},
        ),
        (
            '"points": -15',
            '"below": null, "points": -15',
            {},
        ),
    ],
)
def test_a_policy_can_be_changed(old: str, new: str, changed: dict[str, object]) -> None:
    """Points for want of an answer and exact fractions are read as they stand in the document."""
    arm = attrs.evolve(DEFAULT.of(ARM), **changed)  # type: ignore[arg-type]  # fields by name
    assert parse_policy(CONTRACT.replace(old, new, 1)) == attrs.evolve(
        DEFAULT, signals={**DEFAULT.signals, ARM: arm}
    )
