from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import attrs
import pytest

from fanscore_core.errors import InvalidInput
from fanscore_core.findings import ScoreOrigin
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy, reserved_codes
from fanscore_core.signals import ARM, EVENT, MODEL, SIGNALS, Band, Missing, Signal, SignalPolicy

LOW = Band(5, "LOW", Decimal("0.2"))
MIDDLE = Band(0, "MIDDLE", Decimal(3))
HIGH = Band(-15, "HIGH")
RESERVED = reserved_codes(DEFAULT_POLICY.signals)
BANDS = SignalPolicy(-1, (LOW, MIDDLE, HIGH))


def always(code: str) -> SignalPolicy:
    """Make the policy of a signal that has one band."""
    return SignalPolicy(0, (Band(1, code),))


def policy(
    *,
    version: str = "v1",
    score_range: tuple[int, int] = (0, 100),
    no_history: int = 50,
    model: SignalPolicy | None = None,
) -> ScorePolicy:
    """Make a policy; what is not given is good."""
    return ScorePolicy(
        version,
        score_range,
        no_history,
        {ARM: always("A"), EVENT: always("E"), MODEL: model or always("M")},
    )


def refusal(make: Callable[[], object]) -> str:
    """Say how a value is refused."""
    with pytest.raises(InvalidInput) as refused:
        make()
    return str(refused.value)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("-5", (None, LOW)),
        ("0", (None, LOW)),
        ("0.1999999999999999999999999999999999", (None, LOW)),
        ("0.2", (Decimal("0.2"), MIDDLE)),
        ("0.20", (Decimal("0.2"), MIDDLE)),
        ("2.9999999999999999999999999999999999", (Decimal("0.2"), MIDDLE)),
        ("3", (Decimal(3), HIGH)),
        ("1E+400", (Decimal(3), HIGH)),
    ],
)
def test_a_band_holds_the_values_below_its_bound(
    value: str, found: tuple[Decimal | None, Band]
) -> None:
    """A value lies in the first band whose bound is greater, and the bound below is told too."""
    assert BANDS.find(Decimal(value)) == found


def test_one_open_band_holds_every_value() -> None:
    """A signal whose only band is open has the same points for every value."""
    assert always("ANY").find(Decimal(-1)) == (None, Band(1, "ANY"))


@pytest.mark.parametrize(
    ("bands", "refused"),
    [
        ((), "bands: expected at least one"),
        (
            (LOW, MIDDLE),
            "bands[1].below: the last band must be open, or values above it have none",
        ),
        ((HIGH, LOW, Band(0, "REST")), "bands[0].below: only the last band may be open"),
        ((MIDDLE, LOW, HIGH), "bands[1].below: expected more than 3"),
        ((LOW, Band(1, "SAME", Decimal("0.20")), HIGH), "bands[1].below: expected more than 0.2"),
    ],
)
def test_bands_neither_overlap_nor_leave_a_gap(bands: tuple[Band, ...], refused: str) -> None:
    """Bands ascend and only the last is open, so that each value lies in exactly one."""
    assert refusal(lambda: SignalPolicy(0, bands)) == refused


@pytest.mark.parametrize("bound", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_bound_is_finite(bound: str) -> None:
    """A bound that no value can be compared with is refused."""
    assert refusal(lambda: Band(0, "CODE", Decimal(bound))) == "below: expected a finite number"


@pytest.mark.parametrize(
    "code", ["", "low", "LOW RISK", "1LOW", "_LOW", "LOW\n", "LÖW", "LOW-RISK"]
)
def test_a_code_is_for_machines(code: str) -> None:
    """A code consists of capitals, digits and ``_``, and begins with a capital."""
    assert refusal(lambda: Band(0, code)) == "code: expected capitals, digits and _"


@pytest.mark.parametrize("code", sorted(RESERVED))
def test_reserved_codes_are_for_other_reasons(code: str) -> None:
    """A code that stands for another reason cannot be a band's."""
    refused = "model.bands[0].code: this code has a meaning of its own"
    assert refusal(lambda: policy(model=always(code))) == refused


def test_the_reserved_codes_are_the_documents() -> None:
    """Reserved is every code that a reason without a band can have."""
    missing = {
        ARM: (Missing.UNAVAILABLE, Missing.NOT_ASKED, Missing.NO_SCORE),
        EVENT: (Missing.UNAVAILABLE, Missing.NOT_ASKED),
        MODEL: (Missing.UNAVAILABLE, Missing.NOT_ASKED, Missing.NO_VERDICT),
    }
    codes = {
        f"{signal.name.upper()}_{why.name}" for signal, whys in missing.items() for why in whys
    }
    assert {"CLAMPED", *codes, *(origin.name for origin in ScoreOrigin)} == RESERVED


def test_a_policy_has_a_name() -> None:
    """Each score says which policy decided, so that a policy has a version."""
    assert refusal(lambda: policy(version="")) == "version: expected a name"


@pytest.mark.parametrize("score_range", [(100, 0), (7, 7)])
def test_a_range_ascends(score_range: tuple[int, int]) -> None:
    """The least score is less than the greatest."""
    refused = "range: expected the least score, then the greatest"
    assert refusal(lambda: policy(score_range=score_range)) == refused


@pytest.mark.parametrize("no_history", [-1, 101])
def test_a_new_fan_starts_within_the_range(no_history: int) -> None:
    """The raw score of a new fan is a possible score."""
    refused = "no_history_raw_score: expected 0 to 100"
    assert refusal(lambda: policy(no_history=no_history)) == refused


@pytest.mark.parametrize(
    ("model", "index"),
    [(always("E"), 0), (SignalPolicy(0, (Band(1, "M", Decimal(1)), Band(2, "M"))), 1)],
)
def test_a_code_has_one_meaning(model: SignalPolicy, index: int) -> None:
    """No two bands of a policy have one code, be they of one signal or of two."""
    refused = f"model.bands[{index}].code: another band has this code"
    assert refusal(lambda: policy(model=model)) == refused


@pytest.mark.parametrize("no_history", [0, 100])
def test_the_range_includes_its_ends(no_history: int) -> None:
    """A new fan may start from the least and from the greatest score."""
    assert policy(no_history=no_history).no_history_raw_score == no_history


def test_a_policy_holds_the_signals_that_it_is_made_of() -> None:
    """A signal of one's own stands beside the others, with the codes that it reserves."""
    own = Signal("vip", "Visits", "The guest list", (Missing.NOT_ASKED,), always("VIP"))
    worth = {**DEFAULT_POLICY.signals, own: own.default}
    whole = attrs.evolve(DEFAULT_POLICY, signals=worth)
    assert (whole.of(own), list(whole.signals)) == (always("VIP"), [ARM, EVENT, MODEL, own])
    assert reserved_codes(whole.signals) - RESERVED == {"VIP_NOT_ASKED"}


def test_each_signal_has_its_own_policy() -> None:
    """The policy of a signal is the one under the signal's name."""
    whole = policy()
    assert {signal.name: whole.of(signal) for signal in SIGNALS} == {
        "arm": always("A"),
        "event": always("E"),
        "model": always("M"),
    }
