"""The console as a workbench: what its views of fans and events show, as JSON documents.

For an operator on this machine: what is shown are personal data, and nothing here logs them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, cast

import attrs

from fanscore_adapters.documents.converter import date_time_text
from fanscore_adapters.documents.json_text import json_text
from fanscore_adapters.embedded.deliveries import DeliveredEvent, Delivery, Place, Undelivered
from fanscore_adapters.embedded.event_archive import EventChoice
from fanscore_appsync.api import SCORE_FIELD
from fanscore_appsync.app import Response
from fanscore_appsync.found_reasons import found_reasons
from fanscore_appsync.local.graphql.trace_extension import write_run
from fanscore_core.consumer_mark import SENDING, Consumer
from fanscore_core.engine.state import Outcome
from fanscore_core.errors import InvalidInput, NotFound, Unavailable
from fanscore_core.findings import Finding
from fanscore_core.ids import GlobalUserId
from fanscore_core.signals import Missing

if TYPE_CHECKING:
    from fanscore_adapters.embedded.event_desk import Redelivered
    from fanscore_adapters.embedded.stored_fans import ItemsOfAKind
    from fanscore_appsync.wiring.embedded import Embedded

Json = Mapping[str, object]

MOST_DEAD = 50
"""How many dead letters are shown."""


@attrs.frozen
class Workbench:
    """What the console's views of fans and events stand on.

    Attributes:
        answer: ``App.answer``.
        stores: of this machine; ``None`` where the data lie elsewhere.
    """

    answer: Callable[[object, float], Response]
    stores: Embedded | None

    def about(self) -> Json:
        """Say what there is to look into: stores, the sample's fans, and consumers of events."""
        return {
            "stores": self.stores is not None,
            "sample": self._has_sample,
            "consumers": [
                {"name": each.value, "sends": each in SENDING}
                for each in Consumer
                if self.stores is not None
            ],
        }

    def explain(
        self, fan: str, event: str | None, identity: Mapping[str, object], time_left_s: float
    ) -> Json:
        """Score a fan, and say what was found for each reason.

        Args:
            fan: the globalUserId.
            event: for which event, if any.
            identity: of the caller, a service.
            time_left_s: how long it may take.
        """
        asked = {"globalUserId": fan} | ({} if event is None else {"eventId": event})
        response = self.answer(_score_event(asked, identity), time_left_s)
        envelope = cast("Mapping[str, object]", response.response)
        outcome = response.outcome
        return {
            "score": envelope.get("data"),
            "error": envelope.get("error"),
            "found": [] if outcome is None else reason_documents(outcome),
            "run": None if outcome is None else write_run(outcome.trace),
        }

    @property
    def _has_sample(self) -> bool:
        """Whether the sample's fans are there; not while the store cannot be read."""
        try:
            return self.stores is not None and self.stores.fans.has_sample()
        except Unavailable:
            return False

    @property
    def _stores(self) -> Embedded:
        """The stores.

        Raises:
            NotFound: the data lie elsewhere.
        """
        if self.stores is None:
            raise NotFound("stores")
        return self.stores

    def find(self, prefix: str) -> Json:
        """Return the first fans whose ids begin so; none for the empty text."""
        return {"fans": list(self._stores.fans.beginning(prefix)) if prefix else []}

    def fan(self, fan: GlobalUserId) -> Json:
        """Return what is stored of a fan, by kind."""
        items = self._stores.fans.items_of(fan)
        return {"fan": fan, "stored": {kind: _items(each) for kind, each in items.items()}}

    def events(self, fan: GlobalUserId | None, place: Place) -> Json:
        """Return a page of events, newest first, and all that was given up."""
        desk = self._stores.desk
        page = desk.newest(EventChoice(fan=fan), place)
        rest = page.rest
        dead = desk.dead_letters()
        return {
            "events": [_event(each) for each in page.events],
            "rest": None if rest is None else {"at": repr(rest.at), "id": rest.event_id},
            "dead": [_undelivered(each) for each in dead[:MOST_DEAD]],
            "deadCount": len(dead),
        }

    def retry(self, event_id: str) -> Json:
        """Send the dead letters of an event again."""
        return _redelivered(self._stores.desk.retry(event_id))

    def replay(self, event_id: str, consumers: AbstractSet[Consumer], *, also_send: bool) -> Json:
        """Deliver an event once more.

        Raises:
            InvalidInput: no consumer is named, or one sends to the outside, and may not.
        """
        return _redelivered(self._stores.desk.replay(event_id, consumers, also_send=also_send))


def reason_documents(outcome: Outcome[object, object]) -> Sequence[Json]:
    """Return what was found for each reason of a score; nothing where there is no score."""
    return [
        {"signal": each.signal, "what": each.what, **_finding(each.finding)}
        for each in found_reasons(outcome)
    ]


def _finding(finding: Finding | None) -> Json:
    if isinstance(finding, Missing):
        return {"value": None, "missing": finding.name}
    return {"value": None if finding is None else f"{finding:f}", "missing": None}


def _score_event(arguments: Json, identity: Mapping[str, object]) -> Json:
    parent, _, field = SCORE_FIELD.partition(".")
    return {
        "arguments": arguments,
        "identity": identity,
        "source": None,
        "request": {"headers": {}, "domainName": None},
        "prev": None,
        "stash": {},
        "info": {
            "fieldName": field,
            "parentTypeName": parent,
            "variables": {},
            "selectionSetList": [],
            "selectionSetGraphQL": "",
        },
        "envelope": True,
    }


def _items(found: ItemsOfAKind) -> Json:
    items = [None if item is None else _item(item) for item in found.items]
    return {"items": items, "hasMore": found.has_more}


def _item(item: Json) -> object:
    try:
        return _shown(json.loads(json_text(item)))  # through text: fractions are Decimal in an item
    except InvalidInput as error:
        return error.problem  # such as one that nests too deep to be written


def _shown(document: object) -> object:
    """Return a document, or its text where it has a number that no reader of JSON can take."""
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        return json.dumps(document)
    return document


def _event(delivered: DeliveredEvent) -> Json:
    event = delivered.event
    return {
        "id": event.event_id,
        "type": event.kind,
        "at": date_time_text(event.at),
        "fan": event.fan,
        "deliveries": [_delivery(each) for each in delivered.deliveries],
        "document": _shown(event.document),
    }


def _delivery(delivery: Delivery) -> Json:
    return {
        "consumer": delivery.consumer,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "at": None if delivery.at is None else date_time_text(delivery.at),
        "reason": delivery.reason,
    }


def _undelivered(undelivered: Undelivered) -> Json:
    return {
        "id": undelivered.event_id,
        "consumer": undelivered.consumer,
        "attempts": undelivered.attempts,
        "at": date_time_text(undelivered.at),
        "reason": undelivered.reason,
    }


def _redelivered(redelivered: Redelivered) -> Json:
    return {
        "count": redelivered.count,
        "consumers": sorted(redelivered.consumers),
        "undelivered": [_undelivered(each) for each in redelivered.undelivered],
    }
