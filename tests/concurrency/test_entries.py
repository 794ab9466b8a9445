from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from threading import Barrier

import attrs

from fanscore_adapters.documents.user_event import event_document
from fanscore_adapters.sources import Sources
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.consumer_app import ConsumerApp
from fanscore_appsync.routes.entries import entry
from fanscore_appsync.wiring.embedded import AtOnce
from fanscore_core.consumer_mark import Consumed, Consumer
from fanscore_core.engine.question import Ask
from fanscore_core.entry_record import StoredEntry
from fanscore_core.errors import Conflict
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.ports.entries import FanEntry
from fanscore_core.scalars import Email, Locale
from fanscore_core.user_events import AnyUserEvent, UserEvent, UserWithdrawal
from tests.property.entry_model import shown_entry

CONSUMERS = 4
EVENTS = 40
MAX_DELIVERIES = 50
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FAN, CAMPAIGN = GlobalUserId("fan"), CampaignId("camp1")
ENTERED = UserEvent("id", NOW, FAN, MemberId("member"), CAMPAIGN, defaulted=())


def events() -> Iterator[AnyUserEvent]:
    """Make entries that say one thing each, and some withdrawals."""
    for number in range(EVENTS):
        name, at = f"e-{number:02}", NOW + timedelta(seconds=number // 2)
        match number % 10:
            case 3:
                yield UserWithdrawal(name, at, FAN, CAMPAIGN)
            case 1 | 5 | 8:
                yield attrs.evolve(ENTERED, id=name, occurred_at=at, locale=Locale("fr"))
            case 2 | 6:
                mail = Email(f"fan{number}@example.com")
                yield attrs.evolve(ENTERED, id=name, occurred_at=at, email=mail)
            case _:
                said = f'{{"number":{number}}}'
                yield attrs.evolve(ENTERED, id=name, occurred_at=at, attributes=said)


def consume(path: Path, barrier: Barrier, seed: int, every: Sequence[AnyUserEvent]) -> None:
    """Consume all events in an order of this consumer's own, each again while there is a rival."""
    owners = count()
    with SqliteTables(str(path)) as tables:
        app = ConsumerApp(
            lambda _: Sources((Sqlite(tables),), [AtOnce()], lambda: 0.0, 29.5),
            repr,
            lambda: NOW,
            lambda: f"{seed}-{next(owners)}",
        )
        barrier.wait()
        for event in Random(seed).sample(every, len(every)):
            deliver(partial(app.consume, Consumer.ENTRY, event_document(event, NOW), 29.5))


def deliver(attempt: partial[Consumed]) -> None:
    """Deliver until no rival is in the way."""
    for _ in range(MAX_DELIVERIES):
        try:
            attempt()
        except Conflict:
            continue
        return
    raise AssertionError(MAX_DELIVERIES)


def test_consumers_at_the_same_time_make_one_entry(tmp_path: Path) -> None:
    """However many consume the same events at once, each is merged once and none is lost."""
    path, every, barrier = tmp_path / "fans.db", list(events()), Barrier(CONSUMERS)
    with ThreadPoolExecutor(CONSUMERS) as pool:
        runs = [pool.submit(consume, path, barrier, seed, every) for seed in range(CONSUMERS)]
        for run in runs:
            run.result()
    with SqliteTables(str(path)) as tables:
        (answered,) = Sqlite(tables).fetch([Ask(FanEntry(FAN, CAMPAIGN))])
    stored = answered.answer
    assert isinstance(stored, StoredEntry)
    expected = shown_entry(every)
    assert expected is not None
    assert entry(stored) == {**expected, "version": EVENTS}
    assert sorted(name for name, _ in stored.requests) == [event.id for event in every]
