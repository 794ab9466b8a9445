"""Stand-ins for the services: deterministic answers from a sample file, outages on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources

import attrs

from fanscore_adapters.adapter import by_question, declared_outage, together
from fanscore_adapters.documents.converter import is_text
from fanscore_adapters.documents.json_text import parse_json
from fanscore_adapters.documents.proxies import CALLS, LNAA_CALLS, NOT_FOUND, SYSTEMS
from fanscore_adapters.items.operations import Item
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import InvalidInput
from fanscore_core.systems import TABLES

_CALLS = by_question([*CALLS.values(), *LNAA_CALLS.values()])
_NOT_IN_SAMPLE = {"error": {"code": NOT_FOUND, "message": "not in the sample"}}


@attrs.frozen
class Case:
    """One answer of a service.

    Attributes:
        operation: what is asked.
        arguments: what it is asked with; arguments that are not named here do not matter.
        response: ``{"data": ...}`` or ``{"error": ...}``; in its data, a text such as
            ``$globalUserId`` stands for that argument.
    """

    operation: str
    arguments: Mapping[str, object]
    response: Mapping[str, object]

    def fits(self, request: Mapping[str, object]) -> bool:
        """Whether this is the answer to a request."""
        match request:
            case {"operation": self.operation, "arguments": dict(given)}:
                return self.arguments.items() <= given.items()
            case _:
                return False

    def answer(self, request: Mapping[str, object]) -> Mapping[str, object]:
        """Make the answer to a request that this fits."""
        data, arguments = self.response.get("data"), request["arguments"]
        if not isinstance(data, dict) or not isinstance(arguments, dict):
            return self.response
        given = {f"${name}": value for name, value in arguments.items()}
        filled = {
            name: given.get(value, value) if isinstance(value, str) else value
            for name, value in data.items()
        }
        return {**self.response, "data": filled}


@attrs.frozen
class Sample:
    """What a sample file holds.

    Attributes:
        tables: the items of each table.
        services: the cases of each service; the first that fits counts.
    """

    tables: Mapping[str, Sequence[Item]]
    services: Mapping[str, Sequence[Case]]


def parse_sample(text: str) -> Sample:
    """Read a sample file.

    Raises:
        InvalidInput: it is not JSON, or not a sample; names the path of the mistake.
    """
    match parse_json(text):
        case {"tables": dict(tables), "services": dict(services), **others} if not others:
            return Sample(
                {name: _items(f"sample.tables.{name}", items) for name, items in tables.items()},
                {
                    name: _cases(f"sample.services.{name}", cases)
                    for name, cases in services.items()
                },
            )
        case _:
            raise InvalidInput("sample", 'expected {"tables": {...}, "services": {...}}')


def default_sample() -> Sample:
    """Return the sample that is shipped with fanscore."""
    shipped = resources.files("fanscore_adapters") / "sample.json"
    return parse_sample(shipped.read_text(encoding="utf-8"))


@attrs.frozen
class StandIns:
    """The adapter that answers for the services, from a sample.

    Attributes:
        sample: what they answer; what is not in it is a 404.
        outages: the services that give no answer.
    """

    sample: Sample
    outages: frozenset[str] = frozenset()

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The service behind each question."""
        return SYSTEMS

    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question), SYSTEMS[type(ask.question)]) for ask in asks]

    def _answer(self, question: Question[object]) -> object:
        call = _CALLS[type(question)]
        if call.service in self.outages:
            return declared_outage(call.service)
        request = call.request(question)
        cases = self.sample.services.get(call.service, ())
        fitting = (case.answer(request) for case in cases if case.fits(request))
        return call.answer(next(fitting, _NOT_IN_SAMPLE))


def _items(where: str, items: object) -> Sequence[Item]:
    if where.rpartition(".")[2] not in TABLES:
        raise InvalidInput(where, f"no such table; there are {', '.join(TABLES)}")
    if not isinstance(items, list):
        raise InvalidInput(where, "expected a list of items")
    for index, item in enumerate(items):
        match item:
            case {"PK": str(pk), "SK": str(sk)} if is_text(pk) and is_text(sk):
                pass
            case _:
                raise InvalidInput(f"{where}[{index}]", "expected an item with PK and SK")
    return items


def _cases(where: str, cases: object) -> Sequence[Case]:
    if where.rpartition(".")[2] not in SYSTEMS.values():
        raise InvalidInput(
            where, f"no such service; there are {', '.join(sorted(set(SYSTEMS.values())))}"
        )
    if not isinstance(cases, list):
        raise InvalidInput(where, "expected a list of cases")
    return [_case(f"{where}[{index}]", case) for index, case in enumerate(cases)]


def _case(where: str, case: object) -> Case:
    match case:
        case {
            "operation": str(operation),
            "arguments": dict(arguments),
            "response": dict(response),
            **others,
        } if not others:
            return Case(operation, arguments, response)
        case _:
            raise InvalidInput(where, "expected operation, arguments and response")
