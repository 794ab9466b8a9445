"""What the consumers of user events read and write as items: marks, profiles, erased fans.

See docs/reference/tables-and-keys.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from fanscore_adapters.documents.converter import StrictConverter, camel, date_time_text
from fanscore_adapters.items import keys
from fanscore_adapters.items.escapes import unescaped
from fanscore_adapters.items.operations import Item, Lookup, Put, Write, if_stored, put_outcome
from fanscore_adapters.items.stamps import read_stamps, stamp_document
from fanscore_core.canonical import canonical_json
from fanscore_core.consumer_mark import Consumer, Mark, MarkStatus, StoredProfile, news
from fanscore_core.demand import attributes_text
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import GlobalUserId
from fanscore_core.merging import LEAST, Stamp, Written
from fanscore_core.ports.consumers import (
    ConsumerMark,
    ErasedMark,
    FanProfile,
    PutMark,
    PutProfile,
)
from fanscore_core.systems import FAN_IDENTITY
from fanscore_core.user_events import UserEvent

MARK_KEPT = timedelta(days=30)

_IDENTITY_ATTRIBUTES = (
    "memberId",
    "email",
    "phoneNumber",
    "locale",
    "attributes",
    "score",
    "rawScore",
    "updatedAt",
    "profileAt",
    "stamps",
)
_PROFILE_FIELDS = ("memberId", "email", "phoneNumber", "locale", "attributes")

_converter = StrictConverter(camel, forbid_extra_keys=False)


@attrs.frozen
class _MarkItem:
    status: MarkStatus
    owner: str
    lease_until: datetime


@attrs.frozen
class _ErasedItem:
    erased_at: datetime


@attrs.frozen
class _ProfileItem:
    profile_at: datetime | None = None


def mark_item(mark: Mark) -> Item:
    """Write a mark as an item."""
    key = keys.consumer_mark(mark.event_id, mark.consumer.value)
    return {
        "PK": key.pk,
        "SK": key.sk,
        "status": mark.status.value,
        "owner": mark.owner,
        "leaseUntil": date_time_text(mark.lease_until),
        "ttl": int((mark.lease_until + MARK_KEPT).timestamp()),
    }


def read_mark(item: Item) -> Mark:
    """Read a mark from an item; its event and consumer stand in the keys.

    Raises:
        InvalidInput: the item is malformed.
    """
    stored = _converter.structure(item, _MarkItem, "mark")
    _, _, event_id = str(item["PK"]).partition(":")
    _, _, name = str(item["SK"]).partition("#")
    return Mark(
        unescaped(event_id), Consumer(name), stored.owner, stored.lease_until, stored.status
    )


def erased_item(fan: GlobalUserId, erased_at: datetime, expires_at: datetime) -> Item:
    """Write the mark of an erased fan as an item.

    Args:
        fan: who is erased.
        erased_at: the user events that occurred until then are dropped; with offset.
        expires_at: when nobody keeps such an event any more, and the mark may go; with offset.
    """
    key = keys.erased_mark(fan)
    return {
        "PK": key.pk,
        "SK": key.sk,
        "erasedAt": date_time_text(erased_at),
        "ttl": int(expires_at.timestamp()),
    }


def read_erased(item: Item) -> datetime:
    """Read from a mark of an erased fan when that was.

    Raises:
        InvalidInput: the item is malformed.
    """
    return _converter.structure(item, _ErasedItem, "erased").erased_at


def profile_item(event: UserEvent, stored: StoredProfile | None) -> Item:
    """Write what counts of an event over a fan's identity record; all else stays."""
    key = keys.identity(event.global_user_id)
    new = news(event, stored)
    values = {name: json.loads(written.text) for name, written in new.items()}
    if event.attributes is not None and "attributes" in new:
        values["attributes"] = _attribute_texts(event.attributes)
    known = StoredProfile(None, {}) if stored is None else stored
    fields = {**known.fields, **new}
    stamps = {
        name: stamp_document(written.stamp)
        for name, written in sorted(fields.items())
        if written.stamp != LEAST
    }
    newest = max(filter(None, (known.profile_at, event.occurred_at)))
    return {
        **known.record,
        "PK": key.pk,
        "SK": key.sk,
        **values,
        "profileAt": date_time_text(newest),
        "stamps": stamps,
    }


def read_profile(item: Item) -> StoredProfile:
    """Read a fan's identity record from an item.

    Where it has no stamps, a field that it has counts as stamped ``(profileAt, "")``.

    Raises:
        InvalidInput: the item is malformed.
    """
    at = _converter.structure(item, _ProfileItem, "identity").profile_at
    stamps = item.get("stamps")
    if isinstance(stamps, dict):
        stamps = {name: stamps[name] for name in _PROFILE_FIELDS if name in stamps}
    known = read_stamps(stamps, "identity.stamps", _PROFILE_FIELDS)
    default = LEAST if at is None or stamps is not None else Stamp(at, "")
    fields = {
        name: Written(known.get(name, default), _profile_text(name, item[name]))
        for name in _PROFILE_FIELDS
        if item.get(name) is not None
    }
    return StoredProfile(at, item, fields)


def _profile_text(name: str, value: object) -> str:
    """Return a field's value as the text that tells which of two with the same stamp counts."""
    if name == "attributes" and isinstance(value, dict):
        texts = {str(key): text for key, text in value.items() if isinstance(text, str)}
        return attributes_text(texts)
    try:
        return canonical_json(value)
    except InvalidInput as error:
        raise InvalidInput(f"identity.{name}", error.problem) from None


def _attribute_texts(attributes: str) -> Mapping[str, str]:
    """Return each attribute's value as JSON text, so that numbers survive."""
    members: Mapping[str, object] = json.loads(attributes)
    return {name: canonical_json(value) for name, value in members.items()}


def _put_mark(effect: PutMark) -> Sequence[Put]:
    replaced = effect.replaced
    if replaced is None:
        return (Put(mark_item(effect.mark), None),)
    # An owner is the same for no two invocations, so that these two tell any mark from any other.
    expected = {"status": replaced.status.value, "owner": replaced.owner}
    return (Put(mark_item(effect.mark), expected),)


def _put_profile(effect: PutProfile) -> Sequence[Put]:
    if effect.replaced is None:
        return (Put(profile_item(effect.event, None), None),)
    record = effect.replaced.record
    # The whole record, so that a score which somebody writes meanwhile is not written over.
    stored = {name: value for name, value in record.items() if name not in {"PK", "SK"}}
    expected = {**dict.fromkeys(_IDENTITY_ATTRIBUTES), **stored}
    return (Put(profile_item(effect.event, effect.replaced), expected),)


ROWS: Sequence[Lookup | Write] = (
    Lookup(
        ErasedMark,
        FAN_IDENTITY,
        lambda asked: keys.erased_mark(asked.global_user_id),
        if_stored(read_erased),
        consistent=True,
    ),
    Lookup(
        ConsumerMark,
        FAN_IDENTITY,
        lambda asked: keys.consumer_mark(asked.event_id, asked.consumer.value),
        if_stored(read_mark),
        consistent=True,
    ),
    Lookup(
        FanProfile,
        FAN_IDENTITY,
        lambda asked: keys.identity(asked.global_user_id),
        if_stored(read_profile),
        consistent=True,
    ),
    Write(PutMark, FAN_IDENTITY, _put_mark, put_outcome(read_mark), lambda effect: effect.attempt),
    Write(
        PutProfile,
        FAN_IDENTITY,
        _put_profile,
        put_outcome(read_profile),
        lambda effect: effect.attempt,
    ),
)
