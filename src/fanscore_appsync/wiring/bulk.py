"""From settings and names of files to the scoring of one event's registrants."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.bulk.arm_risks import ArmFile, ArmRisks, ArmService
from fanscore_adapters.bulk.event_scoring import JOINED_TABLES
from fanscore_adapters.bulk.work_folder import OWNER_ONLY_FOLDER
from fanscore_adapters.dynamodb.export_manifest import TableExport, find_exports, read_manifests
from fanscore_adapters.dynamodb.export_writer import write_export
from fanscore_adapters.sqlite.snapshot import snapshot
from fanscore_appsync.api import Api
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.parts import source_maker
from fanscore_core.errors import InvalidInput
from fanscore_core.systems import TABLES

CALL_S = 30.0
"""How long one call of ARM scoring may take, with all its attempts: nobody waits for an answer."""

_AT_ONCE = 1024 * 1024


def export_database(
    database: str, folder: Path, at: datetime, tables: Sequence[str], own: Sequence[str] = ()
) -> Mapping[str, int]:
    """Write an embedded database as exports of its tables, all of one moment.

    Args:
        database: the file.
        folder: is made.
        at: the moment that the exports name.
        tables: which tables.
        own: those of them that are not ours.

    Returns:
        how many items each table has.

    Raises:
        InvalidInput: the database cannot be read, or an item not be exported.
        OSError: something cannot be written.
    """
    folder.mkdir(mode=OWNER_ONLY_FOLDER)
    with snapshot(database, own) as items:
        return {name: write_export(folder, name, items[name], at) for name in tables}


def joined_exports(
    given: Sequence[str], settings: Settings, tables: Sequence[str] = JOINED_TABLES
) -> Mapping[str, TableExport]:
    """Find the exports of some tables, by default of those that a score depends on.

    Args:
        given: folders of exports, each perhaps with the table that it is of: ``demand_table=DIR``.
        settings: say what the tables are called on AWS, where that is the backend.
        tables: by our names.

    Raises:
        InvalidInput: an export is missing or cannot be used, there are two of a table, or they are
            of different moments.
    """
    names = _names_on_aws(settings)
    found: dict[str, TableExport] = {}
    others: set[str] = set()
    for each in given:
        named, path = _named(each)
        for folder in find_exports(Path(path)):
            export = read_manifests(folder)
            table = named or names.get(export.table)
            if table is None:
                others.add(export.table)
            elif table in found:
                problem = f"two exports: {found[table].folder} and {folder}"
                raise InvalidInput(table, problem)
            else:
                found[table] = export
    for table in tables:
        if table not in found:
            there_are = f"; there are {', '.join(sorted(others))}" if others else ""
            raise InvalidInput("--export", f"there is none of {table}{there_are}")
    joined = {table: found[table] for table in tables}
    _check_moments(joined)
    return joined


def arm_risks(
    path: str | None, settings: Settings, api: Api, closing: ExitStack, *, is_embedded: bool
) -> ArmRisks | None:
    """Say where ARM risks come from: a file, the service, or nowhere.

    Args:
        path: of a file of risks; without one, the service is asked where there is one.
        settings: name the service.
        api: whose calls are made.
        closing: is given what to close in the end.
        is_embedded: whether the fans are of an embedded database, for which stand-ins answer.

    Raises:
        InvalidInput: the settings or the sample cannot be used.
    """
    if path is not None:
        return ArmFile(Path(path))
    adapters: Sequence[Adapter]
    if settings.aws is not None:
        from fanscore_appsync.wiring import aws  # noqa: PLC0415  # takes long to import

        adapters = aws.proxy_adapters(settings.aws, api, closing)
    elif is_embedded:
        from fanscore_appsync.wiring import embedded  # noqa: PLC0415  # (the same)

        adapters = [embedded.stand_ins(settings, api)]
    else:
        return None
    make = source_maker(adapters, closing)
    return ArmService(lambda: make(CALL_S), settings.arm_batch)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        InvalidInput: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(_AT_ONCE):
                digest.update(part)
    except OSError as error:
        raise InvalidInput(str(path), f"cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _named(given: str) -> tuple[str | None, str]:
    name, is_named, path = given.partition("=")
    return (name, path) if is_named and name in JOINED_TABLES else (None, given)


def _names_on_aws(settings: Settings) -> Mapping[str, str]:
    """Return our tables by their names in DynamoDB."""
    if settings.aws is None:
        return {name: name for name in TABLES}
    return {named.rpartition("table/")[2]: name for name, named in settings.aws.tables.items()}


def _check_moments(exports: Mapping[str, TableExport]) -> None:
    (first, one), *others = exports.items()
    for table, other in others:
        if other.exported_at != one.exported_at:
            moments = f"{first} of {one.exported_at}, {table} of {other.exported_at}"
            raise InvalidInput("--export", f"expected exports of one moment: {moments}")
