"""The partner's system, over HTTP: an adapter written by hand.

Apart from ``presale.api``, since an HTTP client takes long to import and few requests need one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import attrs

from fanscore_adapters import HttpCall, HttpEndpoint, json_reader, one_by_one, read_as
from fanscore_core import Answered, Ask, Question
from presale.questions import PARTNER_API, PartnerCard

TIMEOUT_S = 2.0
MAX_ATTEMPTS = 3
NOT_FOUND = 404


@attrs.frozen
class Card:
    """What the partner answers: ``{"active": true}``."""

    active: bool


def _is_active(document: object) -> bool:
    return read_as(Card)(document).active


@attrs.frozen
class Partner:
    """The adapter that asks the partner.

    Attributes:
        url: below which the partner answers.
        endpoint: keeps the time, tries again where that may help, and leaves a failing system
            alone for a while.
    """

    url: str
    endpoint: HttpEndpoint

    split = staticmethod(one_by_one)

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The partner behind each question."""
        return {PartnerCard: PARTNER_API}

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer each, one after the other."""
        return [self.endpoint.answer(each, self._call(each.question)) for each in asks]

    def _call(self, question: Question[object]) -> HttpCall:
        asked = cast("PartnerCard", question)
        read = json_reader(PARTNER_API, _is_active, {NOT_FOUND: False})
        path = ("cards", asked.global_user_id)
        return HttpCall("GET", self.url, {}, read, max_attempts=MAX_ATTEMPTS, path=path)
