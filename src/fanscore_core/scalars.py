"""Text with a form of its own: mail addresses, phone numbers, locales, JSON objects.

The forms are those of AppSync's scalars where there is one
(https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html), so that what AppSync lets
through is checked again, and what is called without AppSync is checked at all.

Arguments are checked by the standard of each. What is stored or stands in an event may be older
than the check, so all that was ever accepted can still be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NewType

import attrs

from fanscore_core.language_tags import is_language_tag
from fanscore_core.mail_addresses import MAX_LENGTH, is_mail_address
from fanscore_core.phone_numbers import canonical_phone_number, has_phone_form, is_phone_number

Email = NewType("Email", str)
PhoneNumber = NewType("PhoneNumber", str)
"""In the form of E.164, such as ``+442071838750``."""
Locale = NewType("Locale", str)
JsonObject = NewType("JsonObject", Mapping[str, str])
"""A JSON object whose values are canonical JSON text, so that they are hashable and survive."""

EMAIL_RULE = "expected a mail address"
PHONE_RULE = "expected a phone number, with country code or North American"
LOCALE_RULE = "expected a locale such as en-GB"
TEXT_RULE = "expected text without half characters"


def is_text(value: object) -> bool:
    """Whether a value is text that can be written as UTF-8: no half of a surrogate pair.

    JSON can spell such a half (RFC 8259, 8.2), and the Lambda runtime cannot write it.
    """
    if type(value) is not str:
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@attrs.frozen
class TextForm:
    """A form that text can have.

    Attributes:
        rule: what was expected, for the message about a text that lacks the form.
        accepts: whether a text may be given as an argument.
        reads: whether a text may be stored, or be sent by another system.
        canonical: returns the text that is used in place of what was given or read.
    """

    rule: str
    accepts: Callable[[str], bool]
    reads: Callable[[str], bool]
    canonical: Callable[[str], str]


_was_email = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+").fullmatch
_was_locale = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,4}").fullmatch


def canonical_locale(text: str) -> str:
    """Return a locale with hyphens for underscores; its case, which means nothing, is kept."""
    return text.replace("_", "-")


def e164(number: PhoneNumber) -> PhoneNumber:
    """Return a phone number in its canonical form, for fields of values that are compared."""
    return PhoneNumber(canonical_phone_number(number))


def optional_e164(number: PhoneNumber | None) -> PhoneNumber | None:
    """Return what may be a phone number in its canonical form."""
    return None if number is None else e164(number)


def _as_it_is(text: str) -> str:
    return text


def _reads_email(text: str) -> bool:
    return len(text) <= MAX_LENGTH and _was_email(text) is not None


def _accepts_locale(text: str) -> bool:
    return is_language_tag(canonical_locale(text))


def _reads_locale(text: str) -> bool:
    return _was_locale(text) is not None or _accepts_locale(text)


EMAIL = TextForm(EMAIL_RULE, is_mail_address, _reads_email, _as_it_is)
PHONE_NUMBER = TextForm(PHONE_RULE, is_phone_number, has_phone_form, canonical_phone_number)
LOCALE = TextForm(LOCALE_RULE, _accepts_locale, _reads_locale, canonical_locale)

FORMS: Mapping[object, TextForm] = {Email: EMAIL, PhoneNumber: PHONE_NUMBER, Locale: LOCALE}
"""The form of each type of text."""
