"""Laws of scoring from exports (docs/explanation/from-one-machine-to-ten-million.md)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import product
from pathlib import Path

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from fanscore_adapters.bulk.arm_risks import ArmService
from fanscore_adapters.items import keys
from fanscore_adapters.items.operations import Item
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.wire import error_code
from fanscore_core.engine.question import Answered, Ask
from fanscore_core.engine.rounds import run
from fanscore_core.errors import Unavailable
from fanscore_core.findings import Findings
from fanscore_core.ids import BotRunId, EventId, GlobalUserId, MemberId
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, account_fanscore
from fanscore_core.pipelines.receipts import receipt_of
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId
from fanscore_core.receipt import Receipt
from fanscore_core.scoring import AccountFanscore
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY
from tests.bulk_worlds import CODE, exported, scored
from tests.receipt_samples import receipts_file

# Ids that keys or JSON escape, and that begin with each other.
FANS = [
    GlobalUserId(each) for each in ("user1", "user12", "a#b", "50%", 'q"\\/', "Zoë-1", "🎫", "%23")
]
MEMBERS = [MemberId(each) for each in ("m1", "m#2", 'm"3', "7")]
EVENTS = [EventId(each) for each in ("evt", "evt-1", 'e"v/t', "disco#9", "ünder%")]
SALES = ("s1", "s-2", "1-s1")
RUNS = [BotRunId(each) for each in ("run-1", "run#2")]

odd: st.SearchStrategy[object] = st.sampled_from(
    [None, True, "75", 101, -1, [], {}, {"N": "5"}, Decimal("0.10")]
)
# As an id, DynamoDB, which has but one kind of number, would take it for an integer.
whole = st.just(Decimal("1E+1"))
points = whole | st.integers(0, 100) | st.decimals(0, 100, places=2) | odd
likelihoods = st.sampled_from([0, 1, Decimal("0.05"), Decimal("0.500")]) | odd
risks = st.none() | st.decimals(0, 10, places=1) | st.just(Unavailable("arm_scoring"))


@attrs.frozen
class World:
    """Tables, and what ARM says."""

    tables: Mapping[str, Sequence[Item]]
    arm: Mapping[GlobalUserId, object]


def item(key: keys.Key, members: Mapping[str, object]) -> Item:
    """Make an item, its keys in the midst of its members."""
    return {"attributes": {"PK": "x", "ttl": '"y"'}, "PK": key.pk, **members, "SK": key.sk}


identities_of_fans = st.fixed_dictionaries(
    {},
    optional={
        "memberId": st.sampled_from([*MEMBERS, 7]) | odd,
        "score": points,
        "rawScore": points,
    },
)
scores = st.fixed_dictionaries({"score": points}, optional={"rawScore": points})
runs = st.sets(st.sampled_from(RUNS))
records = st.sets(st.sampled_from([*product(EVENTS, SALES)]), max_size=4)
tombstones: st.SearchStrategy[Mapping[str, object]] = st.sampled_from(
    [{}, {}, {"ttl": 1}, {"ttl": "x"}]
)
cursors = st.none() | st.sampled_from(RUNS) | odd
mapped = st.sets(st.sampled_from(EVENTS))
mappings = st.sampled_from(EVENTS) | odd
members = st.sets(st.sampled_from(MEMBERS))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw what the tables hold of fans, some of it malformed, and much that has no part in it."""
    identities: list[Item] = [{"PK": "event:x", "SK": "consumer#profile", "status": "done"}]
    demand: list[Item] = []
    for fan in FANS:
        if draw(st.booleans()):
            identities.append(item(keys.identity(fan), draw(identities_of_fans)))
        for run_id in draw(runs):
            verdict = {"botScore": draw(likelihoods)}
            identities.append(item(keys.bot_verdict(fan, run_id), verdict))
        for event, sale in draw(records):
            demand.append(item(keys.demand_record(fan, event, sale), draw(tombstones)))
    cursor = draw(cursors)
    if draw(st.booleans()):
        identities.append(item(keys.BOT_CURSOR, {"cursor": cursor}))
    demand += [
        item(keys.event_mapping(event), {"discoEventId": draw(mappings)}) for event in draw(mapped)
    ]
    accounts = [item(keys.account_score(member), draw(scores)) for member in draw(members)]
    arm = {fan: draw(risks) for fan in FANS}
    tables = {FAN_IDENTITY: identities, ACCOUNT_FANSCORE: accounts, DEMAND: demand}
    return World({name: draw(st.permutations(items)) for name, items in tables.items()}, arm)


@attrs.frozen
class Systems:
    """A source: the tables in SQLite, and ARM."""

    tables: Sqlite
    arm: Mapping[GlobalUserId, object]

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [self._answer(ask) for ask in asks]

    def _answer(self, ask: Ask) -> Answered:
        match ask.question:
            case ArmScore(fan, _):
                return Answered(self.arm[fan])
            case _:
                return self.tables.fetch([ask])[0]


def live(world: World, event: EventId, fan: GlobalUserId) -> bool:
    """Whether a fan has a live record of exactly this event."""
    records = {keys.demand_record(fan, event, sale) for sale in SALES}
    return any(
        keys.Key(str(each["PK"]), str(each["SK"])) in records and "ttl" not in each
        for each in world.tables[DEMAND]
    )


@settings(max_examples=60)
@given(worlds(), st.sampled_from(EVENTS), st.integers(1, 3), st.integers(2, 20))
def test_registrants_of_an_export_are_found_as_the_pipeline_finds_them(
    world: World, event: EventId, partitions: int, items_of_a_file: int
) -> None:
    """From exports come the registrants, no other fans, and of each the findings of a run.

    Of each there is one receipt: that of the run, with the time and the nonce of this event's.
    """
    with tempfile.TemporaryDirectory() as folder, SqliteTables(IN_MEMORY) as tables:
        tables.load_all(world.tables)
        systems = Systems(Sqlite(tables), world.arm)
        exports = exported(Path(folder, "exports"), world.tables, items_of_a_file)
        arm = ArmService(lambda: systems, by_the_hundred=False)
        found = scored(Path(folder, "work"), exports, arm, event, partitions)
        [mapping] = systems.fetch([Ask(DiscoEventId(event))])
        events = [event, *([EventId(mapping.answer)] if isinstance(mapping.answer, str) else [])]
        expected: dict[str, tuple[Findings | str, AccountFanscore | None]] = {}
        receipts: dict[str, Receipt] = {}
        for fan in FANS:
            args = AccountFanscoreArgs(DEFAULT_POLICY, fan, event)
            outcome = run(account_fanscore, args, systems)
            if not any(live(world, each, fan) for each in events):
                continue
            code = error_code(outcome.error) if outcome.error else None
            deciding = found.deciding
            receipt = receipt_of(
                args, outcome, deciding.decided_at, deciding.nonce(fan), CODE, error=code
            )
            assert receipt is not None
            receipts[fan] = receipt
            if isinstance(outcome.error, Unavailable):
                expected[fan] = outcome.error.system, None
            else:
                assert outcome.stash.findings is not None
                expected[fan] = outcome.stash.findings, outcome.result()
    fans = found.fans
    assert len(fans) == len(expected)
    assert {each.global_user_id: (shown(each.found), each.score) for each in fans} == expected
    assert found.receipts == receipts_file(*(receipts[each.global_user_id] for each in fans))


def shown(found: object) -> object:
    """Return findings; of an error its system."""
    return found.system if isinstance(found, Unavailable) else found
