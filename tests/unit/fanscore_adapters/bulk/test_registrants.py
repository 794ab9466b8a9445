from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fanscore_adapters.bulk.registrants import registrants_of
from fanscore_adapters.dynamodb.export_manifest import find_exports, read_manifests
from fanscore_adapters.dynamodb.export_writer import write_export
from fanscore_core.ids import EventId
from fanscore_core.systems import DEMAND

AT = datetime(2026, 11, 1, tzinfo=UTC)
ITEMS: list[Mapping[str, object]] = [
    {"PK": "event:evt456", "SK": "disco", "discoEventId": "disco456"},
    {"PK": "fan:b", "SK": "demand#disco456-sale1"},
    {"PK": "fan:b", "SK": "demand#evt456-sale2"},
    {"PK": "fan:a%23|ü", "SK": "demand#evt456-sale1"},
    {"PK": "fan:gone", "SK": "demand#evt456-sale1", "deletedAt": "2026-11-01", "ttl": 1},
    {"PK": "fan:c", "SK": "demand#other-sale1"},
    {"PK": "fan:d", "SK": "entry#evt456"},
]


@pytest.mark.parametrize(
    ("event", "fans"),
    [("evt456", ["a#|ü", "b"]), ("disco456", ["b"]), ("other", ["c"]), ("nothing", [])],
)
def test_registrants(tmp_path: Path, event: str, fans: list[str]) -> None:
    """Whoever has a live record under either id of the event is found, once and in order."""
    write_export(tmp_path, DEMAND, ITEMS, AT)
    [folder] = find_exports(tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    assert list(registrants_of(EventId(event), read_manifests(folder), work)) == fans
