"""Sealing log lines of decisions: one small head that shows any later change of them.

See docs/reference/receipts.md.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import pairwise

import attrs

from fanscore_core.decision_line import DecisionLine, valid_hour
from fanscore_core.errors import InvalidInput
from fanscore_core.jcs import MAX_INTEGER, known_jcs_text
from fanscore_core.merkle import HASH_BYTES, inclusion_path, is_included, leaf_hash, root_hash
from fanscore_core.receipt import HASH_RULE, Receipt, is_hash, valid_hash

FORMAT = 1
"""Of a head and of a proof."""


def _valid_count(_instance: object, field: attrs.Attribute[int], value: object) -> None:
    if type(value) is not int or not 0 <= value <= MAX_INTEGER:
        raise InvalidInput(field.name, "expected an integer from 0 on, below 2^53")


def _valid_path(_instance: object, field: attrs.Attribute[tuple[str, ...]], value: object) -> None:
    if type(value) is not tuple or not all(map(is_hash, value)):
        raise InvalidInput(field.name, f"of each: {HASH_RULE}")


@attrs.frozen
class SealedHead:
    """What is published of sealed lines.

    Attributes:
        size: how many lines, and so receipts.
        root: of the Merkle tree over the leaves of their receipts, sorted.
        lines: of the Merkle tree over the lines themselves, in the same order.
        previous: the digest of the head before this one; ``None`` for the first.
        first_hour: of a decision; ``None`` without lines.
        last_hour: of a decision; ``None`` without lines.

    Raises:
        InvalidInput: a part is not valid; names the attribute.
    """

    size: int = attrs.field(validator=_valid_count)
    root: str = attrs.field(validator=valid_hash)
    lines: str = attrs.field(validator=valid_hash)
    previous: str | None = attrs.field(validator=attrs.validators.optional(valid_hash))
    first_hour: str | None = attrs.field(validator=attrs.validators.optional(valid_hour))
    last_hour: str | None = attrs.field(validator=attrs.validators.optional(valid_hour))

    @property
    def document(self) -> Mapping[str, object]:
        """The head as the document of docs/reference/receipts.md."""
        return {
            "v": FORMAT,
            "size": self.size,
            "root": self.root,
            "lines": self.lines,
            "previous": self.previous,
            "from": self.first_hour,
            "to": self.last_hour,
        }

    @property
    def text(self) -> str:
        """The head in canonical JSON (RFC 8785)."""
        return known_jcs_text(self.document)

    @property
    def digest(self) -> str:
        """By which the next head names this one: the SHA-256 of its text, 64 hexadecimal digits."""
        return sha256(self.text.encode()).hexdigest()


@attrs.frozen
class InclusionProof:
    """What shows that a receipt is among those of a head.

    Attributes:
        index: of its leaf, from 0.
        size: how many leaves there are.
        path: the hashes beside its way to the root, from the leaf on.

    Raises:
        InvalidInput: a part is not valid; names the attribute.
    """

    index: int = attrs.field(validator=_valid_count)
    size: int = attrs.field(validator=_valid_count)
    path: tuple[str, ...] = attrs.field(validator=_valid_path)

    @property
    def document(self) -> Mapping[str, object]:
        """The proof as the document of docs/reference/receipts.md."""
        return {
            "v": FORMAT,
            "index": self.index,
            "size": self.size,
            "path": list(self.path),
        }

    @property
    def text(self) -> str:
        """The proof in canonical JSON (RFC 8785)."""
        return known_jcs_text(self.document)

    def holds(self, receipt: Receipt, head: SealedHead) -> bool:
        """Whether it leads from a receipt to a head."""
        path = [bytes.fromhex(each) for each in self.path]
        leaf, root = bytes.fromhex(receipt.leaf), bytes.fromhex(head.root)
        return self.size == head.size and is_included(leaf, self.index, self.size, path, root)


@attrs.frozen
class SealedLines:
    """Lines in their order in a seal: all that is kept of them are their hashes.

    Attributes:
        leaves: of the receipts, sorted.
        line_hashes: of the lines, in the same order.
        repeated: how many lines were left out, since they are there already.
        first_hour: of a decision; ``None`` without lines.
        last_hour: of a decision; ``None`` without lines.
    """

    leaves: tuple[bytes, ...] = attrs.field(repr=False)
    line_hashes: tuple[bytes, ...] = attrs.field(repr=False)
    repeated: int
    first_hour: str | None
    last_hour: str | None

    def head(self, previous: SealedHead | None = None) -> SealedHead:
        """Return the head of these lines, after another head or as the first."""
        return SealedHead(
            len(self.leaves),
            root_hash(self.leaves).hex(),
            root_hash(self.line_hashes).hex(),
            None if previous is None else previous.digest,
            self.first_hour,
            self.last_hour,
        )

    def prove(self, leaf: str) -> InclusionProof | None:
        """Return the proof that a receipt is among these; ``None`` if it is not.

        Args:
            leaf: of the receipt.
        """
        wanted = bytes.fromhex(leaf)
        index = bisect_left(self.leaves, wanted)
        if index == len(self.leaves) or self.leaves[index] != wanted:
            return None
        path = tuple(each.hex() for each in inclusion_path(self.leaves, index))
        return InclusionProof(index, len(self.leaves), path)


def seal(lines: Iterable[DecisionLine]) -> SealedLines:
    """Put lines in the order of a seal; 64 bytes of each are kept.

    Args:
        lines: in any order; repeats are dropped.

    Raises:
        InvalidInput: two different lines have one leaf; names it.
    """
    hashes: set[bytes] = set()
    count, hours = 0, set[str]()
    for line in lines:
        hashes.add(bytes.fromhex(line.leaf) + leaf_hash(line.text.encode()))
        hours.add(line.hour)
        count += 1
    ordered = sorted(hashes)
    leaves = tuple(each[:HASH_BYTES] for each in ordered)
    for leaf, after in pairwise(leaves):
        if leaf == after:
            raise InvalidInput("leaf", f"two different lines have {leaf.hex()}")
    return SealedLines(
        leaves,
        tuple(each[HASH_BYTES:] for each in ordered),
        count - len(ordered),
        min(hours, default=None),
        max(hours, default=None),
    )
