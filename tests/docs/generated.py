"""The parts of pages that are made from the code, so that they cannot drift from it.

A part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``. ``python -m
tests.docs.generated`` writes all parts anew; a test checks that they are current.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from hashlib import sha256
from importlib import resources
from types import FunctionType
from typing import TypeAlias, cast

import attrs
import graphql

from benchmarks.own_api.sizes import sizes_table
from deploy import capacity, event_capacity
from fanscore_adapters.documents import idv as idv_calls
from fanscore_adapters.documents import proxies as services
from fanscore_adapters.documents.converter import camel
from fanscore_adapters.documents.policy import policy_text
from fanscore_adapters.documents.proxies import ProxyCall
from fanscore_adapters.documents.user_event import ENDPOINTS, event_document
from fanscore_adapters.embedded import idv_function as local_idv
from fanscore_adapters.embedded import stand_in_vendor
from fanscore_adapters.items import keys, tables
from fanscore_adapters.items.keys import Key
from fanscore_appsync import wire
from fanscore_appsync.api import API
from fanscore_appsync.authorization import Caller, CallerKind, Pattern, Patterns, admit
from fanscore_appsync.fields import Field
from fanscore_appsync.idv_app import OPERATIONS
from fanscore_appsync.local.auth.invalid_token import TokenFault
from fanscore_appsync.local.graphql.limits import DEFAULT_LIMITS, Limits
from fanscore_appsync.setting_row import Backend, Setting
from fanscore_appsync.settings import SETTINGS
from fanscore_core import errors
from fanscore_core.engine.definition import Pipeline
from fanscore_core.engine.question import Question
from fanscore_core.engine.steps import Step, StepKind
from fanscore_core.errors import Conflict, ConflictReason, FanscoreError
from fanscore_core.findings import ScoreOrigin
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.pipelines.consumers import CONSUMERS
from fanscore_core.policy import CLAMPED, DEFAULT_POLICY
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.scoring import boost
from fanscore_core.signals import SIGNALS, Missing
from fanscore_core.systems import UPSERT_USER
from fanscore_core.user_events import UserEvent
from tests.docs.faces import table_of
from tests.docs.pages import PAGES, ROOT
from tests.event_ids import entry_id

AnyPipeline: TypeAlias = Pipeline[object, object, object]
AnyStep: TypeAlias = Step[object, object, object]

_PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

_SCHEMA = graphql.parse(
    (resources.files("fanscore_appsync") / "schema.graphql").read_text(encoding="utf-8")
)

SYSTEMS: Mapping[type[Question[object]], str] = {
    **tables.OPERATIONS.systems,
    **services.services_of({**services.CALLS, **services.LNAA_CALLS}),
    **local_idv.SYSTEMS,
    **stand_in_vendor.SYSTEMS,
    **ENDPOINTS,
    PublishUserEvent: UPSERT_USER,
}
"""The system behind each question."""

_KEY_IDS = {
    "fan": ("{globalUserId}", "user123"),
    "member": ("{memberId}", "member123"),
    "event": ("{eventId}", "evt-456"),
    "sale": ("{saleId}", "sale789"),
    "campaign": ("{campaignId}", "camp1"),
    "session": ("{sessionId}", "session1"),
    "cursor": ("{cursor}", "run7"),
    "consumer": ("{name}", "profile"),
    "decided_at": ("{decidedAt}", "2026-11-28T20:00:00.000000Z"),
    "leaf": ("{leaf}", "0f9a41c2"),
}
"""What stands for each argument of a key, and an example of it."""


def parts_of(text: str) -> list[str]:
    """Name the generated parts of a page, in order."""
    return [found[2] for found in _PART.finditer(text)]


def refreshed(text: str) -> str:
    """Make the generated parts of a page anew."""
    return _PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text)


def main() -> None:
    """Write the generated parts of all pages."""
    for page in PAGES:
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *map(list, rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text.strip()}\n```\n"


def _code(text: str) -> str:
    return f"`{text}`"


def _link(defined: type | FunctionType) -> str:
    path = f"src/{defined.__module__.replace('.', '/')}.py"
    assert (ROOT / path).exists()
    return f"[`{defined.__name__}`](../../{path})"


def _first_line(defined: object) -> str:
    line = (inspect.getdoc(defined) or "").partition("\n")[0].removesuffix(".")
    return line.replace("``", "`")


def _fields() -> str:
    """Give each field: its arguments, its result, who may call it, and how it is cached."""
    rows = (
        (_code(name), _arguments(name, field), _code(_definition(name, "type")), *_handling(field))
        for name, field in API.fields.items()
    )
    return _table(("field", "arguments", "returns", "who may call", "cached", "batched"), rows)


def _arguments(name: str, field: Field) -> str:
    if field.from_source:
        fields: tuple[attrs.Attribute[object], ...] = attrs.fields(field.given)  # type: ignore[arg-type]  # an attrs class
        return "of the parent: " + ", ".join(_code(camel(each.name)) for each in fields)
    return ", ".join(_code(each) for each in _definition(name, "arguments").splitlines())


def _definition(name: str, member: str) -> str:
    """Give a member of a field's definition in the schema, as GraphQL text."""
    parent, _, field_name = name.partition(".")
    for kind in _SCHEMA.definitions:
        if isinstance(kind, graphql.ObjectTypeDefinitionNode) and kind.name.value == parent:
            (field,) = (each for each in kind.fields or () if each.name.value == field_name)
            nodes = field.arguments if member == "arguments" else (field.type,)
            return "\n".join(graphql.print_ast(node) for node in nodes or ())
    raise AssertionError(name)


def _handling(field: Field) -> tuple[str, str, str]:
    service_only = (f"{_code(name)}: services only" for name in sorted(field.service_only))
    who = "; ".join((_patterns(field.patterns), *service_only))
    cache = field.cache
    keys_of = ", ".join(_code(key) for key in cache.keys) if cache else ""
    return who, f"{cache.ttl_s} s by {keys_of}" if cache else "", str(field.batch_size or "")


def _patterns(patterns: Patterns) -> str:
    return ", ".join(_code(each.name) for each in Pattern if each in patterns)


def _callers() -> str:
    """Give what becomes of each kind of caller, by the patterns of a field."""
    sets = dict.fromkeys(field.patterns for field in API.fields.values())
    rows = (
        (_patterns(patterns), *(_admitted(patterns, kind) for kind in CallerKind))
        for patterns in sets
    )
    return _table(("the field's patterns", *(kind.value for kind in CallerKind)), rows)


def _admitted(patterns: Patterns, kind: CallerKind) -> str:
    try:
        admit("", patterns, Caller(kind))
    except FanscoreError as error:
        body = wire.error_body(error, str)
        return f"{body.type} {_code(str(body.info['code']))}"
    return "yes"


def _pattern_meanings() -> str:
    rows = [(_code(each.name), each.value) for each in Pattern]
    group = "a Cognito user in one of those groups; no field of ours has it"
    return _table(("pattern", "who"), [*rows, (_code("group(…)"), group)])


def _types() -> str:
    """Give the types of the schema, but for those that are resolved, without directives."""
    resolved = {name.partition(".")[0] for name in (*API.fields, *API.namespaces)} - {
        "DemandRecord"
    }
    shown = (
        re.sub(r" @\w+", "", graphql.print_ast(kind))
        for kind in _SCHEMA.definitions
        if isinstance(kind, graphql.TypeDefinitionNode) and kind.name.value not in resolved
    )
    return _block("graphql", "\n\n".join(shown))


def _steps() -> str:
    """Give the steps of every field, in order."""
    pipelines = {field.pipeline.name: field.pipeline for field in API.fields.values()}
    return _steps_of(pipelines.values())


def _consumer_steps() -> str:
    return _steps_of(cast("Iterable[AnyPipeline]", CONSUMERS.values()))


def _idv_steps() -> str:
    return _steps_of(operation.pipeline for operation in OPERATIONS.values())


def _steps_of(pipelines: Iterable[AnyPipeline]) -> str:
    rows = (
        (_code(each.name) if index == 0 else "", _code(step.name), *_step(step))
        for each in pipelines
        for index, step in enumerate(each.steps)
    )
    return _table(("pipeline", "step", "function", "asks", "answered from", "kind"), rows)


def _step(step: AnyStep) -> tuple[str, str, str, str]:
    function = cast("FunctionType", step.function)
    asked = list(dict.fromkeys(_asked(function, set())))
    systems = dict.fromkeys(SYSTEMS[each] for each in asked)
    kind = "" if step.kind is StepKind.PLAIN else step.kind.value
    return (
        _link(function),
        ", ".join(map(_link, asked)) or "nothing",
        ", ".join(map(_code, systems)),
        ", ".join(filter(None, (kind, "degrades" if step.degrades else ""))),
    )


def _asked(function: FunctionType, seen: set[object]) -> Iterator[type[Question[object]]]:
    """Find the questions that a function names, itself or through functions of its module."""
    seen.add(function)
    code = function.__code__
    named = [function.__globals__.get(name) for name in code.co_names]
    inclosed = [cell.cell_contents for cell in function.__closure__ or ()]
    for each in (*named, *inclosed):
        if isinstance(each, type) and each in SYSTEMS:
            yield cast("type[Question[object]]", each)
        elif isinstance(each, FunctionType) and not _is_known(each, function, seen):
            yield from _asked(each, seen)


def _is_known(helper: FunctionType, of: FunctionType, seen: set[object]) -> bool:
    return helper in seen or helper.__module__ != of.__module__


def _errors() -> str:
    """Give what each error is answered with."""
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type))
    answered = (each for kind in kinds for each in _examples(kind))
    rows = [_error_row(error) for error in answered]
    unforeseen = wire.error_body(ValueError(), lambda _: "id")
    shown = (_code(unforeseen.message), _code("id"))
    rows.append((_code(unforeseen.type), _code("INTERNAL"), "anything else", *shown))
    return _table(("`errorType`", "`code`", "error", "message", "also in `errorInfo`"), rows)


def _error_row(error: FanscoreError) -> tuple[str, str, str, str, str]:
    body = wire.error_body(error, str, "request")
    others = [_code(name) for name in body.info if name != "code"]
    requests = "`requestId`, of a mutation"
    also = ", ".join(requests if name == "`requestId`" else name for name in others)
    code = _code(str(body.info["code"]))
    return _code(body.type), code, _link(type(error)), _code(body.message), also


def _examples(kind: type) -> list[FanscoreError]:
    """Make errors of a class that is answered: for each text, ``{name}`` stands."""
    if not issubclass(kind, FanscoreError) or not attrs.has(kind):
        return []
    if kind is Conflict:
        return [Conflict(reason) for reason in ConflictReason]
    given = {
        field.name: () if "tuple" in str(field.type) else f"{{{field.name}}}"
        for field in attrs.fields(kind)
    }
    return [cast("FanscoreError", kind(**given))]


def _policy() -> str:
    return _block("json", policy_text(DEFAULT_POLICY))


def _fixed_codes() -> str:
    """Give the codes that have a meaning of their own: the base, what is missing, the range."""
    rows = [(_code(origin.name), _base_points(origin), origin.value) for origin in ScoreOrigin]
    for signal in SIGNALS:
        for missing in signal.missing:
            reason = boost(DEFAULT_POLICY, signal, missing).reason
            degraded = missing is Missing.UNAVAILABLE
            points = "the policy's `unavailable`" if degraded else "0"
            rows.append((_code(reason.code), points, reason.message))
    rows.append((_code(CLAMPED), "what is missing to the range", "The sum lay outside the range"))
    return _table(("code", "points", "when"), rows)


def _base_points(origin: ScoreOrigin) -> str:
    if origin is ScoreOrigin.NO_HISTORY:
        return "the policy's `no_history_raw_score`"
    return "the raw score"


def _bands() -> str:
    """Give the codes of the default policy, with the messages that a score carries."""
    policy, rows = DEFAULT_POLICY, []
    for signal in SIGNALS:
        bands = policy.of(signal).bands
        least = (bands[0].below or Decimal(1)) - 1
        for value in (least, *(band.below for band in bands if band.below is not None)):
            reason = boost(policy, signal, value).reason
            rows.append((_code(reason.code), f"{reason.points:+d}", reason.message))
    return _table(("code", "points", "message"), rows)


def _keys() -> str:
    """Give each key and prefix: what it is made of, and an example."""
    found = [each for each in vars(keys).values() if isinstance(each, FunctionType)]
    functions = [each for each in found if each.__module__ == keys.__name__]
    rows = [
        (
            "`BOT_CURSOR`",
            "Key of the newest finished run of the bot model",
            *_both(keys.BOT_CURSOR, keys.BOT_CURSOR),
        )
    ]
    for function in functions:
        names = list(inspect.signature(function).parameters)
        pattern, example = (
            function(*(_KEY_IDS[name][index] for name in names)) for index in range(2)
        )
        rows.append((_link(function), _first_line(function), *_both(pattern, example)))
    return _table(("function", "what", "`PK`", "`SK`", "such as"), rows)


def _both(pattern: Key, example: Key) -> tuple[str, str, str]:
    digest = sha256(_KEY_IDS["fan"][0].encode()).hexdigest()
    pk = pattern.pk.replace(digest, "{SHA-256(globalUserId)}")
    return _code(pk), _code(pattern.sk), f"{_code(example.pk)} {_code(example.sk)}"


def _questions() -> str:
    """Give the questions and effects that each table answers."""
    answered: dict[str, list[str]] = {}
    for asked, table in tables.OPERATIONS.systems.items():
        answered.setdefault(table, []).append(_link(asked))
    rows = ((_code(table), ", ".join(links)) for table, links in answered.items())
    return _table(("table", "questions and effects"), rows)


def _services() -> str:
    """Give what each service is called with, and which of its errors are answers."""
    calls = {**services.CALLS, **services.LNAA_CALLS, **idv_calls.IDV_CALLS}
    rows = (
        (
            _code(call.service),
            _code(call.operation),
            ", ".join(map(_code, _call_arguments(asked, call))),
            ", ".join(f"{code}: {_known(answer)}" for code, answer in call.known_errors.items()),
            _link(asked),
        )
        for asked, call in calls.items()
    )
    return _table(("service", "operation", "arguments", "errors that are answers", "for"), rows)


def _call_arguments(asked: type, call: ProxyCall) -> Iterator[str]:
    fields: tuple[attrs.Attribute[object], ...] = attrs.fields(asked)
    optional = {camel(field.name) for field in fields if "None" in str(field.type)}
    question = asked(
        **{field.name: ("x",) if "tuple" in str(field.type) else "x" for field in fields}
    )
    for name in call.arguments(question):
        yield f"{name}?" if name in optional else name


def _known(answer: object) -> str:
    if isinstance(answer, FanscoreError):
        return _code(str(wire.error_body(answer, str).info["code"]))
    return _code(str(None) if answer is None else type(answer).__name__)


def _event() -> str:
    """Give an example of a user event."""
    fan, said = GlobalUserId("user123"), '{"seats":2}'
    event = UserEvent(
        entry_id(fan, "request1", phoneNumber="+442071838750", locale="en-GB", attributes=said),
        datetime(2026, 11, 2, 8, 0, 0, 250_000, tzinfo=UTC),
        fan,
        MemberId("member123"),
        CampaignId("camp1"),
        Email("account@example.com"),
        PhoneNumber("+442071838750"),
        Locale("en-GB"),
        said,
        ("email",),
    )
    document = event_document(event, datetime(2026, 11, 2, 8, 0, 1, tzinfo=UTC))
    return _block("json", json.dumps(document, indent=2))


def _limits() -> str:
    """Give the limits of the gateway that are numbers: what each bounds, and its default."""
    told = dict(
        re.findall(r"^    (\w+): ((?:.|\n {8})*)", inspect.getdoc(Limits) or "", re.MULTILINE)
    )
    limits = attrs.asdict(DEFAULT_LIMITS)
    rows = (
        (_code(name), f"{limit:,.0f}", " ".join(told[name].removesuffix(".").split()))
        for name, limit in limits.items()
        if not isinstance(limit, bool)
    )
    return _table(("limit", "default", "of what"), rows)


def _token_faults() -> str:
    """Give what may be wrong with a token, as callers are told."""
    return "".join(f"- {fault.value}\n" for fault in TokenFault)


_FACES = (
    "fanscore_core",
    "fanscore_core.ports",
    "fanscore_core.pipelines",
    "fanscore_adapters",
    "fanscore_appsync",
)


def _settings() -> str:
    """Give the settings that have a meaning whatever the backend is, or without AWS."""
    rows = (each for each in SETTINGS if each.backend is not Backend.AWS)
    return _settings_table((each, _without(each)) for each in rows)


def _settings_on_aws() -> str:
    """Give the settings of AWS, and those that some function cannot do without there."""
    return _settings_table(
        (each, f"refused by the {each.needed_by.value}" if each.needed_by else _without(each))
        for each in SETTINGS
        if each.backend is Backend.AWS or each.needed_by
    )


def _settings_table(rows: Iterable[tuple[Setting[object], str]]) -> str:
    shown = (
        (
            ", else ".join(map(_code, filter(None, (row.variable, row.or_else)))),
            f"{row.meaning}; a secret" if row.is_secret else row.meaning,
            without,
        )
        for row, without in rows
    )
    return _table(("variable", "meaning", "without it"), shown)


def _without(row: Setting[object]) -> str:
    return row.without or _code(row.default)


PARTS: Mapping[str, Callable[[], str]] = {
    **{f"face-{re.sub('[._]', '-', face)}": partial(table_of, face) for face in _FACES},
    "bands": _bands,
    "fixed-codes": _fixed_codes,
    "callers": _callers,
    "capacity-assumptions": capacity.assumptions_table,
    "capacity-costs": capacity.costs_table,
    "capacity-peak": capacity.peak_table,
    "capacity-uses": capacity.uses_table,
    "event-capacity-assumptions": lambda: capacity.meanings_table(event_capacity.ASSUMED),
    "event-capacity-costs": event_capacity.costs_table,
    "event-capacity-limits": event_capacity.limits_table,
    "event-capacity-speeds": event_capacity.speeds_table,
    "event-capacity-uses": event_capacity.uses_table,
    "consumer-steps": _consumer_steps,
    "errors": _errors,
    "event": _event,
    "fields": _fields,
    "idv-steps": _idv_steps,
    "keys": _keys,
    "limits": _limits,
    "patterns": _pattern_meanings,
    "policy": _policy,
    "questions": _questions,
    "services": _services,
    "settings": _settings,
    "settings-on-aws": _settings_on_aws,
    "side-by-side-sizes": sizes_table,
    "steps": _steps,
    "token-faults": _token_faults,
    "types": _types,
}
"""What makes each part."""


if __name__ == "__main__":
    main()
