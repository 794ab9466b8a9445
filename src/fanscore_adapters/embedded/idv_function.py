"""The identity verification function, called within the process.

It is called as Lambda calls it, with JSON text in between, so that what works here works there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter

import attrs

from fanscore_adapters.adapter import declared_outage, together
from fanscore_adapters.documents.idv import IDV_CALLS
from fanscore_adapters.documents.json_text import json_text, parse_stored_json
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.systems import IDV_CHECK_LIVENESS

SYSTEMS: Mapping[type[Question[object]], str] = IDV_CALLS.systems


@attrs.frozen
class IdvFunction:
    """The adapter that answers for the identity verification function.

    Attributes:
        function: the function: takes and gives JSON documents, and does not raise.
        outages: the services that give no answer.
    """

    function: Callable[[object], object]
    outages: frozenset[str] = frozenset()

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The service behind each question."""
        return SYSTEMS

    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask, one after the other."""
        return [self._answer(ask.question) for ask in asks]

    def _answer(self, question: Question[object]) -> Answered:
        if IDV_CHECK_LIVENESS in self.outages:
            return Answered(declared_outage(IDV_CHECK_LIVENESS), IDV_CHECK_LIVENESS)
        call = IDV_CALLS[type(question)]
        started_at = perf_counter()
        response = self._invoke(json_text(call.request(question)))
        try:
            answer = call.answer(parse_stored_json(response))
        except InvalidInput as error:
            answer = Unavailable(IDV_CHECK_LIVENESS, f"malformed answer: {error}")
        return Answered(answer, IDV_CHECK_LIVENESS, perf_counter() - started_at)

    def _invoke(self, payload: str) -> str:
        """Call the function as the Lambda runtime does."""
        return json.dumps(self.function(json.loads(payload)))
