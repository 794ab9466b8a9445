"""User events as JSON: as EventBridge carries them, and as they are posted.

See docs/reference/events.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from fanscore_adapters.documents.converter import (
    StrictConverter,
    camel,
    date_time_text,
    is_text,
)
from fanscore_core.canonical import canonical_json
from fanscore_core.engine.question import Question
from fanscore_core.errors import InvalidInput
from fanscore_core.ports.consumers import PostNotification, PostSync
from fanscore_core.systems import NOTIFICATION_ENDPOINT, SYNC_ENDPOINT
from fanscore_core.user_events import (
    DETAIL_TYPES,
    SCHEMA_VERSION,
    SOURCE,
    UPSERT,
    WITHDRAW,
    AnyUserEvent,
    UserEvent,
    UserWithdrawal,
    detail_type,
)

ENDPOINTS: Mapping[type[Question[object]], str] = {
    PostNotification: NOTIFICATION_ENDPOINT,
    PostSync: SYNC_ENDPOINT,
}
"""The system behind each kind of post."""

REPLAY_NAME = "replay-name"
"""The member, beside ``detail``, of what a replay delivers.

(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html)
"""

_converter = StrictConverter(camel, forbid_extra_keys=False)


def detail_document(event: AnyUserEvent) -> Mapping[str, object]:
    """Write an event as the ``detail`` of what EventBridge carries; a field without value is null.

    ``attributes`` is an object there, so that rules and receivers can look into it. An event that
    was read in version 1 is written in it again: it does not tell what is ``defaulted``.
    """
    if isinstance(event, UserWithdrawal):
        return {
            "schemaVersion": SCHEMA_VERSION,
            "id": event.id,
            "occurredAt": date_time_text(event.occurred_at),
            "globalUserId": event.global_user_id,
            "campaignId": event.campaign_id,
        }
    document = {
        "schemaVersion": 1 if event.defaulted is None else SCHEMA_VERSION,
        "id": event.id,
        "occurredAt": date_time_text(event.occurred_at),
        "globalUserId": event.global_user_id,
        "memberId": event.member_id,
        "campaignId": event.campaign_id,
        "email": event.email,
        "phoneNumber": event.phone_number,
        "locale": event.locale,
        "attributes": None if event.attributes is None else json.loads(event.attributes),
    }
    if event.defaulted is None:
        return document
    return {**document, "defaulted": list(event.defaulted)}


def detail_text(event: AnyUserEvent) -> str:
    """Write an event's ``detail`` as JSON text, as it is published, and posted to endpoints."""
    return json.dumps(detail_document(event))


def event_document(event: AnyUserEvent, published_at: datetime) -> Mapping[str, object]:
    """Write an event with its envelope, as EventBridge hands it to a Lambda function.

    (https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html)
    """
    return {
        "version": "0",
        "id": event.id,
        "detail-type": detail_type(event),
        "source": SOURCE,
        "account": "000000000000",
        "time": published_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "local",
        "resources": [],
        "detail": detail_document(event),
    }


def with_replay(document: Mapping[str, object], replay: str) -> Mapping[str, object]:
    """Write into an event which replay delivers it, as EventBridge does."""
    return {**document, REPLAY_NAME: replay}


def read_replay(document: object) -> str | None:
    """Read the name of the replay that delivers an event; ``None`` where none does.

    Raises:
        InvalidInput: it is not a name.
    """
    replay = document.get(REPLAY_NAME) if isinstance(document, dict) else None
    if replay is None:
        return None
    if isinstance(replay, str) and replay and is_text(replay):
        return replay
    raise InvalidInput(f"event.{REPLAY_NAME}", "expected a name")


def read_event(document: object) -> AnyUserEvent:
    """Read an event from what EventBridge hands to a Lambda function.

    What is not known here is passed over, so that events can grow.

    Raises:
        InvalidInput: it is no user event of a known version; names the path of the mistake.
    """
    match document:
        case {"source": source, "detail-type": kind, "detail": detail}:
            pass
        case _:
            raise InvalidInput("event", "expected source, detail-type and detail")
    if source != SOURCE:
        raise InvalidInput("event.source", f"expected {SOURCE}")
    if kind not in DETAIL_TYPES:
        raise InvalidInput("event.detail-type", f"expected {UPSERT} or {WITHDRAW}")
    if not isinstance(detail, dict):
        raise InvalidInput("event.detail", "expected an object")
    return _read_upsert(detail) if kind == UPSERT else _read_withdrawal(detail)


def _read_upsert(detail: Mapping[str, object]) -> UserEvent:
    version = _read_version(detail, (1, SCHEMA_VERSION))
    return _converter.structure(
        {
            **detail,
            "attributes": _read_attributes(detail.get("attributes")),
            "defaulted": None if version == 1 else detail.get("defaulted") or [],
        },
        UserEvent,
        "event.detail",
    )


def _read_withdrawal(detail: Mapping[str, object]) -> UserWithdrawal:
    _read_version(detail, (SCHEMA_VERSION,))
    return _converter.structure(detail, UserWithdrawal, "event.detail")


def _read_version(detail: Mapping[str, object], known: Sequence[int]) -> int:
    version = detail.get("schemaVersion")
    if type(version) is not int or version not in known:
        problem = f"expected {' or '.join(map(str, known))}"
        raise InvalidInput("event.detail.schemaVersion", problem)
    return version


def _read_attributes(attributes: object) -> str | None:
    if attributes is None:
        return None
    if not isinstance(attributes, dict):
        raise InvalidInput("event.detail.attributes", "expected an object")
    try:
        return canonical_json(attributes)
    except InvalidInput as error:
        raise InvalidInput("event.detail.attributes", error.problem) from None
