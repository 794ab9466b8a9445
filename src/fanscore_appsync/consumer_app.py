"""The consumers: one delivery, from an EventBridge event to what it changes."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from fanscore_adapters.documents.user_event import read_event, read_replay
from fanscore_appsync.function_app import FunctionApp
from fanscore_core.consumer_mark import LEASE, Consumed, Consumer, is_meant_for
from fanscore_core.engine.rounds import run
from fanscore_core.engine.state import Outcome
from fanscore_core.errors import FanscoreError, PipelineError
from fanscore_core.pipelines.consumers import CONSUMERS, ConsumeArgs, ConsumeStash

DELIVERY_S = LEASE.total_seconds()
"""What a delivery may take: after that, another may begin."""


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
class ConsumerApp(FunctionApp):
    """Everything that is needed to consume events.

    Attributes:
        mint: makes a name for an invocation, never the same for two: the owner of its mark.
    """

    mint: Callable[[], str]

    def consume(
        self, consumer: Consumer, event: object, time_left_s: float, invocation: str = ""
    ) -> Consumed:
        """Consume an event; whoever delivers it does so again if this raises.

        What a replay delivers is consumed anew. The consumers that reach the outside pass it over,
        unless the name of the replay begins with ``also-send``.

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
        with self.logged("consumer", invocation) as progress:
            progress.name = consumer.value
            replay, read = read_replay(event), read_event(event)
            if not is_meant_for(consumer, replay):
                return Consumed.NOT_MEANT
            args = ConsumeArgs(read, self.mint(), self.now(), replay)
            outcome = run(CONSUMERS[consumer], args, self.source(time_left_s))
            progress.outcomes = [outcome]
            return self._result(consumer, outcome)

    def _result(self, consumer: Consumer, outcome: Outcome[ConsumeStash, Consumed]) -> Consumed:
        if outcome.error is not None and not isinstance(outcome.error, FanscoreError):
            # Lambda logs the message and the causes of what is raised; these stay out.
            raise ConsumerFailed(consumer.value, self.report(outcome.error)) from None
        return outcome.result()
