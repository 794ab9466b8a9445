from __future__ import annotations

from email.message import EmailMessage

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from fanscore_core.mail_addresses import is_mail_address

LABEL_63 = "d" * 63
DOMAIN_190 = ".".join([LABEL_63, LABEL_63, "d" * 58, "com"])
"""With a local part of 64 octets and an at sign, 254 in all."""


@pytest.mark.parametrize(
    "text",
    [
        "fan@example.com",
        "a@b.c",
        "first.last+tickets@mail.example.co.uk",
        "o'neil_{x}@example-mail.com",
        "!#$%&'*+/=?^_`{|}~-@example.com",
        "-@example.com",
        "1@2.c3",
        "fan@1and1.com",
        "fan@123.com",
        "fan@a--b.com",
        "fan@xn--exmple-cua.com",
        "fan@example.xn--p1ai",
        f"{'f' * 64}@example.com",
        f"f@{LABEL_63}.com",
        f"{'f' * 63}@{DOMAIN_190}",
    ],
)
def test_a_mail_address(text: str) -> None:
    """A mail address is a dot-atom (RFC 5322 §3.2.3), an at sign and a host name (RFC 1123)."""
    assert is_mail_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fan",
        "@example.com",
        "fan@",
        "fan@@example.com",
        "fan@example.com@example.com",
        ".fan@example.com",
        "fan.@example.com",
        "first..last@example.com",
        f"{'f' * 65}@example.com",
        f"{'f' * 64}@{DOMAIN_190}",
    ],
)
def test_no_dot_atom(text: str) -> None:
    """A local part has atoms between its dots, and 64 octets at most; an address has 254."""
    assert not is_mail_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "a,b@example.com",
        "a;b@example.com",
        "a:b@example.com",
        "a@example.com,b@example.com",
        "a b@example.com",
        "fan<a@example.com>",
        "<a@example.com>",
        "a<b@example.com",
        "a>b@example.com",
        '"a b"@example.com',
        '"a"@example.com',
        "a\\b@example.com",
        "a(b)@example.com",
        "a@example.com(b)",
        "a[b@example.com",
        "a]b@example.com",
        "fan@[192.0.2.1]",
        "fan@[IPv6:2001:db8::1]",
        "fan@192.0.2.1",
        "fan@example.com\n",
        "\nfan@example.com",
        "fan@example.com\r\nBcc: b@example.com",
        "fan\x00@example.com",
        "fan@example.com ",
        "fan @example.com",
    ],
)
def test_what_another_system_could_take_for_more(text: str) -> None:
    """What would begin another recipient or header, a quoted string or a literal, is refused."""
    assert not is_mail_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "fan@example",
        "fan@.com",
        "fan@example..com",
        "fan@example.com.",
        "fan@-example.com",
        "fan@example-.com",
        "fan@exam_ple.com",
        "fan@exam ple.com",
        "fan@example.123",
        "fan@1.2.3.4",
        f"fan@{'d' * 64}.com",
        "fan@exämple.com",
        "fän@example.com",
        "fan@example。com",
        "fan\uff20example.com",
        "\ud800@example.com",
        "fan@example.com\u2028",
    ],
)
def test_no_host_name(text: str) -> None:
    """A host name has two labels at least, of ASCII letters, digits and inner hyphens."""
    assert not is_mail_address(text)


near_addresses = st.builds(
    "{}@{}.{}".format,
    st.text("aZ09.+-_'%!,;: \"()<>[]\\@ä\n", max_size=8) | st.text("a.", min_size=60, max_size=68),
    st.text("aB0.,_", max_size=6) | st.text("a0", min_size=60, max_size=66),
    st.sampled_from(["com", "co.uk", "museum"]),
)


@given(near_addresses)
def test_the_same_as_email_validator(text: str) -> None:
    """What is accepted and refused is what ``email-validator`` says, without its extras.

    It differs where names are reserved (``.test``, ``.local``), which are addresses on a network
    of one's own, and where it would have a registry of top-level domains.
    """
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        expected = False
    else:
        expected = True
    assert is_mail_address(text) is expected


atoms = st.text("aZ09!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=8)
addresses = st.builds(
    "{}@{}.com".format,
    st.lists(atoms, min_size=1, max_size=3).map(".".join),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True),
)


@given(addresses)
def test_one_recipient(text: str) -> None:
    """What is made of atoms is accepted, and in a header field is exactly that one recipient."""
    assert is_mail_address(text)
    message = EmailMessage()
    message["To"] = text
    header = message["To"]
    assert ([each.addr_spec for each in header.addresses], header.defects) == ([text], ())
