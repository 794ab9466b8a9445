"""The Merkle tree of RFC 6962: one hash for many leaves, and proofs that a leaf is among them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf, of what it stands for; 32 bytes."""
    return sha256(b"\x00" + content).digest()


def root_hash(leaves: Sequence[bytes]) -> bytes:
    """Return the hash at the root of a tree.

    Args:
        leaves: their hashes, in order; none at all have the hash of nothing.
    """
    if not leaves:
        return sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        level = _level_above(level)
    return level[0]


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return what proves that a leaf is in the tree: the hashes beside its way to the root.

    Args:
        leaves: as ``root_hash`` takes them.
        index: of the leaf, from 0.

    Raises:
        IndexError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    path, level = [], list(leaves)
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside])
        level, index = _level_above(level), index // 2
    return tuple(path)


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a path leads from a leaf to a root.

    Args:
        leaf: its hash.
        index: of the leaf, from 0.
        size: how many leaves the tree has.
        path: as ``inclusion_path`` gives it.
        root: as ``root_hash`` gives it.
    """
    if not 0 <= index < size:
        return False
    node, last, rest = leaf, size - 1, list(path)
    while last:
        if index ^ 1 <= last:  # the last node of an odd level has none beside it
            if not rest:
                return False
            beside = rest.pop(0)
            node = _node_hash(beside, node) if index % 2 else _node_hash(node, beside)
        index, last = index // 2, last // 2
    return not rest and node == root


def _node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    """Pair the nodes of a level. A last one without a partner rises as it is."""
    paired = [_node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    return [*paired, level[-1]] if len(level) % 2 else paired
