"""From settings to an app: with ``embedded`` and ``aws`` the place of adapters.

Each function and backend loads what it needs alone, which shortens cold starts.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from fanscore_adapters.documents.policy import parse_policy
from fanscore_appsync.app import App
from fanscore_appsync.report import report
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.parts import (
    check_posting,
    endpoint_urls,
    mint,
    now,
    parsed_file,
    source_maker,
    webhooks,
)
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy

if TYPE_CHECKING:
    from fanscore_appsync.consumer_app import ConsumerApp
    from fanscore_appsync.idv_app import IdvApp


def connect(settings: Settings, closing: ExitStack | None = None) -> App:
    """Wire an app.

    Args:
        settings: say what it consists of.
        closing: is given what to close when nobody calls the app any more, so that deliveries
            that have begun come to their end; without it, all ends with the process.

    Raises:
        InvalidInput: a file that the settings name cannot be used; says which, where and why.
    """
    closing = closing or ExitStack()
    policy = _policy(settings.policy)
    if settings.aws is None:
        from fanscore_appsync.wiring import embedded  # noqa: PLC0415  # (as said above)

        adapters = embedded.resolver_adapters(settings, closing)
    else:
        from fanscore_appsync.wiring import aws  # noqa: PLC0415  # (as said above)

        adapters = aws.resolver_adapters(settings, settings.aws, closing)
    return App(source_maker(adapters, closing), report, now, mint, policy)


def connect_idv(settings: Settings, closing: ExitStack | None = None) -> IdvApp:
    """Wire the identity verification function, as a function of its own.

    Args:
        settings: as for ``connect``.
        closing: likewise.

    Raises:
        InvalidInput: the database cannot be used.
    """
    closing = closing or ExitStack()
    if settings.aws is None:
        from fanscore_appsync.wiring import embedded  # noqa: PLC0415  # (as said above)

        return embedded.connect_idv(settings, closing)
    from fanscore_appsync.idv_app import IdvApp  # noqa: PLC0415  # (the same)
    from fanscore_appsync.wiring import aws  # noqa: PLC0415  # (as said above)

    adapters = aws.idv_adapters(settings.aws, closing)
    return IdvApp(source_maker(adapters, closing), report, now)


def connect_consumers(settings: Settings, closing: ExitStack | None = None) -> ConsumerApp:
    """Wire the consumers of user events, as functions of their own.

    Args:
        settings: as for ``connect``.
        closing: likewise.

    Raises:
        InvalidInput: the database or an endpoint cannot be used.
    """
    closing = closing or ExitStack()
    if settings.aws is None:
        from fanscore_appsync.wiring import embedded  # noqa: PLC0415  # (as said above)

        return embedded.connect_consumers(settings, closing)
    from fanscore_appsync.consumer_app import ConsumerApp  # noqa: PLC0415  # (the same)
    from fanscore_appsync.wiring import aws  # noqa: PLC0415  # (as said above)

    check_posting(settings)
    tables = aws.consumer_adapters(settings, settings.aws, closing)
    adapters = (*tables, webhooks(endpoint_urls(settings), closing))
    return ConsumerApp(source_maker(adapters, closing), report, now, mint)


def _policy(path: str | None) -> ScorePolicy:
    if path is None:
        return DEFAULT_POLICY
    return parsed_file(path, "FANSCORE_POLICY", parse_policy)
