"""An API as one value: its fields, and what answers the questions of their pipelines.

``API`` is the one of this package. One's own extends it, and both run through the same handler,
gateway, command line, test kit and deployment, which read the value and nothing else
(docs/how-to/your-own-api.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import attrs

from fanscore_adapters.adapter import by_question
from fanscore_adapters.documents.idv import IDV_CALLS
from fanscore_adapters.documents.proxies import CALLS, ProxyCall
from fanscore_adapters.items.operations import (
    Lookup,
    Operations,
    PrefixRead,
    Table,
    TableRow,
    Write,
)
from fanscore_adapters.items.tables import ROWS, TABLES
from fanscore_adapters.named_rows import NamedRows, RowSequence, Systems
from fanscore_appsync.api_checks import (
    ApiMisuse,
    check_field,
    check_kind,
    check_named,
    check_once,
    check_signal,
    check_stand_in,
)
from fanscore_appsync.connectors import LNAA, Connector
from fanscore_appsync.fields import FIELDS, NAMESPACES, Field, NamedFields
from fanscore_core import ports
from fanscore_core.engine.question import Question
from fanscore_core.errors import InvalidInput
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.signals import Signal
from fanscore_core.systems import (
    FUNCTIONS,
    IDV_CHECK_LIVENESS,
    NOTIFICATION_ENDPOINT,
    SYNC_ENDPOINT,
    UPSERT_USER,
)
from fanscore_core.systems import TABLES as OUR_TABLES

if TYPE_CHECKING:
    from fanscore_core.pipelines.account_scoring import SignalStep

SCORE_FIELD = "VFApi.accountFanscore"

NAMES_OF_PORTS = frozenset(ports.__all__)
"""What has one of these names may be a question of ours."""

Answer: TypeAlias = Lookup | PrefixRead | Write | ProxyCall
"""How one type of question is answered, declared."""

Text: TypeAlias = str | Callable[[], str]
"""A text, or what reads it when it is needed: few that use an API need its schema."""

_is_system = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+").fullmatch
_is_field = re.compile(r"[A-Z][A-Za-z0-9]*\.[a-z][A-Za-z0-9]*").fullmatch


class Answers(RowSequence[Answer]):
    """How questions are answered; what is ours is loaded when it is needed.

    Attributes:
        tables: from tables.
        calls: by Lambda functions.
    """

    def __init__(self, tables: NamedRows[TableRow], calls: NamedRows[ProxyCall]) -> None:
        """Put both together."""
        super().__init__(tables, calls)
        self.tables = tables
        self.calls = calls

    def also(self, rows: Iterable[Answer]) -> Answers:
        """Return these and more.

        Raises:
            ApiMisuse: one of the rows is no such row, or of a question that has one.
        """
        more = tuple(rows)
        check_kind("answers", more, Lookup, PrefixRead, Write, ProxyCall)
        try:
            asked = by_question(more)
        except ValueError as error:
            raise ApiMisuse("answers", str(error)) from error
        for each in asked:
            if each in self.tables or each in self.calls:
                problem = f"{each.__name__} is declared twice"
                raise ApiMisuse("answers", problem)
        return Answers(
            self.tables.also(each for each in more if not isinstance(each, ProxyCall)),
            self.calls.also(each for each in more if isinstance(each, ProxyCall)),
        )


def _answers(given: Iterable[Answer]) -> Answers:
    if isinstance(given, Answers):
        return given
    return Answers(NamedRows(), NamedRows()).also(given)


def _fields(given: Mapping[str, Field]) -> NamedFields:
    return given if isinstance(given, NamedFields) else NamedFields(given)


def _texts(texts: Sequence[Text]) -> tuple[Text, ...]:
    """Keep texts; a text by itself, which is a sequence of characters to Python, is one."""
    return (texts,) if isinstance(texts, str) else tuple(texts)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Api:
    """An API. ``extended_by`` makes another one of it.

    Making one is cheap, and checks names, duplicates, and the rows that are given. Rows that are
    named are loaded when they are needed, and ``check`` loads and checks them all. Whether the
    schema and the fields fit is checked by ``fanscore_appsync.testing.routing.check``.

    Attributes:
        schema: SDL as AppSync takes it; the later texts may extend types of the earlier.
        fields: what resolves each field, by parent type and name.
        namespaces: the fields that only group others.
        answers: how questions are answered from tables, and by Lambda functions.
        tables: that the answers read and write.
        signals: of a score, in the order of its reasons.
        connectors: how all other questions are answered.
        samples: what stand-ins answer from, each as ``parse_sample`` reads it.

    Raises:
        ApiMisuse: a part has no usable name, there are two of it, or it names one that is missing.
    """

    schema: Sequence[Text] = attrs.field(converter=_texts, repr=False)
    fields: NamedFields = attrs.field(converter=_fields, repr=False)
    namespaces: frozenset[str] = NAMESPACES
    answers: Answers = attrs.field(converter=_answers, repr=False)
    tables: Sequence[Table] = attrs.field(converter=tuple[Table, ...], repr=False)
    signals: Sequence[Signal] = attrs.field(converter=tuple[Signal, ...], repr=False)
    connectors: Sequence[Connector] = attrs.field(converter=tuple[Connector, ...], repr=False)
    samples: Sequence[Text] = attrs.field(converter=_texts, repr=False)
    operations: Operations = attrs.field(init=False, repr=False)
    calls: Mapping[type[Question[object]], ProxyCall] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Check what can be checked without reading a file or importing anything."""
        check_kind("tables", self.tables, Table)
        check_kind("connectors", self.connectors, Connector)
        _check_answers(self)
        _check_names(self)
        for name, field in self.fields.given.items():
            check_field(name, field)

    def check(self) -> None:
        """Load every row, and check it as those that are given.

        Raises:
            ApiMisuse: as for ``Api``; or a name is of no row.
        """
        for name, field in self.fields.items():
            check_field(name, field)
        for connector in self.connectors:
            check_stand_in(connector)
            if isinstance(connector.systems, Systems):
                check_named(connector.systems.rows)
        check_named(self.answers.tables)
        check_named(self.answers.calls)

    @operations.default
    def _table_operations(self) -> Operations:
        return Operations(self.answers.tables)

    @calls.default
    def _proxy_calls(self) -> Mapping[type[Question[object]], ProxyCall]:
        return self.answers.calls

    @property
    def own_tables(self) -> tuple[str, ...]:
        """The names of the tables beside our four."""
        return tuple(each.name for each in self.tables if each.name not in OUR_TABLES)

    @property
    def own_functions(self) -> tuple[str, ...]:
        """The names of the Lambda functions beside our seven."""
        return tuple(each for each in self.answers.calls.system_names if each not in FUNCTIONS)

    @property
    def stand_in_calls(self) -> Mapping[type[Question[object]], ProxyCall]:
        """What a sample answers on one machine: all services but identity verification's."""
        return by_question(
            (
                *(each for each in self.calls.values() if each.service != IDV_CHECK_LIVENESS),
                *chain.from_iterable(each.stand_in for each in self.connectors),
            )
        )

    @property
    def services(self) -> frozenset[str]:
        """The systems that are no tables: those that can be out of order on one machine."""
        connected = chain.from_iterable(_systems_in(each.systems) for each in self.connectors)
        return frozenset({*self.answers.calls.system_names, *connected})

    @property
    def default_policy(self) -> ScorePolicy:
        """The shipped policy, with the defaults of one's own signals."""
        return attrs.evolve(
            DEFAULT_POLICY, signals={signal: signal.default for signal in self.signals}
        )

    def sdl(self) -> str:
        """Return the schema's texts as one."""
        return "\n".join(_text(each) for each in self.schema)

    def sample_texts(self) -> Sequence[str]:
        """Return the texts of the samples."""
        return [_text(each) for each in self.samples]

    def extended_by(  # noqa: PLR0913  # the parts of an API
        self,
        *,
        schema: Text | None = None,
        fields: Mapping[str, Field] = MappingProxyType({}),
        namespaces: Iterable[str] = (),
        answers: Iterable[Answer] = (),
        tables: Iterable[Table] = (),
        signals: Sequence[SignalStep] = (),
        connectors: Iterable[Connector] = (),
        sample: Text | None = None,
    ) -> Api:
        """Make an API that has this one's parts, and more. This one stays as it is.

        Args:
            schema: SDL of one's own types, and ``extend type`` for fields of ours.
            fields: rows for one's own fields.
            namespaces: fields that only group others.
            answers: how one's own questions are answered, from tables and by Lambda functions.
            tables: of one's own.
            signals: that are worth points beside ours.
            connectors: how one's own questions to all other systems are answered.
            sample: items of one's own tables and cases of one's own services.

        Raises:
            ApiMisuse: as for ``Api``.
        """
        for name in fields:
            if name in self.fields:
                raise ApiMisuse(name, "this field has a row already")
        rows, ours = self.fields.also(fields), self.answers
        if signals:
            _check_signals(signals)
            rows = rows.also({SCORE_FIELD: _scoring_with(signals, self)})
            ours = _reading_receipts_with(signals, self)
        return Api(
            schema=(*self.schema, *_given(schema)),
            fields=rows,
            namespaces=self.namespaces | {*namespaces},
            answers=ours.also(answers),
            tables=(*self.tables, *tables),
            signals=(*self.signals, *(each.signal for each in signals)),
            connectors=(*self.connectors, *connectors),
            samples=(*self.samples, *_given(sample)),
        )


def named_api(name: str, where: str = "FANSCORE_API") -> Api:
    """Import an API, such as ``presale.api:PRESALE``.

    Args:
        name: the module, a colon, and the name in it.
        where: what the name was read from.

    Raises:
        InvalidInput: there is no such module or name, or what it names is no ``Api``.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute.isidentifier():
        raise InvalidInput(where, "expected module:NAME, such as presale.api:PRESALE")
    try:
        module = import_module(module_name)
    except (Exception, SystemExit) as error:  # whatever that module does
        problem = f"cannot import {module_name}: {type(error).__name__}: {error}"
        raise InvalidInput(where, problem) from error
    found = getattr(module, attribute, None)
    if not isinstance(found, Api):
        problem = f"{module_name} has no {attribute}" if found is None else f"{name} is no Api"
        raise InvalidInput(where, problem)
    return found


def _check_signals(signals: Sequence[SignalStep]) -> None:
    # Only here, and below: without signals of one's own, the first event may not be about a score.
    from fanscore_core.pipelines.account_scoring import SignalStep  # noqa: PLC0415

    check_kind("signals", signals, SignalStep)
    for each in signals:
        check_signal(each.signal)


def _scoring_with(signals: Sequence[SignalStep], api: Api) -> Field:
    from fanscore_core.pipelines.account_scoring import account_fanscore_with  # noqa: PLC0415

    if SCORE_FIELD not in api.fields:
        raise ApiMisuse("signals", f"are worth points of {SCORE_FIELD}, which this API lacks")
    if len(api.signals) > len(API.signals):
        raise ApiMisuse("signals", "give all signals of your own at once")
    try:
        pipeline = account_fanscore_with(signals)
        return attrs.evolve(api.fields[SCORE_FIELD], pipeline=pipeline)  # type: ignore[arg-type]  # of the same types as the row's own
    except TypeError as error:
        raise ApiMisuse("signals", str(error)) from error


def _reading_receipts_with(signals: Sequence[SignalStep], api: Api) -> Answers:
    """Return an API's answers, those with receipts as they are where a score has more signals."""
    from fanscore_adapters.items.receipts import receipt_reads  # noqa: PLC0415  # only for signals

    reads = receipt_reads([*api.signals, *(each.signal for each in signals)])
    tables = api.answers.tables
    return Answers(
        tables.also(each for each in reads if each.question in tables), api.answers.calls
    )


def _check_names(api: Api) -> None:
    """Refuse names that are unusable, or of two things."""
    ours = {*OUR_TABLES, *FUNCTIONS, *_systems_in(LNAA.systems)}
    check_once("table", [each.name for each in api.tables])
    check_once("signal", [each.name for each in api.signals])
    systems = {*api.own_tables, *api.services} - ours
    for name in sorted(systems):
        if not _is_system(name):
            problem = "expected small letters, digits and _, at least two words: loyalty_table"
            raise ApiMisuse(name, problem)
    taken = {UPSERT_USER, NOTIFICATION_ENDPOINT, SYNC_ENDPOINT}
    for name in sorted({each.name for each in api.tables} & {*api.services, *taken}):
        raise ApiMisuse(name, "is the name of a table and of a service")
    for name in sorted(api.services & taken):
        raise ApiMisuse(name, "is the name of another system")
    for name in sorted({*api.fields} & api.namespaces):
        raise ApiMisuse(name, "is a namespace, and has a row")
    for name in sorted({*api.fields, *api.namespaces}):
        if not _is_field(name):
            raise ApiMisuse(name, "expected parent type and field, such as Query.api")
    try:
        api.default_policy  # noqa: B018  # its reason codes must be different
    except InvalidInput as error:
        raise ApiMisuse("signals", str(error)) from error


def _check_answers(api: Api) -> None:
    """Refuse a question that is declared twice, and a table that is not declared."""
    known = {each.name for each in api.tables}
    for table in api.answers.tables.system_names:
        if table not in known:
            raise ApiMisuse(table, "there is no such table: declare it with Table(...)")
    own = [*api.answers.tables.more, *api.answers.calls.more]
    named: list[Iterable[type[Question[object]]]] = [api.answers.tables, api.answers.calls]
    for connector in api.connectors:
        if isinstance(connector.systems, Systems):
            own += connector.systems.rows.more
            named.append(connector.systems.rows)
        else:
            own += connector.systems
        if not isinstance(connector.stand_in, RowSequence):
            check_stand_in(connector)
    names = [each.__name__ for each in own]
    check_once("question", names)
    if not NAMES_OF_PORTS.isdisjoint(names):  # which of them are questions, only the rows know
        every = {asked for rows in named for asked in rows}
        check_once("question", [each.__name__ for each in every.union(own)])


def _systems_in(systems: Mapping[type[Question[object]], str]) -> Iterable[str]:
    """Return the systems that a connector asks, without loading what is named."""
    return systems.rows.system_names if isinstance(systems, Systems) else systems.values()


def _given(text: Text | None) -> Sequence[Text]:
    return () if text is None else (text,)


def _text(text: Text) -> str:
    return text if isinstance(text, str) else text()


def _shipped(package: str, name: str) -> Callable[[], str]:
    def read() -> str:
        # It loads much (archives, temporary files), and the handler reads no schema.
        from importlib import resources  # noqa: PLC0415

        return (resources.files(package) / name).read_text(encoding="utf-8")

    return read


API = Api(
    schema=[_shipped("fanscore_appsync", "schema.graphql")],
    fields=FIELDS,
    answers=Answers(ROWS, CALLS.joined(IDV_CALLS)),
    tables=TABLES,
    signals=tuple(DEFAULT_POLICY.signals),
    connectors=[LNAA],
    samples=[_shipped("fanscore_adapters", "sample.json")],
)
"""The API of this package."""
