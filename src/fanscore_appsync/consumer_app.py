"""The consumers: one delivery, from an EventBridge event to what it changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import perf_counter

import attrs

from fanscore_adapters.documents.user_event import read_event
from fanscore_appsync import wire
from fanscore_appsync.log import OK, InvocationLog, invocation_log, log_invocation
from fanscore_core.consumer_mark import Consumed, Consumer
from fanscore_core.engine.question import Source
from fanscore_core.engine.rounds import run
from fanscore_core.engine.state import Outcome
from fanscore_core.errors import FanscoreError, PipelineError
from fanscore_core.pipelines.consumers import CONSUMERS, ConsumeArgs, ConsumeStash


@attrs.frozen
class ConsumerFailed(PipelineError):
    """Something unforeseen went wrong.

    Attributes:
        consumer: the consumer's name.
        found_by: the id to find it by in the log.
    """

    consumer: str
    found_by: str

    def __str__(self) -> str:
        return f"consumer {self.consumer}: internal error {self.found_by}"


@attrs.frozen
class ConsumerApp:
    """Everything that is needed to consume events.

    Attributes:
        source: makes the source for one delivery, of the seconds that are left for it.
        clock: the time, with offset.
        mint_owner: makes a name for an invocation, never the same for two.
        report: logs an unforeseen error, and gives the id to find it by.
        log: told what came of a delivery.
    """

    source: Callable[[float], Source]
    clock: Callable[[], datetime]
    mint_owner: Callable[[], str]
    report: Callable[[Exception], str]
    log: Callable[[InvocationLog], None] = log_invocation

    def consume(
        self, consumer: Consumer, event: object, time_left_s: float, invocation: str = ""
    ) -> Consumed:
        """Consume an event; whoever delivers it does so again if this raises.

        Args:
            consumer: which of them.
            event: what EventBridge sent.
            time_left_s: how long it may take; less than the lease of a mark.
            invocation: Lambda's id of it, for the log.

        Raises:
            FanscoreError: the event is no user event (``InvalidInput``), another owner is at work
                on it (``Conflict``), or a system is out of order (``Unavailable``).
            ConsumerFailed: anything unforeseen; what it was is in the log.
        """
        started_at = perf_counter()
        code, outcomes = OK, []
        try:
            args = ConsumeArgs(read_event(event), self.mint_owner(), self.clock())
            outcome = run(CONSUMERS[consumer], args, self.source(time_left_s))
            outcomes.append(outcome)
            return self._result(consumer, outcome)
        except Exception as error:
            code = wire.error_code(error)
            raise
        finally:
            self.log(
                invocation_log(
                    function="consumer",
                    name=consumer.value,
                    invocation=invocation,
                    codes=[code],
                    outcomes=outcomes,
                    took_s=perf_counter() - started_at,
                )
            )

    def _result(self, consumer: Consumer, outcome: Outcome[ConsumeStash, Consumed]) -> Consumed:
        if outcome.error is not None and not isinstance(outcome.error, FanscoreError):
            # Lambda logs the message and the causes of what is raised; these stay out.
            raise ConsumerFailed(consumer.value, self.report(outcome.error)) from None
        return outcome.result()
