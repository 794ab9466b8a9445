from __future__ import annotations

import pytest

from fanscore_core.scalars import is_email, is_locale, is_phone_number


@pytest.mark.parametrize(
    "text",
    [
        "fan@example.com",
        "a@b.c",
        "first.last+tickets@mail.example.co.uk",
        "o'neil_{x}@example-mail.com",
        "1@2.3",
        "f" * 242 + "@example.com",
    ],
)
def test_a_mail_address(text: str) -> None:
    """A mail address has a local part, an at sign and a domain of several labels."""
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fan",
        "@example.com",
        "fan@",
        "fan@example",
        "fan@.com",
        "fan@example..com",
        "fan@example.com.",
        "fan@@example.com",
        "fan fan@example.com",
        "fan@exam ple.com",
        "fan@example.com\n",
        "\nfan@example.com",
        "fän@example.com",
        "fan@exämple.com",
        "\ud800@example.com",
        "fan@example_mail.com",
        "f" * 243 + "@example.com",
    ],
)
def test_no_mail_address(text: str) -> None:
    """What has spaces, line ends, no domain, other than ASCII or over 254 characters is none."""
    assert not is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "+442071838750",
        "+44 20 7183-8750",
        "+1234567",
        "+123456789012345",
        "2025550123",
        "202-555-0123",
        "202 555 0123",
    ],
)
def test_a_phone_number(text: str) -> None:
    """A number has a country code and 7 to 15 digits, or is North American."""
    assert is_phone_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "+123456",
        "+1234567890123456",
        "+0442071838750",
        "1110004444",
        "1025550123",
        "2021550123",
        "202555012",
        "20255501234",
        "+44.20.7183.8750",
        "+44\t2071838750",
        "+442071838750\n",
        "+44²0718387²0",
        "+٤٤٢٠٧١٨٣٨٧٥٠",
        "phone",
    ],
)
def test_no_phone_number(text: str) -> None:
    """What is too short or long, no North American number, or not of ASCII digits is none."""
    assert not is_phone_number(text)


@pytest.mark.parametrize(
    "text", ["en", "fil", "en-GB", "en_GB", "zh-Hant-TW", "es-419", "de-CH-1996", "ca-ES-valencia"]
)
def test_a_locale(text: str) -> None:
    """A locale is a language, then perhaps a script, a region and variants."""
    assert is_locale(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "e",
        "engl",
        "en-",
        "en--GB",
        "-GB",
        "en-G",
        "en GB",
        "en-GB\n",
        "ën",
        "en-123456789",
        "4",
    ],
)
def test_no_locale(text: str) -> None:
    """What is no language first, or has empty, short, long or other than ASCII parts, is none."""
    assert not is_locale(text)
