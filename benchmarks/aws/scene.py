"""Where both sides are measured: a server with the sample and some more fans, and two fronts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import TypeVar

import attrs

from benchmarks.aws.front import Front, front
from benchmarks.fans import CURSOR, DISCO, NOW, fan_ids
from benchmarks.processes import in_process
from fanscore_adapters.embedded.stand_ins import default_sample
from fanscore_adapters.items import keys
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Item
from fanscore_core.ids import GlobalUserId, MemberId
from tests.aws.ministack import ministack
from tests.aws.tables import AwsTables

ResultT = TypeVar("ResultT")

DELAY_S = 0.020
FANS = 100
BOT_SCORE = Decimal("0.5")


@attrs.frozen
class Scene:
    """What runs.

    Attributes:
        near: the environment in which DynamoDB is called directly, and Lambda through a front.
        late: the environment in which everything is called through a front that delays it.
        late_front: that front; it counts.
    """

    near: Mapping[str, str]
    late: Mapping[str, str]
    late_front: Front


@contextmanager
def scene() -> Iterator[Scene]:
    """Set everything up, and end it.

    Raises:
        FileNotFoundError: as ``ministack``.
    """
    with ministack() as aws, front(aws.url) as lambdas, front(aws.url, DELAY_S) as late_front:
        tables = AwsTables(aws)
        tables.create()
        tables.load(default_sample().tables)
        tables.load(_more_fans())
        environ = {**aws.environ, **settings(), **tables.environ}
        yield Scene(
            {**environ, "AWS_ENDPOINT_URL_LAMBDA": lambdas.url},
            {**environ, "AWS_ENDPOINT_URL": late_front.url},
            late_front,
        )


def within(environ: Mapping[str, str], function: Callable[[], ResultT]) -> ResultT:
    """Call a function in a fresh process with an environment."""
    return in_process(partial(_within, environ, function))


def _within(environ: Mapping[str, str], function: Callable[[], ResultT]) -> ResultT:
    os.environ |= environ
    return function()


def settings() -> Mapping[str, str]:
    """Return the settings of a resolver on AWS that say nothing of the scene."""
    return {
        "FANSCORE_BACKEND": "aws",
        "FANSCORE_LNAA_URL": "http://127.0.0.1/never-called",
        "FANSCORE_LNAA_TOKEN": "made-up",
    }


def _more_fans() -> Mapping[str, Sequence[Item]]:
    fans = list(fan_ids(FANS))
    return {
        "fan_identity_table": [
            *(_item(keys.identity(fan), memberId=_member(fan)) for fan in fans),
            *(_item(keys.bot_verdict(fan, CURSOR), botScore=BOT_SCORE) for fan in fans),
        ],
        "account_fanscore_table": [
            _item(keys.account_score(_member(fan)), score=64, rawScore=61) for fan in fans
        ],
        "demand_table": [_demand(fan) for fan in fans],
    }


def _demand(fan: GlobalUserId) -> Item:
    return _item(
        keys.demand_record(fan, DISCO, "sale1"),
        eventId=DISCO,
        saleId="sale1",
        fanId=fan,
        requestedAt=NOW,
        updatedAt=NOW,
        version=1,
    )


def _member(fan: GlobalUserId) -> MemberId:
    return MemberId(f"member-{fan}")


def _item(key: Key, **attributes: object) -> Item:
    return {"PK": key.pk, "SK": key.sk, **attributes}
