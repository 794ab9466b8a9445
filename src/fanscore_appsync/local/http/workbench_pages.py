"""The workbench over HTTP, for the console of a gateway on loopback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic

import attrs
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse

from fanscore_adapters.embedded.deliveries import Place
from fanscore_appsync.lambda_context import MARGIN_S
from fanscore_appsync.local.http.credentials import iam_identity
from fanscore_appsync.local.http.request import JSON, MALFORMED, Unacceptable, peer_of
from fanscore_appsync.local.http.response import PERSONAL, json_response
from fanscore_appsync.local.workbench import Json, Workbench
from fanscore_core.consumer_mark import Consumer
from fanscore_core.errors import InvalidInput, NotFound, Unavailable
from fanscore_core.ids import MAX_CHARACTERS, RULE, GlobalUserId, is_id

ROLE = "console"
"""The role of the service as which the console has a fan scored."""


@attrs.frozen
class PageRequest:
    """What a request to the workbench asks for.

    Attributes:
        given: the members of the body, or the parameters of the URL.
        peer: the address that it came from.
        expires_at: when it must have been answered, by ``time.monotonic``.
    """

    given: Mapping[str, object]
    peer: str
    expires_at: float

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        value = self.given.get(name)
        if not isinstance(value, str):
            raise InvalidInput(name, "expected a text")
        return value

    def optional_id(self, name: str) -> str | None:
        """Return an id; ``None`` where there is none, or the empty text."""
        value = self.given.get(name)
        return None if value in {None, ""} else self.id(name)

    def id(self, name: str) -> str:
        """Return an id that must be there."""
        value = self.text(name)
        if not is_id(value):
            raise InvalidInput(name, RULE)
        return value


@attrs.frozen
class WorkbenchPage:
    """A page of the workbench.

    Attributes:
        method: of HTTP.
        answer: makes the document.
        members: that a request may give.
    """

    method: str
    answer: Callable[[Workbench, PageRequest], Json]
    members: frozenset[str] = frozenset()


def workbench_page(
    workbench: Workbench, request: HttpRequest, given: object, expires_at: float
) -> HttpResponse:
    """Answer a request to the workbench.

    Args:
        workbench: answers.
        request: to a path of ``WORKBENCH_PAGES``.
        given: the body's document, or the parameters of the URL.
        expires_at: when it must have been answered, by ``time.monotonic``.

    Raises:
        Unacceptable: its members are not those that the page takes, the data are not on this
            machine, or the store did not answer.
    """
    page = WORKBENCH_PAGES[request.url.path]
    if not isinstance(given, dict) or not given.keys() <= page.members:
        members = ", ".join(sorted(page.members)) or "nothing"
        raise Unacceptable(400, MALFORMED, f"Expected an object with {members}")
    try:
        document = page.answer(workbench, PageRequest(given, peer_of(request), expires_at))
    except NotFound as error:
        raise Unacceptable(404, "NotFound", "The data are not on this machine") from error
    except Unavailable as error:
        message = f"{error.system} cannot be used now"
        raise Unacceptable(503, "ServiceUnavailable", message) from error
    except InvalidInput as error:
        raise Unacceptable(400, MALFORMED, str(error)) from error
    return json_response(document, 200, JSON, PERSONAL)


def _about(workbench: Workbench, _asked: PageRequest) -> Json:
    return workbench.about()


def _find(workbench: Workbench, asked: PageRequest) -> Json:
    prefix = asked.text("prefix")
    if len(prefix) > MAX_CHARACTERS:
        raise InvalidInput("prefix", f"expected at most {MAX_CHARACTERS} characters")
    return workbench.find(prefix)


def _fan(workbench: Workbench, asked: PageRequest) -> Json:
    return workbench.fan(GlobalUserId(asked.id("fan")))


def _explanation(workbench: Workbench, asked: PageRequest) -> Json:
    identity = iam_identity(ROLE, asked.peer)
    time_left_s = max(0.0, asked.expires_at - monotonic() - MARGIN_S)
    return workbench.explain(asked.id("fan"), asked.optional_id("event"), identity, time_left_s)


def _events(workbench: Workbench, asked: PageRequest) -> Json:
    fan = asked.optional_id("fan")
    place = (
        Place(_epoch_s(asked, "beforeAt"), asked.text("beforeId"))
        if asked.given.get("beforeAt")
        else Place()
    )
    return workbench.events(None if fan is None else GlobalUserId(fan), place)


def _epoch_s(asked: PageRequest, name: str) -> float:
    try:
        return float(asked.text(name))
    except ValueError as error:
        raise InvalidInput(name, "expected a number of seconds") from error


def _retry(workbench: Workbench, asked: PageRequest) -> Json:
    return workbench.retry(asked.text("event"))


def _replay(workbench: Workbench, asked: PageRequest) -> Json:
    names = asked.given.get("consumers")
    also_send = asked.given.get("alsoSend", False)
    known = {each.value: each for each in Consumer}
    if not isinstance(names, list) or not all(each in known for each in map(str, names)):
        raise InvalidInput("consumers", f"expected a list of {', '.join(known)}")
    if not isinstance(also_send, bool):
        raise InvalidInput("alsoSend", "expected true or false")
    consumers = {known[str(each)] for each in names}
    return workbench.replay(asked.text("event"), consumers, also_send=also_send)


WORKBENCH_PAGES: Mapping[str, WorkbenchPage] = {
    "/dev/workbench/about": WorkbenchPage("GET", _about),
    "/dev/workbench/fans": WorkbenchPage("GET", _find, frozenset({"prefix"})),
    "/dev/workbench/fan": WorkbenchPage("GET", _fan, frozenset({"fan"})),
    "/dev/workbench/explanation": WorkbenchPage("GET", _explanation, frozenset({"fan", "event"})),
    "/dev/workbench/events": WorkbenchPage(
        "GET", _events, frozenset({"fan", "beforeAt", "beforeId"})
    ),
    "/dev/workbench/retry": WorkbenchPage("POST", _retry, frozenset({"event"})),
    "/dev/workbench/replay": WorkbenchPage(
        "POST", _replay, frozenset({"event", "consumers", "alsoSend"})
    ),
}
"""The pages, by path."""
