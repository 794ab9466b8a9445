"""The schema and the rows."""

from __future__ import annotations

from presale.api import PRESALE

from fanscore_appsync.testing.routing import check


def test_the_schema_and_the_rows_fit() -> None:
    """Each field of the schema has a row, with the same arguments, and lets the handler decide."""
    assert check(PRESALE) == []
