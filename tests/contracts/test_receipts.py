from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fanscore_adapters.erasure import Erased, Erasure, Kind
from fanscore_core.errors import Unavailable
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.ports.receipts import FanReceipts, NewestReceipt, PutReceipt
from fanscore_core.receipt import Receipt
from fanscore_core.systems import DEMAND
from tests.contracts.asking import said
from tests.contracts.stores import Open, Store, open_store, store
from tests.stored_receipts import EXPIRES_AT, receipt, stored

__all__ = ["Open", "open_store", "store"]

FAN, EVENT = GlobalUserId("fan#1%"), EventId("evt#456")
OLDER, NEWER = (receipt(FAN, EVENT, microseconds=moment) for moment in (7, 300))
OF_EVENT = (OLDER, NEWER)
OF_OTHERS = (
    receipt(FAN, None, microseconds=999),
    receipt(FAN, "evt", microseconds=1000),
    receipt(FAN, "evt#456#", microseconds=1001),
    receipt("fan#1", EVENT, microseconds=1002),
)


def put(store: Store, receipts: Sequence[Receipt]) -> list[object]:
    """Store receipts, all in one fetch; give the answers."""
    effects = [PutReceipt(each, EXPIRES_AT) for each in receipts]
    return [answer for answer, _ in said(store.adapter, *effects)]


def newest(store: Store, fan: GlobalUserId, event: EventId | None) -> object:
    """Read the newest receipt."""
    ((found, source),) = said(store.adapter, NewestReceipt(fan, event))
    assert source == DEMAND
    return found


def test_the_newest_is_that_of_the_event_alone(store: Store) -> None:
    """Of a fan's receipts for an event the last is found, whatever lies before and behind it."""
    assert newest(store, FAN, EVENT) is None
    assert put(store, [NEWER, *OF_OTHERS, OLDER]) == [True] * 6
    assert newest(store, FAN, EVENT) == NEWER
    assert newest(store, FAN, None) == OF_OTHERS[0]
    assert newest(store, FAN, EventId("evt7")) is None


def test_all_receipts_of_a_fan(store: Store) -> None:
    """They are found by event, the oldest first; and no other fan's."""
    put(store, [NEWER, *OF_OTHERS, OLDER])
    ((of_event, _),) = said(store.adapter, FanReceipts(FAN, EVENT))
    ((of_fan, _),) = said(store.adapter, FanReceipts(FAN))
    assert of_event == OF_EVENT
    assert of_fan == (OF_OTHERS[0], OF_OTHERS[1], *OF_EVENT, OF_OTHERS[2])


def test_the_same_again_and_another_in_its_place(store: Store) -> None:
    """A write that is repeated counts as made; another receipt under its key is not written."""
    other = {**stored(OLDER), "leaf": "0" * 64}
    assert put(store, [OLDER]) == [True]
    assert put(store, [OLDER]) == [True]
    store.load({DEMAND: [other]})
    assert put(store, [OLDER]) == [False]


def test_a_receipt_that_was_changed_is_no_answer(store: Store) -> None:
    """Where a byte of what lies there was changed, the table is unavailable, and says where."""
    changed = str(stored(OLDER)["receipt"]).replace('"v":1', '"v":2')
    store.load({DEMAND: [{**stored(OLDER), "receipt": changed}]})
    problem = "not as this version of fanscore writes it"
    assert newest(store, FAN, EVENT) == repr(
        Unavailable(DEMAND, f"malformed item: receipt.receipt: v: {problem}")
    )


def test_erasing_covers_receipts(store: Store) -> None:
    """An erased fan has no receipts, and another fan has theirs."""
    put(store, [OLDER, *OF_OTHERS])
    erasure = Erasure(store.partitions, None)
    assert erasure.erase(FAN) == Erased(Counter({Kind(DEMAND, "receipt#"): 4}), Counter())
    assert said(store.adapter, FanReceipts(FAN)) == [((), DEMAND)]
    assert newest(store, GlobalUserId("fan#1"), EVENT) == OF_OTHERS[3]
