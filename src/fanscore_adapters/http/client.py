"""Calling a system over HTTP: in the time that a question has, and again where that may help.

A system that keeps failing is not asked for a while. What is sent and what comes back, URLs and
headers included, is never logged here, nor does it stand in an answer's error.

An HTTP system of one's own is an adapter around an ``HttpEndpoint``, as ``Lnaa`` is one:
docs/how-to/move-from-javascript.md shows it.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from math import inf
from time import monotonic, sleep
from types import MappingProxyType

import attrs
import httpx
from tenacity import RetryCallState, retry_if_exception, wait_random_exponential
from tenacity.wait import wait_base

from fanscore_adapters.adapter import LEAST_S, late
from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.http.circuit_breaker import CircuitBreaker
from fanscore_adapters.http.endpoints import url_to
from fanscore_adapters.http.environment import DIRECT, HttpEnvironment
from fanscore_adapters.http.transport import DeadlineTransport, within
from fanscore_adapters.retries import retrying
from fanscore_core.engine.question import Answered, Ask
from fanscore_core.errors import InvalidInput, Unavailable

MAX_BODY = 65_536
"""The most bytes of an answer that are read."""

MAX_WAIT_S = 2.0
"""How long a system may ask to wait, if nothing else is said."""

_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500

# RFC 9110, 5.5, without what is obsolete: no line break gets into a request.
_is_header = re.compile(r"([!-~]([\t -~]*[!-~])?)?").fullmatch

_NOTHING: Mapping[str, str] = MappingProxyType({})


def utc_now() -> datetime:
    """Return the time by which ``Retry-After`` may give a date."""
    return datetime.now(UTC)


def stateless_client(timeout_s: float, environment: HttpEnvironment = DIRECT) -> httpx.Client:
    """Make a client that follows no redirects, which would take data and tokens elsewhere.

    It keeps no cookies either: the next call is about another fan. Of the environment it reads
    nothing itself.

    Args:
        timeout_s: for connecting, for each read and for each write.
        environment: names proxies and certificates.
    """
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx.Client(
        timeout=timeout_s,
        follow_redirects=False,
        cookies=no_cookies,
        transport=DeadlineTransport(environment),
        trust_env=False,
    )


class Failure(enum.Enum):
    """What kind of failure an attempt was."""

    NO_TIME = "there was no time to start it"
    LEFT_ALONE = "the circuit is open"
    TIMEOUT = "no answer in time"
    OUTAGE = "no connection, or a 5xx"
    BUSY = "a 429"


_OUTAGES = frozenset({Failure.TIMEOUT, Failure.OUTAGE})
_PASSING = frozenset({Failure.TIMEOUT, Failure.OUTAGE, Failure.BUSY})


@attrs.frozen
class CallFailedError(Exception):
    """An attempt failed.

    Attributes:
        kind: the kind of failure.
        reason: why, in our words.
        wait_s: how long the system asks to wait before another attempt.
    """

    kind: Failure
    reason: str
    wait_s: float = 0.0


@attrs.frozen
class HttpCall:
    """What to send, and how to read what comes back.

    Attributes:
        method: such as ``GET``.
        url: checked by ``endpoint_url``, or by ``base_url`` if a path or a query is added.
        headers: beside those that every call has; printable ASCII.
        read: makes the answer of a status other than 429 and 5xx, and of the body, which is
            ``None`` where it is too long or compressed. ``json_reader`` makes one.
        content: the body to send.
        max_attempts: more than one only where it may be repeated.
        path: added to the URL, each value as one segment, percent-encoded. A value that would lead
            elsewhere is not sent: an empty one, and ``.`` and ``..``.
        query: added to the URL, names and values percent-encoded.
    """

    method: str
    url: str = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    read: Callable[[int, bytes | None], object]
    content: str | None = attrs.field(default=None, repr=False)
    max_attempts: int = 1
    path: Sequence[str] = attrs.field(default=(), repr=False, kw_only=True)
    query: Mapping[str, str] = attrs.field(default=_NOTHING, repr=False, kw_only=True)


def json_reader(
    system: str,
    make: Callable[[object], object],
    known: Mapping[int, object] = MappingProxyType({}),
) -> Callable[[int, bytes | None], object]:
    """Make what reads a JSON document for ``HttpCall.read``.

    Any other status than success, and a body that is not what it must be, are ``Unavailable``.

    Args:
        system: the name of who answers.
        make: makes the answer of the document, whose fractions are ``Decimal``; raises
            ``InvalidInput`` if it is malformed.
        known: the statuses that are an answer by themselves, such as ``{404: None}``.
    """

    def read(status: int, body: bytes | None) -> object:
        if status in known:
            return known[status]
        if not httpx.codes.is_success(status):
            return Unavailable(system, f"answered with status {status}")
        try:
            document = parse_stored_json((body or b"").decode())
        except (InvalidInput, UnicodeDecodeError):
            return Unavailable(system, "malformed answer")
        try:
            return make(document)
        except InvalidInput as error:
            return Unavailable(system, f"malformed answer: {error}")

    return read


@attrs.frozen
class HttpEndpoint:
    """A system that is called over HTTP; may be used by several threads.

    An adapter has one for each system, for as long as the process lives, and answers each question
    by a call::

        endpoint = HttpEndpoint("seat_maps", stateless_client(timeout_s=3.0))

        def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
            return [self.endpoint.answer(ask, self._call(ask.question)) for ask in asks]

        def _call(self, asked: SeatMap) -> HttpCall:
            path = ("events", asked.event_id, "seats")
            return HttpCall("GET", self.url, {}, self._read, max_attempts=3, path=path)

    What it sees to: no call outlives its ask (``Ask.expires_at``), from connecting to the last
    byte. Where a call may be repeated, it is after a timeout, a lost connection, a 5xx and a 429,
    with a random pause, or the longer one that ``Retry-After`` asks for. After repeated failures
    (``MAX_FAILURES``) the system is not called for a while (``OPEN_S``). It never raises for what
    goes wrong with a call: that is the answer, ``Unavailable`` or ``DeadlineExceeded``, without
    anything of what was sent or received.

    Attributes:
        system: its name, in errors and traces.
        client: follows no redirects, as ``stateless_client`` makes it. An attempt takes at most as
            long as its timeouts for connecting and reading together, and ends when the time is up,
            however little by little the system answers.
        max_wait_s: a system that asks to wait longer than this is not asked again.
        wait: lets seconds pass between attempts.
        clock: seconds, never going back; the clock of ``Ask.expires_at``.
        now: the time of day.
        breaker: the circuit to this system.
    """

    system: str
    client: httpx.Client
    max_wait_s: float = MAX_WAIT_S
    wait: Callable[[float], None] = sleep
    clock: Callable[[], float] = monotonic
    now: Callable[[], datetime] = utc_now
    breaker: CircuitBreaker = attrs.field()

    @breaker.default
    def _closed_circuit(self) -> CircuitBreaker:
        return CircuitBreaker(self.clock)

    def answer(self, ask: Ask, call: HttpCall) -> Answered:
        """Make a call, with further attempts where they may help, and return the answer.

        What cannot be sent, such as an id that no URL can name, is not: it is ``Unavailable``.
        """
        try:
            url = _url_of(call)
        except InvalidInput as error:
            return Answered(Unavailable(self.system, error.problem), self.system)
        return self._answer(ask, attrs.evolve(call, url=url, path=(), query=_NOTHING))

    def _answer(self, ask: Ask, call: HttpCall) -> Answered:
        started_at = self.clock()
        asking = _HttpAttempts(self, call, ask.expires_at)
        attempts = retrying(
            retry=retry_if_exception(asking.may_help),
            attempts=call.max_attempts,
            wait=_Wait(wait_random_exponential(multiplier=0.2, max=self.max_wait_s)),
            sleep=self.wait,
            clock=self.clock,
            expires_at=ask.expires_at,
        )
        answer: object
        try:
            answer = attempts(asking.attempt)
        except CallFailedError as failure:
            answer = self._error(ask, failure)
        return Answered(answer, self.system, self.clock() - started_at, asking.calls)

    def _error(self, ask: Ask, failure: CallFailedError) -> Exception:
        is_late = failure.kind is Failure.TIMEOUT and self.clock() + LEAST_S > ask.expires_at
        if is_late or failure.kind is Failure.NO_TIME:
            return late(self.system, ask)
        return Unavailable(self.system, failure.reason)


@attrs.define
class _HttpAttempts:
    """The attempts at one call.

    Attributes:
        calls: how many were made.
    """

    party: HttpEndpoint
    call: HttpCall
    expires_at: float
    calls: int = 0

    def may_help(self, error: BaseException) -> bool:
        """Whether another attempt may help."""
        return (
            isinstance(error, CallFailedError)
            and error.kind in _PASSING
            and error.wait_s <= self.party.max_wait_s
            and not self.party.breaker.is_open
        )

    def attempt(self) -> object:
        """Make one attempt, and report it to the breaker."""
        left_s = self.expires_at - self.party.clock()
        if left_s < LEAST_S:
            raise CallFailedError(Failure.NO_TIME, "no time left")
        breaker = self.party.breaker
        if not breaker.admits():
            raise CallFailedError(Failure.LEFT_ALONE, "not asked after repeated failures")
        self.calls += 1
        try:
            answer = self._exchange(left_s)
        except CallFailedError as failure:
            if failure.kind in _OUTAGES:
                breaker.failed()
            else:
                breaker.succeeded()
            raise
        breaker.succeeded()
        return answer

    def _exchange(self, left_s: float) -> object:
        client, call, clock = self.party.client, self.call, self.party.clock
        ends_at = min(self.expires_at, clock() + _longest_s(client.timeout))
        try:
            with (
                within(lambda: ends_at - clock()),
                client.stream(
                    call.method,
                    call.url,
                    content=call.content,
                    headers={"Accept-Encoding": "identity", **call.headers},
                    timeout=_within(client.timeout, left_s),
                ) as response,
            ):
                self._check(response)
                return call.read(response.status_code, self._body(response, ends_at))
        except httpx.RequestError as error:
            is_timeout = isinstance(error, httpx.TimeoutException)
            kind = Failure.TIMEOUT if is_timeout else Failure.OUTAGE
            reason = f"could not be reached: {type(error).__name__}"
            raise CallFailedError(kind, reason) from error

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
            kind = Failure.BUSY if status == _TOO_MANY_REQUESTS else Failure.OUTAGE
            wait_s = _asked_wait_s(response.headers.get("Retry-After", ""), self.party.now())
            raise CallFailedError(kind, f"answered with status {status}", wait_s)

    def _body(self, response: httpx.Response, ends_at: float) -> bytes | None:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            return None  # nobody asked for it, and it may be huge
        body = b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_BODY:
                return None
            if self.party.clock() >= ends_at:
                raise CallFailedError(Failure.TIMEOUT, "took too long to answer")
        return body


def _url_of(call: HttpCall) -> str:
    """Return where a call goes to.

    Raises:
        InvalidInput: it cannot be sent; the problem repeats nothing of it.
    """
    if not all(map(_is_header, call.headers.values())):
        raise InvalidInput("headers", "a header is not printable ASCII")
    try:
        (call.content or "").encode()
    except UnicodeEncodeError:
        raise InvalidInput("content", "the body has half characters") from None
    return url_to(call.url, call.path, call.query)


@attrs.frozen
class _Wait(wait_base):
    """Waits by chance, and at least as long as the system asks."""

    jittered: wait_base

    def __call__(self, retry_state: RetryCallState) -> float:
        failure = retry_state.outcome.exception() if retry_state.outcome else None
        asked_s = failure.wait_s if isinstance(failure, CallFailedError) else 0.0
        return max(asked_s, self.jittered(retry_state))


def _within(timeout: httpx.Timeout, left_s: float) -> httpx.Timeout:
    """Bound each timeout by the time that is left."""
    limits = timeout.as_dict()
    return httpx.Timeout(
        **{name: left_s if limit is None else min(limit, left_s) for name, limit in limits.items()}
    )


def _longest_s(timeout: httpx.Timeout) -> float:
    limits = (timeout.connect, timeout.read)
    return sum(inf if limit is None else limit for limit in limits)


def _asked_wait_s(text: str, now: datetime) -> float:
    """Read ``Retry-After``, seconds or a date; anything else is ignored.

    (RFC 9110, 10.2.3; of the forms of a date, the one that is not obsolete)
    """
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return 0.0
    return max(0.0, (moment - now).total_seconds())
