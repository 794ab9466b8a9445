"""Phone numbers, by ITU-T E.164 and the North American Numbering Plan (NANP).

A number has one canonical form, that of E.164: ``+`` and up to 15 digits. The accepted forms are
those of ``AWSPhone``
(https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html): spaces and hyphens do not
matter, and a number without a country code is North American.

Whether a number is in use cannot be known here, but some cannot be: those of a country code that
nobody has, of a wrong length where a standard gives one, or without area code and exchange. Other
national plans change every month, and a fan with a new number must not be kept out: of them
nothing is asked but the lengths of E.164.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LAST_DIGITS: Mapping[str, str] = {
    "": "17",
    "2": "07",
    "21": "12368",
    "22": "0123456789",
    "23": "0123456789",
    "24": "0123456789",
    "25": "012345678",
    "26": "0123456789",
    "29": "01789",
    "3": "0123469",
    "35": "0123456789",
    "37": "0123456789",
    "38": "012356789",
    "4": "013456789",
    "42": "013",
    "5": "12345678",
    "50": "0123456789",
    "59": "0123456789",
    "6": "0123456",
    "67": "023456789",
    "68": "012356789",
    "69": "012",
    "8": "1246",
    "80": "08",
    "85": "02356",
    "87": "08",
    "88": "012368",
    "9": "0123458",
    "96": "012345678",
    "97": "012345679",
    "99": "1234568",
}
COUNTRY_CODES = frozenset(
    beginning + last for beginning, digits in _LAST_DIGITS.items() for last in digits
)
"""The codes of countries, groups of countries, networks and services.

They are those of the annex "List of ITU-T Recommendation E.164 assigned country codes" to the ITU
Operational Bulletin, and 970, which is reserved there and in use. None begins another.
"""

NATIONAL_LENGTHS: Mapping[str, int] = {"1": 10, "800": 8, "808": 8, "979": 9}
"""How many digits follow a country code, where a standard says so.

Of the NANP, of Universal International Freephone, Shared Cost and Premium Rate Numbers (ITU-T
E.169.1, E.169.3, E.169.2).
"""

_matches_form = re.compile(r"\+[1-9][0-9]{6,14}|(?P<north_american>[2-9][0-9]{2}[2-9][0-9]{6})")

_matches_north_american = re.compile(
    r"""
    (?!.11)[2-9][0-9]{2}                # area code; N11 are services such as 911
    (?:(?<=800)|(?<=822)|(?<=833)|(?<=844)|(?<=855)|(?<=866)|(?<=877)|(?<=888)|(?!.11))
    [2-9][0-9]{2}                       # exchange; N11 only of a toll-free number
    [0-9]{4}
    """,
    re.VERBOSE,
).fullmatch


def has_phone_form(text: str) -> bool:
    """Whether a text has one of the forms of a phone number, which need not exist."""
    return _matches_form.fullmatch(_without_separators(text)) is not None


def is_phone_number(text: str) -> bool:
    """Whether a text has one of the forms of a phone number, and the numbering rules allow it."""
    return has_phone_form(text) and _is_possible(canonical_phone_number(text))


def canonical_phone_number(text: str) -> str:
    """Return a phone number in the form of E.164, and any other text unchanged."""
    number = _without_separators(text)
    found = _matches_form.fullmatch(number)
    if found is None:
        return text
    return f"+1{number}" if found["north_american"] else number


def _without_separators(text: str) -> str:
    return re.sub(r"[ -]", "", text)


def _is_possible(number: str) -> bool:
    digits = number.removeprefix("+")
    code = next((digits[:size] for size in (1, 2, 3) if digits[:size] in COUNTRY_CODES), None)
    if code is None:
        return False
    national = digits.removeprefix(code)
    if len(national) != NATIONAL_LENGTHS.get(code, len(national)):
        return False
    return code != "1" or _matches_north_american(national) is not None
