from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from fanscore_core.phone_numbers import (
    COUNTRY_CODES,
    NATIONAL_LENGTHS,
    canonical_phone_number,
    has_phone_form,
    is_phone_number,
)

IN_USE = sorted(str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
MADE_OF_ASCII_DIGITS = re.compile(r"\+[1-9][0-9]{6,14}")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("+442071838750", "+442071838750"),
        ("+44 20 7183-8750", "+442071838750"),
        ("+2471234", "+2471234"),
        ("+491234567890123", "+491234567890123"),
        ("2025550123", "+12025550123"),
        ("202-555-0123", "+12025550123"),
        ("202 555 0123", "+12025550123"),
        ("541-754-3010", "+15417543010"),
        ("+1 555-555-0123", "+15555550123"),
        ("+12025550123", "+12025550123"),
        ("800-411-7246", "+18004117246"),
        ("+800 1234 5678", "+80012345678"),
        ("+808 1234 5678", "+80812345678"),
        ("+979 1 2345 6789", "+979123456789"),
        ("+39 06 1234 5678", "+390612345678"),
        ("+883 5100 1234 5678", "+883510012345678"),
    ],
)
def test_a_phone_number(text: str, canonical: str) -> None:
    """A number has a country code and 7 to 15 digits, or is North American; E.164 is one form."""
    assert is_phone_number(text)
    assert canonical_phone_number(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "+123456",
        "+4412345678901234",
        "+0442071838750",
        "442071838750",
        "1-202-555-0123",
        "1110004444",
        "1025550123",
        "2021550123",
        "202555012",
        "20255501234",
        "+44.20.7183.8750",
        "+44 (0) 20 7183 8750",
        "+44\t2071838750",
        "+442071838750\n",
        "+44²0718387²0",
        "+٤٤٢٠٧١٨٣٨٧٥٠",
        "++442071838750",
        "44+2071838750",
        "+44\u00a02071838750",
        "+44\u20112071838750",
        "phone",
    ],
)
def test_no_form_of_a_phone_number(text: str) -> None:
    """What is too short or long, or has other than ASCII digits, has no form and stays as it is."""
    assert not has_phone_form(text)
    assert not is_phone_number(text)
    assert canonical_phone_number(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "+1 111 000 4444",
        "+1 202 155 0123",
        "+1 102 555 0123",
        "+1 202 055 0123",
        "+1 911 555 0123",
        "911-555-0123",
        "+1 202 911 0123",
        "202-411-0123",
        "+1 202 555 012",
        "+1 202 555 01234",
        "+1234567",
        "+123456789012345",
        "+210 1234567",
        "+999 1234567",
        "+800 1234 567",
        "+800 1234 56789",
        "+808 1234 567",
        "+979 1234 5678",
    ],
)
def test_an_impossible_number(text: str) -> None:
    """A country code that nobody has, a length or an area code that none has: no such number."""
    assert has_phone_form(text)
    assert not is_phone_number(text)


def test_no_country_code_begins_another() -> None:
    """Where a country code ends is never in doubt."""
    beginnings = {code[:size] for code in COUNTRY_CODES for size in range(1, len(code))}
    assert not beginnings & COUNTRY_CODES
    assert set(NATIONAL_LENGTHS) <= COUNTRY_CODES


def test_the_country_codes_that_libphonenumber_knows() -> None:
    """All country codes in use are known, and those that the ITU assigned without any use."""
    assert set(IN_USE) - COUNTRY_CODES == set()
    assert COUNTRY_CODES - set(IN_USE) == {
        "379",  # the Vatican, which is reached by 39
        "388",  # groups of countries
        "991",  # a trial of public correspondence
    }


def example_numbers() -> list[str]:
    """List an example of each type of number in each country, and of each service."""
    found = [
        phonenumbers.example_number_for_type(region, kind)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in phonenumbers.PhoneNumberType.values()
    ]
    found += [
        phonenumbers.example_number_for_non_geo_entity(code)
        for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)
    ]
    return sorted(
        {
            phonenumbers.format_number(number, PhoneNumberFormat.E164)
            for number in found
            if number is not None
        }
    )


def test_numbers_in_use_everywhere() -> None:
    """A number of any country and type is accepted.

    Not so what only a part of a country can dial: what has fewer than 7 digits with its country
    code, and the 310-1234 of Canada.
    """
    examples = [each for each in example_numbers() if len(each) > len("+123456")]
    assert len(examples) > 1000
    assert [each for each in examples if not is_phone_number(each)] == ["+13101234"]
    assert [canonical_phone_number(each) for each in examples] == examples


def is_known_difference(national: str) -> bool:
    """Whether libphonenumber calls a national number valid that no subscriber of the NANP has."""
    return (
        national[4:6] == "11"  # the exchange of a service such as 911
        or (national[:3] == "310" and len(national) == 7)  # dialled in Canada alone
        or national[:4] in {"8090", "8091", "8290", "8291", "8490", "8491"}  # a Dominican freephone
    )


@given(
    st.sampled_from(IN_USE) | st.just("1"),
    st.text("0123456789", min_size=4, max_size=12),
)
def test_no_valid_number_is_refused(code: str, national: str) -> None:
    """What libphonenumber calls valid is accepted, with few and known differences.

    The other way round, more is accepted: it knows the national plans of one month.
    """
    number = f"+{code}{national}"
    assume(7 <= len(code + national) <= 15)
    parsed = phonenumbers.parse(number)
    assume(phonenumbers.format_number(parsed, PhoneNumberFormat.E164) == number)  # no trunk prefix
    assert (
        is_phone_number(number)
        or (code == "1" and is_known_difference(national))
        or not phonenumbers.is_valid_number(parsed)
    )


north_american = st.builds(
    "{}{}{}".format,
    st.sampled_from(["202", "555", "800", "876", "989"]),
    st.sampled_from(["200", "555", "754", "999"]),
    st.text("0123456789", min_size=4, max_size=4),
)


@given(north_american)
def test_a_number_without_country_code_is_north_american(number: str) -> None:
    """A number without a country code is the one with 1, as libphonenumber has it."""
    parsed = phonenumbers.parse(number, "US")
    e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    assert is_phone_number(number)
    assert canonical_phone_number(number) == canonical_phone_number(e164) == e164


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """Make a number, and the number with spaces and hyphens anywhere."""
    number = draw(north_american | st.sampled_from(["+442071838750", "+12025550123", "+2471234"]))
    separators = draw(
        st.lists(st.text(" -", max_size=2), min_size=len(number), max_size=len(number))
    )
    return number, "".join(f"{a}{b}" for a, b in zip(number, separators, strict=True))


@given(spelled())
def test_spaces_and_hyphens_do_not_matter(pair: tuple[str, str]) -> None:
    """However a number is grouped, it has one canonical form."""
    number, grouped = pair
    assert is_phone_number(grouped)
    assert canonical_phone_number(grouped) == canonical_phone_number(number)


@given(st.text("+0123456789 -", max_size=20) | north_american | st.text(max_size=5))
def test_the_canonical_form_is_canonical(text: str) -> None:
    """The canonical form is that of E.164, is accepted alike, and is its own."""
    canonical = canonical_phone_number(text)
    assert canonical_phone_number(canonical) == canonical
    assert is_phone_number(canonical) is is_phone_number(text)
    assert has_phone_form(canonical) is has_phone_form(text)
    assert has_phone_form(text) is (MADE_OF_ASCII_DIGITS.fullmatch(canonical) is not None)
