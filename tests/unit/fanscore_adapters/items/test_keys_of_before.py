"""Keys that stand in tables already, of ids with the closed alphabet that ids had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanscore_adapters.items import keys
from fanscore_adapters.items.keys import Key
from fanscore_core.ids import is_id

# Written by the code of before: the function, its ids, the partition key and the sort key.
_CORPUS: list[tuple[str, list[str | None], str, str]] = json.loads(
    Path(__file__).with_name("keys_of_before.json").read_text(encoding="utf-8")
)


def test_keys_of_before_are_the_same() -> None:
    """Every key of ids that were legal before is what it was, byte for byte."""
    made = [getattr(keys, name)(*ids) for name, ids, _, _ in _CORPUS]
    assert made == [Key(pk, sk) for _, _, pk, sk in _CORPUS]


@pytest.mark.parametrize("name", sorted({name for name, _, _, _ in _CORPUS}))
def test_the_corpus_has_the_alphabet(name: str) -> None:
    """Of each kind of key, there are ids with every special character, and the longest."""
    ids = [each for of, given, _, _ in _CORPUS if of == name for each in given if each]
    assert set("_-.:~=") <= set("".join(ids))
    assert max(map(len, ids)) == 128
    assert all(map(is_id, ids))
