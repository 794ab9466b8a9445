"""The version of fanscore that runs, which receipts, recordings and unfinished work name."""

from __future__ import annotations

from importlib.metadata import version


def code_version() -> str:
    """Return the version of fanscore that runs."""
    return version("fanscore")
