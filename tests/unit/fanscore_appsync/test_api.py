from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import cast

import attrs
import pytest

from fanscore_adapters.documents.proxies import CALLS, ProxyCall
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Lookup, Table
from fanscore_appsync.api import API, Api, named_api
from fanscore_appsync.api_checks import ApiMisuse
from fanscore_appsync.authorization import Pattern, Patterns, group
from fanscore_appsync.connectors import Connector
from fanscore_appsync.fields import (
    API_KEY,
    FIELDS,
    LOGIN,
    LOGIN_OR_SERVICE,
    NAMESPACES,
    Cache,
    Field,
)
from fanscore_appsync.routes.memberships import NoArguments
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.question import Query
from fanscore_core.engine.steps import Context, NoStash, step
from fanscore_core.errors import InvalidInput
from fanscore_core.findings import Finding
from fanscore_core.ids import GlobalUserId
from fanscore_core.pipelines.account_scoring import (
    AccountFanscoreArgs,
    SignalStep,
    account_fanscore,
)
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.signals import ARM, EVENT, MODEL, Band, Missing, Signal, SignalPolicy


@attrs.frozen
class Points(Query[int]):
    """A question of one's own."""


@attrs.frozen
class Shows(Query[int]):
    """Another one."""


@attrs.frozen
class Args:
    """Arguments of no consequence."""


@step("example")
async def example(_: Context[Args, NoStash]) -> int:
    """Ask something."""
    return await Points()


EXAMPLE = pipeline("example", NoStash, (example,))


def field(patterns: Patterns = LOGIN, cache: Cache | None = None, *, child: bool = False) -> Field:
    """Make a row."""
    return Field(
        patterns,
        NoArguments,
        EXAMPLE,
        lambda _, __: Args(),
        owner=(lambda _: GlobalUserId("fan1")) if Pattern.OWNER in patterns else None,
        cache=cache,
        from_source=child,
    )


def in_batches(size: int) -> Field:
    """Make a row of a child field that is resolved for many parents at once."""
    return Field(
        LOGIN,
        NoArguments,
        EXAMPLE,
        lambda _, __: Args(),
        from_source=True,
        batch_size=size,
    )


def lookup(table: str = "own_table", question: type[Points | Shows] = Points) -> Lookup:
    """Declare a look-up."""
    return Lookup(question, table, lambda _: Key("a", "b"), lambda item: item)


def call(service: str = "own_proxy", question: type[Points | Shows] = Points) -> ProxyCall:
    """Declare a call of a function."""
    return ProxyCall(question, service, "ask", lambda _: {}, lambda data: data)


def table(name: str = "own_table") -> Table:
    """Declare a table that holds nothing of a fan."""
    return Table(name, None)


def connector(system: str = "own_system", question: type[Points | Shows] = Points) -> Connector:
    """Declare an adapter that is never made."""
    return Connector({question: system}, cast("Callable[..., None]", None))  # type: ignore[arg-type]  # (as said)


def signal(name: str = "own", codes: tuple[str, str] = ("OWN_LOW", "OWN_HIGH")) -> Signal:
    """Make a signal."""
    bands = (Band(0, codes[0], Decimal(1)), Band(1, codes[1]))
    return Signal(
        name, "Own value", "The own system", (Missing.UNAVAILABLE,), SignalPolicy(0, bands)
    )


async def ask(_: AccountFanscoreArgs) -> Finding:
    """Find a value."""
    return Decimal(1)


def test_the_api_of_this_package() -> None:
    """It has the fields, tables and signals of the contract, and nothing of one's own."""
    assert (API.fields, API.namespaces) == (FIELDS, NAMESPACES)
    assert [each.name for each in API.tables] == [
        "fan_identity_table",
        "account_fanscore_table",
        "verification_table",
        "demand_table",
    ]
    assert (API.own_tables, API.own_functions, API.signals) == ((), (), (ARM, EVENT, MODEL))
    assert API.fields["VFApi.accountFanscore"].pipeline is account_fanscore


def test_an_extension_leaves_the_other_as_it_is() -> None:
    """One's own API has all parts of ours and its own; ours is as before."""
    before = dict(API.fields)
    own = API.extended_by(
        schema="type Own { a: ID }",
        fields={"VFApi.own": field()},
        namespaces=["Query.own"],
        answers=[lookup(), call(question=Shows)],
        tables=[table()],
        sample='{"tables": {}, "services": {}}',
    )
    assert own.fields.keys() - API.fields.keys() == {"VFApi.own"}
    assert own.namespaces - API.namespaces == {"Query.own"}
    assert (own.own_tables, own.own_functions) == (("own_table",), ("own_proxy",))
    assert own.operations.systems[Points] == "own_table"
    assert own.calls[Shows].service == "own_proxy"
    assert own.services - API.services == {"own_proxy"}
    assert own.sdl() == f"{API.sdl()}\ntype Own {{ a: ID }}"
    assert own.sample_texts() == [*API.sample_texts(), '{"tables": {}, "services": {}}']
    assert API.fields == before


def test_a_text_by_itself() -> None:
    """A schema and a sample that are one text each are not taken for a text a character."""
    alone = attrs.evolve(API, schema="type Query", samples="{}")
    assert (alone.sdl(), alone.sample_texts()) == ("type Query", ["{}"])


def test_an_extension_can_be_extended() -> None:
    """A second team builds on the first one's API."""
    first = API.extended_by(fields={"VFApi.first": field()}, answers=[lookup()], tables=[table()])
    second = first.extended_by(fields={"VFApi.second": field()}, answers=[call(question=Shows)])
    assert second.fields.keys() - API.fields.keys() == {"VFApi.first", "VFApi.second"}
    assert {Points, Shows} <= {*second.operations.systems, *second.calls}


OWNERS: Patterns = frozenset({Pattern.OWNER})

MISTAKES: Mapping[str, tuple[Callable[[], Api], str]] = {
    "a field that is there": (
        lambda: API.extended_by(fields={"VFApi.campaign": field()}),
        "VFApi.campaign: this field has a row already",
    ),
    "a field that is a namespace": (
        lambda: API.extended_by(fields={"Query.api": field()}),
        "Query.api: is a namespace, and has a row",
    ),
    "a field without a type": (
        lambda: API.extended_by(fields={"own": field()}),
        "own: expected parent type and field, such as Query.api",
    ),
    "an argument for services that is none": (
        lambda: API.extended_by(
            fields={"VFApi.own": attrs.evolve(field(), service_only=frozenset({"memberID"}))}
        ),
        "VFApi.own: keeps memberID for services, and has no such argument",
    ),
    "a question answered twice": (
        lambda: API.extended_by(answers=[lookup(), call()], tables=[table()]),
        "answers: Points is declared twice",
    ),
    "a question of ours": (
        lambda: API.extended_by(answers=[CALLS[ArmScore]]),
        "answers: ArmScore is declared twice",
    ),
    "a question of a connector, too": (
        lambda: API.extended_by(answers=[call()], connectors=[connector()]),
        "question Points: is declared twice",
    ),
    "a table that is not declared": (
        lambda: API.extended_by(answers=[lookup("other_table")]),
        "other_table: there is no such table: declare it with Table(...)",
    ),
    "a table declared twice": (
        lambda: API.extended_by(tables=[table(), table()]),
        "table own_table: is declared twice",
    ),
    "a table of ours": (
        lambda: API.extended_by(tables=[table("demand_table")]),
        "table demand_table: is declared twice",
    ),
    "a table that is a name": (
        lambda: API.extended_by(tables=[cast("Table", "own_table")]),
        "tables: expected Table, got str",
    ),
    "a question for an answer": (
        lambda: API.extended_by(answers=[cast("Lookup", Points())]),
        "answers: expected Lookup or PrefixRead or Write or ProxyCall, got Points",
    ),
    "a signal without the step that finds it": (
        lambda: API.extended_by(signals=[cast("SignalStep", signal())]),
        "signals: expected SignalStep, got Signal",
    ),
    "an adapter for a connector": (
        lambda: API.extended_by(connectors=[cast("Connector", object())]),
        "connectors: expected Connector, got object",
    ),
    "a pipeline for a row": (
        lambda: API.extended_by(fields={"VFApi.own": cast("Field", EXAMPLE)}),
        "VFApi.own: expected Field, got Pipeline",
    ),
    "a pattern for patterns": (
        lambda: API.extended_by(
            fields={
                "VFApi.own": Field(
                    cast("Patterns", Pattern.LOGIN), NoArguments, EXAMPLE, lambda _, __: Args()
                )
            }
        ),
        "VFApi.own: expected patterns, such as LOGIN or group(...), in a frozenset",
    ),
    "arguments that are no attrs class": (
        lambda: API.extended_by(
            fields={"VFApi.own": Field(LOGIN, dict, EXAMPLE, lambda _, __: Args())}
        ),
        "VFApi.own: expected an attrs class that its arguments are read into",
    ),
    "a field for owners of whom nobody knows": (
        lambda: API.extended_by(
            fields={"VFApi.own": Field(OWNERS, NoArguments, EXAMPLE, lambda _, __: Args())}
        ),
        "VFApi.own: the pattern OWNER needs owner=, which finds whose it is, and owner= the ",
    ),
    "an owner that no pattern looks at": (
        lambda: API.extended_by(
            fields={
                "VFApi.own": Field(
                    LOGIN,
                    NoArguments,
                    EXAMPLE,
                    lambda _, __: Args(),
                    owner=lambda _: GlobalUserId("fan1"),
                )
            }
        ),
        "VFApi.own: the pattern OWNER needs owner=, which finds whose it is, and owner= the ",
    ),
    "a table's name that is none": (
        lambda: API.extended_by(tables=[table("Own-Table")]),
        "Own-Table: expected small letters, digits and _, at least two words: ",
    ),
    "a table's name of one word": (
        lambda: API.extended_by(tables=[table("loyalty")]),
        "loyalty: expected small letters, digits and _, at least two words: ",
    ),
    "a function's name that is none": (
        lambda: API.extended_by(answers=[call("own proxy; drop")]),
        "own proxy; drop: expected small letters, digits and _, at least two words: ",
    ),
    "a table and a function of one name": (
        lambda: API.extended_by(
            answers=[lookup("own_thing"), call("own_thing", Shows)], tables=[table("own_thing")]
        ),
        "own_thing: is the name of a table and of a service",
    ),
    "a function with the name of a table of ours": (
        lambda: API.extended_by(answers=[call("demand_table")]),
        "demand_table: is the name of a table and of a service",
    ),
    "a function with the name of an endpoint": (
        lambda: API.extended_by(answers=[call("sync_endpoint")]),
        "sync_endpoint: is the name of another system",
    ),
    "a function with the name of the bus": (
        lambda: API.extended_by(connectors=[connector("upsert_user")]),
        "upsert_user: is the name of another system",
    ),
    "a signal where there is no score": (
        lambda: attrs.evolve(API, fields={}).extended_by(signals=[SignalStep(signal(), ask)]),
        "signals: are worth points of VFApi.accountFanscore, which this API lacks",
    ),
    "a stand-in that the connector does not know": (
        lambda: API.extended_by(
            connectors=[attrs.evolve(connector(), stand_in=[call("own_system", Shows)])]
        ),
        "Shows: is in stand_in, and not among the connector's systems",
    ),
    "a signal of ours": (
        lambda: API.extended_by(signals=[SignalStep(signal("arm"), ask)]),
        "signal arm: is declared twice",
    ),
    "two signals of one name": (
        lambda: API.extended_by(signals=[SignalStep(signal(), ask), SignalStep(signal(), ask)]),
        "signals: pipeline accountFanscore: two steps have one name, of ",
    ),
    "a required signal": (
        lambda: API.extended_by(signals=[SignalStep(attrs.evolve(signal(), required=True), ask)]),
        "signal own: may not be required: existing policies do not have it",
    ),
    "a code of ours": (
        lambda: API.extended_by(
            signals=[SignalStep(signal(codes=("ARM_LOW_RISK", "OWN_HIGH")), ask)]
        ),
        "signals: own.bands[0].code: another band has this code",
    ),
    "signals in two extensions": (
        lambda: API.extended_by(signals=[SignalStep(signal(), ask)]).extended_by(
            signals=[SignalStep(signal("second", ("SECOND_LOW", "SECOND_HIGH")), ask)]
        ),
        "signals: give all signals of your own at once",
    ),
}


@pytest.mark.parametrize(("make", "said"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(make: Callable[[], Api], said: str) -> None:
    """An API that does not hold together is refused when it is made, saying which part and why."""
    with pytest.raises(ApiMisuse) as raised:
        make()
    assert str(raised.value).startswith(said)


PUBLIC: Patterns = frozenset({Pattern.PUBLIC})
BY_EVENT = Cache(300, ("arguments.eventId",))
BY_CALLER = Cache(300, ("identity.sub", "arguments.eventId"))


@pytest.mark.parametrize(
    "row",
    [
        field(API_KEY, BY_EVENT),
        field(PUBLIC, BY_EVENT),
        field(LOGIN, BY_CALLER),
        field(group("staff"), BY_CALLER),
        field(LOGIN, Cache(3600, ("source.eventId",)), child=True),
        field(LOGIN),
    ],
)
def test_what_may_be_cached(row: Field) -> None:
    """Cached may be what all may see, what is kept by caller, and an admitted parent's child."""
    assert API.extended_by(fields={"VFApi.own": row}).fields["VFApi.own"] is row


@pytest.mark.parametrize(
    "patterns",
    [
        LOGIN,
        group("staff"),
        frozenset({Pattern.SERVICE}),
        LOGIN_OR_SERVICE,
        API_KEY | LOGIN,
        API_KEY | group("staff"),
    ],
)
def test_what_may_not_be_cached(patterns: Patterns) -> None:
    """AppSync's cache answers before the handler can refuse: a fan would get another's answer."""
    with pytest.raises(ApiMisuse, match=r"^VFApi\.own: is cached, so that its patterns must be"):
        API.extended_by(fields={"VFApi.own": field(patterns, BY_EVENT)})


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (field(API_KEY, Cache(0, ())), "is cached, so that it needs a time from 1 to 3600 s"),
        (field(API_KEY, Cache(3601, ())), "is cached, so that it needs a time from 1 to 3600 s"),
        (field(API_KEY, Cache(1, ("eventId",))), "is cached by eventId: expected a key such as"),
        (field(API_KEY, Cache(1, ("source",))), "is cached by source: expected a key such as"),
        (field(LOGIN, Cache(1, ()), child=True), "is cached, so that what tells its parents apart"),
        (field(LOGIN, BY_EVENT, child=True), "is cached, so that what tells its parents apart"),
        (in_batches(-1), "expected a batch size from 0 to 2000"),
        (in_batches(2001), "expected a batch size from 0 to 2000"),
    ],
)
def test_what_appsync_would_not_take(row: Field, said: str) -> None:
    """A cache or a batch that AppSync refuses or that knows no parent is refused here already."""
    with pytest.raises(ApiMisuse, match=rf"^VFApi\.own: {said}"):
        API.extended_by(fields={"VFApi.own": row})


def test_a_signal_of_ones_own_is_worth_what_it_says() -> None:
    """The default policy has its section, and old policy files, which have none, stay valid."""
    own = signal()
    api = API.extended_by(signals=[SignalStep(own, ask)])
    assert api.default_policy.of(own) == own.default
    assert [each.name for each in api.default_policy.signals] == ["arm", "event", "model", "own"]
    steps = [each.name for each in api.fields["VFApi.accountFanscore"].pipeline.steps]
    assert steps[-2:] == ["getOwn", "calcAccountScore"]


def test_an_api_is_found_by_its_name() -> None:
    """A module and a name in it name an API."""
    assert named_api("fanscore_appsync.api:API") is API


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "expected module:NAME, such as presale.api:PRESALE"),
        ("fanscore_appsync", "expected module:NAME, such as presale.api:PRESALE"),
        (":API", "expected module:NAME, such as presale.api:PRESALE"),
        ("fanscore_appsync.api:", "expected module:NAME, such as presale.api:PRESALE"),
        ("fanscore_appsync.api:API.fields", "expected module:NAME, such as presale.api:PRESALE"),
        (".api:API", "cannot import .api: TypeError"),
        ("nowhere.api:API", "cannot import nowhere.api: ModuleNotFoundError: No module named"),
        ("fanscore_appsync.api:NOPE", "fanscore_appsync.api has no NOPE"),
        ("fanscore_appsync.api:Api", "fanscore_appsync.api:Api is no Api"),
    ],
)
def test_what_names_no_api(name: str, said: str) -> None:
    """A name that leads to no API is refused in one line, by the name of the setting."""
    with pytest.raises(InvalidInput) as raised:
        named_api(name)
    assert str(raised.value).startswith(f"FANSCORE_API: {said}")
    assert "\n" not in str(raised.value)


def test_a_module_that_exits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that ends the program when it is imported, such as a script, names no API."""
    (tmp_path / "api_that_exits.py").write_text("raise SystemExit(0)")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InvalidInput, match="cannot import api_that_exits: SystemExit: 0"):
        named_api("api_that_exits:API")
