from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.e2e.lambda_runtime import fresh_app

__all__ = ["fresh_app"]


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Undo what a test does to our logger, such as starting a handler as in Lambda."""
    log = logging.getLogger("fanscore")
    handlers, propagates, level = log.handlers, log.propagate, log.level
    yield
    log.handlers, log.propagate = handlers, propagates
    log.setLevel(level)
