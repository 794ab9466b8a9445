from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import attrs
import pytest

from fanscore_adapters.documents.converter import StrictConverter, camel, same
from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.ids import RULE, BotRunId, EventId, GlobalUserId, MemberId
from fanscore_core.scalars import (
    EMAIL_RULE,
    LOCALE_RULE,
    PHONE_RULE,
    Email,
    Locale,
    PhoneNumber,
)


@attrs.frozen
class Seat:
    row_name: str
    number: int = attrs.field()

    @number.validator
    def _(self, _field: attrs.Attribute[int], value: int) -> None:
        if value < 1:
            raise InvalidInput("number", "expected 1 or more")


@attrs.frozen
class Booking:
    booking_id: EventId
    is_paid: bool
    total_price: Decimal
    seats: tuple[Seat, ...] = ()
    row_range: tuple[int, int] = (1, 1)
    gift_note: str | None = None
    member_id: MemberId | None = None


@attrs.frozen(kw_only=True)
class Named:
    row_name: str
    note: str | None = None


@attrs.frozen
class NamedFirst(Named):
    number: int


@attrs.frozen(kw_only=True)
class AllNamed(Named):
    number: int


STRICT = StrictConverter(camel, forbid_extra_keys=True)
LENIENT = StrictConverter(camel, forbid_extra_keys=False)

DOCUMENT: dict[str, object] = {
    "bookingId": "b-1",
    "isPaid": True,
    "totalPrice": Decimal("49.90"),
    "seats": [{"rowName": "A", "number": 7}, {"rowName": "B", "number": 8}],
    "rowRange": [1, 9],
    "giftNote": "For you",
    "memberId": "m-1",
}
BOOKING = Booking(
    EventId("b-1"),
    True,  # noqa: FBT003  # by position, as the document's order shows it
    Decimal("49.90"),
    (Seat("A", 7), Seat("B", 8)),
    (1, 9),
    "For you",
    MemberId("m-1"),
)
SEAT: dict[str, object] = {"rowName": "A", "number": 7}


def refusal(document: object) -> tuple[type, str, str]:
    """Say how the strict converter refuses a booking."""
    with pytest.raises(InvalidInput) as refused:
        STRICT.structure(document, Booking, "booking")
    return type(refused.value), refused.value.where, refused.value.problem


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        ("score", "score"),
        ("global_user_id", "globalUserId"),
        ("raw_score", "rawScore"),
        ("a_b_c", "aBC"),
    ],
)
def test_camel_spells_as_documents_do(name: str, spelt: str) -> None:
    """The words of a name are run together, each but the first with a capital."""
    assert camel(name) == spelt
    assert same(name) == name


def test_a_document_becomes_a_value() -> None:
    """Each attribute is read from the key of its name, spelt as documents do."""
    assert STRICT.structure(DOCUMENT, Booking, "booking") == BOOKING


def test_what_has_a_default_may_be_missing() -> None:
    """An attribute with a default needs no key, and an optional one may be ``null``."""
    document = {"bookingId": "b-1", "isPaid": False, "totalPrice": 50, "giftNote": None}
    assert STRICT.structure(document, Booking, "booking") == Booking(
        EventId("b-1"), is_paid=False, total_price=Decimal(50)
    )


def test_an_integer_is_a_number_too() -> None:
    """A number without a fraction becomes a ``Decimal`` where one is expected."""
    price = STRICT.structure({**DOCUMENT, "totalPrice": 50}, Booking, "booking").total_price
    assert (type(price), price) == (Decimal, Decimal(50))


def test_unknown_keys_are_forbidden_or_left_out() -> None:
    """Whether a key that the class does not know is a mistake is the converter's choice."""
    document = {**DOCUMENT, "zone": 1, "area": 2}
    assert LENIENT.structure(document, Booking, "booking") == BOOKING
    assert refusal(document) == (InvalidInput, "booking", "unknown key 'area'")


@pytest.mark.parametrize("kind", [NamedFirst, AllNamed])
def test_arguments_may_be_named(kind: Callable[..., object]) -> None:
    """However a class takes its values, the quick reader reads it: made once, it stays."""
    converter = StrictConverter(camel, forbid_extra_keys=True)
    document = {"rowName": "A", "number": 7}
    expected = kind(row_name="A", number=7)
    assert [converter.structure(document, type(expected), "seat") for _ in range(2)] == [
        expected
    ] * 2
    assert "_careful" not in vars(converter)


def test_names_can_stay_as_they_are() -> None:
    """With ``same``, keys and paths are spelt as the attributes."""
    converter = StrictConverter(same, forbid_extra_keys=True)
    assert converter.structure({"row_name": "A", "number": 7}, Seat, "seat") == Seat("A", 7)
    with pytest.raises(InvalidInput) as refused:
        converter.structure({"row_name": 1, "number": 7}, Seat, "seat")
    assert str(refused.value) == "seat.row_name: expected a string"


@pytest.mark.parametrize(
    ("change", "where", "problem"),
    [
        ({"giftNote": 1}, "giftNote", "expected a string"),
        ({"giftNote": True}, "giftNote", "expected a string"),
        ({"giftNote": "\ud83d"}, "giftNote", "expected text without half characters"),
        ({"giftNote": b"bytes"}, "giftNote", "expected a string"),
        ({"giftNote": ["a"]}, "giftNote", "expected a string"),
        ({"isPaid": 1}, "isPaid", "expected true or false"),
        ({"isPaid": "true"}, "isPaid", "expected true or false"),
        ({"isPaid": None}, "isPaid", "expected true or false"),
        ({"totalPrice": "50"}, "totalPrice", "expected a number"),
        ({"totalPrice": True}, "totalPrice", "expected a number"),
        ({"totalPrice": None}, "totalPrice", "expected a number"),
        ({"totalPrice": 0.5}, "totalPrice", "expected a number"),
        ({"totalPrice": Decimal("NaN")}, "totalPrice", "expected a number"),
        ({"totalPrice": Decimal("Infinity")}, "totalPrice", "expected a number"),
        ({"seats": None}, "seats", "expected a list"),
        ({"seats": "AB"}, "seats", "expected a list"),
        ({"seats": {"0": SEAT}}, "seats", "expected a list"),
        ({"seats": (SEAT,)}, "seats", "expected a list"),
        ({"seats": [SEAT, None]}, "seats[1]", "expected an object"),
        ({"seats": [SEAT, [SEAT]]}, "seats[1]", "expected an object"),
        ({"seats": [SEAT, {"number": 7}]}, "seats[1].rowName", "required"),
        ({"seats": [{**SEAT, "number": "7"}]}, "seats[0].number", "expected an integer"),
        ({"seats": [{**SEAT, "number": True}]}, "seats[0].number", "expected an integer"),
        ({"seats": [{**SEAT, "number": None}]}, "seats[0].number", "expected an integer"),
        ({"seats": [{**SEAT, "number": Decimal(7)}]}, "seats[0].number", "expected an integer"),
        ({"seats": [{**SEAT, "number": 7.0}]}, "seats[0].number", "expected an integer"),
        ({"seats": [{**SEAT, "number": 0}]}, "seats[0].number", "expected 1 or more"),
        ({"seats": [SEAT, {**SEAT, "floor": 1}]}, "seats[1]", "unknown key 'floor'"),
        ({"rowRange": [1]}, "rowRange", "expected a list of 2"),
        ({"rowRange": [1, 2, 3]}, "rowRange", "expected a list of 2"),
        ({"rowRange": [1, "2"]}, "rowRange[1]", "expected an integer"),
    ],
)
def test_nothing_is_coerced(change: dict[str, object], where: str, problem: str) -> None:
    """A value of another type than declared is refused, with its path."""
    assert refusal({**DOCUMENT, **change}) == (InvalidInput, f"booking.{where}", problem)


@pytest.mark.parametrize("document", [None, [], "b-1", 1, [DOCUMENT]])
def test_a_value_needs_an_object(document: object) -> None:
    """What is no object at all is refused under the document's name."""
    assert refusal(document) == (InvalidInput, "booking", "expected an object")


@pytest.mark.parametrize("key", ["bookingId", "isPaid", "totalPrice"])
def test_what_has_no_default_is_required(key: str) -> None:
    """A missing key is reported by its path."""
    document = {name: value for name, value in DOCUMENT.items() if name != key}
    assert refusal(document) == (InvalidInput, f"booking.{key}", "required")


@pytest.mark.parametrize("wrong", ["", "a\nb", " a", "a" * 129, 1, True, ["a"]])
def test_ids_are_checked(wrong: object) -> None:
    """Where an id stands, nothing else may, and the error says that it is an id."""
    assert refusal({**DOCUMENT, "bookingId": wrong}) == (InvalidId, "booking.bookingId", RULE)
    assert refusal({**DOCUMENT, "memberId": wrong}) == (InvalidId, "booking.memberId", RULE)


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (7, "7"), (-7, "-7"), (10**127, "1" + "0" * 127)]
)
def test_an_integer_may_stand_for_an_id(number: int, text: str) -> None:
    """Where that is declared, an integer is the id that its decimal text is."""
    read = StrictConverter(camel, forbid_extra_keys=True, numbers_as_ids=True)
    document = {**DOCUMENT, "bookingId": number, "memberId": number}
    assert read.structure(document, Booking, "booking") == attrs.evolve(
        BOOKING, booking_id=EventId(text), member_id=MemberId(text)
    )


@pytest.mark.parametrize("text", ["true", "1.0", "1e3", "1E3", "-1.5", "1" * 129, "[1]", '"a\\n"'])
def test_nothing_but_an_integer_literal_stands_for_an_id(text: str) -> None:
    """Neither a boolean nor a fraction or an exponent is an id, whole or not."""
    read = StrictConverter(camel, forbid_extra_keys=True, numbers_as_ids=True)
    with pytest.raises(InvalidId) as refused:
        read.structure({**DOCUMENT, "bookingId": parse_stored_json(text)}, Booking, "booking")
    assert str(refused.value) == f"booking.bookingId: {RULE}"


@pytest.mark.parametrize("kind", [GlobalUserId, MemberId, EventId, BotRunId])
def test_every_type_of_id_is_checked(kind: type[str]) -> None:
    """No type of id is taken for a mere string."""
    holder = attrs.make_class("Holder", {"some_id": attrs.field(type=kind)}, frozen=True)
    with pytest.raises(InvalidId) as refused:
        STRICT.structure({"someId": "a\nb"}, holder, "holder")
    assert str(refused.value) == f"holder.someId: {RULE}"


def test_the_first_mistake_is_named() -> None:
    """Of several mistakes, that of the first attribute is reported."""
    document = {"seats": 1, "totalPrice": "x", "isPaid": True, "bookingId": "b-1", "zone": 1}
    assert refusal(document) == (InvalidInput, "booking.totalPrice", "expected a number")


def test_what_a_class_itself_refuses_without_words_is_not_valid() -> None:
    """A class that refuses a value with a foreign error is no reason to show that error."""

    @attrs.frozen
    class Odd:
        number: int = attrs.field(validator=attrs.validators.lt(3))

    with pytest.raises(InvalidInput) as refused:
        STRICT.structure({"number": 7}, Odd, "odd")
    assert str(refused.value) == "odd: not valid"


@attrs.frozen
class Contact:
    email: Email | None = None
    phone_number: PhoneNumber | None = None
    locale: Locale | None = None


@pytest.mark.parametrize(
    ("key", "text", "contact"),
    [
        ("email", "a,b@example.com", Contact(email=Email("a,b@example.com"))),
        ("phoneNumber", "111 000 4444", None),
        ("phoneNumber", "+1 111 000 4444", Contact(phone_number=PhoneNumber("+11110004444"))),
        ("locale", "en_12", Contact(locale=Locale("en-12"))),
        ("locale", "english", None),
    ],
)
def test_texts_with_a_form_are_stricter_in_arguments(
    key: str, text: str, contact: Contact | None
) -> None:
    """What may be older than the check is read if it was ever accepted; an argument is not."""
    arguments = StrictConverter(camel, forbid_extra_keys=True, of_arguments=True)
    kinds = {"email": EMAIL_RULE, "phoneNumber": PHONE_RULE, "locale": LOCALE_RULE}
    mistake = f"contact.{key}: {kinds[key]}"
    with pytest.raises(InvalidInput) as refused:
        arguments.structure({key: text}, Contact, "contact")
    assert str(refused.value) == mistake
    if contact is not None:
        assert STRICT.structure({key: text}, Contact, "contact") == contact
        return
    with pytest.raises(InvalidInput) as refused:
        STRICT.structure({key: text}, Contact, "contact")
    assert str(refused.value) == mistake


def test_refusals_hold_nothing_of_the_document() -> None:
    """An error says what was expected, and never repeats what was there instead."""
    secret = "fan@example.com\n"
    for change in ({"giftNote": [secret]}, {"totalPrice": secret}, {"bookingId": secret}):
        assert secret not in repr(refusal({**DOCUMENT, **change}))


def test_a_value_becomes_a_document() -> None:
    """A value is written under the keys that it is read from."""
    assert STRICT.unstructure(Seat("A", 7)) == SEAT
    assert LENIENT.unstructure((Seat("A", 7), None)) == [SEAT, None]
