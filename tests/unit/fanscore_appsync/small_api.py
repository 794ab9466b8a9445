"""An API of one's own: a field, a question and a table."""

from __future__ import annotations

import attrs

from fanscore_adapters import Key, Lookup, Table
from fanscore_appsync import API, LOGIN, Field
from fanscore_core import Context, NoStash, pipeline, step
from fanscore_core.engine.question import Query


@attrs.frozen
class Points(Query[int]):
    """How many points there are."""


@attrs.frozen
class Arguments:
    """There are none."""


@step("getPoints")
async def get_points(_: Context[Arguments, NoStash]) -> int:
    """Ask for them."""
    return await Points()


SMALL = API.extended_by(
    schema="extend type VFApi { points: Int @aws_api_key @aws_cognito_user_pools @aws_iam }",
    fields={
        "VFApi.points": Field(
            LOGIN,
            Arguments,
            pipeline("points", NoStash, (get_points,)),
            lambda given, _: given,
        )
    },
    answers=[Lookup(Points, "own_table", lambda _: Key("a", "b"), lambda _: 1)],
    tables=[Table("own_table", None)],
)
