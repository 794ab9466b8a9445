"""What a part of an API must be: each check refuses one that no call could use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import attrs

from fanscore_adapters.documents.converter import camel
from fanscore_adapters.named_rows import NamedRows, RowT
from fanscore_appsync.authorization import Pattern
from fanscore_appsync.connectors import Connector
from fanscore_appsync.fields import Cache, Field
from fanscore_core.errors import PipelineError
from fanscore_core.signals import Signal

_is_signal = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*").fullmatch

_is_cache_key = re.compile(r"(arguments|source|identity)\.[^\s.]+(\.[^\s.]+)*").fullmatch

MAX_TTL_S = 3600
"""How long AppSync keeps an answer at most (AWS, "CachingConfig")."""

MAX_BATCH_SIZE = 2000
"""How many items AppSync puts in a batch at most (AWS, "AWS::AppSync::Resolver")."""

_PUBLIC = frozenset({Pattern.PUBLIC, Pattern.API_KEY})
_OF_THE_CALLER = "identity.sub"


@attrs.frozen
class ApiMisuse(PipelineError):
    """An API does not hold together.

    Attributes:
        where: the field, table, question or other part.
        problem: what is wrong with it.
    """

    where: str
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


def check_kind(where: str, parts: Iterable[object], *kinds: type[object]) -> None:
    """Refuse a part of another type, for whoever runs no type checker."""
    for each in parts:
        if not isinstance(each, kinds):
            expected = " or ".join(kind.__name__ for kind in kinds)
            raise ApiMisuse(where, f"expected {expected}, got {type(each).__name__}")


def check_signal(signal: Signal) -> None:
    """Refuse a signal whose name is unusable, or that existing policies would lack."""
    where = f"signal {signal.name}"
    if not _is_signal(signal.name):
        raise ApiMisuse(where, "expected a name in small letters, with _")
    if signal.required:
        raise ApiMisuse(where, "may not be required: existing policies do not have it")


def check_once(what: str, names: Sequence[str]) -> None:
    """Refuse a name that is declared twice."""
    for name in names:
        if names.count(name) > 1:
            where = f"{what} {name}"
            raise ApiMisuse(where, "is declared twice")


def check_stand_in(connector: Connector) -> None:
    """Refuse a stand-in for what the connector does not answer."""
    for call in connector.stand_in:
        if connector.systems.get(call.question) != call.service:
            problem = "is in stand_in, and not among the connector's systems"
            raise ApiMisuse(call.question.__name__, problem)


def check_named(rows: NamedRows[RowT]) -> None:
    """Refuse a port that has no row, or one to another system than is named."""
    for port in rows.ports:
        loaded = rows.load(port)
        if not loaded:
            raise ApiMisuse(port.port, f"{port.module} has no row for its questions")
        for row in loaded:
            if row.system != port.system:
                raise ApiMisuse(row.question.__name__, f"is named as one to {port.system}")


def check_field(name: str, field: Field) -> None:
    """Refuse what no call could use, and what would let in more than it says."""
    check_kind(name, [field], Field)
    if not isinstance(field.patterns, frozenset):
        raise ApiMisuse(name, "expected patterns, such as LOGIN or group(...), in a frozenset")
    if not attrs.has(field.given):
        raise ApiMisuse(name, "expected an attrs class that its arguments are read into")
    if (field.owner is None) is (Pattern.OWNER in field.patterns):
        problem = "the pattern OWNER needs owner=, which finds whose it is, and owner= the pattern"
        raise ApiMisuse(name, problem)
    if not 0 <= field.batch_size <= MAX_BATCH_SIZE:
        raise ApiMisuse(name, f"expected a batch size from 0 to {MAX_BATCH_SIZE}")
    members = {camel(each.name) for each in attrs.fields(field.given)}
    for argument in sorted(field.service_only - members):
        raise ApiMisuse(name, f"keeps {argument} for services, and has no such argument")
    if field.cache is not None:
        _check_cache(name, field, field.cache)


def _check_cache(name: str, field: Field, cache: Cache) -> None:
    """Refuse a cache that would answer whom the handler refuses: AppSync asks it first."""
    if not 1 <= cache.ttl_s <= MAX_TTL_S:
        raise ApiMisuse(name, f"is cached, so that it needs a time from 1 to {MAX_TTL_S} s")
    for key in cache.keys:
        if not _is_cache_key(key):
            problem = f"is cached by {key}: expected a key such as arguments.eventId"
            raise ApiMisuse(name, problem)
    if field.from_source:
        if not any(key.startswith("source.") for key in cache.keys):
            problem = "is cached, so that what tells its parents apart must be among its keys"
            raise ApiMisuse(name, problem)
        return
    if not field.patterns <= _PUBLIC and _OF_THE_CALLER not in cache.keys:
        problem = (
            "is cached, so that its patterns must be PUBLIC or API_KEY, "
            "or identity.sub among the keys of its cache"
        )
        raise ApiMisuse(name, problem)
