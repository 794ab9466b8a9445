"""Heads of sealed lines, and proofs, as JSON documents (docs/reference/receipts.md)."""

from __future__ import annotations

from collections.abc import KeysView
from typing import Any

import attrs

from fanscore_adapters.documents.json_text import parse_json
from fanscore_adapters.documents.members import members_of, names_of
from fanscore_core.errors import InvalidInput
from fanscore_core.sealing import FORMAT, InclusionProof, SealedHead

_HEAD = names_of("v", "size", "root", "lines", "previous", "from", "to")
_PROOF = names_of("v", "index", "size", "path")


def parse_head(text: str) -> SealedHead:
    """Read the head of sealed lines.

    Args:
        text: its document; the spelling does not matter.

    Raises:
        InvalidInput: it is no head; names the path of the mistake.
    """
    given = _members(text, _HEAD)
    try:
        return SealedHead(
            given["size"],
            given["root"],
            given["lines"],
            given["previous"],
            given["from"],
            given["to"],
        )
    except InvalidInput as error:
        where = {"first_hour": "from", "last_hour": "to"}.get(error.where, error.where)
        raise attrs.evolve(error, where=where) from None


def parse_proof(text: str) -> InclusionProof:
    """Read the proof that a receipt is among others.

    Args:
        text: its document; the spelling does not matter.

    Raises:
        InvalidInput: it is no proof; names the path of the mistake.
    """
    given = _members(text, _PROOF)
    if type(given["path"]) is not list:
        raise InvalidInput("path", "expected an array")
    return InclusionProof(given["index"], given["size"], tuple(given["path"]))


def _members(text: str, names: KeysView[str]) -> dict[str, Any]:
    given = members_of("$", parse_json(text), names)
    if given["v"] != FORMAT or type(given["v"]) is not int:
        raise InvalidInput("v", f"expected {FORMAT}, the format that this version reads")
    return given
