"""From settings to an app: the only place that names adapters."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

from fanscore_adapters.policy_json import default_policy, parse_policy
from fanscore_adapters.services import SYSTEMS
from fanscore_adapters.sources import Sources
from fanscore_adapters.sqlite import IN_MEMORY, Sqlite, SqliteTables
from fanscore_adapters.stand_ins import Sample, StandIns, default_sample, parse_sample
from fanscore_appsync.app import App
from fanscore_appsync.report import report
from fanscore_appsync.settings import Settings
from fanscore_core.errors import InvalidInput
from fanscore_core.policy import ScorePolicy
from fanscore_core.query import Source

MAX_THREADS = 32


def connect(settings: Settings) -> App:
    """Wire an app.

    Raises:
        InvalidInput: a file that the settings name cannot be used; says which, where and why.
    """
    policy = _policy(settings.policy)
    sample = _sample(settings.sample)
    services = set(SYSTEMS.values())
    if not settings.outages <= services:
        raise InvalidInput("FANSCORE_OUTAGES", f"expected some of {', '.join(sorted(services))}")
    tables = SqliteTables(settings.database)
    if settings.database == IN_MEMORY:
        _load(tables, sample)
    adapters = (Sqlite(tables), StandIns(sample, settings.outages))
    executor = ThreadPoolExecutor(MAX_THREADS, "fanscore")

    def source(time_left_s: float) -> Source:
        return Sources(adapters, executor, monotonic, monotonic() + time_left_s)

    return App(policy, source, report)


def write_sample(settings: Settings) -> int:
    """Write the sample's items into the database, over what is there; give their number.

    Raises:
        InvalidInput: the sample or the database cannot be used.
    """
    sample = _sample(settings.sample)
    with SqliteTables(settings.database) as tables:
        return _load(tables, sample)


def _load(tables: SqliteTables, sample: Sample) -> int:
    for table, items in sample.tables.items():
        tables.load(table, items)
    return sum(map(len, sample.tables.values()))


def _policy(path: str | None) -> ScorePolicy:
    if path is None:
        return default_policy()
    return parse_policy(_read(path, "FANSCORE_POLICY"))


def _sample(path: str | None) -> Sample:
    if path is None:
        return default_sample()
    return parse_sample(_read(path, "FANSCORE_SAMPLE"))


def _read(path: str, variable: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(variable, f"cannot read {path}: {type(error).__name__}") from error
