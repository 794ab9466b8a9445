"""The code that AppSync runs itself (AWS, "JavaScript resolvers overview"), and how it calls.

Its two files are linted and tested in ``deploy/appsync``.
"""

from __future__ import annotations

from importlib import resources

from fanscore_appsync.fields import Field

SINGLE, BATCH = "Invoke", "BatchInvoke"
"""How AppSync calls a function for a field: with one event, or with a list of them."""

RUNTIME_NAME, RUNTIME_VERSION = "APPSYNC_JS", "1.0.0"
"""The runtime that the code is written for."""


def operation_of(field: Field) -> str:
    """Return how AppSync calls the function for a field: ``SINGLE`` or ``BATCH``."""
    return BATCH if field.batch_size else SINGLE


def resolver_code(operation: str) -> str:
    """Return the code that stands before and behind the function, for ``SINGLE`` or ``BATCH``."""
    return _read("resolver.js").replace(f"'{SINGLE}'", f"'{operation}'")


def namespace_code() -> str:
    """Return the code that resolves a namespace."""
    return _read("namespace.js")


def _read(name: str) -> str:
    return (resources.files("fanscore_appsync.resolvers") / name).read_text(encoding="utf-8")
