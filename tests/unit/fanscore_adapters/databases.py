"""Databases of the embedded store: items for them, and another program at work on their file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing


def item(pk: str, sk: str, **attributes: object) -> Mapping[str, object]:
    """Make an item."""
    return {"PK": pk, "SK": sk, **attributes}


def raw(path: str) -> closing[sqlite3.Connection]:
    """Open a database as another program would."""
    return closing(sqlite3.connect(path, timeout=0, isolation_level=None))
