"""The four tables: which items answer a question, and where the rows are that say how.

See docs/reference/tables-and-keys.md.
"""

from __future__ import annotations

from fanscore_adapters.items import keys
from fanscore_adapters.items.operations import Operations, Table, TableRow
from fanscore_adapters.named_rows import NamedRows, RowsOfPort
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY, VERIFICATION


def _items(port: str, module: str, table: str) -> RowsOfPort:
    """Name the rows for the questions of a port."""
    return RowsOfPort(f"fanscore_core.ports.{port}", f"fanscore_adapters.items.{module}", table)


ROWS: NamedRows[TableRow] = NamedRows(
    (
        _items("fan_identity", "scores", FAN_IDENTITY),
        _items("account_fanscore", "scores", ACCOUNT_FANSCORE),
        _items("demand", "scores", DEMAND),
        _items("demand_records", "demand", DEMAND),
        _items("entries", "entries", DEMAND),
        _items("receipts", "receipts", DEMAND),
        _items("consumers", "consumers", FAN_IDENTITY),
        _items("verification", "verification", VERIFICATION),
    )
)
"""The questions and effects that the four tables answer, and the module that says how."""

OPERATIONS = Operations(ROWS)
"""The same, by what is done to a table."""

LOOKUPS, PREFIX_READS, WRITES = OPERATIONS.lookups, OPERATIONS.prefix_reads, OPERATIONS.writes

TABLES = (
    Table(FAN_IDENTITY, lambda fan: keys.identity(fan).pk),
    Table(ACCOUNT_FANSCORE, None, lambda account: keys.account_score(account).pk),
    Table(VERIFICATION, lambda fan: keys.identity(fan).pk),
    Table(DEMAND, lambda fan: keys.identity(fan).pk),
)
"""The four tables."""
