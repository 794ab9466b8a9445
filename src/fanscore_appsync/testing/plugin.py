"""The pytest plugin: ``pytest_plugins = ["fanscore_appsync.testing.plugin"]`` in a conftest.

It changes nothing but for tests that use its fixture, which alone loads GraphQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fanscore_appsync.testing.executor import Fanscore


@pytest.fixture
def fanscore() -> Fanscore:
    """Execute GraphQL against the test's own answers.

    Raises:
        ExtraMissing: the extra ``gateway`` is not installed.
    """
    from fanscore_appsync.testing.executor import Fanscore  # noqa: PLC0415  # as said above

    return Fanscore()
