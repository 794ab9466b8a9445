"""What a sale takes of AWS, and what that costs: ``python -m deploy.capacity 1000000``.

What each request uses is measured by ``tests/aws/test_capacity.py``. All else are assumptions:
what a fan does, how long a function runs, what AWS charges. Change those by ``--set NAME=VALUE``.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from fanscore_appsync.api import API
from fanscore_appsync.idv_app import OPERATIONS
from fanscore_appsync.log import METRICS
from fanscore_core.consumer_mark import Consumer

SALES = (100_000, 1_000_000, 10_000_000)
MILLION = 1_000_000


@attrs.frozen
class Use:
    """What something uses of AWS.

    Attributes:
        requests: to AppSync.
        invocations: of functions of this repository.
        services: invocations of the proxies, which are not of this repository.
        reads: read request units of DynamoDB.
        writes: write request units.
        events: published.
        sessions: of face liveness.
    """

    requests: float = 0
    invocations: float = 0
    services: float = 0
    reads: float = 0
    writes: float = 0
    events: float = 0
    sessions: float = 0

    def __add__(self, other: Use) -> Use:
        """Add up."""
        return Use(*(mine + its for mine, its in zip(_values(self), _values(other), strict=True)))

    def times(self, count: float) -> Use:
        """Multiply."""
        return Use(*(count * value for value in _values(self)))


ENTRY_CONSUMED = "its four consumers"
SESSION_RESULT = "VFApi.livenessSession"

USES: Mapping[str, Use] = {
    "Demand.eventDetails": Use(requests=1, invocations=1, services=1),
    "VFApi.campaign": Use(requests=1, invocations=1, services=1),
    "VFApi.eligibility": Use(requests=1, invocations=1, services=1),
    "Mutation.upsertEntry": Use(requests=1, invocations=1, services=2, events=1),
    ENTRY_CONSUMED: Use(invocations=4, reads=9, writes=8),
    "Mutation.demandRecordSave": Use(requests=1, invocations=1, services=1, reads=2, writes=1),
    "Demand.records": Use(requests=1, invocations=1, reads=1),
    "Mutation.checkLiveness": Use(
        requests=1, invocations=2, services=1, reads=1.5, writes=4, sessions=1
    ),
    SESSION_RESULT: Use(requests=1, invocations=2, reads=2, writes=1),
    "VFApi.accountFanscore": Use(requests=1, invocations=1, services=1, reads=3.5),
}
"""What one of each uses; the cached ``eventDetails`` uses a request alone."""

JOURNEY: Mapping[str, float] = {
    "VFApi.campaign": 1,
    "VFApi.eligibility": 1,
    "Mutation.upsertEntry": 1,
    ENTRY_CONSUMED: 1,
    "Mutation.demandRecordSave": 2,
    "Demand.records": 1,
    "Mutation.checkLiveness": 1,
    SESSION_RESULT: 1,
    "VFApi.accountFanscore": 1,
}
"""What one registration comes to: how often each. Besides, event details from the cache."""

CACHED_REQUESTS = 2
"""Requests of a registration that the API's cache answers."""


@attrs.frozen
class Assumptions:
    """What is assumed; prices are in US dollars.

    Attributes:
        peak_share: of the registrations that come within ``peak_minutes``.
        peak_minutes: the busiest ones.
        seconds: that an invocation takes on average.
        memory_gb: of a function.
        log_kb: that an invocation writes to the log, Lambda's own lines included.
        event_kb: of a published event.
        request_price: a million requests to AppSync.
        firewall_price: a million requests seen by AWS WAF.
        invocation_price: a million invocations.
        gb_second_price: a GB of memory for a second, on arm64.
        read_price: a million read request units, on demand.
        write_price: a million write request units, on demand.
        event_price: a million published events.
        archive_price: a GB of events put into the archive.
        log_price: a GB of log taken in.
        session_price: a liveness session.
        cache_price: an hour of the API's cache.
        metric_price: a metric of one's own for a month.
        firewall_monthly: the two firewalls and their six rules, a month.
        monitoring_monthly: the dashboard and the alarms, a month.
    """

    peak_share: float = 0.2
    peak_minutes: float = 10
    seconds: float = 0.2
    memory_gb: float = 1
    log_kb: float = 1
    event_kb: float = 1
    request_price: float = 4
    firewall_price: float = 0.6
    invocation_price: float = 0.2
    gb_second_price: float = 0.0000133334
    read_price: float = 0.125
    write_price: float = 0.625
    event_price: float = 1
    archive_price: float = 0.1
    log_price: float = 0.5
    session_price: float = 0.015
    cache_price: float = 0.044
    metric_price: float = 0.3
    firewall_monthly: float = 16
    monitoring_monthly: float = 5


ASSUMED = Assumptions()

HOURS_OF_A_MONTH = 730
METRICS_OF_OUR_OWN = len(METRICS) * (len(API.fields) + len(OPERATIONS) + len(Consumer))


def of_registrations(count: int) -> Use:
    """Return what so many registrations use."""
    one = sum((USES[what].times(often) for what, often in JOURNEY.items()), Use())
    return (one + Use(requests=CACHED_REQUESTS)).times(count)


Cost = Callable[[Use, Assumptions], float]

COSTS: Mapping[str, tuple[str, Cost]] = {
    "AppSync": (
        "requests * request_price",
        lambda use, a: use.requests * a.request_price / MILLION,
    ),
    "AWS WAF": (
        "requests * firewall_price",
        lambda use, a: use.requests * a.firewall_price / MILLION,
    ),
    "Lambda, invocations": (
        "invocations * invocation_price",
        lambda use, a: use.invocations * a.invocation_price / MILLION,
    ),
    "Lambda, time": (
        "invocations * seconds * memory_gb * gb_second_price",
        lambda use, a: use.invocations * a.seconds * a.memory_gb * a.gb_second_price,
    ),
    "DynamoDB, reads": ("reads * read_price", lambda use, a: use.reads * a.read_price / MILLION),
    "DynamoDB, writes": (
        "writes * write_price",
        lambda use, a: use.writes * a.write_price / MILLION,
    ),
    "EventBridge": ("events * event_price", lambda use, a: use.events * a.event_price / MILLION),
    "its archive": (
        "events * event_kb * archive_price",
        lambda use, a: use.events * a.event_kb * a.archive_price / MILLION,
    ),
    "CloudWatch Logs": (
        "invocations * log_kb * log_price",
        lambda use, a: use.invocations * a.log_kb * a.log_price / MILLION,
    ),
    "Rekognition": ("sessions * session_price", lambda use, a: use.sessions * a.session_price),
}
"""What each service costs for a use: the formula, and the same to be computed."""


MONTHLY = "cache_price * 730 + metric_price * metrics + firewall_monthly + monitoring_monthly"


def monthly(assumed: Assumptions) -> float:
    """Return what a month costs whatever is asked: cache, firewall, metrics, dashboard, alarms."""
    cache = HOURS_OF_A_MONTH * assumed.cache_price
    metrics = METRICS_OF_OUR_OWN * assumed.metric_price
    return cache + metrics + assumed.firewall_monthly + assumed.monitoring_monthly


def uses_table() -> str:
    """Return what each request uses, and how often a registration makes it."""
    rows = [
        [f"`{what}`" if "." in what else what, *map(_number, _values(use)), _often(what)]
        for what, use in USES.items()
    ]
    cached = Use(requests=1)
    rows.append(["an answer of the cache", *map(_number, _values(cached)), str(CACHED_REQUESTS)])
    total = [
        "**a registration**",
        *(f"**{_number(each)}**" for each in _values(of_registrations(1))),
    ]
    return table(["what", *_NAMES, "times"], [*rows, [*total, ""]])


def assumptions_table() -> str:
    """Return what is assumed, and what it means."""
    return meanings_table(ASSUMED)


def meanings_table(assumed: attrs.AttrsInstance) -> str:
    """Return the values of an instance, and what its class says that they mean."""
    meanings = dict(
        re.findall(r"^ {4}(\w+): (.+)\.$", inspect.getdoc(type(assumed)) or "", re.MULTILINE)
    )
    rows = [
        [f"`{name}`", f"{value:.10g}", meanings[name].replace("``", "`")]
        for name, value in attrs.asdict(assumed).items()
    ]
    return table(["name", "value", "meaning"], rows)


def costs_table(sales: Sequence[int] = SALES, assumed: Assumptions = ASSUMED) -> str:
    """Return what sales cost, by service."""
    uses = [of_registrations(count) for count in sales]
    costs = {name: [cost(use, assumed) for use in uses] for name, (_, cost) in COSTS.items()}
    totals = [sum(each) for each in zip(*costs.values(), strict=True)]
    sessions = costs["Rekognition"]
    rows = [[name, f"`{COSTS[name][0]}`", *map(dollars, each)] for name, each in costs.items()]
    least = [total - each for total, each in zip(totals, sessions, strict=True)]
    rows.append(["**all**", "", *(f"**{dollars(total)}**" for total in totals)])
    rows.append(["all but Rekognition", "", *map(dollars, least)])
    always = [dollars(monthly(assumed))] * len(sales)
    rows.append(["besides, a month of any", f"`{MONTHLY}`", *always])
    return table(["service", "formula", *(f"{count:,}" for count in sales)], rows)


def peak_table(sales: Sequence[int] = SALES, assumed: Assumptions = ASSUMED) -> str:
    """Return what the busiest minutes take in a second."""
    share = assumed.peak_share / (assumed.peak_minutes * 60)
    peaks = [of_registrations(count).times(share) for count in sales]
    rows: list[tuple[str, Callable[[Use], float]]] = [
        ("requests to AppSync a second", lambda use: use.requests),
        ("invocations of ours a second", lambda use: use.invocations),
        (
            "of ours at the same time (`seconds` each)",
            lambda use: use.invocations * assumed.seconds,
        ),
        ("invocations of services a second", lambda use: use.services),
        ("read request units a second", lambda use: use.reads),
        ("write request units a second", lambda use: use.writes),
        ("events published a second", lambda use: use.events),
        ("handed to consumers a second", lambda use: use.events * len(Consumer)),
        ("liveness sessions started a second", lambda use: use.sessions),
    ]
    return table(
        ["in the busiest minutes", *(f"{count:,}" for count in sales)],
        [[name, *(f"{of(peak):,.0f}" for peak in peaks)] for name, of in rows],
    )


def changes(given: Iterable[str]) -> Mapping[str, float]:
    """Read what is assumed otherwise, by options such as ``NAME=1.5``.

    Raises:
        ValueError: a value is no number.
    """
    pairs = (each.partition("=") for each in given)
    return {name: float(value) for name, _, value in pairs}


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser("deploy.capacity", description=__doc__)
    parser.add_argument("sales", nargs="*", type=int, metavar="REGISTRATIONS")
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE")
    given = parser.parse_args(arguments)
    try:
        assumed = attrs.evolve(ASSUMED, **changes(given.set))
    except (TypeError, ValueError) as error:
        parser.error(str(error))
    sales = given.sales or SALES
    tables = costs_table(sales, assumed), peak_table(sales, assumed)
    sys.stdout.write("\n".join(tables))


def table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of a page."""
    names = list(head)
    lines = [names, ["---"] * len(names), *map(list, rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


_NAMES = tuple(field.name for field in attrs.fields(Use))


def _values(use: Use) -> tuple[float, ...]:
    return attrs.astuple(use)


def _often(what: str) -> str:
    return _number(JOURNEY.get(what, 0))


def _number(value: float) -> str:
    return f"{value:g}" if value else ""


def dollars(value: float) -> str:
    """Write an amount as bills are read."""
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"  # noqa: PLR2004  # (as said)


if __name__ == "__main__":
    main(sys.argv[1:])
