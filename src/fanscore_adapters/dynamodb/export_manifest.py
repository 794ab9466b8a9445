"""Exports of DynamoDB tables to S3: what one consists of, checked before it is read.

An export is a folder ``AWSDynamoDB/<exportId>`` with two manifests, their checksums, and the data
in ``data/*.json.gz``
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import attrs

from fanscore_adapters.documents.json_text import parse_json
from fanscore_core.errors import InvalidInput

EXPORTS: Final = "AWSDynamoDB"
"""The folder of all exports below a prefix."""

SUMMARY: Final = "manifest-summary"
FILES: Final = "manifest-files"
DATA: Final = "data"

FULL: Final = "FULL_EXPORT"
DYNAMODB_JSON: Final = "DYNAMODB_JSON"

# UNSURE: AWS's page names the files of checksums .checksum, and the buckets have .md5. Their text
# is the MD5 in base64, as in the list of data files; hexadecimal is read as well.
CHECKSUM_ENDINGS: Final = (".md5", ".checksum")

LEAST_ITEM: Final = len('{"Item":{}}\n')
MOST_PACKED: Final = 1032
"""How many times as long as a file of gzip its content can be, at most (https://zlib.net/)."""

_is_data_file = re.compile(r"[A-Za-z0-9_\-]+\.json\.gz").fullmatch


@attrs.frozen
class DataFile:
    """One file of an export's data.

    Attributes:
        path: where it lies.
        item_count: how many items it must have.
        md5: of its bytes, in base64.
    """

    path: Path
    item_count: int
    md5: str


@attrs.frozen
class TableExport:
    """A full export of one table.

    Attributes:
        folder: where it lies.
        table: the table's name in DynamoDB.
        exported_at: the moment that it shows.
        files: its data.
        digest: SHA-256 of both manifests: what tells this export from any other.
    """

    folder: Path
    table: str
    exported_at: datetime
    files: Sequence[DataFile]
    digest: str

    @property
    def item_count(self) -> int:
        """How many items it has."""
        return sum(each.item_count for each in self.files)


def find_exports(folder: Path) -> Sequence[Path]:
    """Find the folders of exports: the folder itself, or those in its ``AWSDynamoDB``.

    Raises:
        InvalidInput: the folder cannot be read, or holds no export.
    """
    try:
        if (folder / f"{SUMMARY}.json").is_file():
            return [folder]
        among = folder if folder.name == EXPORTS else folder / EXPORTS
        # Data of incremental exports lies beside them.
        found = sorted(each for each in among.iterdir() if each.is_dir() and each.name != DATA)
    except OSError as error:
        raise InvalidInput(str(folder), f"no export: {error.strerror}") from error
    if not found:
        raise InvalidInput(str(folder), "no export: it has no folder with manifests")
    return found


def read_manifests(folder: Path) -> TableExport:
    """Read what an export consists of.

    Raises:
        InvalidInput: a manifest is missing, damaged or malformed; or the export is incremental,
            not in DynamoDB JSON, or its data files do not add up. Names the file.
    """
    summary_path, files_path = folder / f"{SUMMARY}.json", folder / f"{FILES}.json"
    summary_text, files_text = _checked_text(summary_path), _checked_text(files_path)
    summary = _Members(str(summary_path), _parsed(summary_path, summary_text))
    if (kind := summary.document.get("exportType", FULL)) != FULL:
        known = kind if kind == "INCREMENTAL_EXPORT" else "of an unknown type"
        where = f"{summary_path}: exportType"
        raise InvalidInput(where, f"expected {FULL}, not {known}")
    if summary.text("outputFormat") != DYNAMODB_JSON:
        where = f"{summary_path}: outputFormat"
        raise InvalidInput(where, f"expected {DYNAMODB_JSON}")
    lines = files_text.split("\n")
    files = [
        _data_file(folder, f"{files_path} line {number}", _parsed(files_path, line, number))
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]
    _refuse_repeated(files_path, files)
    expected, found = summary.count("itemCount"), sum(each.item_count for each in files)
    if expected != found:
        problem = f"says {expected} items, and its data files have {found}"
        where = f"{summary_path}: itemCount"
        raise InvalidInput(where, problem)
    digest = hashlib.sha256(f"{summary_text}\n{files_text}".encode()).hexdigest()
    return TableExport(folder, _table(summary), summary.moment("exportTime"), files, digest)


def md5_text(digest: bytes) -> str:
    """Write an MD5 as manifests do."""
    return base64.b64encode(digest).decode("ascii")


@attrs.frozen
class _Members:
    """The members of a manifest's object, each refused by its name where it is not as it must be.

    Attributes:
        where: the file.
        document: the object.
    """

    where: str
    document: Mapping[str, object]

    def text(self, name: str) -> str:
        value = self.document.get(name)
        if type(value) is not str or not value:
            where = f"{self.where}: {name}"
            raise InvalidInput(where, "expected a text")
        return value

    def count(self, name: str) -> int:
        value = self.document.get(name)
        if type(value) is not int or value < 0:
            where = f"{self.where}: {name}"
            raise InvalidInput(where, "expected a number of items")
        return value

    def moment(self, name: str) -> datetime:
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            where = f"{self.where}: {name}"
            raise InvalidInput(where, "expected a date and time with offset")
        return moment


def _table(summary: _Members) -> str:
    _, is_table, name = summary.text("tableArn").partition(":table/")
    if not is_table or not name:
        where = f"{summary.where}: tableArn"
        raise InvalidInput(where, "expected the ARN of a table")
    return name


def _data_file(folder: Path, where: str, document: Mapping[str, object]) -> DataFile:
    members = _Members(where, document)
    *_, parent, name = ("", *members.text("dataFileS3Key").split("/"))
    # The key begins with the bucket's prefix, which a copy of the folder need not have.
    if parent != DATA or not _is_data_file(name):
        where = f"{where}: dataFileS3Key"
        raise InvalidInput(where, "expected a file data/….json.gz")
    path, count = folder / DATA / name, members.count("itemCount")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InvalidInput(str(path), f"cannot be read: {error.strerror}") from error
    if count * LEAST_ITEM > size * MOST_PACKED:  # memory is planned by it
        where = f"{where}: itemCount"
        raise InvalidInput(where, "more items than a file of that size can hold")
    return DataFile(path, count, members.text("md5Checksum"))


def _refuse_repeated(where: Path, files: Sequence[DataFile]) -> None:
    seen: set[Path] = set()
    for each in files:
        if each.path in seen:
            raise InvalidInput(str(where), f"names {each.path.name} twice")
        seen.add(each.path)


def _checked_text(path: Path) -> str:
    """Read a manifest, and hold it against its checksum."""
    try:
        content = path.read_bytes()
        digests = [path.with_suffix(each) for each in CHECKSUM_ENDINGS]
        found = [each.read_text(encoding="ascii").strip() for each in digests if each.is_file()]
        if not found:
            raise InvalidInput(str(digests[0]), "no such file: the export may not have finished")
        digest = hashlib.md5(content, usedforsecurity=False)
        if {*found} - {md5_text(digest.digest()), digest.hexdigest()}:
            raise InvalidInput(str(path), "differs from its checksum")
        return content.decode("utf-8")
    except OSError as error:
        problem = f"cannot be read: {error.strerror}; the export may not have finished"
        raise InvalidInput(str(path), problem) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(str(path), "not UTF-8") from error


def _parsed(path: Path, text: str, number: int = 0) -> Mapping[str, object]:
    where = f"{path} line {number}" if number else str(path)
    try:
        document = parse_json(text)
    except InvalidInput as error:
        raise InvalidInput(where, error.problem) from error
    if type(document) is not dict:
        raise InvalidInput(where, "expected an object")
    return document
