"""Where the local event bus keeps events: tables of its own, beside the four, in SQLite.

Safe for several threads and processes, as the four tables are. Times are epoch seconds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from typing import Self

import attrs

from fanscore_adapters.embedded.deliveries import (
    DeliveryState,
    EventsPage,
    Place,
    Undelivered,
    newest,
)
from fanscore_adapters.embedded.event_archive import CHOSEN, EventChoice, PublishedEvent, published
from fanscore_adapters.sqlite.connection import (
    IN_MEMORY,
    Access,
    Connect,
    as_unavailable,
    connect,
    transaction,
)
from fanscore_adapters.sqlite.layout import EVENT_TABLES, open_database
from fanscore_adapters.sqlite.lending import SharedConnection
from fanscore_core.ids import GlobalUserId

KEPT = timedelta(days=30)
"""How long events stay, as the audit trail; those that are still to be delivered stay longer."""

EVENTS = "user_events"
"""What a failure of these tables names."""

_LAYOUT = """
CREATE TABLE IF NOT EXISTS user_events (
    id TEXT NOT NULL PRIMARY KEY, event TEXT NOT NULL, published_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS user_events_by_age ON user_events (published_at);
CREATE TABLE IF NOT EXISTS deliveries (
    event_id TEXT NOT NULL, consumer TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, next_attempt_at REAL NOT NULL, reason TEXT,
    PRIMARY KEY (event_id, consumer)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (consumer, next_attempt_at)
WHERE state = 'PENDING';
CREATE TABLE IF NOT EXISTS dead_letters (
    event_id TEXT NOT NULL, consumer TEXT NOT NULL,
    attempts INTEGER NOT NULL, died_at REAL NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (event_id, consumer)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS replays (
    event_id TEXT NOT NULL, consumer TEXT NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (event_id, consumer)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS posts (
    idempotency_key TEXT NOT NULL PRIMARY KEY, system TEXT NOT NULL,
    document TEXT NOT NULL, posted_at REAL NOT NULL
) WITHOUT ROWID;
"""

LONGEST_WAIT = timedelta(hours=1)
"""Longer than any claim of a delivery, and than any pause before the next attempt."""

_DUE = """
SELECT event_id FROM deliveries
WHERE consumer = :consumer AND state = 'PENDING' AND next_attempt_at <= :now
ORDER BY next_attempt_at LIMIT 1
"""

_CLAIM = f"""
UPDATE deliveries SET attempts = attempts + 1, next_attempt_at = :lease_until
WHERE consumer = :consumer AND event_id = ({_DUE}) RETURNING event_id, attempts
"""  # noqa: S608  # of constants

_THIS_CLAIM = """
WHERE event_id = :event_id AND consumer = :consumer AND state = 'PENDING' AND attempts = :attempt
"""

_UNDELIVERED = """
SELECT event_id, consumer, 'PENDING', attempts, next_attempt_at, reason FROM deliveries
WHERE state = 'PENDING'
UNION ALL SELECT event_id, consumer, 'DEAD', attempts, died_at, reason FROM dead_letters
ORDER BY 5, 1, 2
"""

_UNDELIVERED_OF_REPLAY = f"""
SELECT * FROM ({_UNDELIVERED}) WHERE (event_id, consumer) IN (
    SELECT event_id, consumer FROM replays WHERE name = ?
)
"""  # noqa: S608  # of constants

_RETRY = """
INSERT INTO deliveries (event_id, consumer, state, attempts, next_attempt_at, reason)
SELECT event_id, consumer, 'PENDING', 0, :now, reason FROM dead_letters
WHERE :event_id IS NULL OR event_id = :event_id
"""

# What is still to be delivered needs no replay to be.
_REPLAY = f"""
INSERT INTO replays (event_id, consumer, name)
SELECT id, :consumer, :name FROM user_events WHERE {CHOSEN} AND id NOT IN (
    SELECT event_id FROM deliveries WHERE consumer = :consumer AND state = 'PENDING'
) ON CONFLICT (event_id, consumer) DO UPDATE SET name = excluded.name
"""  # noqa: S608  # of constants

_REPLAYED = "SELECT event_id FROM replays WHERE consumer = :consumer AND name = :name"

_DELIVER_REPLAYED = f"""
INSERT OR REPLACE INTO deliveries (event_id, consumer, state, attempts, next_attempt_at, reason)
SELECT event_id, :consumer, 'PENDING', 0, :now, NULL FROM ({_REPLAYED})
"""  # noqa: S608  # of constants

_BURIED_NO_MORE = f"""
DELETE FROM dead_letters WHERE consumer = :consumer AND event_id IN ({_REPLAYED})
"""  # noqa: S608  # of constants

_PUBLISHED = f"""
SELECT id, event, published_at FROM user_events
WHERE {CHOSEN} AND (published_at, id) > (:after_at, :after_id) ORDER BY published_at, id LIMIT :some
"""  # noqa: S608  # of constants

READ_AT_ONCE = 500
"""How many events are read at a time."""

_EVENT = """
SELECT event, (SELECT name FROM replays WHERE event_id = id AND consumer = ?)
FROM user_events WHERE id = ?
"""

_OLD = """
SELECT id FROM user_events WHERE published_at < :before AND id NOT IN (
    SELECT event_id FROM deliveries WHERE state = 'PENDING'
)
"""

_FORGET_ORPHANS = """
DELETE FROM dead_letters WHERE died_at < :before AND event_id NOT IN (SELECT id FROM user_events)
"""

_OF_A_FAN = "SELECT id FROM user_events WHERE json_extract(event, '$.detail.globalUserId') = :fan"
_ABOUT_A_FAN = {
    "replays": f"event_id IN ({_OF_A_FAN})",
    "deliveries": f"event_id IN ({_OF_A_FAN})",
    "dead_letters": f"event_id IN ({_OF_A_FAN})",
    "user_events": f"id IN ({_OF_A_FAN})",
    "posts": "json_extract(document, '$.globalUserId') = :fan",
}
"""Which rows are about a fan, by table, in the order of deleting."""


@attrs.frozen
class Claimed:
    """A delivery that nobody else attempts until the lease on it ends.

    Attributes:
        event_id: what is delivered.
        consumer: to whom.
        attempt: which attempt this is, from 1.
        event: as JSON text; ``None`` if it is gone.
        replay: the name of the replay that delivers it again, if one does.
    """

    event_id: str
    consumer: str
    attempt: int
    event: str | None = attrs.field(repr=False)
    replay: str | None = None


class EventStore:
    """The tables of the bus. Close it, or use it in a ``with`` statement."""

    def __init__(
        self, path: str, access: Access = Access.WRITE, connect: Connect = connect
    ) -> None:
        """Open the database; for writing, make missing tables.

        Args:
            path: of the file, plain; ``:memory:`` for a database that ends with this object.
            access: to read only leaves the file and its folder as they are.
            connect: makes a connection.

        Raises:
            InvalidInput: the file cannot be opened, is another program's or of another version, or
                there can be no write-ahead log.
        """
        connection, tables = open_database(path, access, connect, _lay_out)
        self._about_a_fan = _ABOUT_A_FAN
        if access is Access.READ and "replays" not in tables:  # nothing was ever replayed
            self._about_a_fan = {name: _ABOUT_A_FAN[name] for name in EVENT_TABLES}
        if access is Access.READ and not tables >= set(EVENT_TABLES):
            # A bus that nothing was published to is one without events.
            connection.close()
            path = IN_MEMORY
            connection, _ = open_database(path, Access.WRITE, connect, _lay_out)
        another = None if path == IN_MEMORY else partial(connect, path, access)
        self._shared = SharedConnection(connection, another)

    def __del__(self) -> None:
        """Close what was left open, so that it is not reported as lost."""
        if hasattr(self, "_shared"):
            self.close()

    def __enter__(self) -> Self:
        """Return the tables."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the tables."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._shared.close()

    def publish(self, event_id: str, event: str, consumers: Iterable[str], now: datetime) -> None:
        """Keep an event and what is to be delivered of it; an event that is known stays as it is.

        Args:
            event_id: of the event.
            event: as JSON text.
            consumers: to deliver it to, at once.
            now: with offset.
        """
        at = now.timestamp()
        with self._transaction() as connection:
            insert = "INSERT OR IGNORE INTO user_events (id, event, published_at) VALUES (?, ?, ?)"
            if connection.execute(insert, (event_id, event, at)).rowcount:
                connection.executemany(
                    "INSERT INTO deliveries VALUES (?, ?, 'PENDING', 0, ?, NULL)",
                    [(event_id, consumer, at) for consumer in consumers],
                )

    def claim(self, consumer: str, now: datetime, lease_until: datetime) -> Claimed | None:
        """Claim the delivery to a consumer that is due first; ``None`` if none is due."""
        times = {"now": now.timestamp(), "lease_until": lease_until.timestamp()}
        due = {"consumer": consumer, **times}
        with self._shared.lend() as connection:  # to look takes no turn among the writers
            if connection.execute(_DUE, due).fetchone() is None:
                return None
        with self._transaction() as connection:
            claimed = connection.execute(_CLAIM, due).fetchone()
            if claimed is None:
                return None
            event_id, attempt = claimed
            found = connection.execute(_EVENT, (consumer, event_id)).fetchone()
        event, replay = found or (None, None)
        return Claimed(event_id, consumer, attempt, event, replay)

    def release(self, claimed: Claimed, now: datetime) -> None:
        """Release a delivery whose attempt never began: it does not count; as ``succeed``."""
        back = f"UPDATE deliveries SET attempts = attempts - 1, next_attempt_at = :at {_THIS_CLAIM}"  # noqa: S608  # of constants
        with self._transaction() as connection:
            connection.execute(back, {**_claim_of(claimed), "at": now.timestamp()})

    def succeed(self, claimed: Claimed) -> None:
        """Note that a delivery has been made, unless others have claimed it since."""
        done = f"UPDATE deliveries SET state = 'DONE', reason = NULL {_THIS_CLAIM}"  # noqa: S608  # of constants
        with self._transaction() as connection:
            connection.execute(done, _claim_of(claimed))

    def put_off(self, claimed: Claimed, reason: str, until: datetime) -> None:
        """Note why a delivery failed, and when to attempt it again; as ``succeed``."""
        again = f"UPDATE deliveries SET next_attempt_at = :at, reason = :reason {_THIS_CLAIM}"  # noqa: S608  # of constants
        values = {**_claim_of(claimed), "at": until.timestamp(), "reason": reason}
        with self._transaction() as connection:
            connection.execute(again, values)

    def bury(self, claimed: Claimed, reason: str, now: datetime) -> None:
        """Make a dead letter of a delivery; as ``succeed``."""
        with self._transaction() as connection:
            given_up = f"DELETE FROM deliveries {_THIS_CLAIM}"  # noqa: S608  # of constants
            if connection.execute(given_up, _claim_of(claimed)).rowcount:
                connection.execute(
                    "INSERT INTO dead_letters VALUES (?, ?, ?, ?, ?)",
                    (
                        claimed.event_id,
                        claimed.consumer,
                        claimed.attempt,
                        now.timestamp(),
                        reason,
                    ),
                )

    def retry(self, event_id: str | None, now: datetime) -> int:
        """Make dead letters due again, those of one event or all; return how many."""
        values = {"event_id": event_id, "now": now.timestamp()}
        with self._transaction() as connection:
            count = connection.execute(_RETRY, values).rowcount
            connection.execute(
                "DELETE FROM dead_letters WHERE :event_id IS NULL OR event_id = :event_id", values
            )
        return count

    def replay(
        self, choice: EventChoice, consumers: Iterable[str], name: str, now: datetime
    ) -> int:
        """Make deliveries of what was published due again, all or none; return how many.

        What is still to be delivered to a consumer is not counted, and stays as it is.

        Args:
            choice: of the events.
            consumers: to deliver them to.
            name: of the replay, never the same for two.
            now: with offset.
        """
        count = 0
        with self._transaction() as connection:
            for consumer in consumers:
                again = {"consumer": consumer, "name": name, "now": now.timestamp()}
                count += connection.execute(_REPLAY, {**choice.values, **again}).rowcount
                connection.execute(_DELIVER_REPLAYED, again)
                connection.execute(_BURIED_NO_MORE, again)
        return count

    def undelivered(self, replay: str | None = None) -> tuple[Undelivered, ...]:
        """Return what has not been delivered: what is due first and what died first, first.

        Args:
            replay: the name of a replay, for what it was to deliver again; ``None`` for all.
        """
        with self._shared.lend() as connection:
            if replay is None:
                rows = connection.execute(_UNDELIVERED).fetchall()
            else:
                rows = connection.execute(_UNDELIVERED_OF_REPLAY, (replay,)).fetchall()
        return tuple(
            Undelivered(event_id, consumer, DeliveryState(state), attempts, _moment(at), reason)
            for event_id, consumer, state, attempts, at, reason in rows
        )

    def is_due_by(self, moment: datetime) -> bool:
        """Whether a delivery is due, or will be by a moment, and nobody attempts it."""
        due = "SELECT 1 FROM deliveries WHERE state = 'PENDING' AND next_attempt_at <= ? LIMIT 1"
        with self._shared.lend() as connection:
            return connection.execute(due, (moment.timestamp(),)).fetchone() is not None

    def audit_trail(self) -> tuple[str, ...]:
        """Return the events that are kept, as JSON text, oldest first."""
        select = "SELECT event FROM user_events ORDER BY published_at"
        with self._shared.lend() as connection:
            return tuple(event for (event,) in connection.execute(select).fetchall())

    def published(self, choice: EventChoice) -> Iterator[PublishedEvent]:
        """Read what was published, oldest first, a few events at a time.

        What is published meanwhile may be among it; what is forgotten meanwhile may not be.
        """
        last: Mapping[str, object] = {"after_at": -inf, "after_id": ""}
        while True:
            values = {**choice.values, **last, "some": READ_AT_ONCE}
            with self._shared.lend() as connection:
                rows = connection.execute(_PUBLISHED, values).fetchall()
            for event_id, event, published_at in rows:
                yield published(event_id, event, published_at)
            if len(rows) < READ_AT_ONCE:
                return
            last = {"after_at": rows[-1][2], "after_id": rows[-1][0]}

    def newest(self, choice: EventChoice, place: Place, limit: int) -> EventsPage:
        """Read a page of what was published, newest first, with what became of it."""
        with self._shared.lend() as connection:
            return newest(connection, choice, place, limit)

    def record_post(self, key: str, system: str, document: str, now: datetime) -> None:
        """Keep what was posted to a stand-in, once for each idempotency key."""
        insert = "INSERT OR IGNORE INTO posts VALUES (?, ?, ?, ?)"
        with self._transaction() as connection:
            connection.execute(insert, (key, system, document, now.timestamp()))

    def posts(self) -> tuple[tuple[str, str, str], ...]:
        """Return what was posted to stand-ins: the key, the system, and the JSON text."""
        select = "SELECT idempotency_key, system, document FROM posts ORDER BY posted_at, 1"
        with self._shared.lend() as connection:
            return tuple(connection.execute(select).fetchall())

    def forget_old(self, now: datetime) -> None:
        """Delete what is older than ``KEPT``, unless it is still to be delivered."""
        old = {"before": (now - KEPT).timestamp()}
        with self._transaction() as connection:
            for table in ("replays", "deliveries", "dead_letters"):
                forget = f"DELETE FROM {table} WHERE event_id IN ({_OLD})"  # noqa: S608  # of constants
                connection.execute(forget, old)
            connection.execute(f"DELETE FROM user_events WHERE id IN ({_OLD})", old)  # noqa: S608  # of constants
            connection.execute("DELETE FROM posts WHERE posted_at < :before", old)
            connection.execute(_FORGET_ORPHANS, old)
            # One that has no event any more would count for another event of its id.
            connection.execute(
                "DELETE FROM replays WHERE event_id NOT IN (SELECT id FROM user_events)"
            )

    def correct_times(self, now: datetime) -> None:
        """Make due what lies further ahead than any delivery is put off: a clock was wrong."""
        due = "UPDATE deliveries SET next_attempt_at = :now WHERE next_attempt_at > :latest"
        with self._transaction() as connection:
            latest = now + LONGEST_WAIT
            connection.execute(due, {"now": now.timestamp(), "latest": latest.timestamp()})

    def count_of(self, fan: GlobalUserId) -> Mapping[str, int]:
        """Count the rows about a fan, by table; tables without any are left out.

        Raises:
            Unavailable: the database cannot be read.
        """
        counts = {}
        with as_unavailable(EVENTS), self._shared.lend() as connection:
            for table, about in self._about_a_fan.items():
                count = f"SELECT count(*) FROM {table} WHERE {about}"  # noqa: S608  # of constants
                (counts[table],) = connection.execute(count, {"fan": fan}).fetchone()
        return {table: count for table, count in counts.items() if count}

    def erase(self, fan: GlobalUserId) -> None:
        """Delete the events of a fan with their deliveries, and what was posted about the fan.

        Raises:
            Unavailable: the database cannot be written.
        """
        with as_unavailable(EVENTS), self._transaction() as connection:
            for table, about in _ABOUT_A_FAN.items():
                connection.execute(f"DELETE FROM {table} WHERE {about}", {"fan": fan})  # noqa: S608  # of constants

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Write alone, and all or nothing."""
        with self._shared.lend() as connection, transaction(connection):
            yield connection


def _lay_out(connection: sqlite3.Connection) -> None:
    for statement in _LAYOUT.split(";"):
        connection.execute(statement)


def _claim_of(claimed: Claimed) -> dict[str, object]:
    return {
        "event_id": claimed.event_id,
        "consumer": claimed.consumer,
        "attempt": claimed.attempt,
    }


def _moment(epoch_s: float) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)
