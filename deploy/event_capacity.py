"""What scoring an event on AWS takes, and costs: ``python -m deploy.event_capacity 1000000``.

What a chunk asks of tables, services and buckets is counted by
``tests/aws/test_event_capacity.py``; its CPU time by ``python -m benchmarks.event_on_aws``. All
else are assumptions. Change those by ``--set NAME=VALUE``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from math import ceil

import attrs

from deploy import capacity
from deploy.capacity import MILLION, changes, dollars, table
from fanscore_adapters.documents.chunk import FANS_OF_A_CHUNK
from fanscore_adapters.dynamodb.adapter import MAX_KEYS
from fanscore_core.engine.rounds import CHUNK as FANS_OF_A_ROUND

EVENTS = (1_000_000, 10_000_000)
CONCURRENCIES = (10, 50, 200)

THREADS = 32
"""Calls of ARM that a chunk has under way at the same time."""

KEYS_OF_A_LISTING = 1_000
VCPU_MB = 1_769
"""The memory with which Lambda gives a function one whole processor."""

CHUNK_BYTES, SCORE_BYTES = 42, 326
"""What a fan takes in a chunk and in its scores: counted, with ids of 38 letters."""


@attrs.frozen
class ChunkUse:
    """What scoring a chunk once uses of AWS.

    Attributes:
        reads: read request units of DynamoDB, for items below 4 KB.
        batches: calls of ``BatchGetItem``.
        queries: calls of ``Query``.
        arm_calls: calls of ARM scoring.
        gets: objects read, or looked at, in S3.
        puts: objects written.
    """

    reads: float
    batches: int
    queries: int
    arm_calls: int
    gets: int = 2
    puts: int = 1


def chunk_use(fans: int) -> ChunkUse:
    """Return what a chunk uses: fans with an account and a verdict, of an event with both ids."""
    whole, rest = divmod(fans, FANS_OF_A_ROUND)
    rounds = [FANS_OF_A_ROUND] * whole + [rest] * bool(rest)
    return ChunkUse(
        # Of each fan identity, account's score, verdict, and records under two ids; of each round
        # the cursor of the model and the event's other id. Half a unit each.
        reads=2.5 * fans + len(rounds),
        batches=sum(ceil((each + 2) / MAX_KEYS) + ceil(2 * each / MAX_KEYS) for each in rounds),
        queries=2 * fans,
        arm_calls=fans,
    )


@attrs.frozen
class EventAssumptions:
    """What is assumed; prices are in US dollars.

    Attributes:
        cpu_ms: milliseconds of a processor that a fan takes, measured.
        memory_mb: of the function (`ResolverMemory`).
        arm_s: seconds that ARM takes to answer.
        log_kb: that a chunk writes to the log, Lambda's own lines included.
        transition_price: a million state transitions.
        put_price: a million PUT or LIST requests to S3.
        get_price: a million GET or HEAD requests to S3.
        stored_price: a GB in S3 for a month.
        read_price: a million read request units, on demand.
        invocation_price: a million invocations.
        gb_second_price: a GB of memory for a second, on arm64.
        log_price: a GB of log taken in.
    """

    cpu_ms: float = 7.5
    memory_mb: float = 1024
    arm_s: float = 0.05
    log_kb: float = 1.5
    transition_price: float = 25
    put_price: float = 5
    get_price: float = 0.4
    stored_price: float = 0.023
    read_price: float = capacity.ASSUMED.read_price
    invocation_price: float = capacity.ASSUMED.invocation_price
    gb_second_price: float = capacity.ASSUMED.gb_second_price
    log_price: float = capacity.ASSUMED.log_price

    @property
    def chunk_s(self) -> float:
        """Seconds that a full chunk takes at most: its CPU time, and in each round ARM's."""
        processors = min(1.0, self.memory_mb / VCPU_MB)  # Python runs on one
        waves = ceil(FANS_OF_A_ROUND / THREADS) * ceil(FANS_OF_A_CHUNK / FANS_OF_A_ROUND)
        return FANS_OF_A_CHUNK * self.cpu_ms / 1000 / processors + waves * self.arm_s


ASSUMED = EventAssumptions()


@attrs.frozen
class EventUse:
    """What scoring all registrants of an event uses, if nothing is done twice.

    Attributes:
        chunks: calls of the function, but for the last one.
        reads: read request units.
        arm_calls: calls of ARM scoring.
        transitions: of states.
        puts: PUT and LIST requests to S3; those of the upload are among them.
        gets: GET and HEAD requests.
        gb_seconds: of the function's memory.
        stored_gb: chunks and scores.
        log_gb: of the function's log.
    """

    chunks: int
    reads: float
    arm_calls: int
    transitions: int
    puts: int
    gets: int
    gb_seconds: float
    stored_gb: float
    log_gb: float


def event_use(fans: int, assumed: EventAssumptions = ASSUMED) -> EventUse:
    """Return what so many registrants use."""
    chunks = ceil(fans / FANS_OF_A_CHUNK)
    one = chunk_use(FANS_OF_A_CHUNK)
    listings = 3 * ceil(chunks / KEYS_OF_A_LISTING)  # by the map, and of both folders in the end
    return EventUse(
        chunks,
        one.reads * fans / FANS_OF_A_CHUNK,
        fans,
        2 * chunks + 2,  # the start of each chunk's execution and its state; two states around
        chunks * (1 + one.puts) + listings,
        chunks * one.gets,
        chunks * assumed.chunk_s * assumed.memory_mb / 1024,
        fans * (CHUNK_BYTES + SCORE_BYTES) / 1e9,
        chunks * assumed.log_kb / 1e6,
    )


Cost = Callable[[EventUse, EventAssumptions], float]

COSTS: Mapping[str, tuple[str, Cost]] = {
    "DynamoDB, reads": ("reads * read_price", lambda use, a: use.reads * a.read_price / MILLION),
    "Lambda, invocations": (
        "chunks * invocation_price",
        lambda use, a: use.chunks * a.invocation_price / MILLION,
    ),
    "Lambda, time": (
        "gb_seconds * gb_second_price",
        lambda use, a: use.gb_seconds * a.gb_second_price,
    ),
    "Step Functions": (
        "transitions * transition_price",
        lambda use, a: use.transitions * a.transition_price / MILLION,
    ),
    "S3, PUT and LIST": ("puts * put_price", lambda use, a: use.puts * a.put_price / MILLION),
    "S3, GET and HEAD": ("gets * get_price", lambda use, a: use.gets * a.get_price / MILLION),
    "S3, a month": ("stored_gb * stored_price", lambda use, a: use.stored_gb * a.stored_price),
    "CloudWatch Logs": ("log_gb * log_price", lambda use, a: use.log_gb * a.log_price),
    "ARM, its invocations": (
        "arm_calls * invocation_price",
        lambda use, a: use.arm_calls * a.invocation_price / MILLION,
    ),
}
"""What each service costs for a use: the formula, and the same to be computed."""


def uses_table(events: Sequence[int] = EVENTS, assumed: EventAssumptions = ASSUMED) -> str:
    """Return what a chunk and events use, and how that is known."""
    uses = [event_use(fans, assumed) for fans in (FANS_OF_A_CHUNK, *events)]
    rows: list[tuple[str, str, Callable[[EventUse], float]]] = [
        ("`chunks`", "counted", lambda use: use.chunks),
        ("`reads`, read request units", "counted", lambda use: use.reads),
        ("`arm_calls`", "counted", lambda use: use.arm_calls),
        ("`transitions`", "from the template", lambda use: use.transitions),
        ("`puts`", "counted", lambda use: use.puts),
        ("`gets`", "counted", lambda use: use.gets),
        ("`gb_seconds`, at most", "measured CPU time, assumed ARM", lambda use: use.gb_seconds),
        ("`stored_gb`", "counted", lambda use: use.stored_gb),
        ("`log_gb`", "assumed", lambda use: use.log_gb),
    ]
    head = ["what", "how it is known", "a chunk", *(f"{fans:,}" for fans in events)]
    return table(
        head, [[name, known, *(_amount(of(use)) for use in uses)] for name, known, of in rows]
    )


def costs_table(events: Sequence[int] = EVENTS, assumed: EventAssumptions = ASSUMED) -> str:
    """Return what events cost, by service."""
    uses = [event_use(fans, assumed) for fans in events]
    costs = {name: [cost(use, assumed) for use in uses] for name, (_, cost) in COSTS.items()}
    rows = [[name, f"`{COSTS[name][0]}`", *map(dollars, each)] for name, each in costs.items()]
    totals = [sum(each) for each in zip(*costs.values(), strict=True)]
    rows.append(["**all**", "", *(f"**{dollars(total)}**" for total in totals)])
    return table(["service", "formula", *(f"{fans:,}" for fans in events)], rows)


@attrs.frozen
class Rate:
    """What a second takes, with so many chunks at the same time.

    Attributes:
        fans: that are scored; ARM is called as often.
        identity_reads: read request units of the identity table: identities and verdicts.
        demand_reads: of the demand table: records under both ids.
        account_reads: of the accounts' scores.
        at_once: executions of Lambda at the same time, ARM's among them.
    """

    fans: float
    identity_reads: float
    demand_reads: float
    account_reads: float
    at_once: float


def rate(concurrency: float, assumed: EventAssumptions = ASSUMED) -> Rate:
    """Return what a second takes with so many chunks at the same time."""
    fans = concurrency * FANS_OF_A_CHUNK / assumed.chunk_s
    shared = 0.5 / FANS_OF_A_ROUND  # the cursor, and the event's other id
    identity, demand = fans * (1 + shared), fans * (1 + shared)
    return Rate(fans, identity, demand, fans / 2, concurrency + fans * assumed.arm_s)


def speeds_table(
    concurrencies: Sequence[int] = CONCURRENCIES,
    events: Sequence[int] = EVENTS,
    assumed: EventAssumptions = ASSUMED,
) -> str:
    """Return how long events take, and what a second takes then."""
    rates = [rate(each, assumed) for each in concurrencies]
    rows = [
        [f"minutes for {fans:,}", *(f"{fans / each.fans / 60:,.0f}" for each in rates)]
        for fans in events
    ]
    of: Mapping[str, Callable[[Rate], float]] = {
        "fans a second, and calls of ARM": lambda each: each.fans,
        "read request units a second, `fan_identity_table`": lambda each: each.identity_reads,
        "`demand_table`": lambda each: each.demand_reads,
        "`account_fanscore_table`": lambda each: each.account_reads,
        "executions of Lambda at the same time, with ARM": lambda each: each.at_once,
    }
    rows += [[name, *(f"{value(each):,.0f}" for each in rates)] for name, value in of.items()]
    return table(["`ScoreEventConcurrency`", *map(str, concurrencies)], rows)


LIMITS: Mapping[str, tuple[float, Callable[[Rate], float]]] = {
    "calls a second of one function, ARM: 10 for each execution that the account may have": (
        10_000,
        lambda each: each.fans,
    ),
    "reads a second of a new table on demand": (12_000, lambda each: each.identity_reads),
    "executions of Lambda at the same time, in an account": (1_000, lambda each: each.at_once),
    "reads a second of a table, by the account's quota": (40_000, lambda each: each.identity_reads),
}
"""AWS's defaults, and what meets them."""


def limits_table(assumed: EventAssumptions = ASSUMED) -> str:
    """Return which concurrency meets which limit, the first one first."""
    one = rate(1, assumed)
    met = sorted((limit / of(one), name, limit) for name, (limit, of) in LIMITS.items())
    return table(
        ["limit", "default", "met at a concurrency of"],
        [[name, f"{limit:,.0f}", f"{at:,.0f}"] for at, name, limit in met],
    )


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser("deploy.event_capacity", description=__doc__)
    parser.add_argument("fans", nargs="*", type=int, metavar="REGISTRANTS")
    parser.add_argument("--concurrency", nargs="+", type=int, default=CONCURRENCIES, metavar="N")
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE")
    given = parser.parse_args(arguments)
    try:
        assumed = attrs.evolve(ASSUMED, **changes(given.set))
    except (TypeError, ValueError) as error:
        parser.error(str(error))
    events = given.fans or EVENTS
    tables = (
        uses_table(events, assumed),
        costs_table(events, assumed),
        speeds_table(given.concurrency, events, assumed),
        limits_table(assumed),
    )
    sys.stdout.write("\n".join(tables))


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"  # noqa: PLR2004


if __name__ == "__main__":
    main(sys.argv[1:])
