"""Receipts as JSON documents and as files of them (docs/reference/receipts.md).

A receipt has one spelling: whatever is not the bytes that it would be written as is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import BinaryIO

import attrs

from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.documents.members import members_of, names_of
from fanscore_core.errors import InvalidInput
from fanscore_core.findings import MAX_STORED_SCORE, Finding, Findings, ScoreOrigin
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.jcs import is_exact_integer
from fanscore_core.merkle import leaf_hash
from fanscore_core.receipt import (
    FORMAT,
    MAX_DIGITS,
    MOST_KEPT,
    NONCE_BYTES,
    Decision,
    Receipt,
    ShadowDecision,
    is_hash,
    kept_decision,
)
from fanscore_core.signals import INTEGER_RULE, SIGNALS, Missing, Signal, checked_integer

MAX_BYTES = 64 * 1024
"""The longest line of a receipt that is read."""

NOT_CANONICAL = "not in canonical form (RFC 8785), or with members that come twice"
NO_LINE = 'expected {"leaf":"…","receipt":{…}}, to the letter as it was written, and a line end'
OTHER_LEAF = "not the hash of the receipt beside it: one of the two was changed"
NUMBER_RULE = "expected a number in plain digits without needless zeros, in a string"
TIME_RULE = "expected a time in UTC, to the microsecond, such as 2026-11-28T20:00:00.000000Z"

_RECEIPT = names_of(
    "v",
    "globalUserId",
    "eventId",
    "decidedAt",
    "policyVersion",
    "policyDigest",
    "codeVersion",
    "nonce",
    "findings",
    "decision",
    "error",
    "shadow",
)
_FINDINGS = names_of("origin", "raw", "signals")
_DECISION = names_of("score", "rawScore", "reasons", "degraded")
_REASON = names_of("code", "points")
_SHADOW = names_of("policyVersion", "policyDigest", "score")
# Read once: to ask an enum for its members takes longer than to look them up.
_WAYS, _ORIGINS = dict(Missing.__members__), dict(ScoreOrigin.__members__)

_BEFORE_LEAF = b'{"leaf":"'
_AFTER_LEAF = b'","receipt":'
_AFTER_RECEIPT = b"}\n"
_RECEIPT_AT = len(_BEFORE_LEAF) + 64 + len(_AFTER_LEAF)

_is_number = re.compile(
    rf"0|-?(?:[1-9][0-9]{{0,{MAX_DIGITS - 1}}}|0(?=\.))(?:\.[0-9]{{0,{MAX_DIGITS - 1}}}[1-9])?",
    re.ASCII,
).fullmatch
_is_time = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII
).fullmatch
_KEPT_NUMBERS = 16 * 1024  # so that values which many people have are read once

# Each part ends at the first character that it cannot hold, so that no text takes long to match.
_is_usual = re.compile(
    r'\{"codeVersion":"([^"\\]+)","decidedAt":"([^"]+)"'
    r',"decision":(\{"degraded":\[[^][]*\],"rawScore":[^,]+,"reasons":\[[^][]*\],"score":[^}]+\})'
    r',"error":null,"eventId":(?:null|"([^"\\]+)")'
    rf',"findings":\{{"origin":"({"|".join(_ORIGINS)})","raw":(?:null|"([^"]+)")'
    r',"signals":\{([^{}]*)\}\},"globalUserId":"([^"\\]+)"'
    rf',"nonce":"([0-9a-f]{{{2 * NONCE_BYTES}}})","policyDigest":"([^"]+)"'
    rf',"policyVersion":"([^"\\]+)","shadow":(?:null|(\{{[^{{}}]+\}})),"v":{FORMAT}\}}'
).fullmatch
_members = re.compile('"([^"]+)":"([^"]+)"').findall

_is_nonce = re.compile(f"[0-9a-f]{{{2 * NONCE_BYTES}}}", re.ASCII).fullmatch


def parse_receipt(text: str, signals: Sequence[Signal] = SIGNALS) -> Receipt:
    """Read a receipt.

    Args:
        text: its document, exactly as ``canonical_bytes`` has it.
        signals: that its findings may have.

    Raises:
        InvalidInput: it is no receipt, or is spelled otherwise (``InvalidId`` if an id is not
            valid); names the path of the first mistake.
    """
    by_name = {signal.name: signal for signal in signals}
    usual = usual_receipt(text, by_name)
    if usual is not None:
        return usual
    receipt = _receipt(parse_stored_json(text), by_name)
    if receipt.canonical_bytes.decode() != text:
        raise InvalidInput("$", NOT_CANONICAL)
    return receipt


def usual_receipt(text: str, by_name: Mapping[str, Signal]) -> Receipt | None:
    """Read a receipt as nearly all are, in half the time.

    However it is read, it is the right one if it is written as the text again.

    Args:
        text: as for ``parse_receipt``.
        by_name: the signals that its findings may have, by their names.

    Returns:
        The receipt; ``None`` where the text is no receipt, or that of an error, or has escapes in
        its strings: ``parse_receipt`` tells what it is.
    """
    match = _is_usual(text)
    if match is None:
        return None
    code, time, decision, event, origin, raw, found, fan, nonce, digest, version, shadow = (
        match.groups()
    )
    try:
        signals = {by_name[name]: _finding(name, each) for name, each in _members(found)}
        receipt = Receipt(
            GlobalUserId(fan),
            None if event is None else EventId(event),
            _time(time),
            version,
            digest,
            code,
            bytes.fromhex(nonce),
            Findings(_ORIGINS[origin], None if raw is None else _raw(raw), signals),
            _usual_decision(decision),
            None,
            None if shadow is None else _shadow(parse_stored_json(shadow)),
        )
    except (InvalidInput, KeyError):
        return None
    return receipt if receipt.canonical_bytes.decode() == text else None


@lru_cache(MOST_KEPT)
def _usual_decision(text: str) -> Decision:
    return _decision(parse_stored_json(text))


def read_receipts(file: BinaryIO, signals: Sequence[Signal] = SIGNALS) -> Iterator[Receipt]:
    """Read a receipts file line by line, in bounded memory.

    Args:
        file: lines as ``receipt_line`` writes them.
        signals: as for ``parse_receipt``.

    Raises:
        InvalidInput: a byte of a line is not as it was written; names the number of the line, the
            leaf that it has, and the path of the mistake.
        OSError: the file cannot be read.
    """
    number = 0
    while line := file.readline(MAX_BYTES + 1):
        number += 1
        try:
            yield _of_line(line, signals)
        except InvalidInput as error:
            where = f"line {number}: {_named(line)}{error.where}"
            raise attrs.evolve(error, where=where) from None


def receipt_line(receipt: Receipt) -> str:
    """Write a receipt as a line of a receipts file, with its end.

    Raises:
        InvalidInput: as ``Receipt.document``; or the line would be too long to be read.
    """
    text = receipt.canonical_bytes.decode()
    line = f'{{"leaf":"{receipt.leaf}","receipt":{text}}}\n'
    if len(line.encode()) > MAX_BYTES:
        raise InvalidInput("$", f"longer than {MAX_BYTES} bytes")
    return line


def starts_receipts(line: bytes) -> bool:
    """Whether a file that begins so can only be a receipts file."""
    return line.startswith(_BEFORE_LEAF)


def _of_line(line: bytes, signals: Sequence[Signal]) -> Receipt:
    if len(line) > MAX_BYTES:
        raise InvalidInput("$", f"longer than {MAX_BYTES} bytes")
    leaf, after = line[len(_BEFORE_LEAF) :][:64], line[:_RECEIPT_AT][-len(_AFTER_LEAF) :]
    is_framed = starts_receipts(line) and after == _AFTER_LEAF and line.endswith(_AFTER_RECEIPT)
    if not is_framed:
        raise InvalidInput("$", NO_LINE)
    content = line[_RECEIPT_AT : -len(_AFTER_RECEIPT)]
    if leaf_hash(content).hex().encode() != leaf:
        raise InvalidInput("leaf", OTHER_LEAF)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise InvalidInput("$", "not UTF-8") from None
    return parse_receipt(text, signals)


def _named(line: bytes) -> str:
    """Name the receipt of a line by its leaf, if that can be read."""
    leaf = line[len(_BEFORE_LEAF) :][:64].decode("ascii", "replace")
    return f"receipt {leaf}: " if starts_receipts(line) and is_hash(leaf) else ""


def _receipt(document: object, by_name: Mapping[str, Signal]) -> Receipt:
    given = members_of("$", document, _RECEIPT)
    if given["v"] != FORMAT or type(given["v"]) is not int:
        raise InvalidInput("v", f"expected {FORMAT}, the format that this version reads")
    nonce = given["nonce"]
    if type(nonce) is not str or not _is_nonce(nonce):
        raise InvalidInput("nonce", f"expected {2 * NONCE_BYTES} hexadecimal digits in lower case")
    try:
        return Receipt(
            given["globalUserId"],
            given["eventId"],
            _time(given["decidedAt"]),
            given["policyVersion"],
            given["policyDigest"],
            given["codeVersion"],
            bytes.fromhex(nonce),
            None if given["findings"] is None else _findings(given["findings"], by_name),
            None if given["decision"] is None else _decision(given["decision"]),
            given["error"],
            None if given["shadow"] is None else _shadow(given["shadow"]),
        )
    except InvalidInput as error:
        raise attrs.evolve(error, where=_in_json(error.where)) from None


def _time(given: object) -> datetime:
    try:
        if type(given) is str and _is_time(given):
            return datetime.fromisoformat(given)
    except ValueError:
        pass
    raise InvalidInput("decidedAt", TIME_RULE)


def _findings(document: object, by_name: Mapping[str, Signal]) -> Findings:
    given = members_of("findings", document, _FINDINGS)
    origin, raw = given["origin"], given["raw"]
    signals = members_of("findings.signals", given["signals"], by_name.keys(), is_all=False)
    if type(origin) is not str or origin not in _ORIGINS:
        expected = " or ".join(_ORIGINS)
        raise InvalidInput("findings.origin", f"expected {expected}")
    try:
        return Findings(
            _ORIGINS[origin],
            None if raw is None else _raw(raw),
            {by_name[name]: _finding(name, each) for name, each in signals.items()},
        )
    except InvalidInput as error:
        raise attrs.evolve(error, where=f"findings.{error.where}") from None


def _raw(given: object) -> Decimal:
    raw = _number("raw", given)
    if not 0 <= raw <= MAX_STORED_SCORE:
        raise InvalidInput("raw", f"expected a number from 0 to {MAX_STORED_SCORE}")
    return raw


def _finding(name: str, given: object) -> Finding:
    if type(given) is str and given in _WAYS:
        return _WAYS[given]
    return _number(f"signals.{name}", given)


def _number(where: str, given: object) -> Decimal:
    number = _decimal(given) if type(given) is str else None
    if number is None:
        raise InvalidInput(where, NUMBER_RULE)
    return number


@lru_cache(_KEPT_NUMBERS)
def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if _is_number(text) else None


def _decision(document: object) -> Decision:
    given = members_of("decision", document, _DECISION)
    reasons, degraded = given["reasons"], given["degraded"]
    if type(reasons) is not list:
        raise InvalidInput("decision.reasons", "expected an array")
    for name in ("score", "rawScore"):  # what is kept is found by them, which an array cannot be
        checked_integer(f"decision.{name}", given[name])
    if type(degraded) is not list or not all(type(each) is str for each in degraded):
        raise InvalidInput("decision.degraded", "expected an array of strings")
    pairs = tuple(_reason(f"decision.reasons[{index}]", each) for index, each in enumerate(reasons))
    try:
        return kept_decision(given["score"], given["rawScore"], pairs, tuple(degraded))
    except InvalidInput as error:
        raise attrs.evolve(error, where=f"decision.{error.where}") from None


def _reason(where: str, document: object) -> tuple[str, int]:
    given = members_of(where, document, _REASON)
    if type(given["code"]) is not str:
        raise InvalidInput(f"{where}.code", "expected a string")
    if not is_exact_integer(given["points"]):
        raise InvalidInput(f"{where}.points", INTEGER_RULE)
    return given["code"], given["points"]


def _shadow(document: object) -> ShadowDecision:
    given = members_of("shadow", document, _SHADOW)
    try:
        return ShadowDecision(given["policyVersion"], given["policyDigest"], given["score"])
    except InvalidInput as error:
        raise attrs.evolve(error, where=f"shadow.{error.where}") from None


def _in_json(path: str) -> str:
    """Return a path in the spelling of the document: ``policyDigest`` for ``policy_digest``."""
    first, *others = path.split("_")
    return first + "".join(each.capitalize() for each in others)
