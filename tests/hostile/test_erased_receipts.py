from __future__ import annotations

import json
import logging
from contextlib import ExitStack
from pathlib import Path

import pytest

from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.erasure import Erasure
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync import connect
from fanscore_appsync.settings import read_settings
from fanscore_appsync.testing import appsync_event, service
from fanscore_core.ids import GlobalUserId
from tests.patience import patient_limits

CANARY = "canary-4711"
FAN = GlobalUserId(f"{CANARY}@example.com")
OTHER = GlobalUserId("other-fan")
EVENT = "evt456"


def files_with(folder: Path, text: str) -> list[str]:
    """Name the files of a folder in which a text stands."""
    return [file.name for file in sorted(folder.iterdir()) if text.encode() in file.read_bytes()]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Look at all that is logged, at any level."""
    caplog.set_level(logging.DEBUG)
    return caplog


def test_an_erased_fan_leaves_no_byte_of_a_receipt(
    tmp_path: Path, lines: pytest.LogCaptureFixture
) -> None:
    """With receipts and lines on: no log ever names the fan, and no file does after erasing."""
    database = str(tmp_path / "fans.db")
    environ = {"FANSCORE_DB": database, "FANSCORE_RECEIPTS": "table,log"}
    with patient_limits(), ExitStack() as closing:
        app = connect(read_settings(environ), closing)
        for fan in (FAN, OTHER):
            arguments = {"globalUserId": fan, "eventId": EVENT}
            for _ in range(2):
                app.answer(appsync_event("VFApi.accountFanscore", arguments, service()), 30.0)
        asked = {"globalUserId": FAN, "eventId": EVENT}
        found = app.answer(appsync_event("VFApi.decisionReceipt", asked, service()), 30.0).response
        assert isinstance(found, dict)
        shown = json.loads(found["document"])
    assert files_with(tmp_path, CANARY)
    assert files_with(tmp_path, shown["nonce"])
    written = [record.getMessage() for record in lines.records]
    decided = [line for line in written if "fanscore_decision" in line]
    assert len(decided) == 4
    assert [line for line in written if CANARY in line or shown["nonce"] in line] == []
    with SqliteTables(database) as tables, EventStore(database) as events:
        erased = Erasure(tables, events).erase(FAN)
    assert (erased.deleted.total(), erased.left.total(), erased.has_traces) == (2, 0, False)
    for text in (CANARY, shown["nonce"], *(json.loads(line)["leaf"] for line in decided[:2])):
        assert files_with(tmp_path, text) == []
    assert files_with(tmp_path, json.loads(decided[3])["leaf"])
