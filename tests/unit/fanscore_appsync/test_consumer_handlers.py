from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from fanscore_adapters.documents.user_event import event_document
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.items.keys import Key
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync import consumers
from fanscore_core.errors import DeadlineExceeded, InvalidInput
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.user_events import UserEvent

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
EVENT = UserEvent("e-1", NOW, GlobalUserId("user123"), MemberId("m-1"), CampaignId("c-1"))
DOCUMENT = event_document(EVENT, NOW)


@attrs.frozen
class LambdaContext:
    """The context object of an invocation that has so much time left."""

    left_ms: int
    aws_request_id: str = "invocation-1"

    def get_remaining_time_in_millis(self) -> int:
        """Give the time."""
        return self.left_ms


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let the environment name a database."""
    database = str(tmp_path / "fanscore.db")
    monkeypatch.setenv("FANSCORE_DB", database)
    consumers.app.cache_clear()
    yield database
    consumers.app.cache_clear()


def effects(path: str) -> tuple[list[str], list[str]]:
    """Give the sort keys of what is stored, and the systems that were posted to."""
    with SqliteTables(path) as tables, EventStore(path) as events:
        prefixes = [Key("fan:user123", ""), Key("event:e-1", "")]
        stored = tables.begins_with("fan_identity_table", prefixes)
        names = [json.loads(text)["SK"] for texts in stored for text in texts]
        return names, [system for _, system, _ in events.posts()]


@pytest.mark.parametrize(
    ("handler", "stored", "posted"),
    [
        (consumers.profile_handler, ["identity", "consumer#profile"], []),
        (
            consumers.notification_handler,
            ["consumer#notification"],
            ["notification_endpoint"],
        ),
        (consumers.sync_handler, ["consumer#sync"], ["sync_endpoint"]),
    ],
    ids=["profile", "notification", "sync"],
)
def test_each_handler_is_its_consumer(
    path: str, handler: Callable[..., None], stored: list[str], posted: list[str]
) -> None:
    """Each entry point consumes an event of EventBridge's, once, with and without a context."""
    handler(DOCUMENT, LambdaContext(29_000))
    handler(DOCUMENT)
    assert effects(path) == (stored, posted)


def test_a_handler_raises_so_that_the_event_comes_again(path: str) -> None:
    """What is no user event, and what came too late, is raised and leaves nothing."""
    with pytest.raises(InvalidInput):
        consumers.profile_handler({})
    with pytest.raises(DeadlineExceeded):
        consumers.profile_handler(DOCUMENT, LambdaContext(400))
    assert effects(path) == ([], [])
