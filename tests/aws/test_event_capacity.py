"""What a chunk of an event's registrants uses of AWS, counted: what ``deploy.event_capacity`` says.

Counted is what botocore sends. Of each fan there are an identity, an account's score, a verdict and
a record; items are smaller than the 4 KB of a read unit.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from typing import cast

import attrs
import pytest
from botocore.model import OperationModel

from benchmarks.aws.front import front
from benchmarks.bulk.big_exports import EVENT, accounts, demand, fan_id, identities
from deploy.event_capacity import CHUNK_BYTES, SCORE_BYTES, ChunkUse, chunk_use
from fanscore_adapters.documents.chunk import Chunk, chunk_text
from fanscore_appsync.setting_row import Function
from fanscore_appsync.settings import read_settings
from fanscore_appsync.wiring.apps import connect_chunks
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY
from tests.aws.ministack import REGION, SERVICES, Ministack, ministack
from tests.aws.tables import AwsTables
from tests.aws.test_capacity import SENDER, _batch, _read

BUCKET = "fanscore-scores"
FANS = 150
TIME_S = 600.0


@attrs.frozen
class Place:
    """Where chunks are scored.

    Attributes:
        aws: the server.
        environ: the function's environment.
    """

    aws: Ministack
    environ: Mapping[str, str]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Run a server with a bucket, and the tables with fans of whom everything is known."""
    with ministack(services=(*SERVICES, "s3")) as aws, front(aws.url, lambda_s=0.0) as functions:
        where = {"LocationConstraint": REGION}
        aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        tables = AwsTables(aws)
        tables.create()
        tables.load(
            {
                FAN_IDENTITY: [*_with_accounts()],
                ACCOUNT_FANSCORE: [*accounts(FANS)],
                DEMAND: [*demand(FANS)],
            }
        )
        settings = {
            "FANSCORE_BACKEND": "aws",
            "FANSCORE_SCORES_BUCKET": BUCKET,
            "AWS_ENDPOINT_URL_LAMBDA": functions.url,
        }
        yield Place(aws, {**aws.environ, **tables.environ, **settings})


def _with_accounts() -> Iterator[Mapping[str, object]]:
    """Let each fan have an account, and no score of their own, which is what takes most reads."""
    fans = count()
    for item in identities(FANS):
        if item["SK"] == "identity":
            others = {name: item[name] for name in item.keys() - {"score", "rawScore"}}
            yield {**others, "memberId": f"member-{next(fans):012d}"}
        else:
            yield item


@pytest.mark.parametrize("fans", [100, FANS])
def test_the_calculation_works_with_counted_numbers(
    place: Place, fans: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the calculation says that a chunk uses is what scoring it sends to AWS."""
    for name, value in place.environ.items():
        monkeypatch.setenv(name, value)
    key = f"run-{fans}/chunks/000000.json"
    ids = tuple(GlobalUserId(fan_id(number)) for number in range(fans))
    content = chunk_text(Chunk(EventId(EVENT), ids)).encode()
    s3 = place.aws.client("s3")
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    caplog.set_level(logging.DEBUG, SENDER)
    caplog.clear()
    with ExitStack() as closing:
        app = connect_chunks(read_settings(place.environ, Function.CHUNKS), closing)
        app.answer({"chunk": key, "errors": "raise"}, TIME_S)
    sent = [
        cast("tuple[OperationModel, Mapping[str, str]]", record.args)
        for record in caplog.records
        if record.name == SENDER and record.msg.startswith("Making request")
    ]
    calls = Counter(call.name for call, _ in sent)
    bodies = [(call.name, asked["body"]) for call, asked in sent]
    reads = sum(_batch(json.loads(body)).reads for name, body in bodies if name == "BatchGetItem")
    reads += sum(_read(json.loads(body)) for name, body in bodies if name == "Query")
    used = ChunkUse(
        reads,
        calls.pop("BatchGetItem"),
        calls.pop("Query"),
        calls.pop("Invoke"),
        calls.pop("GetObject") + calls.pop("HeadObject"),
        calls.pop("PutObject"),
    )
    assert (used, calls) == (chunk_use(fans), Counter())
    scores = s3.get_object(Bucket=BUCKET, Key=key.replace("chunks/", "scores/"))["Body"].read()
    each = (len(content) / fans, len(scores) / fans)
    assert each == pytest.approx((CHUNK_BYTES, SCORE_BYTES), rel=0.02)
