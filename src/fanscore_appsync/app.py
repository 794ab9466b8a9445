"""The resolver: one call from an AppSync event to its response, whatever the event is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING

import attrs

from fanscore_appsync import wire
from fanscore_appsync.api import API, Api
from fanscore_appsync.authorization import Caller, CallerKind, admit, admit_owner, caller_of
from fanscore_appsync.fields import Field
from fanscore_appsync.function_app import FunctionApp
from fanscore_appsync.invocation import Invocation
from fanscore_appsync.log import OK, UNKNOWN
from fanscore_core.engine.rounds import run_many
from fanscore_core.engine.state import Outcome
from fanscore_core.errors import InvalidId, InvalidInput, NotAllowed, NotFound, PipelineMisuse
from fanscore_core.ids import RequestId
from fanscore_core.policy_book import PolicyBook, as_book

if TYPE_CHECKING:
    from fanscore_appsync.receipts import ReceiptKeeper
    from fanscore_appsync.shadow import ShadowCounts, Shadowed


@attrs.frozen
class Response:
    """What an event is answered with.

    Attributes:
        response: for AppSync; JSON.
        outcome: of the pipeline that ran for a single event, if one did.
        batch: of the pipelines that ran for the events of a list, in their order.
    """

    response: object
    outcome: Outcome[object, object] | None = None
    batch: Sequence[Outcome[object, object] | None] = ()


@attrs.frozen(eq=False, repr=False)
class Resolved:
    """One field, resolved to data or to an error; a score with what a shadow makes of it.

    ``args`` are those of the pipeline that ran, if one did.
    """

    data: object = None
    error: wire.ErrorBody | None = None
    outcome: Outcome[object, object] | None = None
    shadowed: Shadowed | None = None
    args: object = None

    @property
    def code(self) -> str:
        """What it came to, for the log."""
        return str(self.error.info["code"]) if self.error else OK


@attrs.frozen(eq=False, repr=False)
class Admitted:
    """A call that may be made.

    Attributes:
        field: that is called.
        args: of its pipeline.
        request_id: of the request.
    """

    field: Field
    args: object
    request_id: RequestId


@attrs.frozen(eq=False, repr=False)
class App(FunctionApp):
    """Everything that is needed to answer events.

    Attributes:
        mint: makes a request id where the client gave none.
        policy: a policy that decides all scores, or a book of them; kept as a book.
        api: the fields, and what resolves them.
        clock: seconds, never going back.
        shadow: a policy or a book that decides each score once more, for the log alone.
        keeper: keeps receipts of scores; ``None`` to keep none.

    Raises:
        InvalidInput: the shadow has another policy under a version of the live ones.
    """

    mint: Callable[[], RequestId]
    policy: PolicyBook = attrs.field(converter=as_book)
    api: Api = API
    clock: Callable[[], float] = attrs.field(default=perf_counter, kw_only=True)
    shadow: PolicyBook | None = attrs.field(
        default=None, converter=attrs.converters.optional(as_book), kw_only=True
    )
    keeper: ReceiptKeeper | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Check that a version names one policy."""
        if self.shadow is not None:
            # Only here, and below: most functions have no shadow, and start without it.
            from fanscore_appsync.shadow import check_shadow  # noqa: PLC0415

            check_shadow(self.policy, self.shadow)

    def answer(self, event: object, time_left_s: float, invocation: str = "") -> Response:
        """Answer an event: single or batch, plain or with an envelope.

        Args:
            event: what AppSync sent.
            time_left_s: how long the answer may take.
            invocation: Lambda's id of it, for the log.

        Raises:
            Exception: of a class named like the ``errorType``, for a plain single event that
                ends in an error; a direct resolver can say it in no other way.
        """
        expires_at = self.clock() + time_left_s
        events = event if isinstance(event, list) else [event]
        with self.logged("resolver", invocation) as progress:
            progress.name = self._field_of(events)
            resolved = self._resolve(events, expires_at)
            progress.codes = [each.code for each in resolved]
            progress.outcomes = [each.outcome for each in resolved if each.outcome]
            progress.shadow = self._count_shadowed(resolved)
            if self.keeper is not None:
                left_s = expires_at - self.clock()
                progress.receipts = self.keeper.keep(resolved, self.now(), left_s)
        if isinstance(event, list):
            items = [_batch_item(each) for each in resolved]
            return Response(items, batch=[each.outcome for each in resolved])
        (one,) = resolved
        if wire.wants_envelope(event):
            return Response(_enveloped(one), one.outcome)
        if one.error:
            raise wire.raisable_error(one.error)
        return Response(one.data, one.outcome)

    def _resolve(self, events: Sequence[object], expires_at: float) -> list[Resolved]:
        """Resolve events together; each comes to its own data or error."""
        resolved: dict[int, Resolved] = {}
        admitted: dict[str, list[tuple[int, Admitted]]] = {}
        for index, event in enumerate(events):
            try:
                request = wire.read_request(event)
                if request.field in self.api.namespaces:
                    resolved[index] = Resolved({})
                else:
                    one = self._admit(request)
                    admitted.setdefault(request.field, []).append((index, one))
            except Exception as error:  # noqa: BLE001  # one bad item spoils no other
                resolved[index] = Resolved(error=wire.error_body(error, self.report))
        for field, items in admitted.items():
            calls = [one for _, one in items]
            finished = self._run(self.api.fields[field], calls, expires_at - self.clock())
            resolved.update(zip((index for index, _ in items), finished, strict=True))
        return [resolved[index] for index in range(len(events))]

    def _field_of(self, events: Sequence[object]) -> str:
        """Return the field that a batch is of; AppSync makes none of several."""
        match events:
            case [{"info": {"parentTypeName": str(parent), "fieldName": str(name)}}, *_]:
                field = f"{parent}.{name}"
                known = field in self.api.fields or field in self.api.namespaces
                return field if known else UNKNOWN
            case _:
                return UNKNOWN

    def _admit(self, request: wire.Request) -> Admitted:
        """Make the pipeline's arguments, if the caller may have them."""
        field = self.api.fields.get(request.field)
        if field is None:
            raise InvalidInput("event.info", "no such field")
        caller = caller_of(request.identity, request.headers)
        admit(request.field, field.patterns, caller)
        read = wire.read_source if field.from_source else wire.read_arguments
        given = read(request.source if field.from_source else request.arguments, field.given)
        _admit_arguments(field, caller, given, request.arguments)
        asked_id = field.request_id(given) if field.request_id else None
        request_id = asked_id or self.mint()
        call = Invocation(request, caller, request_id, self.now(), self.policy)
        return Admitted(field, field.make_args(given, call), request_id)

    def _run(
        self,
        field: Field,
        calls: Sequence[Admitted],
        time_left_s: float,
    ) -> list[Resolved]:
        try:
            source = self.source(time_left_s)
        except Exception as error:  # noqa: BLE001  # no traceback reaches a caller
            return [self._failed(one, None, error) for one in calls]
        outcomes = run_many(field.pipeline, (one.args for one in calls), source)
        return [self._finish(one, outcome) for one, outcome in zip(calls, outcomes, strict=True)]

    def _count_shadowed(self, resolved: Sequence[Resolved]) -> ShadowCounts | None:
        """Count what the shadow would have changed; report the first of its failures."""
        decisions = [each.shadowed for each in resolved if each.shadowed]
        if not decisions:
            return None
        from fanscore_appsync.shadow import count_shadowed  # noqa: PLC0415

        failures = (each.shadow for each in decisions if isinstance(each.shadow, Exception))
        for failure in islice(failures, 1):
            self.report(failure)
        return count_shadowed(decisions)

    def _finish(self, one: Admitted, outcome: Outcome[object, object]) -> Resolved:
        if isinstance(outcome.error, InvalidId):
            # The caller's ids were checked on the way in: this one is of our own making.
            misuse = PipelineMisuse(one.field.pipeline.name, "InvalidId", "produced an invalid id")
            return self._failed(one, outcome, misuse)
        if one.field.from_source and isinstance(outcome.error, NotFound):
            return Resolved(None, None, outcome)  # null: the parent is there, and stays an answer
        if outcome.error is not None:
            return self._failed(one, outcome, outcome.error)
        try:
            data = wire.writable(one.field.write(outcome.value))
        except Exception as error:  # noqa: BLE001  # one bad item spoils no other
            return self._failed(one, outcome, error)
        return Resolved(data, None, outcome, self._shadowed(one, outcome), one.args)

    def _shadowed(self, one: Admitted, outcome: Outcome[object, object]) -> Shadowed | None:
        if self.shadow is None:
            return None
        from fanscore_appsync.shadow import shadowed  # noqa: PLC0415

        return shadowed(self.shadow, one.args, outcome)

    def _failed(
        self, one: Admitted, outcome: Outcome[object, object] | None, error: Exception
    ) -> Resolved:
        retried = one.request_id if one.field.request_id else None
        body = wire.error_body(error, self.report, retried)
        return Resolved(None, body, outcome, None, one.args)


def _admit_arguments(
    field: Field,
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
