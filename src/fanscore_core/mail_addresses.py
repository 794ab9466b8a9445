"""Mail addresses: which texts can be passed on as one recipient.

A dot-atom, an at sign and a host name, by RFC 5322 §3.4.1 and RFC 5321 §4.1.2, with the lengths of
RFC 5321 §4.5.3.1 and the host names of RFC 1123 §2.1.

RFC 5322 allows more: quoted strings, comments, address literals such as ``a@[192.0.2.1]``. None of
that is accepted, since what is accepted here is written into the header fields and command lines
of systems downstream, where a comma, a quote or an angle bracket begins another recipient. A name
without a dot is no host name on the Internet. Addresses of RFC 6531, with other letters than those
of ASCII, need a mail server that knows them at every hop, so the local part is ASCII; the domain
is given by its A-labels (``xn--…``, RFC 5890), which name the same host everywhere.
"""

from __future__ import annotations

import re

MAX_LENGTH = 254
"""In octets: a path has at most 256, two of which are angle brackets (RFC 5321, erratum 1690)."""

MAX_LOCAL_PART = 64
"""In octets (RFC 5321 §4.5.3.1.1)."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NOT_ALL_DIGITS = r"(?![0-9]+\Z)"
"""Else the last label could end a dotted-decimal address (RFC 1123 §2.1, RFC 3696 §2)."""

_matches_local_part = re.compile(rf"{_ATOM}(?:\.{_ATOM})*").fullmatch
_matches_domain = re.compile(rf"(?:{_LABEL}\.)+{_NOT_ALL_DIGITS}{_LABEL}").fullmatch


def is_mail_address(text: str) -> bool:
    """Whether a text is a mail address that can be passed on."""
    local_part, _, domain = text.partition("@")
    return (
        len(text) <= MAX_LENGTH
        and len(local_part) <= MAX_LOCAL_PART
        and _matches_local_part(local_part) is not None
        and _matches_domain(domain) is not None
    )
