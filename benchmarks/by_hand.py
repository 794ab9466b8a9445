"""What one would write without fanscore's engine, to measure it against."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from fanscore_adapters.items.escapes import end_of_prefix
from fanscore_adapters.sqlite.tables import BEGINS_WITH, LOOK_UP
from fanscore_core.engine.question import Ask, Query, Source
from fanscore_core.findings import BaseScore, Findings, ScoreOrigin
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity
from fanscore_core.scoring import AccountFanscore, decide
from fanscore_core.signals import ARM, EVENT, MODEL, Missing


def score_asking_one_by_one(args: AccountFanscoreArgs, source: Source) -> AccountFanscore:
    """Score a fan with the same questions, each in a call of its own, and the same reasons."""

    def ask(question: Query[Any]) -> Any:  # noqa: ANN401  # plain: nothing checks the answers
        return source.fetch([Ask(question)])[0].answer

    fan, event = args.global_user_id, args.event_id
    assert event is not None
    identity = ask(FanIdentity(fan))
    member = (identity.member_id if identity else None) or args.member_id
    score = None
    if identity and identity.score:
        score = BaseScore(ScoreOrigin.IDENTITY_SCORE, identity.score.raw_score)
    if not score and member is not None:
        stored = ask(AccountScore(member))
        score = BaseScore(ScoreOrigin.ACCOUNT_SCORE, stored.raw_score) if stored else None
    risk = ask(ArmScore(fan, event))
    disco = ask(DiscoEventId(event)) or event
    demand = ask(EventDemandCount(fan, disco, None if disco == event else event))
    cursor = ask(BotOrNotCursor())
    verdict = ask(BotOrNot(fan, cursor)) if cursor else None
    findings = Findings(
        score.origin if score else ScoreOrigin.NO_HISTORY,
        score.raw if score else None,
        {
            ARM: Missing.NO_SCORE if risk is None else risk,
            EVENT: Decimal(demand),
            MODEL: Missing.NO_VERDICT if verdict is None else verdict,
        },
    )
    return decide(args.policy, fan, findings)


class Score(NamedTuple):
    """A score as plain numbers."""

    score: int
    raw_score: int
    arm: int
    event: int
    model: int


_TUNED_ITEM = "SELECT item FROM {table} WHERE PK = ? AND SK = ?"
_TUNED_RANGE = "SELECT item FROM {table} WHERE PK = ? AND SK >= ? AND SK < ?"


def score_by_same_statements(
    connection: sqlite3.Connection,
    fans: Iterable[GlobalUserId],
    event: EventId,
    arm_score: Callable[[GlobalUserId], Decimal],
) -> Iterator[Score]:
    """Score fan by fan with the adapter's own statements, JSON and arithmetic alone."""

    def read(statement: str, table: str, pk: str, sk: str) -> list[dict[str, Any]]:
        keys = json.dumps([[pk, sk, end_of_prefix(sk)]])
        rows = connection.execute(statement.format(table=table), (keys,)).fetchall()
        return [json.loads(item) for _, item in rows]

    for fan in fans:
        (disco,) = read(LOOK_UP, "demand_table", f"event:{event}", "disco")
        (cursor,) = read(LOOK_UP, "fan_identity_table", "botornot", "cursor")
        (identity,) = read(LOOK_UP, "fan_identity_table", f"fan:{fan}", "identity")
        member = f"member:{identity['memberId']}"
        (stored,) = read(LOOK_UP, "account_fanscore_table", member, "score#account")
        records = [
            record
            for each in (disco["discoEventId"], event)
            for record in read(BEGINS_WITH, "demand_table", f"fan:{fan}", f"demand#{each}-")
        ]
        verdict_key = f"botornot#{cursor['cursor']}"
        (verdict,) = read(LOOK_UP, "fan_identity_table", f"fan:{fan}", verdict_key)
        demand = len({record["saleId"] for record in records if "ttl" not in record})
        yield _add_up(stored, arm_score(fan), demand, verdict["botScore"])


def score_in_a_tuned_loop(
    connection: sqlite3.Connection,
    fans: Iterable[GlobalUserId],
    event: EventId,
    arm_score: Callable[[GlobalUserId], Decimal],
) -> Iterator[Score]:
    """Score with the simplest statements, and what all fans share read once by hand."""

    def load(table: str, pk: str, sk: str) -> dict[str, Any]:
        row = connection.execute(_TUNED_ITEM.format(table=table), (pk, sk)).fetchone()
        item: dict[str, Any] = json.loads(row[0])
        return item

    disco = load("demand_table", f"event:{event}", "disco")["discoEventId"]
    cursor = load("fan_identity_table", "botornot", "cursor")["cursor"]
    ranges = [(f"demand#{each}-", f"demand#{each}-\x7f") for each in (disco, event)]
    in_range = _TUNED_RANGE.format(table="demand_table")
    for fan in fans:
        pk = f"fan:{fan}"
        member = load("fan_identity_table", pk, "identity")["memberId"]
        stored = load("account_fanscore_table", f"member:{member}", "score#account")
        rows = [row for each in ranges for row in connection.execute(in_range, (pk, *each))]
        records = [json.loads(item) for (item,) in rows]
        demand = len({record["saleId"] for record in records if "ttl" not in record})
        bot = load("fan_identity_table", pk, f"botornot#{cursor}")["botScore"]
        yield _add_up(stored, arm_score(fan), demand, bot)


def _add_up(stored: dict[str, Any], risk: Decimal, demand: int, bot: float) -> Score:
    raw_score = math.floor(stored.get("rawScore", stored["score"]) + 0.5)
    arm = 5 if risk < 3 else 0 if risk < 6 else -15
    wish = 0 if demand < 1 else 4 if demand < 2 else 6
    model = 3 if bot < 0.2 else 0 if bot < 0.8 else -40
    return Score(min(max(raw_score + arm + wish + model, 0), 100), raw_score, arm, wish, model)
