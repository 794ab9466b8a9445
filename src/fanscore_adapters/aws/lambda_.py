"""The Lambda proxies, and the identity verification function.

See docs/reference/services.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from fanscore_adapters.adapter import one_by_one
from fanscore_adapters.aws.client import AwsClient, AwsError, answer_one, malformed
from fanscore_adapters.documents.idv import IDV_CALLS
from fanscore_adapters.documents.json_text import json_text, parse_stored_json
from fanscore_adapters.documents.proxies import CALLS, ProxyCall, services_of
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import InvalidInput

READ_S = 10.0
"""How long one attempt waits for data."""

DEGRADABLE_READ_S = 2.0
"""The same for an answer that its step can do without: nobody waits for it any longer
(``MAX_DEGRADABLE_S`` of the sources), and a thread that did would be missing elsewhere.
"""

_FAILED = "the function failed"

ALL_CALLS = CALLS.joined(IDV_CALLS)
"""The questions that our functions answer."""


@attrs.frozen(eq=False, repr=False)
class LambdaProxies:
    """The adapter that asks Lambda functions.

    Every operation may be called again: it reads, or its arguments hold a token.

    Attributes:
        client: of Lambda.
        impatient: another one, for answers that their steps can do without.
        names: name, ARN or alias of each function, by the names that the calls have.
        calls: how each question is put.
        systems: the service behind each question.
    """

    client: AwsClient
    impatient: AwsClient
    names: Mapping[str, str]
    calls: Mapping[type[Question[object]], ProxyCall] = attrs.field(default=ALL_CALLS, repr=False)
    systems: Mapping[type[Question[object]], str] = attrs.field(init=False, repr=False)

    @systems.default
    def _service_of_each(self) -> Mapping[type[Question[object]], str]:
        return services_of(self.calls)

    split = staticmethod(one_by_one)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [self._answer(ask) for ask in asks]

    def _answer(self, ask: Ask) -> Answered:
        call = self.calls[type(ask.question)]
        return answer_one(call.service, ask, lambda: call.answer(self._invoke(call, ask)))

    def _invoke(self, call: ProxyCall, ask: Ask) -> object:
        request = {
            "FunctionName": self.names[call.service],
            "Payload": json_text(call.request(ask.question)),
        }
        client = self.impatient if ask.degradable else self.client
        match client.call("invoke", request, ask.expires_at, body="Payload"):
            case {"FunctionError": _}:
                raise AwsError(_FAILED)
            case {"Payload": bytes(payload)}:
                return parse_stored_json(_text(payload))
            case _:
                raise malformed()


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("$", "not UTF-8") from error
