"""Where all sides are measured: a table, and two fronts that are the CRM and the partner."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs

from benchmarks.aws.front import Front, front
from benchmarks.aws.scene import DELAY_S, settings
from tests.aws.ministack import Ministack, ministack
from tests.aws.tables import typed

EXAMPLE = Path(__file__).parents[2] / "examples/presale"
API = "presale.api:PRESALE"
TABLE = "presale"
ANSWERS: Mapping[str, object] = {
    "/functions/": {"data": {"shows": 5}},
    "/cards/": {"active": True},
}
ITEMS: tuple[Mapping[str, object], ...] = (
    {"PK": "fan:user123", "SK": "loyalty", "points": 1_200},
    {
        "PK": "fan:user456",
        "SK": "invitation#spring",
        "campaignId": "spring",
        "globalUserId": "user456",
        "invitedBy": "staff1",
    },
)


@attrs.frozen
class Scene:
    """What runs.

    Attributes:
        near: the environment in which nothing is late.
        late: the environment in which every answer is late by ``DELAY_S``.
        late_front: what is called there; it counts.
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
    sys.path.insert(0, str(EXAMPLE))  # in the processes that are started, too
    with (
        ministack() as aws,
        front(aws.url, 0.0, 0.0, ANSWERS) as near,
        front(aws.url, DELAY_S, 0.0, ANSWERS) as late,
    ):
        fill(aws)
        yield Scene(environ_of(aws, near), environ_of(aws, late), late)


def environ_of(aws: Ministack, called: Front) -> Mapping[str, str]:
    """Return the environment in which everything is called through a front."""
    return {
        **aws.environ,
        **settings(),
        "AWS_ENDPOINT_URL": called.url,
        "FANSCORE_API": API,
        "FANSCORE_TABLE_PRESALE_TABLE": TABLE,
        "PRESALE_TABLE": TABLE,
        "PRESALE_PARTNER_URL": called.url,
        "PYTHONPATH": str(EXAMPLE),
    }


def fill(aws: Ministack) -> None:
    """Make the table, with what the events need."""
    dynamodb = aws.client("dynamodb")
    keys = {"PK": "HASH", "SK": "RANGE"}
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
    )
    for item in ITEMS:
        dynamodb.put_item(TableName=TABLE, Item=typed(item))
