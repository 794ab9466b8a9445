"""The answer to a conditional write."""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

StoredT = TypeVar("StoredT")


@attrs.frozen
class PutOutcome(Generic[StoredT]):
    """Whether a conditional write was made, and what stood in its way.

    Attributes:
        written: whether it was made.
        stored: what lies there if not; ``None`` if nothing does.
    """

    written: bool
    stored: StoredT | None = None
