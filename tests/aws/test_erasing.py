"""Erasing a fan from DynamoDB, by the command."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from fanscore_adapters.embedded.stand_ins import default_sample
from fanscore_adapters.items import keys
from fanscore_adapters.items.operations import Item
from fanscore_appsync.cli.erase import ELSEWHERE
from fanscore_appsync.cli.main import main
from fanscore_core.ids import GlobalUserId
from fanscore_core.systems import ACCOUNT_FANSCORE, FAN_IDENTITY, TABLES
from tests.aws.tables import AwsTables

FOUND = (
    "account_fanscore_table\tscore#account\t1\n"
    "demand_table\tdemand#\t1\n"
    "fan_identity_table\tbotornot#\t1\n"
    "fan_identity_table\tidentity\t1\n"
)
OF_THE_FAN = {"fan:user123", "member:member123"}


def fanscore_erase(tables: AwsTables, *arguments: str) -> Result:
    """Run the command on tables of AWS."""
    environment = {"FANSCORE_BACKEND": "aws", **tables.aws.environ, **tables.environ}
    return CliRunner().invoke(main, ["erase", "user123", *arguments], env=environment)


def stored(tables: AwsTables) -> dict[str, Sequence[Item]]:
    """Give all items, by table."""
    return {table: tables.stored(table) for table in TABLES}


def test_a_fan_is_erased_from_aws(aws_tables: AwsTables) -> None:
    """A dry run changes nothing; then all of the fan goes and all of others stays, and a mark."""
    aws_tables.load(default_sample().tables)
    before = stored(aws_tables)
    results = [fanscore_erase(aws_tables, *more) for more in ((), ("--yes",), ("--yes",))]
    assert [(result.exit_code, result.stdout, result.stderr) for result in results] == [
        (0, FOUND, f"4 would be erased; --yes does it\n{ELSEWHERE}\n"),
        (0, FOUND, f"4 erased, 0 left\n{ELSEWHERE}\n"),
        (0, "", f"0 erased, 0 left\n{ELSEWHERE}\n"),
    ]
    after = stored(aws_tables)
    marks = [each for each in after[FAN_IDENTITY] if each["SK"] == "erased"]
    assert [each["PK"] for each in marks] == [keys.erased_mark(GlobalUserId("user123")).pk]
    after[FAN_IDENTITY] = [each for each in after[FAN_IDENTITY] if each["SK"] != "erased"]
    assert after == {
        table: [each for each in items if each["PK"] not in OF_THE_FAN]
        for table, items in before.items()
    }


@pytest.mark.parametrize(("arguments", "days"), [((), 45), (("--archive-days", "90"), 105)])
def test_the_mark_outlives_the_archive(
    aws_tables: AwsTables, arguments: Sequence[str], days: int
) -> None:
    """It stays as long as the archive keeps events, and what failed of a replay after that."""
    assert fanscore_erase(aws_tables, "--yes", *arguments).exit_code == 0
    (mark,) = aws_tables.stored(FAN_IDENTITY)
    erased_at = datetime.fromisoformat(str(mark["erasedAt"]))
    expires_at = erased_at + timedelta(days=days)
    assert mark["ttl"] == int(expires_at.timestamp())


def test_a_missing_table_is_told(aws_tables: AwsTables) -> None:
    """A table that is not there is named, and nothing is taken for erased."""
    aws_tables.load(default_sample().tables)
    aws_tables.delete(ACCOUNT_FANSCORE)
    result = fanscore_erase(aws_tables, "--yes")
    assert (result.exit_code, result.stdout, result.stderr) == (
        1,
        "",
        "fanscore: account_fanscore_table is unavailable: refused with ResourceNotFoundException\n",
    )
    assert len(aws_tables.stored("demand_table")) == len(default_sample().tables["demand_table"])
