"""What receipts cost on AWS, counted where the calls arrive."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import pytest

from benchmarks.aws.front import Front, front
from fanscore_adapters.embedded.stand_ins import default_sample
from fanscore_adapters.items.receipts import read_receipt
from fanscore_appsync import connect
from fanscore_appsync.settings import read_settings
from fanscore_appsync.testing import appsync_event, service
from fanscore_core.systems import DEMAND
from tests.aws.ministack import Ministack
from tests.aws.tables import AwsTables, fresh_tables
from tests.patience import patient_limits

ARGUMENTS = {"globalUserId": "user123", "eventId": "evt456"}
COLD = {"BatchGetItem": 2, "Invoke": 1, "Query": 2}
"""The calls of one cold score, without receipts: the event has two ids, hence two queries."""


@contextmanager
def counting(aws: Ministack) -> Iterator[tuple[AwsTables, Front]]:
    """Fill tables, and count what is asked of the server from then on."""
    tables = fresh_tables(aws)
    with front(aws.url, lambda_s=0.0) as before:
        tables.load(default_sample().tables)
        yield tables, before


def asked(tables: AwsTables, before: Front, receipts: str, field: str) -> Mapping[str, int]:
    """Count the calls of one call of a field, by an app that has just been wired."""
    environ = {
        **tables.aws.environ,
        **tables.environ,
        "AWS_ENDPOINT_URL": before.url,
        "FANSCORE_BACKEND": "aws",
        "FANSCORE_LNAA_URL": "http://127.0.0.1:9",
        "FANSCORE_LNAA_TOKEN": "token",
        "FANSCORE_RECEIPTS": receipts,
    }
    with pytest.MonkeyPatch.context() as patched, patient_limits(), ExitStack() as closing:
        for name, value in environ.items():
            patched.setenv(name, value)
        app = connect(read_settings(os.environ), closing)
        before.reset()
        app.answer(appsync_event(field, ARGUMENTS, service()), 600.0)
        return before.asked().calls


def test_calls_of_one_cold_score(aws: Ministack) -> None:
    """A log line takes no call, a stored receipt one; the newest is found by one."""
    score = "VFApi.accountFanscore"
    with counting(aws) as (tables, before):
        found = {each: asked(tables, before, each, score) for each in ("", "log", "table,log")}
        kept = [item for item in tables.stored(DEMAND) if str(item["SK"]).startswith("receipt#")]
        shown = asked(tables, before, "table", "VFApi.decisionReceipt")
    assert found == {"": COLD, "log": COLD, "table,log": {**COLD, "PutItem": 1}}
    assert [read_receipt(each).global_user_id for each in kept] == ["user123"]
    assert shown == {"Query": 1}
