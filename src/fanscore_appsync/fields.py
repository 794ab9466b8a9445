"""What a row of the routing table is, and where that of each field is found.

It says who may call the field, and which pipeline resolves it. The rows are in ``routes``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, cast

import attrs

from fanscore_appsync import wire
from fanscore_appsync.authorization import Pattern, Patterns
from fanscore_appsync.invocation import Invocation
from fanscore_core.ids import GlobalUserId, RequestId

if TYPE_CHECKING:
    from fanscore_core.engine.definition import Pipeline

GivenT = TypeVar("GivenT")
ArgsT = TypeVar("ArgsT")
StashT = TypeVar("StashT")
ResultT = TypeVar("ResultT")

API_KEY: Patterns = frozenset({Pattern.PUBLIC, Pattern.API_KEY})
"""Any user or service may call, and whoever has an API key."""

LOGIN: Patterns = frozenset({Pattern.LOGIN})
"""A user may call, for what is their own."""

LOGIN_OR_SERVICE: Patterns = frozenset({Pattern.LOGIN, Pattern.SERVICE})
"""A user may call for what is their own, a service for any fan."""

OWNER_OR_SERVICE: Patterns = frozenset({Pattern.OWNER, Pattern.SERVICE})
"""The user whose fan it is may call, and a service for any fan."""


@attrs.frozen
class Cache:
    """How AppSync caches a field (docs/reference/api.md).

    Attributes:
        ttl_s: how long, in seconds.
        keys: what tells requests apart, under ``$context``.
    """

    ttl_s: int
    keys: tuple[str, ...]


@attrs.frozen(init=False)
class Field:
    """A field that a pipeline resolves.

    Its types fit together where it is made, and are of no concern to whoever uses it: so the class
    is not generic, and a type checker sees every row of a mapping of fields.

    Attributes:
        patterns: who may call it; alternatives.
        given: the shape of what GraphQL gives.
        pipeline: what resolves it.
        make_args: the pipeline's arguments.
        write: makes the response of the result.
        owner: whose it is; a field with the pattern ``OWNER`` needs it.
        service_only: the arguments that only services may give.
        request_id: of a mutation: the id that the client gave, if any.
        from_source: whether GraphQL gives the parent object instead of arguments; what is then
            not found is ``null`` and no error, since clients take any error for the parent's.
        batch_size: of a child field that is resolved for many parents at once; 0 for none.
        cache: how AppSync caches it, if it does.
    """

    patterns: Patterns
    given: type[object]
    pipeline: Pipeline[object, object, object]
    make_args: Callable[[object, Invocation], object]
    write: Callable[[object], object]
    owner: Callable[[object], GlobalUserId] | None
    service_only: frozenset[str]
    request_id: Callable[[object], RequestId | None] | None
    from_source: bool
    batch_size: int
    cache: Cache | None

    def __init__(  # noqa: PLR0913  # the columns of the table
        self,
        patterns: Patterns,
        given: type[GivenT],
        pipeline: Pipeline[ArgsT, StashT, ResultT],
        make_args: Callable[[GivenT, Invocation], ArgsT],
        write: Callable[[ResultT], object] = wire.data,
        *,
        owner: Callable[[GivenT], GlobalUserId] | None = None,
        service_only: frozenset[str] = frozenset(),
        request_id: Callable[[GivenT], RequestId | None] | None = None,
        from_source: bool = False,
        batch_size: int = 0,
        cache: Cache | None = None,
    ) -> None:
        """Make a row of the routing table."""
        init = cast("Callable[..., None]", self.__attrs_init__)
        init(
            patterns,
            given,
            pipeline,
            make_args,
            write,
            owner,
            service_only,
            request_id,
            from_source,
            batch_size,
            cache,
        )


class NamedFields(Mapping[str, Field]):
    """Fields by name, whose rows are loaded when they are looked up."""

    def __init__(
        self, rows: Mapping[str, Field], modules: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Take rows, and the modules of those that are not loaded yet.

        Args:
            rows: that are loaded. They take precedence over rows of the same name in a module.
            modules: for each other field, the module that has its row, in ``ROWS``.
        """
        self._modules = modules
        self._rows = dict(rows)
        self._found = dict(rows)

    @property
    def given(self) -> Mapping[str, Field]:
        """The rows that were here from the beginning."""
        return MappingProxyType(self._rows)

    def also(self, rows: Mapping[str, Field]) -> NamedFields:
        """Return these fields and more, or others in the place of these."""
        return NamedFields({**self._rows, **rows}, self._modules)

    def __getitem__(self, name: str) -> Field:
        if name not in self._found:
            self._found[name] = import_module(self._modules[name]).ROWS[name]
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._rows or name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._modules, *self._rows)))

    def __len__(self) -> int:
        return len({*self._modules, *self._rows})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"


_ROUTES = {
    "VFApi.accountFanscore": "scores",
    "VFApi.decisionReceipt": "decision_receipts",
    "VFApi.campaign": "campaigns",
    "VFApi.eligibility": "campaigns",
    "VFApi.phoneScore": "phone_numbers",
    "VFApi.livenessSession": "liveness",
    "VFApi.lnaaMembership": "memberships",
    "Demand.eventDetails": "events",
    "Demand.records": "demand_records",
    "Demand.entries": "entries",
    "DemandRecord.event": "events",
    "Mutation.demandRecordSave": "demand_records",
    "Mutation.demandRecordDelete": "demand_records",
    "Mutation.upsertEntry": "entries",
    "Mutation.entryWithdraw": "entries",
    "Mutation.checkLiveness": "liveness",
    "Mutation.lnaaActivate": "memberships",
}
"""The module of ``routes`` that has the row of each field."""

FIELDS: Mapping[str, Field] = NamedFields(
    {}, {name: f"fanscore_appsync.routes.{module}" for name, module in _ROUTES.items()}
)
"""The fields by parent type and name. What is not here cannot be called."""

NAMESPACES = frozenset({"Query.api", "Query.demand"})
"""Fields that only group others, and that anybody may pass through: they resolve to ``{}``."""
