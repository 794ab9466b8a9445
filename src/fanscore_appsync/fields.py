"""The routing table: each field of the API, who may call it, and the pipeline that resolves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar, cast

import attrs

from fanscore_appsync.authorization import Pattern
from fanscore_core.ids import EventId, GlobalUserId, MemberId
from fanscore_core.pipeline import Pipeline
from fanscore_core.pipelines.account_fanscore import AccountFanscoreArgs, account_fanscore
from fanscore_core.policy import ScorePolicy

GivenT = TypeVar("GivenT")
ArgsT = TypeVar("ArgsT")


@attrs.frozen
class Field(Generic[GivenT, ArgsT]):
    """A field that a pipeline resolves.

    Attributes:
        patterns: who may call it; alternatives.
        arguments: the shape of its GraphQL arguments.
        pipeline: what resolves it.
        make_args: the pipeline's arguments, of the GraphQL arguments and the score policy.
        owner: whose it is, for the pattern ``OWNER``.
        service_only: the arguments that only services may give.
    """

    patterns: frozenset[Pattern]
    arguments: type[GivenT]
    pipeline: Pipeline[ArgsT, object, object]
    make_args: Callable[[GivenT, ScorePolicy], ArgsT]
    owner: Callable[[GivenT], GlobalUserId] | None = None
    service_only: frozenset[str] = frozenset()


@attrs.frozen
class AccountFanscoreArguments:
    """Arguments of ``VFApi.accountFanscore``."""

    global_user_id: GlobalUserId
    member_id: MemberId | None = None
    event_id: EventId | None = None


FIELDS = cast(
    "Mapping[str, Field[object, object]]",
    {
        "VFApi.accountFanscore": Field(
            patterns=frozenset({Pattern.OWNER, Pattern.SERVICE}),
            arguments=AccountFanscoreArguments,
            pipeline=cast("Pipeline[AccountFanscoreArgs, object, object]", account_fanscore),
            make_args=lambda given, policy: AccountFanscoreArgs(
                policy, given.global_user_id, given.event_id, given.member_id
            ),
            owner=lambda given: given.global_user_id,
            service_only=frozenset({"memberId"}),
        ),
    },
)
"""The fields by parent type and name. What is not here cannot be called."""

NAMESPACES = frozenset({"Query.api"})
"""Fields that only group others, and that anybody may pass through: they resolve to ``{}``."""
