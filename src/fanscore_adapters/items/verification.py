"""Liveness sessions as items: each session, and the fan's last one.

Besides what the API shows, a session's item keeps the token of the request that started it, so
that a repeated request finds its session.

See docs/reference/tables-and-keys.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from fanscore_adapters.documents.converter import StrictConverter, camel, date_time_text
from fanscore_adapters.items import keys
from fanscore_adapters.items.escapes import unescaped
from fanscore_adapters.items.operations import Item, Lookup, Put, Refused, Write, if_stored
from fanscore_core.ids import GlobalUserId, SessionId
from fanscore_core.liveness import LivenessSession, StartedSession
from fanscore_core.ports.verification import (
    FinishLivenessSession,
    LastLivenessSession,
    PutLivenessSession,
    StoredLivenessSession,
)
from fanscore_core.systems import VERIFICATION

_converter = StrictConverter(camel, forbid_extra_keys=False, numbers_as_ids=True)


@attrs.frozen
class _TokenItem:
    token: str | None = None


@attrs.frozen
class _PointerItem:
    session_id: SessionId
    expires_at: datetime


def session_item(fan: GlobalUserId, started: StartedSession) -> Item:
    """Write a session as an item. Its id stands in the sort key alone."""
    session = started.session
    key = keys.liveness_session(fan, session.session_id)
    item: dict[str, object] = {
        "PK": key.pk,
        "SK": key.sk,
        "status": session.status.value,
        "createdAt": date_time_text(session.created_at),
        "expiresAt": date_time_text(session.expires_at),
    }
    if session.confidence is not None:
        item["confidence"] = session.confidence
    if started.token is not None:
        item["token"] = started.token
    return item


def read_session(item: Item) -> StartedSession:
    """Read a session from an item.

    Raises:
        InvalidInput: the item is malformed.
    """
    _, _, session_id = str(item["SK"]).partition("#")
    document = {**item, "sessionId": unescaped(session_id)}
    session = _converter.structure(document, LivenessSession, "session")
    return StartedSession(session, _converter.structure(item, _TokenItem, "session").token)


def _pointer_item(fan: GlobalUserId, session: LivenessSession) -> Item:
    key = keys.last_liveness_session(fan)
    return {
        "PK": key.pk,
        "SK": key.sk,
        "sessionId": session.session_id,
        "expiresAt": date_time_text(session.expires_at),
    }


def _read_pointer(item: Item) -> SessionId:
    return _converter.structure(item, _PointerItem, "pointer").session_id


def _put_session(effect: PutLivenessSession) -> Sequence[Put]:
    fan, started = effect.global_user_id, effect.started
    last = None if effect.replaces is None else {"sessionId": effect.replaces}
    return (
        Put(session_item(fan, started), None),
        Put(_pointer_item(fan, started.session), last),
    )


def _finish_session(effect: FinishLivenessSession) -> Sequence[Put]:
    item = session_item(effect.global_user_id, effect.finished)
    return (Put(item, {"status": effect.expected.value}),)


def _left(effect: FinishLivenessSession, refused: Refused | None) -> LivenessSession | None:
    if refused is None:
        return effect.finished.session
    return None if refused.stored is None else read_session(refused.stored).session


ROWS: Sequence[Lookup | Write] = (
    Lookup(
        StoredLivenessSession,
        VERIFICATION,
        lambda asked: keys.liveness_session(asked.global_user_id, asked.session_id),
        if_stored(read_session),
        consistent=True,
    ),
    Lookup(
        LastLivenessSession,
        VERIFICATION,
        lambda asked: keys.last_liveness_session(asked.global_user_id),
        if_stored(_read_pointer),
        consistent=True,
    ),
    Write(
        PutLivenessSession,
        VERIFICATION,
        _put_session,
        lambda _, refused: refused is None,
        lambda effect: effect.attempt,
    ),
    Write(FinishLivenessSession, VERIFICATION, _finish_session, _left),
)
