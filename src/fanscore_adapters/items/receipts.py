"""Receipts as items: the text of each, with its fan (docs/reference/tables-and-keys.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from fanscore_adapters.documents.converter import StrictConverter, camel
from fanscore_adapters.documents.receipts import OTHER_LEAF, parse_receipt
from fanscore_adapters.items import keys
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Item, PrefixRead, Put, Write
from fanscore_core.errors import InvalidInput
from fanscore_core.ports.receipts import FanReceipts, NewestReceipt, PutReceipt
from fanscore_core.receipt import Receipt, time_text
from fanscore_core.signals import SIGNALS, Signal
from fanscore_core.systems import DEMAND

NOT_READABLE = "not as this version of fanscore writes it"

_converter = StrictConverter(camel, forbid_extra_keys=False)


@attrs.frozen
class _Item:
    receipt: str
    leaf: str


def receipt_item(effect: PutReceipt) -> Item:
    """Write a receipt as an item. Its text is kept whole, since every byte of it counts.

    Raises:
        InvalidInput: as ``Receipt.document``.
    """
    receipt = effect.receipt
    key = _key(receipt)
    return {
        "PK": key.pk,
        "SK": key.sk,
        "receipt": receipt.canonical_bytes.decode(),
        "leaf": receipt.leaf,
        "ttl": int(effect.expires_at.timestamp()),
    }


def read_receipt(item: Item, signals: Sequence[Signal] = SIGNALS) -> Receipt:
    """Read a receipt from an item.

    Args:
        item: as it is stored.
        signals: that a score may have.

    Raises:
        InvalidInput: the item is malformed, or its leaf or key is that of another receipt.
    """
    stored = _converter.structure(item, _Item, "receipt")
    try:
        receipt = parse_receipt(stored.receipt, signals)
    except InvalidInput as error:  # whose problem may quote a name that nobody knows
        where = f"receipt.receipt: {error.where}"
        raise InvalidInput(where, NOT_READABLE) from None
    if receipt.leaf != stored.leaf:
        raise InvalidInput("receipt.leaf", OTHER_LEAF)
    if (item.get("PK"), item.get("SK")) != _key(receipt):
        raise InvalidInput("receipt", "is not the one of its key")
    return receipt


def receipt_reads(signals: Sequence[Signal]) -> Sequence[PrefixRead]:
    """Declare how receipts are read.

    Args:
        signals: that a score may have: ours, and those of one's own API.
    """
    read: Callable[[Item], Receipt] = lambda item: read_receipt(item, signals)  # noqa: E731  # once for both rows
    return (
        PrefixRead(
            NewestReceipt,
            DEMAND,
            lambda asked: keys.receipts_of_event(asked.global_user_id, asked.event_id),
            lambda items: read(items[0]) if items else None,
            consistent=True,
            newest=True,
        ),
        PrefixRead(
            FanReceipts,
            DEMAND,
            _prefix,
            lambda items: tuple(map(read, items)),
            consistent=True,
        ),
    )


def _key(receipt: Receipt) -> Key:
    decided_at = time_text(receipt.decided_at)
    return keys.receipt(receipt.global_user_id, receipt.event_id, decided_at, receipt.leaf)


def _prefix(asked: FanReceipts) -> Key:
    if asked.event_id is None:
        return keys.receipts_of_fan(asked.global_user_id)
    return keys.receipts_of_event(asked.global_user_id, asked.event_id)


def _puts(effect: PutReceipt) -> Sequence[Put]:
    return (Put(receipt_item(effect), None),)


ROWS: Sequence[PrefixRead | Write] = (
    *receipt_reads(SIGNALS),
    Write(PutReceipt, DEMAND, _puts, lambda _, refused: refused is None),
)
