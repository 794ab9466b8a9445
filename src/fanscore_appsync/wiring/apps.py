"""From settings to an app: with ``embedded`` and ``aws`` the place of adapters.

Each function and backend loads what it needs alone, which shortens cold starts.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from fanscore_appsync.api import API, Api
from fanscore_appsync.app import App
from fanscore_appsync.log import log_decision
from fanscore_appsync.report import report
from fanscore_appsync.setting_row import Function, ReceiptPlace
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.parts import (
    api_of,
    check_posting,
    endpoint_urls,
    mint,
    now,
    parsed_file,
    source_maker,
    webhooks,
)
from fanscore_core.engine.question import Source
from fanscore_core.errors import InvalidInput
from fanscore_core.policy_book import PolicyBook, as_book

if TYPE_CHECKING:
    from fanscore_appsync.chunk_app import ChunkApp
    from fanscore_appsync.consumer_app import ConsumerApp
    from fanscore_appsync.idv_app import IdvApp
    from fanscore_appsync.receipts import ReceiptKeeper
    from fanscore_appsync.wiring.embedded import Embedded


@attrs.frozen(eq=False, repr=False)
class Connected:
    """A wired app.

    Attributes:
        app: answers events.
        stores: what an operator looks into; ``None`` where the data lie elsewhere.
    """

    app: App
    stores: Embedded | None


def connect(
    settings: Settings,
    closing: ExitStack | None = None,
    linger_s: float = 0.0,
    api: Api | None = None,
) -> App:
    """Wire an app.

    Args:
        settings: say what it consists of.
        closing: is given what to close when nobody calls the app any more, so that deliveries
            that have begun come to their end; without it, all is closed as the process ends.
        linger_s: how long closing waits until the local bus has delivered what was published.
        api: the API; ``None`` for the one that the settings name.

    Raises:
        InvalidInput: a file that the settings name cannot be used; says which, where and why.
    """
    return connect_with_desk(settings, closing, linger_s, api).app


def connect_with_desk(
    settings: Settings,
    closing: ExitStack | None = None,
    linger_s: float = 0.0,
    api: Api | None = None,
) -> Connected:
    """Wire an app; where its data lies on this machine, with what looks into them.

    All else is as for ``connect``.
    """
    api = api or api_of(settings)
    book = policy_book(settings.policy, api=api)
    shadow = _shadow_of(settings, api, book)
    stores: Embedded | None = None
    with _closed_by(closing) as opened:
        if settings.aws is None:
            from fanscore_appsync.wiring import embedded  # noqa: PLC0415  # (as said above)

            stores = embedded.connect_embedded(settings, api, opened, linger_s)
            adapters = stores.adapters
        else:
            from fanscore_appsync.wiring import aws  # noqa: PLC0415  # (as said above)

            adapters = aws.resolver_adapters(settings, settings.aws, api, opened)
        source = source_maker(adapters, opened)
        keeper = _keeper(settings, source)
        app = App(source, report, now, mint, book, api, shadow=shadow, keeper=keeper)
        return Connected(app, stores)


def connect_reader(settings: Settings, closing: ExitStack, api: Api | None = None) -> App:
    """Wire an app that answers only what reads, leaves a database as it is, and keeps no receipt.

    Args:
        settings: as for ``connect``.
        closing: is given what to close in the end.
        api: as for ``connect``.

    Raises:
        InvalidInput: as ``connect``; or there is no database.
    """
    api = api or api_of(settings)
    if settings.aws is not None:
        return connect(attrs.evolve(settings, receipts=frozenset()), closing, api=api)
    from fanscore_appsync.wiring import embedded  # noqa: PLC0415  # (as said above)

    book = policy_book(settings.policy, api=api)
    shadow = _shadow_of(settings, api, book)
    adapters = embedded.reader_adapters(settings, api, closing)
    source = source_maker(adapters, closing)
    return App(source, report, now, mint, book, api, shadow=shadow)


def connect_tables(settings: Settings, closing: ExitStack, api: Api) -> Callable[[float], Source]:
    """Wire what reads the tables alone, and leaves a database as it is.

    Args:
        settings: as for ``connect``.
        closing: is given what to close in the end.
        api: whose tables.

    Raises:
        InvalidInput: there is no database, or a table's name cannot be used.
    """
    if settings.aws is None:
        from fanscore_appsync.wiring import embedded  # noqa: PLC0415  # (as said above)

        return source_maker([embedded.table_reader(settings, api, closing)], closing)
    from fanscore_appsync.wiring import aws  # noqa: PLC0415  # (as said above)

    return source_maker([aws.tables(settings.aws, api, closing)], closing)


def connect_idv(settings: Settings, closing: ExitStack | None = None) -> IdvApp:
    """Wire the identity verification function, as a function of its own.

    Args:
        settings: as for ``connect``.
        closing: as for ``connect``.

    Raises:
        InvalidInput: the database cannot be used.
    """
    with _closed_by(closing) as opened:
        if settings.aws is None:
            from fanscore_appsync.wiring import embedded  # noqa: PLC0415  # (as said above)

            return embedded.connect_idv(settings, opened)
        from fanscore_appsync.idv_app import IdvApp  # noqa: PLC0415  # (the same)
        from fanscore_appsync.wiring import aws  # noqa: PLC0415  # (as said above)

        adapters = aws.idv_adapters(settings.aws, opened)
        return IdvApp(source_maker(adapters, opened), report, now)


def connect_consumers(settings: Settings, closing: ExitStack | None = None) -> ConsumerApp:
    """Wire the consumers of user events, as functions of their own.

    Args:
        settings: as for ``connect``.
        closing: as for ``connect``.

    Raises:
        InvalidInput: the database or an endpoint cannot be used.
    """
    with _closed_by(closing) as opened:
        if settings.aws is None:
            from fanscore_appsync.wiring import embedded  # noqa: PLC0415  # (as said above)

            return embedded.connect_consumers(settings, opened)
        from fanscore_appsync.consumer_app import ConsumerApp  # noqa: PLC0415  # (the same)
        from fanscore_appsync.wiring import aws  # noqa: PLC0415  # (as said above)

        check_posting(settings)
        tables = aws.consumer_adapters(settings, settings.aws, opened)
        adapters = (*tables, webhooks(endpoint_urls(settings), opened))
        return ConsumerApp(source_maker(adapters, opened), report, now, mint)


def connect_chunks(settings: Settings, closing: ExitStack | None = None) -> ChunkApp:
    """Wire what scores chunks of an event's registrants; on AWS alone.

    Args:
        settings: as for ``connect``.
        closing: as for ``connect``.

    Raises:
        InvalidInput: the backend is another one, or a setting is missing; as ``connect``.
    """
    from fanscore_appsync.chunk_app import ChunkApp  # noqa: PLC0415  # (as said above)
    from fanscore_appsync.wiring import aws  # noqa: PLC0415  # (as said above)

    if settings.aws is None:
        raise InvalidInput("FANSCORE_BACKEND", "expected aws: chunks lie in a bucket")
    api = api_of(settings)
    book = policy_book(settings.policy, api=api)
    with _closed_by(closing) as opened:
        objects = aws.score_objects(settings, settings.aws, opened)
        adapters = aws.resolver_adapters(settings, settings.aws, api, opened, Function.CHUNKS)
        source = source_maker(adapters, opened)
        lines = settings.receipts & {ReceiptPlace.LOG}  # beside the scores; no table is written to
        keeper = _keeper(attrs.evolve(settings, receipts=lines), source)
        return ChunkApp(source, report, now, objects, book, api, keeper=keeper)


def policy_book(path: str | None, named_by: str = "FANSCORE_POLICY", api: Api = API) -> PolicyBook:
    """Read the policies that decide scores.

    Args:
        path: of a score policy or of a policy book; ``None`` for the shipped policy.
        named_by: what names the path, for an error.
        api: whose signals a policy says the worth of.

    Raises:
        InvalidInput: the file cannot be used; says which, where and why.
    """
    if path is None:
        return as_book(api.default_policy)
    from fanscore_adapters.documents.policy import parse_policy_book  # noqa: PLC0415  # (as said)

    return parsed_file(path, named_by, lambda text: parse_policy_book(text, api.signals))


def _shadow_of(settings: Settings, api: Api, live: PolicyBook) -> PolicyBook | None:
    if settings.shadow_policy is None:
        return None
    from fanscore_adapters.documents.policy import parse_policy_book  # noqa: PLC0415  # (as said)
    from fanscore_appsync.shadow import check_shadow  # noqa: PLC0415  # (as said)

    return parsed_file(
        settings.shadow_policy,
        "FANSCORE_SHADOW_POLICY",
        lambda text: check_shadow(live, parse_policy_book(text, api.signals)),
    )


def _keeper(settings: Settings, source: Callable[[float], Source]) -> ReceiptKeeper | None:
    """Return what keeps receipts; without it, none of it is imported."""
    if not settings.receipts:
        return None
    from fanscore_appsync.code_version import code_version  # noqa: PLC0415  # (as said)
    from fanscore_appsync.receipts import ReceiptKeeper  # noqa: PLC0415  # (as said)

    return ReceiptKeeper(
        code_version(),
        report,
        timedelta(days=settings.receipt_days),
        source if ReceiptPlace.TABLE in settings.receipts else None,
        log_decision if ReceiptPlace.LOG in settings.receipts else None,
    )


@contextmanager
def _closed_by(closing: ExitStack | None) -> Iterator[ExitStack]:
    """Offer a place for what is to be closed: at once if wiring fails, else in the end.

    It stays open: an adapter that is made when it is first asked puts its client there, too.
    """
    opened = ExitStack()
    try:
        yield opened
    except BaseException:
        opened.close()
        raise
    if closing is not None:
        closing.push(opened)
    else:
        atexit.register(opened.close)
