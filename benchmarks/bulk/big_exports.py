"""Exports of made-up tables of any size, for an event that many have registered for.

Of each fan there are an identity item as the profile consumer writes it, verdicts of two runs of
the bot model, a demand record with stamps, attributes and a request; of most an account's score,
of some a second record or one of another event. Together some 3 KB of DynamoDB JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import md5
from pathlib import Path

from fanscore_adapters.dynamodb.export_writer import write_export
from fanscore_adapters.items.operations import Item
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY

EVENT, DISCO, OTHER = "evt456", "disco456", "disco789"
RUN, RUN_BEFORE = "run-2026-11-01", "run-2026-10-01"
AT = datetime(2026, 11, 1, 8, tzinfo=UTC)

_WRITTEN_AT = "2026-10-20T09:30:00.123456Z"


def write_exports(folder: Path, fans: int) -> None:
    """Write the exports of the three tables that a score depends on."""
    write_export(folder, FAN_IDENTITY, identities(fans), AT)
    write_export(folder, ACCOUNT_FANSCORE, accounts(fans), AT)
    write_export(folder, DEMAND, demand(fans), AT)


def fan_id(number: int) -> str:
    """Make the id of a fan, as identity providers give it."""
    digits = md5(f"fan {number}".encode(), usedforsecurity=False).hexdigest()
    return f"auth0|{digits}"


def _stamp(number: int) -> list[str]:
    return [_WRITTEN_AT, f"request-{number:024x}"]


def identities(fans: int) -> Iterator[Item]:
    """Make the items of the identity table: fans, verdicts, and which run's verdicts count."""
    yield {"PK": "botornot", "SK": "cursor", "cursor": RUN}
    for number in range(fans):
        fan = fan_id(number)
        item: dict[str, object] = {
            "PK": f"fan:{fan}",
            "SK": "identity",
            "email": f"fan.{number}@example.com",
            "phoneNumber": f"+1202555{number % 10_000:04d}",
            "locale": "en-US",
            "updatedAt": _WRITTEN_AT,
            "profileAt": _WRITTEN_AT,
            "stamps": {
                name: _stamp(number) for name in ("memberId", "email", "phoneNumber", "locale")
            },
        }
        if number % 10:
            item["memberId"] = f"member-{number:012d}"
        if number % 7 == 0:
            item |= {"score": number % 101, "rawScore": Decimal(number % 1000) / 10}
        yield item
        for run in (RUN, RUN_BEFORE):
            yield {
                "PK": f"fan:{fan}",
                "SK": f"botornot#{run}",
                "botScore": Decimal(number * 37 % 1000) / 1000,
                "updatedAt": _WRITTEN_AT,
            }


def accounts(fans: int) -> Iterator[Item]:
    """Make the scores of accounts."""
    for number in range(fans):
        if number % 5:
            yield {
                "PK": f"member:member-{number:012d}",
                "SK": "score#account",
                "score": number % 101,
                "rawScore": Decimal(number * 13 % 1000) / 10,
                "modelVersion": "m4",
                "updatedAt": _WRITTEN_AT,
            }


def demand(fans: int) -> Iterator[Item]:
    """Make the records of demand, and the event's other id."""
    yield {"PK": f"event:{EVENT}", "SK": "disco", "discoEventId": DISCO}
    for number in range(fans):
        yield _record(number, DISCO, "sale1")
        if number % 5 == 0:
            yield _record(number, EVENT, "sale2")
        if number % 4 == 0:
            yield _record(number, OTHER, "sale1")


def _record(number: int, event: str, sale: str) -> Item:
    fan = fan_id(number)
    names = ("email", "contactMethod", "locale", "attributes.city", "record")
    return {
        "PK": f"fan:{fan}",
        "SK": f"demand#{event}-{sale}",
        "eventId": event,
        "saleId": sale,
        "fanId": fan,
        "email": f"fan.{number}@example.com",
        "contactMethod": "EMAIL",
        "locale": "en-US",
        "attributes": {"city": '"Zürich"'},
        "requestedAt": _WRITTEN_AT,
        "updatedAt": _WRITTEN_AT,
        "version": 1,
        "requests": [[f"request-{number:024x}", f"{number:064x}"]],
        "stamps": {name: _stamp(number) for name in names},
    }
