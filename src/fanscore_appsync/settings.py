"""Settings from the environment, checked together."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import attrs

from fanscore_core.errors import InvalidInput

IN_MEMORY = ":memory:"


class Backend(enum.Enum):
    """Where the answers come from."""

    EMBEDDED = "embedded"


@attrs.frozen
class Settings:
    """How fanscore is wired.

    Attributes:
        backend: ``FANSCORE_BACKEND``.
        database: ``FANSCORE_DB``: the embedded store's file; ``:memory:`` holds the sample data.
        policy: ``FANSCORE_POLICY``: file of the score policy; ``None`` for the one shipped.
        sample: ``FANSCORE_SAMPLE``: file that stand-ins answer from; ``None`` for the one shipped.
        outages: ``FANSCORE_OUTAGES``: services declared out of order, separated by commas.
        notification_url: ``FANSCORE_NOTIFICATION_URL``: where notifications are posted; ``None``
            keeps them in the embedded database.
        sync_url: ``FANSCORE_SYNC_URL``: where the external system is told; likewise.
    """

    backend: Backend = Backend.EMBEDDED
    database: str = IN_MEMORY
    policy: str | None = None
    sample: str | None = None
    outages: frozenset[str] = frozenset()
    notification_url: str | None = None
    sync_url: str | None = None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        InvalidInput: naming the variable, and what it may be.
    """
    backend = environ.get("FANSCORE_BACKEND") or Backend.EMBEDDED.value
    known = [each.value for each in Backend]
    if backend not in known:
        raise InvalidInput("FANSCORE_BACKEND", f"expected {' or '.join(known)}")
    outages = environ.get("FANSCORE_OUTAGES", "").split(",")
    return Settings(
        Backend(backend),
        environ.get("FANSCORE_DB") or IN_MEMORY,
        environ.get("FANSCORE_POLICY") or None,
        environ.get("FANSCORE_SAMPLE") or None,
        frozenset(name.strip() for name in outages if name.strip()),
        environ.get("FANSCORE_NOTIFICATION_URL") or None,
        environ.get("FANSCORE_SYNC_URL") or None,
    )
