"""From options to a gateway that listens, and stops gracefully."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType

import attrs
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from fanscore_adapters.http.environment import read_http_environment
from fanscore_appsync.api import API, Api
from fanscore_appsync.local.auth.api_keys import (
    DEVELOPMENT_KEY,
    ApiKeys,
    development_keys,
    parse_api_keys,
)
from fanscore_appsync.local.auth.issuer import (
    CLIENT_ID,
    ISSUER,
    DevelopmentIssuer,
    TokenUse,
    default_folder,
    open_issuer,
)
from fanscore_appsync.local.auth.jwks import MAX_WAITING, FixedKeys, JwksClient, jwks_http_client
from fanscore_appsync.local.auth.rate_limit import RateLimiter
from fanscore_appsync.local.auth.user_pool import UserPool
from fanscore_appsync.local.graphql.execution import GraphQL
from fanscore_appsync.local.graphql.handler_calls import HandlerCalls
from fanscore_appsync.local.graphql.limits import DEFAULT_LIMITS, Limits
from fanscore_appsync.local.http.credentials import Credentials
from fanscore_appsync.local.http.gateway import NOTHING, Development, Gateway
from fanscore_appsync.local.http.request import is_loopback
from fanscore_appsync.local.policy_lab import PolicyLab
from fanscore_appsync.local.workbench import Workbench
from fanscore_appsync.report import report
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring import apps
from fanscore_appsync.wiring.parts import parsed_file
from fanscore_core.errors import InvalidInput

MAX_THREADS = 32
"""Calls of the handler at the same time."""

MAX_TOKEN_THREADS = 2 * MAX_WAITING
"""Tokens that are checked at the same time: more than can wait for newer keys."""

TOKEN_S = 60 * 60
"""How long a token is good for that the console is given."""

WRONG_KEYS = 20
WRONG_KEYS_PER_S = 1.0
"""Wrong API keys that one address may try at once, and how soon another."""

GRACE_S = 2
"""How much longer than a request may take the end is waited for."""

BACKLOG = 256
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@attrs.frozen
class Options:
    """How to serve.

    Attributes:
        host: the address to listen on.
        port: to listen on; 0 for any that is free.
        settings: of the handler.
        limits: of requests.
        origins: of pages elsewhere that may call.
        believes_iam_header: whether a request from this machine may name its role.
        is_traceable: whether who asks for it is shown how a response came about; only while
            nobody but this machine can call.
        api_keys: a file of keys; ``None`` for the development key, only while nobody but this
            machine can call.
        user_pool: the issuer whose tokens count; ``None`` for the development issuer.
        client_ids: the app clients of the user pool.
        folder: where the development issuer's key lies; ``None`` for the usual place.
        environ: names the usual place, and by which proxy the keys of the user pool are fetched.
        api: what is served.
    """

    host: str
    port: int
    settings: Settings
    limits: Limits = DEFAULT_LIMITS
    origins: tuple[str, ...] = ()
    believes_iam_header: bool = False
    is_traceable: bool = True
    api_keys: str | None = None
    user_pool: str | None = None
    client_ids: tuple[str, ...] = ()
    folder: str | None = None
    environ: Mapping[str, str] = attrs.field(factory=dict)
    api: Api = API

    @property
    def is_local(self) -> bool:
        """Whether only this machine can call."""
        return is_loopback(self.host)


@attrs.frozen
class Served:
    """A gateway that listens, and serves once it is run.

    Attributes:
        url: of the console.
        api_key: good for calls, if there is one to tell.
        token_command: makes a token, if there is a development issuer.
        listening: where it listens.
    """

    url: str
    api_key: str | None
    token_command: str | None
    listening: socket.socket
    _server: uvicorn.Server

    @contextmanager
    def stopped_by_signals(self) -> Iterator[None]:
        """Have ``SIGINT`` and ``SIGTERM`` stop it, also before it runs. In the main thread only."""
        before = {each: signal.signal(each, self._stop) for each in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def run(self) -> None:
        """Serve until it is stopped; then let requests in flight finish."""
        self._server.run([self.listening])

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._server.should_exit = True


def open_gateway(options: Options, closing: ExitStack) -> Served:
    """Wire a gateway and listen.

    Args:
        options: how.
        closing: is given what must be closed after serving.

    Raises:
        InvalidInput: as ``make_gateway``, or the address cannot be used.
    """
    gateway = make_gateway(options, closing)
    listening = _listen(options)
    closing.callback(listening.close)
    command = None if options.user_pool else _token_command(options)
    key = gateway.development.api_key
    return Served(_url(listening), key, command, listening, _server(gateway, options.limits))


def make_gateway(options: Options, closing: ExitStack) -> Gateway:
    """Wire a gateway. What is for development is there only if nobody else can call.

    Args:
        options: how.
        closing: is given what must be closed after serving.

    Raises:
        InvalidInput: a file, the user pool, or options that do not go together.
    """
    _refuse_empty(options)
    if options.believes_iam_header and not options.is_local:
        raise InvalidInput("--allow-iam-header", "not where other machines can call")
    issuer = None if options.user_pool else _issuer(options)
    connected = apps.connect_with_desk(options.settings, closing, api=options.api)
    threads = closing.enter_context(ThreadPoolExecutor(MAX_THREADS, "fanscore-gateway"))
    token_threads = ThreadPoolExecutor(MAX_TOKEN_THREADS, "fanscore-tokens")
    return Gateway(
        GraphQL(HandlerCalls(connected.app.answer, threads, report), options.limits, options.api),
        _credentials(options, issuer),
        report,
        closing.enter_context(token_threads),
        options.limits,
        _hosts(options),
        options.origins,
        options.is_traceable and options.is_local,
        _development(options, issuer, connected),
    )


def _refuse_empty(options: Options) -> None:
    """Refuse an option that is given without a value, as by a variable that is not set."""
    given: Mapping[str, Sequence[str | None]] = {
        "--host": [options.host],
        "--allow-origin": options.origins,
        "--api-keys": [options.api_keys],
        "--user-pool": [options.user_pool],
        "--client-id": options.client_ids,
        "--keys": [options.folder],
    }
    for name, values in given.items():
        if "" in values:
            raise InvalidInput(name, "given without a value")


def _credentials(options: Options, issuer: DevelopmentIssuer | None) -> Credentials:
    keys = _api_keys(options)
    return Credentials(
        _user_pool(options, issuer).identify,
        lambda each: keys.check(each, datetime.now(UTC)),
        RateLimiter(time.monotonic).take,
        options.believes_iam_header,
        RateLimiter(time.monotonic, WRONG_KEYS_PER_S, WRONG_KEYS).take,
    )


def _development(
    options: Options, issuer: DevelopmentIssuer | None, connected: apps.Connected
) -> Development:
    if not options.is_local:
        return NOTHING
    key = DEVELOPMENT_KEY if options.api_keys is None else None
    workbench = Workbench(connected.app.answer, connected.stores)
    lab = PolicyLab(connected.app.policy, connected.app.api.signals, connected.app.answer)
    return Development(_token_maker(issuer), key, lab, workbench)


def _issuer(options: Options) -> DevelopmentIssuer:
    folder = Path(options.folder) if options.folder else default_folder(options.environ)
    return open_issuer(folder)


def _token_command(options: Options) -> str:
    keys = f" --keys {shlex.quote(options.folder)}" if options.folder else ""
    return f"fanscore token user123{keys}"


def _token_maker(issuer: DevelopmentIssuer | None) -> Callable[[str, Sequence[str]], str] | None:
    if issuer is None:
        return None
    return lambda sub, groups: issuer.sign(sub, groups, TOKEN_S, TokenUse.ID, time.time())


def _user_pool(options: Options, issuer: DevelopmentIssuer | None) -> UserPool:
    if issuer is not None:
        return UserPool(ISSUER, frozenset({CLIENT_ID}), FixedKeys(issuer.jwks), time.time)
    if not options.client_ids:
        raise InvalidInput("--client-id", "a user pool needs at least one app client")
    url = str(options.user_pool).rstrip("/")
    key_set = f"{url}/.well-known/jwks.json"
    open_client = partial(jwks_http_client, key_set, read_http_environment(options.environ))
    try:
        keys = JwksClient(key_set, open_client, time.monotonic)
    except InvalidInput as error:
        raise InvalidInput("--user-pool", error.problem) from error
    return UserPool(url, frozenset(options.client_ids), keys, time.time)


def _api_keys(options: Options) -> ApiKeys:
    if options.api_keys is None:
        return development_keys(datetime.now(UTC)) if options.is_local else ApiKeys(())
    return parsed_file(options.api_keys, "--api-keys", parse_api_keys)


def _hosts(options: Options) -> frozenset[str] | None:
    if not options.is_local:
        return None
    return frozenset({"localhost", "127.0.0.1", "[::1]", options.host})


def _listen(options: Options) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    # Only of a socket that says it is TCP does asyncio send small answers at once.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((options.host, options.port))
        listening.listen(BACKLOG)
    except (OSError, TypeError, UnicodeError) as error:  # the latter two: no name of a host
        listening.close()
        where = f"{options.host}:{options.port}"
        raise InvalidInput(where, f"cannot listen: {_reason(error)}") from error
    return listening


def _reason(error: Exception) -> str:
    if not isinstance(error, OSError):
        return "no such host"
    number = error.errno or 0
    return os.strerror(number) if number > 0 else error.strerror or type(error).__name__


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _server(gateway: Gateway, limits: Limits) -> uvicorn.Server:
    config = uvicorn.Config(
        gateway.app,
        http=http_protocol(limits.request_s),
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        # The peer is whom the socket says, not whom a header says.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=int(limits.request_s) + GRACE_S,
    )
    return uvicorn.Server(config)


def http_protocol(headers_s: float) -> type[asyncio.Protocol]:
    """Make the class of an HTTP protocol that closes a connection on which no request begins.

    Args:
        headers_s: how long the headers of a request may take, in seconds: of the first from the
            opening of the connection, of others from their first byte.
    """

    class HttpProtocol(H11Protocol):
        _closing: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._limit()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if _is_answering(self.cycle):
                self._unlimit()
            elif self._closing is None:
                self._limit()

        def connection_lost(self, exc: Exception | None) -> None:
            self._unlimit()
            super().connection_lost(exc)

        def _unsupported_upgrade_warning(self) -> None:
            """Return no advice: the gateway knows no other protocol, and refuses the request."""

        def _limit(self) -> None:
            self._closing = self.loop.call_later(headers_s, self.transport.close)

        def _unlimit(self) -> None:
            if self._closing is not None:
                self._closing.cancel()
                self._closing = None

    return HttpProtocol


def _is_answering(cycle: RequestResponseCycle | None) -> bool:
    return cycle is not None and not cycle.response_complete
