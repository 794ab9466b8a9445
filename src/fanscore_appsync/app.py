"""The resolver: one call from an AppSync event to its response, whatever the event is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from fanscore_appsync import wire
from fanscore_appsync.authorization import Caller, CallerKind, admit, admit_owner, caller_of
from fanscore_appsync.fields import FIELDS, NAMESPACES, Field
from fanscore_appsync.wire import Request
from fanscore_core.engine import run_many
from fanscore_core.errors import InvalidInput, NotAllowed
from fanscore_core.policy import ScorePolicy
from fanscore_core.query import Source
from fanscore_core.run import Outcome


@attrs.frozen
class Answer:
    """What an event is answered with.

    Attributes:
        response: for AppSync; JSON.
        outcome: of the pipeline that ran for a single event, if one did.
    """

    response: object
    outcome: Outcome[object, object] | None = None


@attrs.frozen
class Resolved:
    """One field, resolved to data or to an error."""

    data: object = None
    error: wire.ErrorBody | None = None
    outcome: Outcome[object, object] | None = None


@attrs.frozen
class App:
    """Everything that is needed to answer events.

    Attributes:
        policy: decides scores.
        source: makes the source for one event, of the seconds that are left for it.
        report: logs an unforeseen error, and gives the id to find it by.
    """

    policy: ScorePolicy
    source: Callable[[float], Source]
    report: Callable[[Exception], str]

    def answer(self, event: object, time_left_s: float) -> Answer:
        """Answer an event: single or batch, plain or with an envelope.

        Args:
            event: what AppSync sent.
            time_left_s: how long the answer may take.

        Raises:
            Exception: of a class named like the ``errorType``, for a plain single event that
                ends in an error; a direct resolver can say it in no other way.
        """
        if isinstance(event, list):
            resolved = self._resolve(event, time_left_s)
            return Answer([_batch_item(each) for each in resolved])
        (one,) = self._resolve([event], time_left_s)
        if wire.wants_envelope(event):
            return Answer(_enveloped(one), one.outcome)
        if one.error:
            raise wire.raisable_error(one.error)
        return Answer(one.data, one.outcome)

    def _resolve(self, events: Sequence[object], time_left_s: float) -> list[Resolved]:
        """Resolve events together; each comes to its own data or error."""
        resolved: dict[int, Resolved] = {}
        admitted: dict[str, list[tuple[int, object]]] = {}
        for index, event in enumerate(events):
            try:
                request = wire.read_request(event)
                if request.field in NAMESPACES:
                    resolved[index] = Resolved({})
                else:
                    args = self._admit(request)
                    admitted.setdefault(request.field, []).append((index, args))
            except Exception as error:  # noqa: BLE001  # one bad item spoils no other
                resolved[index] = self._failed(error)
        for field, items in admitted.items():
            indexes, args_of_items = zip(*items, strict=True)
            source = self.source(time_left_s)
            outcomes = run_many(FIELDS[field].pipeline, args_of_items, source)
            resolved.update(zip(indexes, map(self._finished, outcomes), strict=True))
        return [resolved[index] for index in range(len(events))]

    def _admit(self, request: Request) -> object:
        """Make the pipeline's arguments, if the caller may have them."""
        field = FIELDS.get(request.field)
        if field is None:
            raise InvalidInput("event.info", "no such field")
        caller = caller_of(request.identity, request.headers)
        admit(request.field, field.patterns, caller)
        given = wire.read_arguments(request.arguments, field.arguments)
        _admit_arguments(field, caller, given, request.arguments)
        return field.make_args(given, self.policy)

    def _finished(self, outcome: Outcome[object, object]) -> Resolved:
        if outcome.error is not None:
            return self._failed(outcome.error, outcome)
        try:
            return Resolved(wire.data(outcome.value), None, outcome)
        except Exception as error:  # noqa: BLE001  # one bad item spoils no other
            return self._failed(error, outcome)

    def _failed(self, error: Exception, outcome: Outcome[object, object] | None = None) -> Resolved:
        return Resolved(None, wire.error_body(error, self.report), outcome)


def _admit_arguments(
    field: Field[object, object],
    caller: Caller,
    given: object,
    arguments: Mapping[str, object],
) -> None:
    if field.owner:
        admit_owner(field.patterns, caller, field.owner(given))
    if caller.kind is not CallerKind.SERVICE:
        for name in sorted(field.service_only):
            if arguments.get(name) is not None:
                raise NotAllowed(f"arguments.{name}")


def _batch_item(one: Resolved) -> object:
    return wire.batch_error(one.error) if one.error else {"data": one.data}


def _enveloped(one: Resolved) -> object:
    return wire.enveloped_error(one.error) if one.error else {"data": one.data}
