from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args, get_type_hints

import attrs
import pytest

from fanscore_appsync import wire
from fanscore_appsync.fields import FIELDS
from fanscore_appsync.routes.demand_records import DemandRecordSaveArguments
from fanscore_appsync.routes.entries import UpsertEntryArguments
from fanscore_appsync.routes.phone_numbers import PhoneScoreArguments
from fanscore_core.errors import InvalidInput
from fanscore_core.scalars import (
    EMAIL_RULE,
    FORMS,
    LOCALE_RULE,
    PHONE_RULE,
    Email,
    Locale,
    PhoneNumber,
)
from tests.demand_desk import demand_desk

SALE: Mapping[str, object] = {"eventId": "disco456", "saleId": "s1"}
ENTRY: Mapping[str, object] = {"campaignId": "camp1"}

INPUTS: Mapping[object, Mapping[str, object]] = {
    DemandRecordSaveArguments: SALE,
    UpsertEntryArguments: ENTRY,
}
"""What the arguments that are one input need beside a text with a form."""

BAD: Mapping[object, tuple[str, tuple[str, ...]]] = {
    Email: (EMAIL_RULE, ("a,b@example.com", "fan@example.com\nBcc: b@example.com", '"a"@b.c')),
    PhoneNumber: (PHONE_RULE, ("+1 111 000 4444", "+999 1234567", "911-555-0123")),
    Locale: (LOCALE_RULE, ("english", "en-12", "de-1901-1901")),
}
"""What is refused of each type, and what is said of it. Most of it was accepted once."""

GOOD: Mapping[object, Mapping[str, str]] = {
    Email: {"fan@example.com": "fan@example.com"},
    PhoneNumber: {"+44 20 7183-8750": "+442071838750", "202-555-0123": "+12025550123"},
    Locale: {"en_GB": "en-GB", "en-GB-u-fw-mon-mu-celsius": "en-GB-u-fw-mon-mu-celsius"},
}
"""What is accepted of each type, and what it is used as."""


def text_arguments() -> Iterator[tuple[type, str, object]]:
    """List the arguments of all fields that are texts with a form: class, name, type."""
    for field in FIELDS.values():
        for name, hint in get_type_hints(field.given).items():
            inputs = [kind for kind in (hint, *get_args(hint)) if attrs.has(kind)]
            members = get_type_hints(inputs[0]) if inputs else {name: hint}
            for member, type_ in members.items():
                yield from (
                    (field.given, member, kind)
                    for kind in (type_, *get_args(type_))
                    if kind in FORMS
                )


TEXT_ARGUMENTS = list(text_arguments())


def document(given: type, name: str, text: str) -> Mapping[str, object]:
    """Make the arguments of a field, one of which is a text."""
    spelt = {"phone_number": "phoneNumber"}.get(name, name)
    return {"input": {**INPUTS[given], spelt: text}} if given in INPUTS else {spelt: text}


def value(read: object, name: str) -> object:
    """Return one of the arguments that were read."""
    return getattr(getattr(read, "input", read), name)


def test_the_arguments_that_are_texts_with_a_form() -> None:
    """The tables of this module are about every argument that is such a text."""
    assert [
        (PhoneScoreArguments, "phone_number", PhoneNumber),
        (DemandRecordSaveArguments, "email", Email),
        (DemandRecordSaveArguments, "locale", Locale),
        (UpsertEntryArguments, "email", Email),
        (UpsertEntryArguments, "phone_number", PhoneNumber),
        (UpsertEntryArguments, "locale", Locale),
    ] == TEXT_ARGUMENTS
    assert set(BAD) == set(GOOD) == set(FORMS)


@pytest.mark.parametrize(("given", "name", "kind"), TEXT_ARGUMENTS)
def test_bad_texts(given: type, name: str, kind: object) -> None:
    """A text that its standard does not know is refused; its path is told, and never the text."""
    rule, texts = BAD[kind]
    spelt = {"phone_number": "phoneNumber"}.get(name, name)
    path = f"arguments.input.{spelt}" if given in INPUTS else f"arguments.{spelt}"
    for text in texts:
        with pytest.raises(InvalidInput) as refused:
            wire.read_arguments(document(given, name, text), given)
        assert (type(refused.value), str(refused.value)) == (InvalidInput, f"{path}: {rule}")


@pytest.mark.parametrize(("given", "name", "kind"), TEXT_ARGUMENTS)
def test_good_texts(given: type, name: str, kind: object) -> None:
    """A text that its standard knows is used in its canonical form."""
    for text, canonical in GOOD[kind].items():
        assert value(wire.read_arguments(document(given, name, text), given), name) == canonical


def test_an_impossible_number_is_not_scored() -> None:
    """A number that cannot exist is 400, and nothing is asked."""
    with demand_desk() as desk:
        answer = desk.call("VFApi.phoneScore", {"phoneNumber": "+1 111 000 4444"})
        assert answer == {
            "error": {
                "message": f"arguments.phoneNumber: {PHONE_RULE}",
                "errorType": "400",
                "data": None,
                "errorInfo": {"code": "INVALID_INPUT"},
            }
        }
        assert desk.asked == ()


@pytest.mark.parametrize("text", ["+442071838750", "+44 20 7183 8750", "+44-2071-838750"])
def test_a_number_is_scored_however_it_is_spelled(text: str) -> None:
    """A number is passed on, and answered, in the form of E.164."""
    with demand_desk() as desk:
        assert desk.call("VFApi.phoneScore", {"phoneNumber": text}) == {
            "data": {
                "phoneNumber": "+442071838750",
                "risk": 12,
                "recommendation": "ALLOW",
                "lineType": "FIXED_LINE",
                "updatedAt": "2026-10-30T12:00:00Z",
            }
        }
