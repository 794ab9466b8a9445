"""Writes exports as DynamoDB does: the same items make the same files, byte for byte."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from fanscore_adapters.dynamodb.export_manifest import (
    DATA,
    DYNAMODB_JSON,
    EXPORTS,
    FILES,
    FULL,
    SUMMARY,
    md5_text,
)
from fanscore_adapters.items.operations import Item
from fanscore_core.errors import InvalidInput

ITEMS_OF_A_FILE = 100_000
ITEMS_AT_ONCE = 500
PACKING = 1
"""How hard gzip tries: the least, since what is written is read again soon."""

MAX_DIGITS = 38
"""Of a number in DynamoDB."""

_ARN = "arn:aws:dynamodb:local:000000000000:table/{table}"


def write_export(
    folder: Path,
    table: str,
    items: Iterable[Item],
    exported_at: datetime,
    items_of_a_file: int = ITEMS_OF_A_FILE,
) -> int:
    """Write a full export of a table into ``AWSDynamoDB`` below a folder, which is made.

    Args:
        folder: the bucket's prefix, so to speak.
        table: the table's name.
        items: all of its items.
        exported_at: the moment that they show.
        items_of_a_file: how many a data file has at most.

    Returns:
        how many items it has.

    Raises:
        InvalidInput: an item has a value that DynamoDB cannot hold; names the table and its number.
        OSError: something cannot be written.
    """
    moment = exported_at.astimezone(UTC)
    export_id = f"{_milliseconds(moment):014d}-{hashlib.sha256(table.encode()).hexdigest()[:8]}"
    export = folder / EXPORTS / export_id
    (export / DATA).mkdir(parents=True)
    lines = _lines(table, items)
    files = []
    # Of no items, too, there is a file, as DynamoDB has one for an empty partition.
    for number, some in enumerate(_parts(lines, items_of_a_file)):
        name = f"{number:06d}.json.gz"
        count, md5 = _write_data(export / DATA / name, some)
        files.append(
            {
                "itemCount": count,
                "md5Checksum": md5_text(md5.digest()),
                "etag": f"{md5.hexdigest()}-1",
                "dataFileS3Key": f"{EXPORTS}/{export_id}/{DATA}/{name}",
            }
        )
    count = sum(int(str(each["itemCount"])) for each in files)
    _write_checked(export / f"{FILES}.json", "".join(f"{_json(each)}\n" for each in files))
    _write_checked(export / f"{SUMMARY}.json", _json(_summary(table, export_id, moment, count)))
    return count


def _summary(table: str, export_id: str, moment: datetime, count: int) -> Mapping[str, object]:
    """Return the manifest of an export; all of its times are its moment."""
    arn = _ARN.format(table=table)
    at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "version": "2020-06-30",
        "exportArn": f"{arn}/export/{export_id}",
        "startTime": at,
        "endTime": at,
        "tableArn": arn,
        "tableId": "",
        "exportTime": at,
        "s3Bucket": "",
        "s3Prefix": None,
        "s3SseAlgorithm": None,
        "s3SseKmsKeyId": None,
        "manifestFilesS3Key": f"{EXPORTS}/{export_id}/{FILES}.json",
        "billedSizeBytes": 0,
        "itemCount": count,
        "outputFormat": DYNAMODB_JSON,
        "exportType": FULL,
    }


def typed_value(value: object) -> Mapping[str, object]:
    """Write a value of an item with its type beside it.

    Raises:
        InvalidInput: DynamoDB has no such value.
    """
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int() | Decimal():
            return {"N": _number(value)}
        case None:
            return {"NULL": True}
        case dict():
            return {"M": {name: typed_value(each) for name, each in value.items()}}
        case list():
            return {"L": [typed_value(each) for each in value]}
        case _:
            raise InvalidInput("item", "a value has no place in DynamoDB")


def _number(value: int | Decimal) -> str:
    number = Decimal(value)
    digits = number.as_tuple().digits
    if not number.is_finite() or len(str(int("".join(map(str, digits)))).rstrip("0")) > MAX_DIGITS:
        raise InvalidInput("item", f"a number has more than {MAX_DIGITS} digits")
    return str(value)


def _lines(table: str, items: Iterable[Item]) -> Iterator[bytes]:
    for number, item in enumerate(items, 1):
        try:
            line = f"{_json({'Item': _typed(item)})}\n".encode()
        except InvalidInput as error:
            where = f"{table}: item {number}"
            raise InvalidInput(where, error.problem) from error
        except (ValueError, RecursionError) as error:
            where = f"{table}: item {number}"
            raise InvalidInput(where, "has no place in JSON") from error
        yield line


def _typed(item: Item) -> Mapping[str, object]:
    return {name: typed_value(value) for name, value in item.items()}


def _parts(lines: Iterator[bytes], size: int) -> Iterator[Iterator[bytes]]:
    """Cut lines into one part for each file, to be read in order; no lines make one empty part."""
    first = next(lines, None)
    yield islice(chain(() if first is None else (first,), lines), size)
    while (first := next(lines, None)) is not None:
        yield islice(chain((first,), lines), size)


class _Noted:
    """A file whose MD5 is computed as it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self.md5 = hashlib.md5(usedforsecurity=False)
        self._file = file

    def write(self, packed: bytes) -> int:
        self.md5.update(packed)
        return self._file.write(packed)

    def flush(self) -> None:
        self._file.flush()


def _write_data(path: Path, lines: Iterator[bytes]) -> tuple[int, hashlib._Hash]:
    count = 0
    with path.open("wb") as file:
        noted = _Noted(file)
        # Neither the time nor the name, so that the bytes depend on the items alone.
        with gzip.GzipFile("", "wb", PACKING, noted, mtime=0) as packing:
            while some := [*islice(lines, ITEMS_AT_ONCE)]:
                count += len(some)
                packing.write(b"".join(some))
    return count, noted.md5


def _write_checked(path: Path, text: str) -> None:
    content = text.encode()
    path.write_bytes(content)
    digest = md5_text(hashlib.md5(content, usedforsecurity=False).digest())
    path.with_suffix(".md5").write_text(digest, encoding="ascii")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
