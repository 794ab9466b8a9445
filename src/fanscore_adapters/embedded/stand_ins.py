"""Stand-ins for the services: deterministic answers from a sample file, outages on demand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib import resources

import attrs

from fanscore_adapters.adapter import declared_outage, together
from fanscore_adapters.documents.converter import is_text
from fanscore_adapters.documents.json_text import parse_json
from fanscore_adapters.documents.proxies import (
    CALLS,
    LNAA_CALLS,
    NOT_FOUND,
    ProxyCall,
    services_of,
)
from fanscore_adapters.items.operations import Item
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import InvalidInput
from fanscore_core.ports.arm_scoring import ArmScore, ArmScores
from fanscore_core.systems import TABLES

STAND_IN_CALLS = CALLS.joined(LNAA_CALLS)
"""The questions to our services that stand-ins answer."""

SERVICES = tuple(dict.fromkeys(call.service for call in STAND_IN_CALLS.values()))
"""Those services."""

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


def parse_sample(
    text: str, tables: Collection[str] = TABLES, services: Collection[str] = SERVICES
) -> Sample:
    """Read a sample file.

    Args:
        text: JSON.
        tables: that it may have items of.
        services: that it may have cases of.

    Raises:
        InvalidInput: it is not JSON, or not a sample; names the path of the mistake.
    """
    match parse_json(text):
        case {"tables": dict(items), "services": dict(cases), **others} if not others:
            _refuse_unknown("tables", "table", items, tables)
            _refuse_unknown("services", "service", cases, services)
            return Sample(
                {name: _items(f"sample.tables.{name}", each) for name, each in items.items()},
                {name: _cases(f"sample.services.{name}", each) for name, each in cases.items()},
            )
        case _:
            problem = 'expected {"tables": {...}, "services": {...}}, both of them and no other'
            raise InvalidInput("sample", problem)


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
        calls: how each question is put.
        systems: the service behind each question.
    """

    sample: Sample
    outages: frozenset[str] = frozenset()
    calls: Mapping[type[Question[object]], ProxyCall] = attrs.field(
        default=STAND_IN_CALLS, repr=False
    )
    systems: Mapping[type[Question[object]], str] = attrs.field(init=False, repr=False)

    @systems.default
    def _service_of_each(self) -> Mapping[type[Question[object]], str]:
        return services_of(self.calls)

    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [self._answer(ask.question) for ask in asks]

    def _answer(self, question: Question[object]) -> Answered:
        call = self.calls[type(question)]
        if call.service in self.outages:
            return Answered(declared_outage(call.service), call.service)
        request = call.request(question)
        found = self._response(call.service, request)
        if found is None and isinstance(question, ArmScores):
            found = self._risks(question)
        return Answered(call.answer(_NOT_IN_SAMPLE if found is None else found), call.service)

    def _response(self, service: str, request: Mapping[str, object]) -> Mapping[str, object] | None:
        cases = self.sample.services.get(service, ())
        return next((case.answer(request) for case in cases if case.fits(request)), None)

    def _risks(self, asked: ArmScores) -> Mapping[str, object]:
        """Answer for several fans what the sample answers for each, or its first error."""
        risks: list[object] = []
        call = self.calls[ArmScore]  # of which the sample has cases
        for fan in asked.global_user_ids:
            request = call.request(ArmScore(fan, asked.event_id))
            response = self._response(call.service, request) or _NOT_IN_SAMPLE
            match response:
                case {"data": {"armScore": risk}}:
                    risks.append(risk)
                case {"error": {"code": code}} if code == NOT_FOUND:
                    risks.append(None)
                case _:
                    return response
        return {"data": {"armScores": risks}}


def _refuse_unknown(
    where: str, what: str, given: Mapping[str, object], known: Collection[str]
) -> None:
    for name in given:
        if name not in known:
            there_are = ", ".join(sorted(known))
            raise InvalidInput(f"sample.{where}.{name}", f"no such {what}; there are {there_are}")


def _items(where: str, items: object) -> Sequence[Item]:
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
