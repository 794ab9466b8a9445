"""Which questions of a round an adapter wants to be asked in one call, and which apart."""

from __future__ import annotations

from collections.abc import Sequence

from fanscore_core.query import Ask


def together(asks: Sequence[Ask], /) -> Sequence[Sequence[int]]:
    """Ask all in one call: for adapters that answer many as fast as one."""
    return [range(len(asks))] if asks else []


def one_by_one(asks: Sequence[Ask], /) -> Sequence[Sequence[int]]:
    """Ask each in a call of its own, all at the same time."""
    return [[index] for index in range(len(asks))]
