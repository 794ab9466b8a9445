from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fanscore_adapters.bulk.spill import SEPARATOR, Spill, SpillWriter

keys = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=3)


@settings(max_examples=50)
@given(st.lists(keys, max_size=30), st.integers(1, 5), st.integers(1, 10))
def test_a_spill_has_every_row_in_one_partition(
    added: Sequence[str], partitions: int, buffered: int
) -> None:
    """Wherever blocks end, each row is in one partition, with the others of its key, in order."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "spill")
        with path.open("wb") as file:
            rows = SpillWriter(file, partitions, buffered)
            for number, key in enumerate(added):
                rows.add(key, f"{key}{SEPARATOR}{number}")
            rows.finish()
        found = [
            [row.split(SEPARATOR) for row in Spill(path).rows(each)] for each in range(partitions)
        ]
    everything = [row for each in found for row in each]
    assert sorted(int(number) for _, number in everything) == [*range(len(added))]
    for each in found:
        of_a_key = {key: [int(row[1]) for row in each if row[0] == key] for key, _ in each}
        assert of_a_key == {
            key: [number for number, other in enumerate(added) if other == key] for key in of_a_key
        }
