from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanscore_core.scalars import (
    EMAIL,
    LOCALE,
    PHONE_NUMBER,
    PhoneNumber,
    TextForm,
    e164,
    optional_e164,
)

FORMS = {"mail address": EMAIL, "phone number": PHONE_NUMBER, "locale": LOCALE}


@pytest.mark.parametrize(
    ("form", "text", "canonical"),
    [
        (EMAIL, "Fan@Example.com", "Fan@Example.com"),
        (PHONE_NUMBER, "+44 20 7183-8750", "+442071838750"),
        (PHONE_NUMBER, "202-555-0123", "+12025550123"),
        (LOCALE, "en-GB", "en-GB"),
        (LOCALE, "en_GB", "en-GB"),
        (LOCALE, "zh_hant_TW", "zh-hant-TW"),
        (LOCALE, "en-GB-u-fw-mon-mu-celsius", "en-GB-u-fw-mon-mu-celsius"),
        (LOCALE, "i_klingon", "i-klingon"),
    ],
)
def test_a_form(form: TextForm, text: str, canonical: str) -> None:
    """What is accepted can be read, and is used in its canonical form."""
    assert form.accepts(text)
    assert form.reads(text)
    assert form.canonical(text) == canonical


@pytest.mark.parametrize(
    ("form", "text", "canonical"),
    [
        (EMAIL, "a,b@example.com", "a,b@example.com"),
        (EMAIL, '"a"@example.com', '"a"@example.com'),
        (EMAIL, "1@2.3", "1@2.3"),
        (EMAIL, "f" * 242 + "@example.com", "f" * 242 + "@example.com"),
        (PHONE_NUMBER, "+1 111 000 4444", "+11110004444"),
        (PHONE_NUMBER, "911-555-0123", "+19115550123"),
        (PHONE_NUMBER, "+999 1234567", "+9991234567"),
        (LOCALE, "en-12", "en-12"),
        (LOCALE, "en_GB_GB", "en-GB-GB"),
        (LOCALE, "de-1901-1901", "de-1901-1901"),
    ],
)
def test_what_was_legal_when_it_was_stored(form: TextForm, text: str, canonical: str) -> None:
    """What was accepted once is no argument any more, and can still be read."""
    assert not form.accepts(text)
    assert form.reads(text)
    assert form.canonical(text) == canonical


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (EMAIL, "fan"),
        (EMAIL, "fan fan@example.com"),
        (EMAIL, "f" * 243 + "@example.com"),
        (PHONE_NUMBER, "1110004444"),
        (PHONE_NUMBER, "+123456"),
        (LOCALE, "english"),
        (LOCALE, "en-"),
        (LOCALE, "en GB"),
        (LOCALE, "zh_TW_#Hant"),
    ],
)
def test_what_was_never_accepted(form: TextForm, text: str) -> None:
    """What was never accepted is not read either."""
    assert not form.accepts(text)
    assert not form.reads(text)


near_texts = st.text("aZ-_@.+ 0123456789,", max_size=24) | st.text(max_size=6)


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
@given(text=near_texts)
def test_laws_of_forms(form: TextForm, text: str) -> None:
    """What is accepted can be read; a canonical form is accepted and read alike, and its own."""
    canonical = form.canonical(text)
    assert form.reads(text) or not form.accepts(text)
    assert form.canonical(canonical) == canonical
    assert (form.accepts(canonical), form.reads(canonical)) == (
        form.accepts(text),
        form.reads(text),
    )


def test_numbers_in_values() -> None:
    """A field that holds a number holds its canonical form, if any number."""
    number = PhoneNumber("202-555-0123")
    assert (e164(number), optional_e164(number)) == ("+12025550123", "+12025550123")
    assert optional_e164(None) is None
