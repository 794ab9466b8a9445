"""The golden cases: AppSync events in ``events/``, what each is answered with in ``responses/``.

Each event is answered by a system of its own, which holds the shipped sample and what ``STORED``
adds. Its clock stands still, and the ids that it mints are counted. A response that is raised is
kept as ``{"raised": {"errorType": ..., "message": ...}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import attrs

from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.signals import Missing
from tests.e2e.local_system import local_system
from tests.stored_receipts import receipt, stored

OUT_OF_USE = attrs.evolve(DEFAULT_POLICY, version="2025-01-01", no_history_raw_score=40)
"""A policy that decided before."""

EVENTS = Path(__file__).parent / "events"
RESPONSES = Path(__file__).parent / "responses"

STORED: Mapping[str, Sequence[Mapping[str, object]]] = {
    "verification_table": [
        {
            "PK": "fan:user123",
            "SK": "liveness#session-open",
            "status": "CREATED",
            "createdAt": "2026-11-01T07:59:00Z",
            "expiresAt": "2026-11-01T08:02:00Z",
        },
        {
            "PK": "fan:user123",
            "SK": "liveness#session-late",
            "status": "IN_PROGRESS",
            "createdAt": "2026-11-01T07:57:00Z",
            "expiresAt": "2026-11-01T08:00:00Z",
        },
        {
            "PK": "fan:user123",
            "SK": "liveness#session-failed",
            "status": "FAILED",
            "createdAt": "2026-10-31T08:00:00Z",
            "expiresAt": "2026-10-31T08:03:00Z",
            "confidence": Decimal("12.5"),
        },
        {
            "PK": "fan:top-fan",
            "SK": "liveness",
            "sessionId": "session-of-top-fan",
            "expiresAt": "2026-11-01T08:01:00Z",
        },
        {
            "PK": "fan:top-fan",
            "SK": "liveness#session-of-top-fan",
            "status": "IN_PROGRESS",
            "createdAt": "2026-11-01T07:58:00Z",
            "expiresAt": "2026-11-01T08:01:00Z",
        },
    ],
    "demand_table": [
        {
            "PK": "fan:top-fan",
            "SK": "demand#disco456-sale791",
            "eventId": "disco456",
            "saleId": "sale791",
            "fanId": "top-fan",
            "requestedAt": "2026-10-20T10:00:00Z",
            "updatedAt": "2026-10-22T10:00:00Z",
            "version": 7,
            "email": "top@example.com",
            "contactMethod": "SMS",
            "locale": "en-GB",
            "attributes": {"seats": "2", "note": '"aisle"', "budget": "99.5"},
            "requests": [["request-of-top-fan", "0" * 64]],
        },
        {
            "PK": "fan:top-fan",
            "SK": "demand#disco456-sale792",
            "eventId": "disco456",
            "saleId": "sale792",
            "fanId": "top-fan",
            "requestedAt": "2026-10-20T10:00:00Z",
            "updatedAt": "2026-10-23T10:00:00Z",
            "deletedAt": ["2026-10-23T10:00:00Z", "request-of-delete"],
            "ttl": 1795600800,
            "version": 3,
        },
        *map(
            stored,
            (
                receipt(demand=Decimal(0)),
                receipt(microseconds=1),
                receipt(event=None, microseconds=2, policy=OUT_OF_USE),
                receipt(event="evt123", microseconds=3, error="UNAVAILABLE"),
                receipt("identity-fan", microseconds=4, arm=Missing.UNAVAILABLE, demand=Decimal(0)),
            ),
        ),
        {**stored(receipt("top-fan")), "leaf": "0" * 64},
    ],
}
"""Items beside the sample's: liveness sessions, a whole demand record, a deleted one, receipts.

Of the receipts, one is no longer what its leaf says.
"""


def names(folder: Path) -> list[str]:
    """Give the names of the cases in a folder."""
    return sorted(path.stem for path in folder.glob("*.json"))


def kept(name: str) -> str:
    """Give the kept response to an event, as JSON text; nothing where none is kept."""
    path = RESPONSES / f"{name}.json"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def event_of(name: str) -> object:
    """Give the event of a case."""
    event: object = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def answer_text(answer: object) -> str:
    """Write what AppSync learns of an answer as it is kept."""
    return json.dumps(answer, indent=2, allow_nan=False) + "\n"


def given(name: str, shadow: ScorePolicy | None = None, lines: list[str] | None = None) -> str:
    """Give the response that is now given to an event, as JSON text.

    Args:
        name: of the event.
        shadow: as ``LocalSystem`` has it.
        lines: as ``LocalSystem`` has it.
    """
    with local_system() as system:
        system.shadow, system.lines = shadow, lines
        for table, items in STORED.items():
            system.tables.load(table, items)
        return answer_text(system.answer(event_of(name)))
