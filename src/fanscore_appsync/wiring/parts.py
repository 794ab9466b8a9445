"""What every wiring shares: sources for a request, the clock, new ids, and files of settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from time import monotonic
from typing import TypeVar
from uuid import uuid4

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.sources import Sources
from fanscore_appsync.api import API, Api, named_api
from fanscore_appsync.settings import Settings
from fanscore_core.engine.question import Source
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import RequestId
from fanscore_core.systems import NOTIFICATION_ENDPOINT, SYNC_ENDPOINT

ParsedT = TypeVar("ParsedT")

MAX_THREADS = 32


def api_of(settings: Settings) -> Api:
    """Return the API that the settings name.

    Raises:
        InvalidInput: it cannot be imported, or is no ``Api``.
    """
    return API if settings.api is None else named_api(settings.api)


def source_maker(adapters: Sequence[Adapter], closing: ExitStack) -> Callable[[float], Source]:
    """Return what makes a source for the seconds that are left.

    Each maker has threads of its own: a function that is called within the process must not wait
    for a thread of its caller's.
    """
    executors = [ThreadPoolExecutor(MAX_THREADS, "fanscore") for _ in adapters]
    for each in executors:
        closing.callback(each.shutdown)
    return lambda time_left_s: Sources(adapters, executors, monotonic, monotonic() + time_left_s)


def endpoint_urls(settings: Settings) -> Mapping[str, str]:
    """Return the URLs of the endpoints that have one, by system."""
    given = {NOTIFICATION_ENDPOINT: settings.notification_url, SYNC_ENDPOINT: settings.sync_url}
    return {system: url for system, url in given.items() if url is not None}


def webhooks(urls: Mapping[str, str], closing: ExitStack) -> Adapter:
    """Return what posts to endpoints; a client is made once there is something to post."""
    # Only here: the resolver on AWS needs neither, and starts without them.
    from fanscore_adapters.documents.user_event import ENDPOINTS  # noqa: PLC0415
    from fanscore_adapters.lazy import LazyAdapter  # noqa: PLC0415

    systems = {effect: system for effect, system in ENDPOINTS.items() if system in urls}

    def make() -> Adapter:
        # Only here: without endpoints, an HTTP client need not even be installed.
        from fanscore_adapters.http.environment import read_http_environment  # noqa: PLC0415
        from fanscore_adapters.http.webhooks import Webhooks, webhook_client  # noqa: PLC0415

        client = webhook_client(environment=read_http_environment(os.environ))
        return Webhooks(urls, closing.enter_context(client))

    return LazyAdapter(systems, make)


def check_posting(settings: Settings) -> None:
    """Check the environment by which events are posted, for whoever is about to have some posted.

    Raises:
        InvalidInput: it says something that no client can go by; names the variable.
    """
    if endpoint_urls(settings):
        from fanscore_adapters.http.environment import read_http_environment  # noqa: PLC0415

        read_http_environment(os.environ)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def mint() -> RequestId:
    """Make an id that nobody else has."""
    return RequestId(str(uuid4()))


def parsed_file(path: str, variable: str, parse: Callable[[str], ParsedT]) -> ParsedT:
    """Read a file that a setting names.

    Raises:
        InvalidInput: it cannot be read, or not be parsed; names the variable and the file.
    """
    from pathlib import Path  # noqa: PLC0415  # a function without files needs none of it

    try:
        return parse(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(variable, f"cannot read {path}: {type(error).__name__}") from error
    except InvalidInput as error:
        raise InvalidInput(variable, f"{path}: {error}") from error
