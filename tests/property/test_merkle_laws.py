"""Laws of the Merkle tree (RFC 6962), with the package ``pymerkle`` as the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pymerkle  # type: ignore[import-untyped]  # it has no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanscore_core.merkle import inclusion_path, is_included, leaf_hash, root_hash

contents = st.lists(st.binary(max_size=4), min_size=1, max_size=40)


def oracle(of: Sequence[bytes]) -> pymerkle.InmemoryTree:
    """Make the other makers' tree."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for each in of:
        tree.append_entry(each)
    return tree


def test_an_empty_tree_is_the_hash_of_nothing() -> None:
    """RFC 6962, 2.1."""
    assert root_hash([]) == sha256(b"").digest() == oracle([]).get_root()


@pytest.mark.parametrize("size", range(1, 34))
def test_roots_and_paths_are_those_of_other_makers(size: int) -> None:
    """Of each tree up to 33 leaves, the root and the proof of each leaf are the oracle's."""
    tree = oracle([bytes([each]) for each in range(size)])
    leaves = [leaf_hash(bytes([each])) for each in range(size)]
    assert root_hash(leaves) == tree.get_root()
    for index, leaf in enumerate(leaves):
        first, *path = tree.prove_inclusion(index + 1, size).serialize()["path"]
        assert bytes.fromhex(first) == leaf
        assert [each.hex() for each in inclusion_path(leaves, index)] == path
        ours = inclusion_path(leaves, index)
        assert is_included(leaf, index, size, ours, root_hash(leaves))


@pytest.mark.parametrize("index", [-1, 2, 3])
def test_there_is_no_path_from_no_leaf(index: int) -> None:
    """An index that no leaf has is refused, and proves nothing."""
    leaves = [leaf_hash(b"a"), leaf_hash(b"b")]
    with pytest.raises(IndexError):
        inclusion_path(leaves, index)
    assert not is_included(leaves[1], index, 2, [leaves[0]], root_hash(leaves))


@given(contents, st.data())
def test_a_changed_proof_proves_nothing(of: list[bytes], data: st.DataObject) -> None:
    """Another leaf, root or hash on the path, one hash more or less: none leads to the root."""
    leaves = [leaf_hash(each) for each in of]
    index = data.draw(st.integers(0, len(leaves) - 1))
    root, path = root_hash(leaves), inclusion_path(leaves, index)
    other = leaf_hash(b"not among them")
    assert is_included(leaves[index], index, len(leaves), path, root)
    assert not is_included(other, index, len(leaves), path, root)
    assert not is_included(leaves[index], index, len(leaves), path, other)
    assert not is_included(leaves[index], index, len(leaves), (*path, other), root)
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        changed = (*path[:place], other, *path[place + 1 :])
        shorter = (*path[:place], *path[place + 1 :])
        assert not is_included(leaves[index], index, len(leaves), changed, root)
        assert not is_included(leaves[index], index, len(leaves), shorter, root)


@given(contents, st.binary(max_size=4), st.data())
def test_a_root_is_of_its_leaves_alone(of: list[bytes], new: bytes, data: st.DataObject) -> None:
    """A leaf changed, added or taken away, or two exchanged, give another root."""
    place = data.draw(st.integers(0, len(of) - 1))
    root = root_hash([leaf_hash(each) for each in of])
    others = [[*of[:place], new, *of[place + 1 :]], [*of, new], of[:place] + of[place + 1 :]]
    others.append([*of[:place], *of[place + 1 :], of[place]])
    for other in others:
        same_root = root_hash([leaf_hash(each) for each in other]) == root
        assert same_root == (other == of)
