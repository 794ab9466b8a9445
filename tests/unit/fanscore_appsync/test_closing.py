from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

from fanscore_appsync.settings import Settings
from fanscore_appsync.testing import appsync_event, user
from fanscore_appsync.wiring import apps, embedded
from tests.unit.fanscore_appsync.samples import TIME_LEFT_S


def threads() -> set[threading.Thread]:
    """Give the threads of fanscore that live."""
    return {each for each in threading.enumerate() if each.name.startswith("fanscore")}


def test_closing(tmp_path: Path) -> None:
    """What was wired for an app ends with it: its threads, its deliveries and its connections."""
    before = threads()
    settings = Settings(database=str(tmp_path / "fans.db"))
    embedded.write_sample(settings)
    entry = {"input": {"campaignId": "camp1", "requestId": "request-1"}}
    event = appsync_event("Mutation.upsertEntry", entry, user("user123"), envelope=True)
    with ExitStack() as closing:
        app = apps.connect(settings, closing)
        response = app.answer(event, TIME_LEFT_S).response
        assert threads() > before
    assert isinstance(response, dict)
    assert response.get("data", {}).get("status") == "ACCEPTED"
    assert threads() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fans.db"]
    with embedded.connect_bus(settings) as bus:
        assert all(each.attempts <= 1 for each in bus.undelivered())
