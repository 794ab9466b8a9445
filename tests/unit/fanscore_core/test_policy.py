from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from hashlib import sha256
from typing import Any, cast

import attrs
import pytest
import rfc8785

from fanscore_core.errors import InvalidInput
from fanscore_core.findings import ScoreOrigin
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy, reserved_codes
from fanscore_core.signals import ARM, EVENT, MODEL, SIGNALS, Band, Missing, Signal, SignalPolicy

LOW = Band(5, "LOW", Decimal("0.2"))
MIDDLE = Band(0, "MIDDLE", Decimal(3))
HIGH = Band(-15, "HIGH")
LOWER = "expected lower case, digits and _, such as arm"
TAKEN = "a policy has a member of this name"
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
    ("bound", "kept"),
    [
        ("0.20", "0.2"),
        ("2E-1", "0.2"),
        ("1E+1", "10"),
        ("10.000", "10"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("-1.50", "-1.5"),
        ("0.123456789", "0.123456789"),
        ("0.12345678900000000000000000000000000000", "0.123456789"),
        ("9007199254740991.999999999", "9007199254740991.999999999"),
    ],
)
def test_equal_bounds_are_spelled_alike(bound: str, kept: str) -> None:
    """A bound is kept in plain digits without trailing zeros, and so stands in a message."""
    band = Band(0, "CODE", Decimal(bound))
    assert str(band.below) == kept
    with localcontext(prec=2):
        assert Band(0, "CODE", Decimal(bound)) == band


@pytest.mark.parametrize(
    ("bound", "problem"),
    [
        ("0.1234567891", "expected at most 9 decimals"),
        ("1E-10", "expected at most 9 decimals"),
        ("1E-999999999", "expected at most 9 decimals"),
        ("0.3333333333333333333333333333333333333", "expected at most 9 decimals"),
        ("9007199254740991.9999999999", "expected at most 9 decimals"),
        ("9007199254740992", "expected a number between -2^53 and 2^53"),
        ("-9007199254740992", "expected a number between -2^53 and 2^53"),
        ("1E+999999999", "expected a number between -2^53 and 2^53"),
    ],
)
def test_a_bound_is_one_that_all_read_alike(bound: str, problem: str) -> None:
    """A bound has at most 9 decimals and lies within 2^53 either way."""
    assert refusal(lambda: Band(0, "CODE", Decimal(bound))) == f"below: {problem}"


INTEGER = "expected an integer"
WITHIN = "expected an integer between -2^53 and 2^53"
MAKERS: dict[str, Callable[[int], object]] = {
    "points": lambda value: Band(value, "CODE"),
    "unavailable": lambda value: SignalPolicy(value, (HIGH,)),
    "range[0]": lambda value: policy(score_range=(value, 100)),
    "range[1]": lambda value: policy(score_range=(0, value)),
    "no_history_raw_score": lambda value: policy(no_history=value),
}


@pytest.mark.parametrize("where", MAKERS)
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (2**53, WITHIN),
        (-(2**53), WITHIN),
        (10**5000, WITHIN),
        (1.0, INTEGER),
        (True, INTEGER),
        (None, INTEGER),
        ("1", INTEGER),
        (Decimal(1), INTEGER),
    ],
    ids=range(8),
)
def test_points_are_integers_that_all_read_alike(where: str, value: object, problem: str) -> None:
    """Points and scores are integers of less than 2^53, in a policy that is made in Python too."""
    assert refusal(lambda: MAKERS[where](cast("int", value))) == f"{where}: {problem}"


def untyped(value: object) -> Any:  # noqa: ANN401  # a caller who does not check types
    """Pass for a value of any type."""
    return value


@pytest.mark.parametrize(
    ("make", "refused"),
    [
        (lambda: Band(0, "CODE", untyped(0.2)), "below: expected a number"),
        (lambda: Band(0, untyped(None)), "code: expected capitals, digits and _"),
        (lambda: SignalPolicy(0, untyped(None)), "bands: expected a tuple of Band, got NoneType"),
        (lambda: SignalPolicy(0, untyped([HIGH, 1])), "bands[1]: expected a Band, got int"),
        (lambda: policy(version=untyped(1)), "version: expected a name"),
        (lambda: policy(version="a\udc00"), "version: expected text without half characters"),
        (
            lambda: policy(score_range=untyped((1, 2, 3))),
            "range: expected the least score, then the greatest",
        ),
        (
            lambda: policy(score_range=untyped(None)),
            "range: expected the least score, then the greatest",
        ),
        (
            lambda: attrs.evolve(policy(), signals=untyped({"arm": BANDS})),
            "signals: expected a Signal, got str",
        ),
        (
            lambda: attrs.evolve(policy(), signals=untyped({ARM: {"bands": []}})),
            "arm: expected a SignalPolicy, got dict",
        ),
    ],
    ids=range(10),
)
def test_a_policy_of_wrong_parts_is_refused(make: Callable[[], object], refused: str) -> None:
    """A policy that exists is valid, also where nobody checked the types of its parts."""
    assert refusal(make) == refused


def test_lists_will_do() -> None:
    """Bands and ends in a list make the same policy as in a tuple."""
    listed = SignalPolicy(0, untyped([LOW, HIGH]))
    assert listed == SignalPolicy(0, (LOW, HIGH))
    assert policy(score_range=untyped([0, 100])) == policy()


def test_the_digest_of_the_default_policy() -> None:
    """The shipped policy has a digest that anybody can calculate."""
    bands = {
        "arm": [("3", 5, "ARM_LOW_RISK"), ("6", 0, "ARM_MEDIUM_RISK"), ("", -15, "ARM_HIGH_RISK")],
        "event": [
            ("1", 0, "EVENT_NO_DEMAND"),
            ("2", 4, "EVENT_DEMAND"),
            ("", 6, "EVENT_STRONG_DEMAND"),
        ],
        "model": [
            ("0.2", 3, "MODEL_LIKELY_HUMAN"),
            ("0.8", 0, "MODEL_UNSURE"),
            ("", -40, "MODEL_LIKELY_BOT"),
        ],
    }
    document = {"version": "2026-11-01", "range": [0, 100], "no_history_raw_score": 50} | {
        name: {
            "unavailable": 0,
            "bands": [
                {"code": code, "points": points} | ({"below": below} if below else {})
                for below, points, code in each
            ],
        }
        for name, each in bands.items()
    }
    assert (
        DEFAULT_POLICY.digest
        == sha256(rfc8785.dumps(cast("dict[str, None]", document))).hexdigest()
    )
    assert (
        DEFAULT_POLICY.digest == "38bb8715d276cd731bf15f0eee857a2bb8588876cfe0435d4b90b5304dfbef68"
    )


def test_the_order_of_signals_is_no_part_of_the_digest() -> None:
    """Equal policies have one digest, though their signals be listed in another order."""
    turned = {each: DEFAULT_POLICY.of(each) for each in reversed(SIGNALS)}
    other = attrs.evolve(DEFAULT_POLICY, signals=turned)
    assert (other, other.digest) == (DEFAULT_POLICY, DEFAULT_POLICY.digest)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        *((each, LOWER) for each in ("", "VIP", "Vip", "1a", "_a", "a-b", "a b", "ß", "\ud800")),
        *((each, TAKEN) for each in ("version", "range", "no_history_raw_score")),
        *((each, TAKEN) for each in ("default", "events")),
    ],
)
def test_a_signal_has_a_name_of_its_own(name: str, problem: str) -> None:
    """A signal's name begins its reason codes, and is no other member of a policy or of a book."""
    assert refusal(lambda: Signal(name, "Visits", "The list", (), BANDS)) == f"name: {problem}"


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
