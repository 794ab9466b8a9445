from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from fanscore_adapters.documents.sealing import parse_head, parse_proof
from fanscore_core.errors import InvalidInput
from fanscore_core.receipt import HASH_RULE
from fanscore_core.sealing import InclusionProof, seal
from tests.receipt_samples import log_line, receipts

SEALED = seal(map(log_line, receipts(5)))
HEAD = SEALED.head(SEALED.head())
PROOF = InclusionProof(4, 5, ("ab" * 32, "cd" * 32))
FORMAT = "v: expected 1, the format that this version reads"


@pytest.mark.parametrize("indent", [None, 2])
def test_what_is_written_is_read(indent: int | None) -> None:
    """A head and a proof are read however they are laid out."""
    assert parse_head(json.dumps(HEAD.document, indent=indent)) == HEAD
    assert parse_proof(json.dumps(PROOF.document, indent=indent)) == PROOF
    assert parse_head(seal([]).head().text) == seal([]).head()


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"v": 2}, FORMAT),
        ({"v": 1.0}, FORMAT),
        ({"size": "5"}, "size: expected an integer from 0 on"),
        ({"root": "x"}, f"root: {HASH_RULE}"),
        ({"previous": 1}, f"previous: {HASH_RULE}"),
        ({"from": "x"}, "from: expected an hour"),
        ({"to": "x"}, "to: expected an hour"),
        ({"signature": "x"}, "$: unknown key 'signature'"),
    ],
)
def test_a_mistake_in_a_head_is_named(changes: Mapping[str, object], refused: str) -> None:
    """By its path."""
    with pytest.raises(InvalidInput) as error:
        parse_head(json.dumps({**HEAD.document, **changes}))
    assert str(error.value).startswith(refused)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"v": None}, FORMAT),
        ({"index": -1}, "index: expected an integer from 0 on"),
        ({"path": "x"}, "path: expected an array"),
        ({"path": ["x"]}, f"path: of each: {HASH_RULE}"),
        ({"leaf": "x"}, "$: unknown key 'leaf'"),
    ],
)
def test_a_mistake_in_a_proof_is_named(changes: Mapping[str, object], refused: str) -> None:
    """By its path."""
    with pytest.raises(InvalidInput) as error:
        parse_proof(json.dumps({**PROOF.document, **changes}))
    assert str(error.value).startswith(refused)


def test_other_documents_are_refused() -> None:
    """What is no object, or lacks a member, is neither."""
    for parse in (parse_head, parse_proof):
        for text, refused in (
            ("[]", "$: expected an object"),
            ("{}", "v: required"),
            ("", "$: not"),
        ):
            with pytest.raises(InvalidInput) as error:
                parse(text)
            assert str(error.value).startswith(refused)
