from __future__ import annotations

from hashlib import sha256

import attrs
import pytest

from fanscore_core.errors import InvalidInput
from fanscore_core.merkle import leaf_hash, root_hash
from fanscore_core.receipt import HASH_RULE
from fanscore_core.sealing import InclusionProof, SealedHead, seal
from tests.receipt_samples import error_receipt, log_line, receipts

CROWD = [*receipts(60), error_receipt(90)]
LINES = [log_line(each) for each in CROWD]
SEALED = seal(LINES)
HEAD = SEALED.head()
NOTHING = sha256(b"").hexdigest()


def test_a_head_is_this_document() -> None:
    """The leaves, sorted, make one tree, and the lines in that order another."""
    ordered = sorted(LINES, key=lambda line: line.leaf)
    leaves = [bytes.fromhex(line.leaf) for line in ordered]
    assert HEAD.document == {
        "v": 1,
        "size": 61,
        "root": root_hash(leaves).hex(),
        "lines": root_hash([leaf_hash(line.text.encode()) for line in ordered]).hex(),
        "previous": None,
        "from": "2026-11-28T20Z",
        "to": "2026-11-28T22Z",
    }


def test_no_lines_have_a_head_too() -> None:
    """An hour without decisions can be sealed; an empty tree is the hash of nothing."""
    assert seal([]).head() == SealedHead(0, NOTHING, NOTHING, None, None, None)
    assert seal([]).prove(CROWD[0].leaf) is None


def test_a_head_names_the_one_before_it() -> None:
    """Heads form a chain: each has the digest of the text of the one before."""
    assert SEALED.head(HEAD).previous == HEAD.digest == sha256(HEAD.text.encode()).hexdigest()
    assert attrs.evolve(SEALED.head(HEAD), previous=None) == HEAD


def test_a_line_that_contradicts_another_is_refused() -> None:
    """A receipt has one line: two that differ cannot both be as they were written."""
    changed = attrs.evolve(LINES[3], score=99)
    with pytest.raises(InvalidInput) as error:
        seal([*LINES, changed])
    assert str(error.value) == f"leaf: two different lines have {LINES[3].leaf}"


def test_a_changed_line_is_seen_though_its_leaf_stayed() -> None:
    """The tree of the lines differs, that of the leaves does not."""
    head = seal([attrs.evolve(LINES[0], score=99), *LINES[1:]]).head()
    assert (head.root == HEAD.root, head.lines == HEAD.lines) == (True, False)


def test_what_is_not_among_them_has_no_proof() -> None:
    """There is no proof for a leaf that no line has, wherever it would be sorted in."""
    for leaf in ("00" * 32, "ff" * 32, error_receipt(91).leaf):
        assert SEALED.prove(leaf) is None


COUNT = "expected an integer from 0 on, below 2^53"
HOUR = "expected an hour in UTC, such as 2026-11-28T20Z"


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"size": -1}, f"size: {COUNT}"),
        ({"size": True}, f"size: {COUNT}"),
        ({"size": 2**53}, f"size: {COUNT}"),
        ({"root": "x"}, f"root: {HASH_RULE}"),
        ({"lines": None}, f"lines: {HASH_RULE}"),
        ({"previous": "x"}, f"previous: {HASH_RULE}"),
        ({"first_hour": "20"}, f"first_hour: {HOUR}"),
        ({"last_hour": 20}, f"last_hour: {HOUR}"),
    ],
)
def test_no_head_is_wrong(changes: dict[str, object], refused: str) -> None:
    """A head that exists is valid; what is wrong is named."""
    with pytest.raises(InvalidInput) as error:
        attrs.evolve(HEAD, **changes)  # type: ignore[arg-type]  # of whatever type
    assert str(error.value) == refused


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ((-1, 2, ()), f"index: {COUNT}"),
        ((0, 1.0, ()), f"size: {COUNT}"),
        ((0, 1, ["ab" * 32]), f"path: of each: {HASH_RULE}"),
        ((0, 1, ("ab",)), f"path: of each: {HASH_RULE}"),
    ],
)
def test_no_proof_is_wrong(given: tuple[object, ...], refused: str) -> None:
    """A proof that exists is valid, though it may prove nothing; what is wrong is named."""
    with pytest.raises(InvalidInput) as error:
        InclusionProof(*given)  # type: ignore[arg-type]  # of whatever type
    assert str(error.value) == refused
