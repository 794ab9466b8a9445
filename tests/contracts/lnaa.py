"""Who answers for LNAA: what the contract suite of its port runs over.

An adapter joins by a line in ``ADAPTERS``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias, cast

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.embedded.stand_ins import Case, Sample, StandIns
from fanscore_adapters.http.lnaa import Lnaa
from tests.aws.lnaa_server import TOKEN, Reply, json_reply, lnaa_server
from tests.plain_http import patient_client

Responses: TypeAlias = Mapping[str, Mapping[str, object]]
"""What LNAA says of each fan, to either question: ``{"data": ...}`` or ``{"error": ...}``."""

Open: TypeAlias = Callable[[Responses], AbstractContextManager[Adapter]]

OPERATIONS = ("membership", "activation")


@contextmanager
def stand_ins(responses: Responses) -> Iterator[Adapter]:
    """Answer from a sample."""
    cases = [
        Case(operation, {"globalUserId": fan}, response)
        for operation in OPERATIONS
        for fan, response in responses.items()
    ]
    yield StandIns(Sample({}, {"lnaa_api": cases}))


@contextmanager
def over_http(responses: Responses) -> Iterator[Adapter]:
    """Ask a server on loopback, without waiting between attempts."""
    with lnaa_server() as server, patient_client() as client:
        server.replies.update({fan: _reply(response) for fan, response in responses.items()})
        yield Lnaa(server.url, TOKEN, client, lambda _: None)


ADAPTERS: Mapping[str, Open] = {"stand-ins": stand_ins, "HTTP": over_http}


def _reply(response: Mapping[str, object]) -> Reply:
    """Say over HTTP what a service says in a document."""
    if "data" in response:
        return json_reply(response["data"])
    error = cast("Mapping[str, object]", response["error"])
    return Reply(cast("int", error["code"]), json.dumps(error["message"]).encode())
