"""Answers of AWS that come from no network, for what is asked of one client."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping

import attrs
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from fanscore_adapters.aws.client import Events


@attrs.frozen
class _Body:
    content: bytes

    def stream(self) -> Iterator[bytes]:
        return iter([self.content])

    def read(self, _amount: int | None = None) -> bytes:
        return self.content


def reply(
    document: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> AWSResponse:
    """Make an answer of a document."""
    body = _Body(json.dumps(document).encode())
    return AWSResponse("http://127.0.0.1", status, dict(headers or {}), body)


def refusal(code: str, status: int = 400, **others: object) -> AWSResponse:
    """Make an error of AWS's."""
    return reply({"__type": code, **others}, status)


@attrs.frozen
class Replies:
    """Answers, one after the other, and what was asked for them.

    Attributes:
        replies: those that are left.
        asked: the documents that were sent.
    """

    replies: deque[AWSResponse] = attrs.field(converter=deque)
    asked: list[object] = attrs.field(factory=list)

    def prepare(self, events: Events) -> None:
        """Stand in for the network."""
        events.register("before-send", self._answer)

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self.asked.append(json.loads(request.body) if request.body else None)
        return self.replies.popleft()
