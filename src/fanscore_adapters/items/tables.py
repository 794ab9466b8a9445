"""The four tables: which items answer a question, and where the rows are that say how.

See docs/reference/tables-and-keys.md.
"""

from __future__ import annotations

from fanscore_adapters.items import keys
from fanscore_adapters.items.operations import Operations, Table, TableRow
from fanscore_adapters.named_rows import NamedRows, RowsOfPort
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY, VERIFICATION

ROWS: NamedRows[TableRow] = NamedRows(
    (
        RowsOfPort(
            "fanscore_core.ports.fan_identity",
            "fanscore_adapters.items.scores",
            dict.fromkeys(("FanIdentity", "BotOrNotCursor", "BotOrNot"), FAN_IDENTITY),
        ),
        RowsOfPort(
            "fanscore_core.ports.account_fanscore",
            "fanscore_adapters.items.scores",
            {"AccountScore": ACCOUNT_FANSCORE},
        ),
        RowsOfPort(
            "fanscore_core.ports.demand",
            "fanscore_adapters.items.scores",
            dict.fromkeys(("DiscoEventId", "EventDemandCount"), DEMAND),
        ),
        RowsOfPort(
            "fanscore_core.ports.demand_records",
            "fanscore_adapters.items.demand",
            dict.fromkeys(
                ("DemandSaleRecord", "DemandRecords", "DemandRecordsPage", "PutDemandRecord"),
                DEMAND,
            ),
        ),
        RowsOfPort(
            "fanscore_core.ports.entries",
            "fanscore_adapters.items.entries",
            dict.fromkeys(("FanEntry", "EntriesPage", "PutEntry"), DEMAND),
        ),
        RowsOfPort(
            "fanscore_core.ports.receipts",
            "fanscore_adapters.items.receipts",
            dict.fromkeys(("NewestReceipt", "FanReceipts", "PutReceipt"), DEMAND),
        ),
        RowsOfPort(
            "fanscore_core.ports.consumers",
            "fanscore_adapters.items.consumers",
            dict.fromkeys(
                ("ErasedMark", "ConsumerMark", "FanProfile", "PutMark", "PutProfile"), FAN_IDENTITY
            ),
        ),
        RowsOfPort(
            "fanscore_core.ports.verification",
            "fanscore_adapters.items.verification",
            dict.fromkeys(
                (
                    "StoredLivenessSession",
                    "LastLivenessSession",
                    "PutLivenessSession",
                    "FinishLivenessSession",
                ),
                VERIFICATION,
            ),
        ),
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
