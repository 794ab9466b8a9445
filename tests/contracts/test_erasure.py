from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from fanscore_adapters.erasure import Erased, Erasure, Held
from fanscore_adapters.items.keys import Key
from fanscore_core.engine.question import Question
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.consumers import ErasedMark
from fanscore_core.systems import DEMAND, FAN_IDENTITY
from tests.contracts.asking import said
from tests.contracts.generated import Item, Known, known_fans, table_questions
from tests.contracts.stores import Open, Store, open_store, store

__all__ = ["open_store", "store"]

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
PK = "fan:user123"
PAGE_AND_MORE = [f"demand#disco456-sale{number}" for number in range(4)]
"""Sort keys of items that together are larger than one answer of DynamoDB, 1 MB."""


def item(pk: str, sk: str, **more: object) -> Item:
    """Make an item."""
    return {"PK": pk, "SK": sk, **more}


def test_a_partition_is_all_items_of_one_key(store: Store) -> None:
    """All items of the key are given in the order of their sort keys, and none of another key."""
    store.load(
        {
            FAN_IDENTITY: [
                item(PK, "identity", memberId="member123", email="canary@example.com"),
                item(PK, "botornot#run7", botScore=1),
                item(PK, "~", memberId=7),
                item("fan:user1234", "identity", memberId="member1234"),
                item("fan:user12", "identity"),
                item("botornot", "cursor", cursor="run7"),
            ]
        }
    )
    assert store.partitions.partition(FAN_IDENTITY, PK) == [
        Held("botornot#run7", None),
        Held("identity", "member123"),
        Held("~", "7"),
    ]
    assert store.partitions.partition(DEMAND, PK) == []


def test_a_large_partition_is_found_whole(store: Store) -> None:
    """What does not fit into one answer of the store is found, too."""
    large = "x" * 350_000
    for sk in PAGE_AND_MORE:
        store.load({DEMAND: [item(PK, sk, email=large)]})
    assert [held.sk for held in store.partitions.partition(DEMAND, PK)] == PAGE_AND_MORE


def test_one_item_is_deleted(store: Store) -> None:
    """Deleting takes one item and leaves the others; what is gone can be deleted again."""
    kept = [item(PK, "demand#disco456-sale2"), item("fan:user1234", "demand#disco456-sale1")]
    store.load({DEMAND: [item(PK, "demand#disco456-sale1"), *kept]})
    for _ in range(2):
        store.partitions.delete(DEMAND, Key(PK, "demand#disco456-sale1"))
    found = [store.partitions.partition(DEMAND, pk) for pk in (PK, "fan:user1234")]
    assert found == [[Held("demand#disco456-sale2", None)], [Held("demand#disco456-sale1", None)]]


def test_an_erased_fan_is_known_by_a_mark(store: Store) -> None:
    """It says since when the fan is erased, also a second time, and names nobody else."""
    fans = [GlobalUserId("user123"), GlobalUserId("user12")]
    moments = [NOW, NOW + timedelta(microseconds=1)]
    erasure = Erasure(store.partitions, None, clock=iter(moments).__next__)
    for moment in moments:
        erasure.erase(fans[0])
        assert said(store.adapter, *map(ErasedMark, fans)) == [
            (moment, FAN_IDENTITY),
            (None, FAN_IDENTITY),
        ]


@settings(max_examples=50)  # each opens a database
@given(known=known_fans(), questions=table_questions(), drawn=st.data())
def test_erasing_a_fan_is_never_having_known_the_fan(
    open_store: Open, known: Known, questions: Sequence[Question[object]], drawn: st.DataObject
) -> None:
    """The fan is unknown then, and every question about others is answered as before."""
    fan = drawn.draw(st.sampled_from([*known.identities, GlobalUserId("a")]))
    with open_store() as store:
        store.load(known.tables())
        erasure = Erasure(store.partitions, None)
        found = erasure.find(fan)
        assert erasure.erase(fan) == Erased(found, type(found)())
        assert said(store.adapter, *questions) == [
            (without(known, fan).answer(question), store.adapter.systems[type(question)])
            for question in questions
        ]


def without(known: Known, fan: GlobalUserId) -> Known:
    """Know nothing of a fan, nor of the fan's account."""
    identity = known.identities.get(fan)
    account = identity and identity.member_id
    return attrs.evolve(
        known,
        identities={whose: of for whose, of in known.identities.items() if whose != fan},
        scores={whose: score for whose, score in known.scores.items() if whose != account},
        verdicts={of: score for of, score in known.verdicts.items() if of[0] != fan},
        records={of: live for of, live in known.records.items() if of[0] != fan},
    )
