"""An API of one's own that takes all it can get of the caller, and may fail in any place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import attrs

from fanscore_adapters import (
    Adapter,
    Item,
    Key,
    Lookup,
    PrefixRead,
    ProxyCall,
    Put,
    Refused,
    Table,
    Write,
    if_stored,
    one_by_one,
    read_as,
)
from fanscore_appsync import API, LOGIN, Api, Connector, Field, Invocation, Resources, group
from fanscore_core import (
    Answered,
    Ask,
    Context,
    Effect,
    EffectContext,
    NoStash,
    Query,
    Question,
    effect_step,
    exactly,
    pipeline,
    step,
)

SCHEMA = """
extend type VFApi {
  ownTier(note: String!): String @aws_cognito_user_pools @aws_iam @aws_api_key
}
extend type Mutation {
  ownInvite(note: String!): String @aws_cognito_user_pools @aws_iam @aws_api_key
}
"""
FIELDS = ("VFApi.ownTier", "Mutation.ownInvite")

PLACES = {
    "make_args": FIELDS,
    "write": FIELDS,
    "step": FIELDS,
    "key": FIELDS,
    "make": FIELDS,
    "prefix": FIELDS,
    "list": FIELDS,
    "arguments": FIELDS,
    "data": FIELDS,
    "connect": FIELDS,
    "fetch": FIELDS,
    "puts": FIELDS[1:],
    "outcome": FIELDS[1:],
}
"""Where code of one's own runs, and for which fields."""


@attrs.frozen
class NoteArguments:
    """What GraphQL gives."""

    note: str


@attrs.frozen
class Known:
    """All that is known of a caller and their call, as one's own pipelines may take it."""

    email: str
    token: str
    username: str
    groups: tuple[str, ...]
    addresses: tuple[str, ...]
    note: str


def known(given: NoteArguments, call: Invocation) -> Known:
    """Take it."""
    caller = call.caller
    return Known(
        str(caller.claims["email"]),
        str(call.headers["authorization"]),
        str(caller.username),
        tuple(sorted(caller.groups)),
        (*caller.source_ips, *cast("tuple[str, ...]", call.headers["x-forwarded-for"])),
        given.note,
    )


@attrs.frozen
class Points(Query[int | None]):
    """Looked up."""

    of: Known = attrs.field(validator=exactly(Known))


@attrs.frozen
class Badges(Query[tuple[str, ...]]):
    """Read by a prefix."""

    of: Known = attrs.field(validator=exactly(Known))


@attrs.frozen
class Shows(Query[int]):
    """Asked of a function."""

    of: Known = attrs.field(validator=exactly(Known))


@attrs.frozen
class Card(Query[bool]):
    """Asked by an adapter that was written by hand."""

    of: Known = attrs.field(validator=exactly(Known))


@attrs.frozen
class Invite(Effect[str]):
    """Written."""

    of: Known


@attrs.frozen
class Stored:
    """An item."""

    points: int
    stamps: Mapping[str, int] = attrs.field(factory=dict)


@attrs.frozen
class Attended:
    """What the function answers."""

    shows: int


async def ask(of: Known) -> str:
    """Ask everybody."""
    points, badges = await Points(of), await Badges(of)
    shows, card = await Shows(of), await Card(of)
    return f"{points} {len(badges)} {shows} {card}"


@attrs.frozen
class Partner:
    """The adapter that was written by hand."""

    fails: Fails

    split = staticmethod(one_by_one)

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """Who answers."""
        return {Card: "own_partner"}

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        self.fails.at("fetch")
        return [Answered(self.fails.instead("fetch", answer=True), "own_partner") for _ in asks]


@attrs.frozen
class Fails:
    """Fails in one place.

    Attributes:
        place: one of ``PLACES``; ``None`` for none.
        error: that is raised there, or what is answered instead.
        look: is shown what the arguments are made from.
    """

    place: str | None = None
    error: object = None
    look: Callable[[Invocation], object] = id

    def at(self, place: str) -> None:
        """Fail, if this is the place."""
        if place == self.place and isinstance(self.error, Exception):
            raise self.error

    def instead(self, place: str, *, answer: object) -> object:
        """Answer something else, if this is the place."""
        return self.error if place == self.place else answer


def own_api(  # noqa: C901  # a function for each place
    fails: Fails, items: Sequence[Item] = (), shows: object = 3
) -> Api:
    """Make the API.

    Args:
        fails: in which place.
        items: of its table.
        shows: what the function answers for the number of shows.
    """

    @step("ownStep")
    async def tier(ctx: Context[Known, NoStash]) -> str:
        fails.at("step")
        return await ask(ctx.args)

    @step("ownQuestions")
    async def questions(ctx: Context[Known, NoStash]) -> None:
        fails.at("step")
        await ask(ctx.args)

    @effect_step("ownEffect")
    async def invite(ctx: EffectContext[Known, NoStash]) -> str:
        return await ctx.perform(Invite(ctx.args))

    def make_args(given: NoteArguments, call: Invocation) -> Known:
        fails.look(call)
        fails.at("make_args")
        return known(given, call)

    def write(answer: str) -> str:
        fails.at("write")
        return answer

    def key(place: str, of: Known) -> Key:
        fails.at(place)
        return Key(f"fan:{of.email}", "points" if place == "key" else "badge#")

    def read(item: Item) -> int:
        fails.at("make")
        return read_as(Stored, "points")(item).points

    def badges(items: Sequence[Item]) -> tuple[str, ...]:
        fails.at("list")
        return tuple(str(item["SK"]) for item in items)

    def arguments(asked: Shows) -> Mapping[str, object]:
        fails.at("arguments")
        return attrs.asdict(asked.of)

    def data(document: object) -> int:
        fails.at("data")
        return read_as(Attended)(document).shows

    def puts(effect: Invite) -> Sequence[Put]:
        fails.at("puts")
        keys = {"PK": f"fan:{effect.of.email}", "SK": "invitation"}
        return [Put({**keys, "note": effect.of.note, "token": effect.of.token}, expected=None)]

    def outcome(_: Invite, refused: Refused | None) -> str:
        fails.at("outcome")
        return "written" if refused is None else "refused"

    def connect(_: Resources) -> Adapter:
        fails.at("connect")
        return Partner(fails)

    case = {"operation": "attended", "arguments": {}, "response": {"data": {"shows": shows}}}
    return API.extended_by(
        schema=SCHEMA,
        fields={
            FIELDS[0]: Field(
                LOGIN, NoteArguments, pipeline("ownTier", NoStash, (tier,)), make_args, write
            ),
            FIELDS[1]: Field(
                group("canary-group"),
                NoteArguments,
                pipeline("ownInvite", NoStash, (questions, invite)),
                make_args,
                write,
            ),
        },
        answers=[
            Lookup(Points, "own_table", lambda asked: key("key", asked.of), if_stored(read)),
            PrefixRead(Badges, "own_table", lambda asked: key("prefix", asked.of), badges),
            Write(Invite, "own_table", puts, outcome),
            ProxyCall(Shows, "own_proxy", "attended", arguments, data),
        ],
        tables=[Table("own_table", fan_key=lambda fan: f"fan:{fan}")],
        connectors=[Connector({Card: "own_partner"}, connect)],
        sample=json.dumps({"tables": {"own_table": items}, "services": {"own_proxy": [case]}}),
    )
