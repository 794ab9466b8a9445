"""Made-up fans who all ask for one event, and the sources that know them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import TypeAlias
from uuid import UUID

import attrs

from fanscore_adapters.adapter import Adapter, together
from fanscore_adapters.items import keys
from fanscore_adapters.items.keys import Key
from fanscore_adapters.sources import Sources
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.wiring.parts import MAX_THREADS
from fanscore_core.engine.question import Answered, Ask, Question, Source
from fanscore_core.ids import BotRunId, EventId, GlobalUserId, MemberId
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs
from fanscore_core.policy import ScorePolicy
from fanscore_core.ports.arm_scoring import ArmScore

EVENT = EventId("evt456")
DISCO = EventId("disco456")
CURSOR = BotRunId("run-2026-11-01")
NOW = "2026-11-01T08:00:00Z"
TIME_LEFT_S = 3600.0

Item: TypeAlias = Mapping[str, object]


def fan_ids(count: int) -> Iterator[GlobalUserId]:
    """Give the ids of that many fans, the same each time; none is kept."""
    chance = random.Random(2026)
    for _ in range(count):
        yield GlobalUserId(str(UUID(int=chance.getrandbits(128))))


def all_args(policy: ScorePolicy, count: int) -> Iterator[AccountFanscoreArgs]:
    """Give what the fans' scores are asked for with, one at a time."""
    return (AccountFanscoreArgs(policy, fan, EVENT) for fan in fan_ids(count))


def arm_score(fan: GlobalUserId) -> Decimal:
    """Give the ARM risk score of a fan."""
    return Decimal(int(fan[0], 16) % 11)


@attrs.frozen
class ArmScores:
    """The adapter that answers for ARM, without anything in between."""

    systems: Mapping[type[Question[object]], str] = attrs.field(
        factory=lambda: {ArmScore: "arm_scoring"}
    )

    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question), "arm_scoring") for ask in asks]

    def _answer(self, question: Question[object]) -> Decimal:
        assert isinstance(question, ArmScore)
        return arm_score(question.global_user_id)


@contextmanager
def wired(*adapters: Adapter) -> Iterator[Source]:
    """Put adapters together as the wiring does."""
    with ThreadPoolExecutor(MAX_THREADS) as executor:
        yield Sources(adapters, [executor], monotonic, monotonic() + TIME_LEFT_S)


@contextmanager
def stored(database: Path) -> Iterator[Source]:
    """Give the source that knows the fans of a database."""
    with SqliteTables(str(database)) as tables, wired(Sqlite(tables), ArmScores()) as source:
        yield source


def write(database: Path, count: int) -> None:
    """Write a database with that many fans."""
    with SqliteTables(str(database)) as tables:
        tables.load("fan_identity_table", _identity_items(count))
        tables.load("account_fanscore_table", map(_score_item, fan_ids(count)))
        tables.load("demand_table", _demand_items(count))


def _identity_items(count: int) -> Iterator[Item]:
    yield _item(keys.BOT_CURSOR, cursor=CURSOR)
    for fan in fan_ids(count):
        yield _item(
            keys.identity(fan),
            memberId=_member(fan),
            email=f"{fan}@example.com",
            locale="en-GB",
            updatedAt=NOW,
        )
        yield _item(keys.bot_verdict(fan, CURSOR), botScore=Decimal(_digit(fan, 1)) / 16)


def _score_item(fan: GlobalUserId) -> Item:
    return _item(
        keys.account_score(_member(fan)),
        score=_digit(fan, 2) * 6,
        rawScore=Decimal(_digit(fan, 3) * 6) + Decimal("0.5"),
        modelVersion="m4",
        updatedAt=NOW,
    )


def _demand_items(count: int) -> Iterator[Item]:
    yield _item(keys.event_mapping(EVENT), discoEventId=DISCO)
    for fan in fan_ids(count):
        for sale in range(_digit(fan, 4) % 4):
            yield _item(
                keys.demand_record(fan, DISCO, f"sale{sale}"),
                eventId=DISCO,
                saleId=f"sale{sale}",
                fanId=fan,
                requestedAt=NOW,
                updatedAt=NOW,
                version=1,
            )


def _member(fan: GlobalUserId) -> MemberId:
    return MemberId(f"member-{fan}")


def _digit(fan: GlobalUserId, at: int) -> int:
    return int(fan[at], 16)


def _item(key: Key, **attributes: object) -> Item:
    return {"PK": key.pk, "SK": key.sk, **attributes}
