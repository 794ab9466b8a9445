"""User events to Amazon EventBridge: up to 10 in a call, and only those again that it did not take.

See docs/reference/events.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic, perf_counter, sleep
from typing import cast

import attrs
from tenacity import retry_if_result, wait_random_exponential

from fanscore_adapters.adapter import fetch_in_groups, late
from fanscore_adapters.aws.client import AwsClient, AwsError, OutOfTimeError, malformed
from fanscore_adapters.documents.user_event import detail_text
from fanscore_adapters.named_rows import AskedOf
from fanscore_adapters.retries import attempted, retrying
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import Unavailable
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.systems import UPSERT_USER
from fanscore_core.user_events import SOURCE, AnyUserEvent, detail_type

READ_S = 3.0
"""How long one attempt waits for data."""

MAX_ENTRIES = 10
MAX_BYTES = 240_000
"""What one call holds at most, with room to spare for what AWS counts besides
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html).
"""

MAX_ATTEMPTS = 4
"""For entries that EventBridge did not take."""

ROWS = (AskedOf(PublishUserEvent, UPSERT_USER),)

_wait = wait_random_exponential(multiplier=0.05, max=1)


@attrs.frozen
class EventBridge:
    """The adapter that publishes user events.

    Attributes:
        client: of EventBridge.
        bus: name or ARN of the event bus.
        wait: lets seconds pass between attempts.
        clock: the one that asks expire by.
    """

    client: AwsClient
    bus: str
    wait: Callable[[float], None] = sleep
    clock: Callable[[], float] = monotonic

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The bus, by its name on the architecture page."""
        return {row.question: row.system for row in ROWS}

    @staticmethod
    def split(asks: Sequence[Ask], /) -> Sequence[Sequence[int]]:
        """Publish as many events in one call as it takes."""
        groups: list[list[int]] = []
        total = 0
        for index, ask in enumerate(asks):
            size = len(detail_text(_event(ask)))
            total += size
            if not groups or len(groups[-1]) == MAX_ENTRIES or total > MAX_BYTES:
                groups.append([])
                total = size
            groups[-1].append(index)
        return groups

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Publish each event; it is accepted when this returns, and delivered later."""
        return fetch_in_groups(asks, self.split(asks), self._publish)

    def _publish(self, asks: Sequence[Ask]) -> list[Answered]:
        started_at = perf_counter()
        pending = list(range(len(asks)))
        expires_at = max(ask.expires_at for ask in asks)
        calls = 0

        def put_pending() -> bool:
            nonlocal pending, calls
            calls += 1
            entries = [self._entry(asks[index]) for index in pending]
            response = self.client.call("put_events", {"Entries": entries}, expires_at)
            pending = [pending[index] for index in _failed(response, len(pending))]
            return bool(pending)

        attempts = retrying(
            retry=retry_if_result(bool),
            attempts=MAX_ATTEMPTS,
            wait=_wait,
            sleep=self.wait,
            clock=self.clock,
            expires_at=expires_at,
        )
        failure: object = Unavailable(UPSERT_USER, "did not take the event")
        try:
            attempts(put_pending)
            if attempted(attempts) < MAX_ATTEMPTS:
                failure = late(UPSERT_USER, asks[0])
        except AwsError as error:
            failure = Unavailable(UPSERT_USER, error.reason)
        except OutOfTimeError:
            failure = late(UPSERT_USER, asks[0])
        took_s = perf_counter() - started_at
        answers = [failure if index in pending else None for index in range(len(asks))]
        return [
            Answered(answer, UPSERT_USER, took_s, 0 if index else calls)
            for index, answer in enumerate(answers)
        ]

    def _entry(self, ask: Ask) -> Mapping[str, str]:
        event = _event(ask)
        return {
            "EventBusName": self.bus,
            "Source": SOURCE,
            "DetailType": detail_type(event),
            "Detail": detail_text(event),
        }


def _event(ask: Ask) -> AnyUserEvent:
    return cast("PublishUserEvent", ask.question).event


def _failed(response: Mapping[str, object], count: int) -> list[int]:
    """Return the indexes of the entries that were not taken."""
    match response:
        case {"Entries": list(entries)} if len(entries) == count:
            return [index for index, entry in enumerate(entries) if "EventId" not in entry]
        case _:
            raise malformed()
