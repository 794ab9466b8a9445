from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.erasure import (
    EVENTS_KEPT,
    OTHER,
    PASSES,
    ROW,
    Erased,
    Erasure,
    Held,
    Kind,
    kind_of,
)
from fanscore_adapters.items import keys
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Item
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_core.engine.question import Ask
from fanscore_core.errors import Unavailable
from fanscore_core.ids import GlobalUserId, MemberId
from fanscore_core.ports.consumers import ErasedMark
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY, TABLES, VERIFICATION
from tests.patience import patient_databases
from tests.unit.fanscore_adapters.databases import item, raw

FAN, OTHER_FAN = GlobalUserId("user123"), GlobalUserId("user1234")
ACCOUNT = MemberId("member123")
PK = "fan:user123"
CANARY = "canary@example.com"
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)

OF_THE_FAN = {
    FAN_IDENTITY: [
        item(PK, "identity", memberId=ACCOUNT, email=CANARY),
        item(PK, "botornot#run7", botScore=1),
        item(PK, "note-to-fan", text=CANARY),
    ],
    ACCOUNT_FANSCORE: [item("member:member123", "score#account", score=87)],
    VERIFICATION: [item(PK, "liveness", sessionId="s"), item(PK, "liveness#s", status="FAILED")],
    DEMAND: [item(PK, "demand#e-s1", email=CANARY), item(PK, "demand#e-s2", ttl=1_795_000_000)],
}
FOUND = Counter(
    {
        Kind(FAN_IDENTITY, "identity"): 1,
        Kind(FAN_IDENTITY, "botornot#"): 1,
        Kind(FAN_IDENTITY, OTHER): 1,
        Kind(ACCOUNT_FANSCORE, "score#account"): 1,
        Kind(VERIFICATION, "liveness"): 1,
        Kind(VERIFICATION, "liveness#"): 1,
        Kind(DEMAND, "demand#"): 2,
    }
)
OF_OTHERS = {
    FAN_IDENTITY: [
        item("botornot", "cursor", cursor="run7"),
        item("event:e-1", "consumer#profile", status="FINISHED"),
        item("fan:user1234", "identity", memberId="member1234"),
    ],
    ACCOUNT_FANSCORE: [item("member:member1234", "score#account", score=12)],
    VERIFICATION: [item("fan:user1234", "liveness", sessionId="s")],
    DEMAND: [item("event:e", "disco", discoEventId="d"), item("fan:user1234", "demand#e-s1")],
}
NOTHING: Counter[Kind] = Counter()


def load(tables: SqliteTables) -> None:
    """Write what is known of the fan, and of others."""
    for table in TABLES:
        tables.load(table, [*OF_THE_FAN[table], *OF_OTHERS[table]])


def keys_in(tables: SqliteTables) -> dict[str, list[Key]]:
    """Give the keys of what others have, by table, as far as it is there."""
    pks = {each["PK"] for items in (*OF_THE_FAN.values(), *OF_OTHERS.values()) for each in items}
    return {
        table: [
            Key(str(pk), held.sk)
            for pk in sorted(map(str, pks))
            for held in tables.partition(table, pk)
        ]
        for table in TABLES
    }


OTHERS_KEYS = {
    table: sorted(Key(str(each["PK"]), str(each["SK"])) for each in items)
    for table, items in OF_OTHERS.items()
}


@attrs.define
class Disturbed:
    """Tables where something happens at each delete.

    Attributes:
        tables: the tables.
        comes_back: how often others write a demand record, each time after it was deleted.
        fails_at: the delete, from 0, at which the tables fail; ``None`` for never.
        deleted: the sort keys, in order.
        written: what was written before the first of them was deleted, with its table.
    """

    tables: SqliteTables
    comes_back: int = 0
    fails_at: int | None = None
    deleted: list[str] = attrs.field(factory=list)
    written: list[tuple[str, Item]] = attrs.field(factory=list)

    def partition(self, table: str, pk: str) -> Sequence[Held]:
        """Give what is there."""
        return self.tables.partition(table, pk)

    def delete(self, table: str, key: Key) -> None:
        """Fail, or delete, and perhaps write again."""
        if len(self.deleted) == self.fails_at:
            raise Unavailable(table, "declared out of order")
        self.deleted.append(key.sk)
        self.tables.delete(table, key)
        if key.sk == "demand#e-s1" and self.comes_back:
            self.comes_back -= 1
            self.tables.put(table, item(*key))

    def write(self, table: str, item: Item) -> None:
        """Write, before anything is deleted."""
        assert self.deleted == []
        self.written.append((table, item))
        self.tables.write(table, item)

    def scrub(self) -> bool:
        """Do nothing."""
        return True


def test_all_of_a_fan_is_found_and_nothing_is_changed(tables: SqliteTables) -> None:
    """Finding counts each kind of item of the fan and the account, and deletes nothing."""
    load(tables)
    before = keys_in(tables)
    assert Erasure(tables, None).find(FAN) == FOUND
    assert keys_in(tables) == before


def test_all_of_a_fan_goes_and_nothing_else(tables: SqliteTables) -> None:
    """Erasing deletes all items of the fan and the account, and none of others; again, nothing."""
    load(tables)
    erasure = Erasure(tables, None)
    assert [erasure.erase(FAN) for _ in range(2)] == [
        Erased(FOUND, NOTHING),
        Erased(NOTHING, NOTHING),
    ]
    assert keys_in(tables) == OTHERS_KEYS


def test_an_account_can_be_named(tables: SqliteTables) -> None:
    """The score of an account that no identity record names goes when it is named."""
    load(tables)
    erasure = Erasure(tables, None)
    erasure.erase(FAN)
    found = erasure.find(FAN, MemberId("member1234"))
    assert found == {Kind(ACCOUNT_FANSCORE, "score#account"): 1}
    assert erasure.erase(FAN, MemberId("member1234")) == Erased(found, NOTHING)


def test_what_is_no_account_is_passed_over(tables: SqliteTables) -> None:
    """A malformed identity record is erased, and what it names is not taken for an account."""
    tables.put(FAN_IDENTITY, item(PK, "identity", memberId="id "))
    tables.put(ACCOUNT_FANSCORE, item("member:id ", "score#account"))
    assert Erasure(tables, None).erase(FAN) == Erased(
        Counter({Kind(FAN_IDENTITY, "identity"): 1}), NOTHING
    )
    assert len(tables.partition(ACCOUNT_FANSCORE, "member:id ")) == 1


def test_what_is_no_json_goes_too(path: str) -> None:
    """A stored text that is no item is erased by its key."""
    with SqliteTables(path) as tables:
        with raw(path) as other:
            other.execute(f"INSERT INTO {FAN_IDENTITY} VALUES (?, 'identity', '{{')", (PK,))  # noqa: S608  # ours
        assert Erasure(tables, None).erase(FAN) == Erased(
            Counter({Kind(FAN_IDENTITY, "identity"): 1}), NOTHING
        )


def test_what_others_write_meanwhile_goes_too(tables: SqliteTables) -> None:
    """What comes back while the fan is erased is deleted again."""
    load(tables)
    disturbed = Disturbed(tables, comes_back=PASSES - 1)
    expected = FOUND + Counter({Kind(DEMAND, "demand#"): PASSES - 1})
    assert Erasure(disturbed, None).erase(FAN) == Erased(expected, NOTHING)


def test_what_keeps_coming_back_is_told(tables: SqliteTables) -> None:
    """Erasing comes to an end where others do not, and tells what is left."""
    load(tables)
    disturbed = Disturbed(tables, comes_back=PASSES)
    expected = FOUND + Counter({Kind(DEMAND, "demand#"): PASSES - 1})
    left = Counter({Kind(DEMAND, "demand#"): 1})
    assert Erasure(disturbed, None).erase(FAN) == Erased(expected, left)


@pytest.mark.parametrize("at", range(FOUND.total()))
def test_an_interrupted_erasure_can_be_taken_up(tables: SqliteTables, at: int) -> None:
    """Wherever erasing fails, doing it again deletes the rest, the account's score included."""
    load(tables)
    with pytest.raises(Unavailable):
        Erasure(Disturbed(tables, fails_at=at), None).erase(FAN)
    assert Erasure(tables, None).erase(FAN).left == NOTHING
    assert keys_in(tables) == OTHERS_KEYS


def test_the_identity_record_goes_last(tables: SqliteTables) -> None:
    """The account's score goes first and the identity record, which names the account, last."""
    load(tables)
    disturbed = Disturbed(tables)
    Erasure(disturbed, None).erase(FAN)
    assert (disturbed.deleted[0], disturbed.deleted[-1]) == ("score#account", "identity")


def erased_at(tables: SqliteTables, fan: GlobalUserId) -> object:
    """Ask when a fan was erased."""
    (answered,) = Sqlite(tables).fetch([Ask(ErasedMark(fan))])
    return answered.answer


def test_the_mark_comes_before_all(tables: SqliteTables) -> None:
    """Before anything is deleted, a digest of the id is kept for a time, and when that was."""
    load(tables)
    disturbed = Disturbed(tables)
    kept = timedelta(days=7)
    Erasure(disturbed, None, events_kept=kept, clock=lambda: NOW).erase(FAN)
    key = keys.erased_mark(FAN)
    ttl = int((NOW + kept).timestamp())
    mark = {"PK": key.pk, "SK": "erased", "erasedAt": "2026-11-01T08:00:00Z", "ttl": ttl}
    assert disturbed.written == [(FAN_IDENTITY, mark)]
    assert [erased_at(tables, fan) for fan in (FAN, OTHER_FAN)] == [NOW, None]


def test_who_only_looks_leaves_no_mark(tables: SqliteTables) -> None:
    """Finding marks nobody, and counts no mark: it is nothing of the fan."""
    load(tables)
    Erasure(tables, None).find(FAN)
    assert erased_at(tables, FAN) is None
    Erasure(tables, None).erase(FAN)
    assert Erasure(tables, None).find(FAN) == NOTHING


def test_a_crash_after_the_mark(tables: SqliteTables) -> None:
    """The mark of an erasing that got no further stays; doing it again marks anew, and erases."""
    load(tables)
    with pytest.raises(Unavailable):
        Erasure(Disturbed(tables, fails_at=0), None, clock=lambda: NOW).erase(FAN)
    assert (erased_at(tables, FAN), Erasure(tables, None).find(FAN)) == (NOW, FOUND)
    later = NOW + timedelta(hours=1)
    assert Erasure(tables, None, clock=lambda: later).erase(FAN) == Erased(FOUND, NOTHING)
    assert erased_at(tables, FAN) == later


def test_the_mark_ends_with_what_it_holds_off(tables: SqliteTables) -> None:
    """It is swept once no event of before can be delivered any more, and not sooner."""
    Erasure(tables, None, clock=lambda: NOW).erase(FAN)
    moments = [NOW + EVENTS_KEPT - timedelta(seconds=1), NOW + EVENTS_KEPT]
    assert [tables.sweep(moment) for moment in moments] == [0, 1]
    assert erased_at(tables, FAN) is None


def test_a_mark_that_cannot_be_written_is_told(path: str) -> None:
    """Where the mark finds no place, nothing is deleted."""
    with SqliteTables(path) as tables:
        load(tables)
        with raw(path) as other:
            other.execute(
                f"CREATE TRIGGER no_marks BEFORE INSERT ON {FAN_IDENTITY} "
                "BEGIN SELECT raise(ABORT, 'no'); END"
            )
        with pytest.raises(Unavailable) as refused:
            Erasure(tables, None).erase(FAN)
        assert repr(refused.value) == repr(Unavailable(FAN_IDENTITY, "SQLite: IntegrityError"))
        assert Erasure(tables, None).find(FAN) == FOUND


def test_events_go_before_what_they_would_bring_back(path: str) -> None:
    """The events of the fan go with the items, before them."""
    with SqliteTables(path) as tables, EventStore(path) as events:
        load(tables)
        events.publish("e-1", '{"detail": {"globalUserId": "user123"}}', ["sync"], NOW)
        disturbed = Disturbed(tables, fails_at=0)
        erasure = Erasure(disturbed, events)
        of_events = Counter({Kind("user_events", ROW): 1, Kind("deliveries", ROW): 1})
        assert erasure.find(FAN) == FOUND + of_events
        with pytest.raises(Unavailable):
            erasure.erase(FAN)
        assert erasure.find(FAN) == FOUND


def test_no_byte_is_left_in_the_file(path: str) -> None:
    """Neither what was deleted nor what had been before can be found in the files of the store."""
    with SqliteTables(path) as tables, EventStore(path) as events:
        with raw(path) as careless:
            careless.execute("PRAGMA secure_delete = OFF")  # on by default in some builds
            insert = f"INSERT INTO {FAN_IDENTITY} VALUES (?, ?, ?)"  # noqa: S608  # ours
            careless.executemany(insert, [(PK, f"old#{each}", CANARY * 20) for each in range(100)])
            careless.execute(f"DELETE FROM {FAN_IDENTITY}")  # noqa: S608  # ours
            careless.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert traces(path) == ["fans.db"]
        tables.put(FAN_IDENTITY, item(PK, "identity", email=CANARY))
        events.record_post("key", "sync", f'{{"globalUserId": "{FAN}", "at": "{CANARY}"}}', NOW)
        Erasure(tables, events).erase(FAN)
        assert traces(path) == []


def test_what_a_reader_holds_is_told(path: str, impatient: None) -> None:
    """Where the log cannot be emptied, traces are told of; without the reader, none is left."""
    del impatient
    with SqliteTables(path) as tables, EventStore(path) as events:
        tables.put(FAN_IDENTITY, item(PK, "identity", email=CANARY))
        erasure = Erasure(tables, events)
        with raw(path) as reader:
            reader.execute("BEGIN")
            reader.execute(f"SELECT count(*) FROM {FAN_IDENTITY}").fetchone()  # noqa: S608  # ours
            held = erasure.erase(FAN)
            assert held == Erased(
                Counter({Kind(FAN_IDENTITY, "identity"): 1}), NOTHING, has_traces=True
            )
            assert traces(path) != []
        assert erasure.erase(FAN) == Erased(NOTHING, NOTHING)
        assert traces(path) == []


def traces(path: str) -> list[str]:
    """Give the files of a database in which the canary is found."""
    folder = Path(path).parent
    return [file.name for file in folder.iterdir() if CANARY.encode() in file.read_bytes()]


def test_a_store_that_others_hold_is_unavailable(path: str, impatient: None) -> None:
    """Where another program keeps writing, erasing says so in our words."""
    del impatient
    with SqliteTables(path) as tables, EventStore(path) as events, raw(path) as other:
        load(tables)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as refused:
            Erasure(tables, events).erase(FAN)
    assert repr(refused.value) == repr(Unavailable(FAN_IDENTITY, "SQLite: OperationalError"))


def keys_of_items() -> Iterator[Key]:
    """Make the key of each kind of item that has a fan or an account in it."""
    for name, make in inspect.getmembers(keys, inspect.isfunction):
        parameters = list(inspect.signature(make).parameters)
        # The mark of an erased fan stays, and says when, not who.
        kept = name == "erased_mark" or "_of_" in name
        if {"fan", "member"} & set(parameters) and not kept:
            yield make(*parameters)


@pytest.mark.parametrize("key", list(keys_of_items()), ids=lambda key: key.sk)
def test_every_key_of_a_fan_lies_where_it_is_erased(key: Key) -> None:
    """Each item of a fan or an account has a kind, in the partition that erasing deletes."""
    assert key.pk in {keys.identity(GlobalUserId("fan")).pk, "member:member"}
    assert kind_of(key.sk) != OTHER


@pytest.mark.parametrize("sk", ["", "fan@example.com", "identity#x", "demand", "x#identity"])
def test_a_kind_tells_no_value(sk: str) -> None:
    """A sort key of an unknown form is not shown, for it may hold anything."""
    assert kind_of(sk) == OTHER


def test_erasing_goes_on_while_others_write(path: str) -> None:
    """Neither the writers nor who erases fails because of the other; in the end nothing is left."""
    writers, writes = 3, 40

    def write(number: int) -> None:
        with SqliteTables(path) as mine:
            for attempt in range(writes):
                mine.put(DEMAND, item(PK, f"demand#e{number}-s{attempt % 3}"))

    with patient_databases(), SqliteTables(path) as tables, EventStore(path) as events:
        load(tables)
        erasure = Erasure(tables, events)
        with ThreadPoolExecutor(writers) as threads:
            writing = [threads.submit(write, number) for number in range(writers)]
            while not all(each.done() for each in writing):
                erasure.erase(FAN)
            assert [each.result() for each in writing] == [None] * writers
        assert erasure.erase(FAN).left == NOTHING
        assert keys_in(tables) == OTHERS_KEYS
