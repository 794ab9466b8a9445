"""Calls of AWS services, each bounded in time and number of attempts.

botocore tries again by itself, in its standard mode; nothing else repeats what failed here. Its
retry quota is the budget: in a long outage, calls are soon tried once only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from time import monotonic, perf_counter
from typing import Protocol, cast

import attrs
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from botocore.session import Session

from fanscore_adapters.adapter import LEAST_S, late
from fanscore_adapters.aws.descriptions import read_descriptions_quickly
from fanscore_core.engine.question import Answered, Ask
from fanscore_core.errors import InvalidInput, Unavailable

MAX_CONNECTIONS = 32
"""As many as there are threads that call a service (``MAX_THREADS`` of the wiring)."""

CONNECT_S = 1.0
ATTEMPTS = 3
"""The most attempts at one call, the first included."""

NO_TIME = "no time left"

# What botocore's parsers raise where an answer is JSON of another form, or no text at all.
_STUMBLED = (AttributeError, LookupError, RecursionError, TypeError, ValueError)

_is_code = re.compile(r"[A-Za-z0-9.:]{1,100}").fullmatch

_expires_at: ContextVar[float] = ContextVar("expires_at")


@attrs.frozen
class AwsError(Exception):
    """A call failed.

    Attributes:
        code: AWS's, such as ``ResourceNotFoundException``; or the kind of what went wrong on the
            way, such as ``ReadTimeoutError``.
        status: HTTP status of the answer; 0 if none came.
        response: the answer; empty if none came.
    """

    code: str
    status: int = 0
    response: Mapping[str, object] = attrs.field(factory=dict, repr=False)

    def __str__(self) -> str:
        return self.reason

    @property
    def reason(self) -> str:
        """What went wrong, in our words."""
        return f"refused with {self.code}" if self.status else f"no answer: {self.code}"


def malformed() -> AwsError:
    """Make the error of an answer that is none of the service's."""
    return AwsError("a malformed answer")


class OutOfTimeError(Exception):
    """An attempt was not started, since there was too little time for it."""


class Events(Protocol):
    """Where botocore tells what it does."""

    def register(self, event_name: str, handler: Callable[..., object]) -> None:
        """Have a function called at an event."""
        ...


class AwsSession:
    """What the clients of a process share: credentials, and the descriptions of the services.

    Reading these takes longer than the rest of making a client, and is done once. It is botocore's
    own session: boto3's makes the same clients, and takes longer to import for all else it has.
    """

    def __init__(self, region: str) -> None:
        """Describe a session in a region of AWS; nothing is loaded yet."""
        self._region = region
        self._lock = Lock()
        self._session: Session | None = None

    def make_client(self, service: str, config: Config, endpoint_url: str | None) -> BaseClient:
        """Make a client; one at a time, since a session is not for several threads."""
        with self._lock:
            if self._session is None:
                self._session = Session()
                self._session.set_config_variable("region", self._region)
                read_descriptions_quickly(self._session)
            client: BaseClient = self._session.create_client(
                service, config=config, endpoint_url=endpoint_url
            )
            return client


class AwsClient:
    """The client of one service: made when it is first used, for all threads."""

    def __init__(
        self,
        service: str,
        session: AwsSession,
        read_s: float,
        *,
        endpoint_url: str | None = None,
        prepare: Callable[[Events], None] = lambda _: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Describe a client; nothing is loaded or connected yet.

        Args:
            service: botocore's name.
            session: of the region; may be shared with other clients.
            read_s: how long one attempt may wait for data.
            endpoint_url: where the service is; by default where botocore's own settings say.
            prepare: called once with botocore's events.
            clock: the one that asks expire by.
        """
        self._service = service
        self._session = session
        self._read_s = read_s
        self._endpoint_url = endpoint_url
        self._prepare = prepare
        self._clock = clock
        self._lock = Lock()
        self._client: object = None

    def call(
        self,
        operation: str,
        parameters: Mapping[str, object],
        expires_at: float,
        body: str | None = None,
    ) -> Mapping[str, object]:
        """Call an operation, by its name in Python; attempts start only while there is time.

        Args:
            operation: such as ``get_item``.
            parameters: of the operation.
            expires_at: by the clock.
            body: the member of the answer that is a stream; it is read.

        Raises:
            AwsError: the call failed.
            OutOfTimeError: there was no time for an attempt.
        """
        self._check_time(expires_at)
        method = cast("Callable[..., dict[str, object]]", getattr(self._made(), operation))
        with _limit(expires_at), _as_our_errors():
            response = method(**parameters)
            if body is not None:
                response[body] = cast("_Stream", response[body]).read()
            return response

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._client is not None:
                cast("_Closable", self._client).close()
                self._client = None

    def _made(self) -> object:
        with self._lock:
            if self._client is None:
                try:
                    self._client = self._make()
                except Exception as error:  # noqa: BLE001  # what the start did not check
                    raise AwsError(type(error).__name__) from None
            return self._client

    def _make(self) -> BaseClient:
        config = Config(
            connect_timeout=CONNECT_S,
            read_timeout=self._read_s,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=MAX_CONNECTIONS,
            tcp_keepalive=True,
            # These two save a seventh of each call's time. AWS validates parameters itself, and
            # botocore would describe this machine and the call anew each time.
            parameter_validation=False,
            user_agent="fanscore",
        )
        client = self._session.make_client(self._service, config, self._endpoint_url)
        client.meta.events.register("before-send", self._before_send)
        self._prepare(client.meta.events)
        return client

    def _before_send(self, **_: object) -> None:
        self._check_time(_expires_at.get())

    def _check_time(self, expires_at: float) -> None:
        if self._clock() + LEAST_S > expires_at:
            raise OutOfTimeError(NO_TIME)


def answer_one(system: str, ask: Ask, find: Callable[[], object]) -> Answered:
    """Answer an ask by one call; what goes wrong is the answer.

    Args:
        system: who is asked.
        ask: what is asked.
        find: calls; may raise ``AwsError``, ``OutOfTimeError`` and ``InvalidInput``.
    """
    started_at = perf_counter()
    answer: object
    try:
        answer = find()
    except AwsError as error:
        answer = Unavailable(system, error.reason)
    except InvalidInput as error:
        answer = Unavailable(system, f"malformed: {error}")
    except OutOfTimeError:
        answer = late(system, ask)
    return Answered(answer, system, perf_counter() - started_at, calls=1)


class _Stream(Protocol):
    def read(self) -> bytes: ...


class _Closable(Protocol):
    def close(self) -> None: ...


@contextmanager
def _limit(expires_at: float) -> Iterator[None]:
    token = _expires_at.set(expires_at)
    try:
        yield
    finally:
        _expires_at.reset(token)


@contextmanager
def _as_our_errors() -> Iterator[None]:
    """Tell what botocore raises as an ``AwsError``: its own messages quote what was sent."""
    try:
        yield
    except ClientError as error:
        raise _refused(error.response) from None
    except (BotoCoreError, ResponseParserError, OSError) as error:
        raise AwsError(type(error).__name__) from None  # OSError: a file of credentials
    except _STUMBLED:
        raise malformed() from None


def _refused(response: Mapping[str, object]) -> AwsError:
    match response:
        case {"Error": {"Code": str(code)}, "ResponseMetadata": {"HTTPStatusCode": int(status)}}:
            return AwsError(code if _is_code(code) else "an unknown code", status, response)
        case _:
            return AwsError("a malformed error")
