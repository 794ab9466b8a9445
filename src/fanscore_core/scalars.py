"""Text with a form of its own: mail addresses, phone numbers, locales, JSON objects.

The forms are those of AppSync's scalars where there is one
(https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html), so that what AppSync lets
through is checked again, and what is called without AppSync is checked at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NewType

Email = NewType("Email", str)
PhoneNumber = NewType("PhoneNumber", str)
Locale = NewType("Locale", str)
JsonObject = NewType("JsonObject", Mapping[str, str])
"""A JSON object whose values are canonical JSON text, so that they are hashable and survive."""

EMAIL_RULE = "expected a mail address"
PHONE_RULE = "expected a phone number, with country code or North American"
LOCALE_RULE = "expected a locale such as en-GB"

MAX_EMAIL = 254

_matches_email = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+").fullmatch
_matches_phone = re.compile(r"\+[1-9][0-9]{6,14}|[2-9][0-9]{2}[2-9][0-9]{6}").fullmatch
_matches_locale = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,4}").fullmatch


def is_email(text: str) -> bool:
    """Whether a text is a mail address (``AWSEmail``)."""
    return len(text) <= MAX_EMAIL and _matches_email(text) is not None


def is_phone_number(text: str) -> bool:
    """Whether a text is a phone number (``AWSPhone``); spaces and hyphens do not matter."""
    return _matches_phone(re.sub(r"[ -]", "", text)) is not None


def is_locale(text: str) -> bool:
    """Whether a text is a locale, by the form of BCP 47."""
    return _matches_locale(text) is not None
