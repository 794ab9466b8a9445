from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from fanscore_adapters.documents.policy import (
    parse_policy,
    parse_policy_book,
    policy_book_text,
    policy_text,
)
from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.ids import RULE, EventId
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.policy_book import PolicyBook
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
MEMBERS = "version, range, no_history_raw_score, arm, event, model"
KIND_OF_PATH = type(Path()).__name__
DECIMALS = "expected at most 9 decimals"
NUMBER = "expected a number between -2^53 and 2^53"
INTEGER = "expected an integer between -2^53 and 2^53"
HALF = "expected text without half characters"
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
    # what others would read in another way
    ('"below": 3', '"below": 3.0000000001', "policy.arm.bands[0].below", DECIMALS),
    ('"below": 3', '"below": 1e-999999', "policy.arm.bands[0].below", DECIMALS),
    ('"below": 6', '"below": 9007199254740992', "policy.arm.bands[1].below", NUMBER),
    ('"below": 6', '"below": 1e400', "policy.arm.bands[1].below", NUMBER),
    ('"below": 3', '"below": -1e999999', "policy.arm.bands[0].below", NUMBER),
    ('"below": 6', f'"below": 1{"0" * 4000}', "policy.arm.bands[1].below", NUMBER),
    ('"below": 6', f'"below": 1{"0" * 5000}', "$", "a number has too many digits"),
    ('"below": 3', '"below": 1e99999999999999999999', "$", "a number has too many digits"),
    ('"points": 5,', '"points": 9007199254740992,', "policy.arm.bands[0].points", INTEGER),
    ('"points": 5,', '"points": -9007199254740992,', "policy.arm.bands[0].points", INTEGER),
    (
        '"event": {"unavailable": 0',
        '"event": {"unavailable": 9007199254740992',
        "policy.event.unavailable",
        INTEGER,
    ),
    ("[0, 100]", "[-9007199254740992, 100]", "policy.range[0]", INTEGER),
    ("[0, 100]", "[0, 9007199254740992]", "policy.range[1]", INTEGER),
    ('"2026-11-01"', '"\\ud800"', "policy.version", HALF),
    ('"2026-11-01"', '"\ud800"', "policy.version", HALF),
    ("ARM_LOW_RISK", "A\\udc00", "policy.arm.bands[0].code", HALF),
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


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("", "policy: expected the text of a JSON document, got an empty one"),
        (" \n", "policy: expected the text of a JSON document, got an empty one"),
        ({}, "policy: expected the text of a JSON document, got dict"),
        (None, "policy: expected the text of a JSON document, got NoneType"),
        (CONTRACT.encode(), "policy: expected the text of a JSON document, got bytes"),
        (Path("policy.json"), f"policy: expected the text of a JSON document, got {KIND_OF_PATH}"),
        ("{}", f"policy: expected an object with {MEMBERS}"),
        ("policy.json", "$: not JSON: Expecting value at line 1 column 1"),
    ],
    ids=range(8),
)
def test_a_first_mistake_says_what_is_expected(text: str, refused: str) -> None:
    """What is given instead of a document's text is refused, and so is a document of nothing."""
    for parse in (parse_policy, parse_policy_book):
        with pytest.raises(InvalidInput) as error:
            parse(text)
        assert str(error.value) == refused


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


STRICT = attrs.evolve(DEFAULT, version="strict", no_history_raw_score=20)
LISTED, MAPPED = EventId("evt456"), EventId("disco.456")


def book_text(default: str = CONTRACT, **events: str) -> str:
    """Write a book of documents as they are."""
    members = ", ".join(f'"{event_id}": {text}' for event_id, text in events.items())
    return f'{{"default": {default}, "events": {{{members}}}}}'


def test_a_book_is_read() -> None:
    """A book has a default policy and those of events, under either kind of id."""
    strict = policy_text(STRICT)
    book = parse_policy_book(book_text(**{LISTED: strict, MAPPED: strict}))
    assert book == PolicyBook(DEFAULT, {LISTED: STRICT, MAPPED: STRICT})
    assert parse_policy_book(policy_book_text(book)) == book


@pytest.mark.parametrize("text", [CONTRACT, f'{{"default": {CONTRACT}}}', book_text()])
def test_a_policy_alone_is_a_book(text: str) -> None:
    """A plain policy, and a book without events, are a default alone, and written as a policy."""
    book = parse_policy_book(text)
    assert book == PolicyBook(DEFAULT)
    assert policy_book_text(book) == policy_text(DEFAULT)


def test_a_book_is_written_policy_by_policy() -> None:
    """A book's text has each policy as it is written alone, one line a band."""
    lines = policy_book_text(PolicyBook(DEFAULT, {LISTED: STRICT})).splitlines()
    assert lines[:3] == ["{", '  "default": {', '    "version": "2026-11-01",']
    middle = lines.index('  "events": {')
    assert lines[middle - 1 : middle + 3] == [
        "  },",
        '  "events": {',
        '    "evt456": {',
        '      "version": "strict",',
    ]
    assert lines[-3:] == ["    }", "  }", "}"]


OTHER_STRICT = policy_text(attrs.evolve(STRICT, no_history_raw_score=21))
TAKEN = "another policy of this book has this version"

REFUSED_BOOKS = [
    ('{"default": null}', "book.default: expected an object"),
    ('{"default": {}}', f"book.default: expected an object with {MEMBERS}"),
    ('{"events": {}}', "book.default: required"),
    (f'{{"default": {CONTRACT}, "events": []}}', "book.events: expected an object"),
    (f'{{"default": {CONTRACT}, "events": null}}', "book.events: expected an object"),
    (f'{{"default": {CONTRACT}, "event": {{}}}}', "book: unknown key 'event'"),
    (f'{{"default": {CONTRACT}, "a\\nb": {{}}}}', "book: unknown key"),
    (CONTRACT.replace('"version"', '"default": {}, "version"'), "book: unknown key 'arm'"),
    (f'{{"default": {book_text()}}}', "book.default: expected a policy, not a policy book"),
    (f'{{"default": {CONTRACT}, "default": {CONTRACT}}}', "$: a key is repeated"),
    (f'{{"default": {CONTRACT}, "events": {{"a": {{}}, "a": {{}}}}}}', "$: a key is repeated"),
    (book_text(evt456="[]"), "book.events['evt456']: expected an object"),
    (book_text(evt456="{}"), f"book.events['evt456']: expected an object with {MEMBERS}"),
    (book_text(evt456=book_text()), "book.events['evt456']: expected a policy, not a policy book"),
    (
        book_text(CONTRACT.replace('"points": 5', '"points": 5.5')),
        "book.default.arm.bands[0].points: expected an integer",
    ),
    (
        book_text(evt456=CONTRACT.replace("[0, 100]", "[100, 0]")),
        "book.events['evt456'].range: expected the least score, then the greatest",
    ),
    (
        book_text(evt456=policy_text(STRICT), evt789=CONTRACT.replace('"below": 6', '"below": 2')),
        "book.events['evt789'].arm.bands[1].below: expected more than 3",
    ),
    (
        book_text(evt456=CONTRACT.replace('"points": 5', '"points": 6')),
        f"book.events['evt456'].version: {TAKEN}",
    ),
    (
        book_text(evt456=policy_text(STRICT), evt789=OTHER_STRICT),
        f"book.events['evt789'].version: {TAKEN}",
    ),
    (book_text(**{" evt 456": "[]"}), f"book.events: key 1 of 1: {RULE}"),
    (book_text(**{"evt456": CONTRACT, "": CONTRACT}), f"book.events: key 2 of 2: {RULE}"),
    (book_text(**{"\\ud800": CONTRACT}), f"book.events: key 1 of 1: {RULE}"),
    (book_text(**{"a" * 129: CONTRACT}), f"book.events: key 1 of 1: {RULE}"),
]


@pytest.mark.parametrize(("text", "refused"), REFUSED_BOOKS, ids=range(len(REFUSED_BOOKS)))
def test_a_bad_book_is_refused(text: str, refused: str) -> None:
    """A book with a mistake anywhere is refused as a whole, with the path of the mistake."""
    with pytest.raises(InvalidInput) as error:
        parse_policy_book(text)
    assert str(error.value) == refused
    assert isinstance(error.value, InvalidId) is (RULE in refused)


@pytest.mark.parametrize(("old", "new", "where", "problem"), REFUSED)
def test_a_bad_policy_is_no_better_in_a_book(old: str, new: str, where: str, problem: str) -> None:
    """What is refused of a policy alone is refused of each policy of a book."""
    bad = CONTRACT.replace(old, new, 1)
    for text, path in (
        (bad, "policy"),
        (f'{{"default": {bad}}}', "book.default"),
        (book_text(evt456=bad), "book.events['evt456']"),
    ):
        with pytest.raises(InvalidInput) as error:
            parse_policy_book(text)
        assert error.value.where == where.replace("policy", path, 1)
        assert error.value.problem.partition(":")[0] == problem


def test_a_book_is_no_policy() -> None:
    """A book where one policy is expected is refused as what it is."""
    with pytest.raises(InvalidInput) as refused:
        parse_policy(book_text())
    assert str(refused.value) == "policy: expected a policy, not a policy book"


def test_the_policies_of_a_book_may_leave_out_own_signals() -> None:
    """In each policy of a book, the default of a signal of one's own counts where none is said."""
    vip = '"vip": {"unavailable": 1, "bands": [{"points": 2, "code": "V"}]}'
    said = CONTRACT.replace('"2026-11-01"', f'"said", {vip}')
    book = parse_policy_book(book_text(evt456=said), [*SIGNALS, OWN])
    assert book.default.of(OWN) == OWN.default
    assert book.policy_for(LISTED).of(OWN) == SignalPolicy(1, (Band(2, "V"),))
