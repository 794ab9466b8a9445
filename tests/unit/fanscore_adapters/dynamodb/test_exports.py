from __future__ import annotations

import base64
import gzip
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from fanscore_adapters.bulk.event_facts import find_event_facts
from fanscore_adapters.dynamodb.export_lines import (
    lines_with,
    read_each,
    read_lines,
    typed_item,
)
from fanscore_adapters.dynamodb.export_manifest import TableExport, find_exports, read_manifests
from fanscore_adapters.dynamodb.export_members import (
    MEMBERS,
    Members,
    members_reader,
    plain_members,
)
from fanscore_adapters.dynamodb.export_writer import typed_value, write_export
from fanscore_adapters.dynamodb.values import read_item
from fanscore_adapters.items.operations import Item
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId
from fanscore_core.systems import DEMAND
from tests.bulk_worlds import AT

ITEMS: Sequence[Item] = [
    {"PK": "fan:ü", "SK": f"demand#evt-{number}", "text": 'a"\\\n', "n": Decimal("1.50")}
    for number in range(5)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export of five items in three files."""
    assert write_export(tmp_path, DEMAND, ITEMS, AT, 2) == 5
    (found,) = find_exports(tmp_path)
    return found


def md5(content: bytes) -> str:
    """Return the checksum of a file, as manifests have it."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def rewrite(folder: Path, name: str, change: Callable[[str], str]) -> None:
    """Change a manifest, and its checksum with it."""
    path = folder / f"{name}.json"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / f"{name}.md5").write_text(md5(path.read_bytes()), encoding="ascii")


def replace_data(folder: Path, content: bytes, count: int) -> None:
    """Let the export have one data file."""
    file = folder / "data/000000.json.gz"
    file.write_bytes(content)
    line = {
        "itemCount": count,
        "md5Checksum": md5(content),
        "dataFileS3Key": "some/prefix/AWSDynamoDB/id/data/000000.json.gz",
    }
    rewrite(folder, "manifest-files", lambda _: json.dumps(line))
    rewrite(folder, "manifest-summary", lambda text: changed(text, itemCount=count))


def changed(text: str, **members: object) -> str:
    """Change members of a JSON object; ``None`` takes one away."""
    document = {**json.loads(text), **members}
    return json.dumps({name: value for name, value in document.items() if value is not None})


def lines_of(export: TableExport) -> Sequence[bytes]:
    """Read all lines."""
    return [line for file in export.files for lines in read_lines(file) for line in lines]


def test_what_is_written_is_read(folder: Path) -> None:
    """An export has its table, its moment, its items in order, and each file's count."""
    export = read_manifests(folder)
    assert (export.table, export.exported_at, export.item_count) == (DEMAND, AT, 5)
    assert [each.item_count for each in export.files] == [2, 2, 1]
    assert [read_item(typed_item(line)) for line in lines_of(export)] == ITEMS


def test_the_same_items_make_the_same_bytes(tmp_path: Path) -> None:
    """Two exports of the same moment are equal, byte for byte; of another moment they are not."""
    written = []
    for name, at in (("a", AT), ("b", AT), ("c", AT.replace(year=2027))):
        write_export(tmp_path / name, DEMAND, ITEMS, at)
        files = sorted(each for each in (tmp_path / name).rglob("*") if each.is_file())
        written.append([(each.relative_to(tmp_path / name), each.read_bytes()) for each in files])
    assert written[0] == written[1] != written[2]


def test_an_empty_table_has_a_file_of_nothing(tmp_path: Path) -> None:
    """As DynamoDB's, an export of no items has a data file; so it may be of no bytes at all."""
    write_export(tmp_path, DEMAND, [], AT)
    (folder,) = find_exports(tmp_path)
    assert lines_of(read_manifests(folder)) == []
    replace_data(folder, b"", 0)
    assert lines_of(read_manifests(folder)) == []


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.text(max_size=5)
    | st.integers(-(10**30), 10**30)
    | st.decimals(-100, 100, places=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(json_values)
def test_values_are_written_as_boto3_writes_them(value: object) -> None:
    """boto3's serializer is the oracle."""
    assert typed_value(value) == TypeSerializer().serialize(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (10**38 + 1, "a number has more than 38 digits"),
        (Decimal("NaN"), "a number has more than 38 digits"),
        (1.5, "a value has no place in DynamoDB"),
        ("\ud800", "has no place in JSON"),
    ],
)
def test_what_cannot_be_exported_is_refused(tmp_path: Path, value: object, problem: str) -> None:
    """An item that DynamoDB could not hold ends the export, and is named by its number alone."""
    items = [ITEMS[0], {"PK": "fan:secret", "SK": "x", "value": value}]
    with pytest.raises(InvalidInput) as raised:
        write_export(tmp_path, DEMAND, items, AT)
    assert (raised.value.where, raised.value.problem) == ("demand_table: item 2", problem)


SUMMARY = "manifest-summary"


@pytest.mark.parametrize(
    ("name", "members", "where", "problem"),
    [
        (
            SUMMARY,
            {"exportType": "INCREMENTAL_EXPORT"},
            ": exportType",
            "expected FULL_EXPORT, not INCREMENTAL_EXPORT",
        ),
        (
            SUMMARY,
            {"exportType": "x"},
            ": exportType",
            "expected FULL_EXPORT, not of an unknown type",
        ),
        (SUMMARY, {"outputFormat": "ION"}, ": outputFormat", "expected DYNAMODB_JSON"),
        (SUMMARY, {"outputFormat": None}, ": outputFormat", "expected a text"),
        (
            SUMMARY,
            {"exportTime": "2026-11-01"},
            ": exportTime",
            "expected a date and time with offset",
        ),
        (SUMMARY, {"exportTime": "soon"}, ": exportTime", "expected a date and time with offset"),
        (SUMMARY, {"tableArn": "demand_table"}, ": tableArn", "expected the ARN of a table"),
        (SUMMARY, {"itemCount": 6}, ": itemCount", "says 6 items, and its data files have 5"),
        (SUMMARY, {"itemCount": True}, ": itemCount", "expected a number of items"),
    ],
)
def test_manifests_that_are_refused(
    folder: Path, name: str, members: Mapping[str, object], where: str, problem: str
) -> None:
    """A manifest that says something else than a full export in DynamoDB JSON is refused."""
    rewrite(folder, name, lambda text: changed(text, **members))
    with pytest.raises(InvalidInput) as raised:
        read_manifests(folder)
    assert (raised.value.where, raised.value.problem) == (f"{folder / name}.json{where}", problem)


def test_an_export_without_a_type_is_full(folder: Path) -> None:
    """Exports of before there were incremental ones do not say what they are."""
    before = read_manifests(folder)
    rewrite(folder, SUMMARY, lambda text: changed(text, exportType=None))
    assert read_manifests(folder).files == before.files


@pytest.mark.parametrize(
    ("line", "where", "problem"),
    [
        (
            {"dataFileS3Key": "data/../../x.json.gz"},
            ": dataFileS3Key",
            "expected a file data/….json.gz",
        ),
        (
            {"dataFileS3Key": "elsewhere/x.json.gz"},
            ": dataFileS3Key",
            "expected a file data/….json.gz",
        ),
        (
            {"dataFileS3Key": "data/..\\x.json.gz"},
            ": dataFileS3Key",
            "expected a file data/….json.gz",
        ),
        ({"itemCount": -1}, ": itemCount", "expected a number of items"),
        ({"md5Checksum": 5}, ": md5Checksum", "expected a text"),
    ],
)
def test_data_files_that_are_refused(
    folder: Path, line: Mapping[str, object], where: str, problem: str
) -> None:
    """A line of the list of data files that leads elsewhere, or says too little, is refused."""
    replace_data(folder, b"", 0)
    rewrite(folder, "manifest-files", lambda text: changed(text, **line))
    with pytest.raises(InvalidInput) as raised:
        read_manifests(folder)
    files = folder / "manifest-files.json"
    assert (raised.value.where, raised.value.problem) == (f"{files} line 1{where}", problem)


def test_a_data_file_that_is_named_twice_is_refused(folder: Path) -> None:
    """Else its items would count twice."""
    rewrite(folder, "manifest-files", lambda text: text + text)
    with pytest.raises(InvalidInput, match=r"names 000000\.json\.gz twice"):
        read_manifests(folder)


@pytest.mark.parametrize("name", [SUMMARY, "manifest-files"])
def test_a_manifest_that_was_changed_is_refused(folder: Path, name: str) -> None:
    """A manifest is held against its checksum, in either spelling and under either name."""
    path = folder / f"{name}.json"
    (folder / f"{name}.md5").rename(folder / f"{name}.checksum")
    read_manifests(folder)
    hexadecimal = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    (folder / f"{name}.checksum").write_text(f"{hexadecimal}\n", encoding="ascii")
    read_manifests(folder)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InvalidInput) as raised:
        read_manifests(folder)
    assert (raised.value.where, raised.value.problem) == (str(path), "differs from its checksum")


@pytest.mark.parametrize(
    "name", ["manifest-summary.json", "manifest-files.json", "manifest-files.md5"]
)
def test_an_export_that_has_not_finished_is_refused(folder: Path, name: str) -> None:
    """DynamoDB writes the manifests last."""
    (folder / name).unlink()
    with pytest.raises(InvalidInput, match="the export may not have finished"):
        read_manifests(folder)


LINE = b'{"Item":{"PK":{"S":"a"},"SK":{"S":"b"}}}\n'
PACKED = gzip.compress(LINE * 3)


@pytest.mark.parametrize(
    ("content", "count", "problem"),
    [
        (PACKED, 4, "has 3 items, and the manifest says 4"),
        (gzip.compress(LINE * 2 + b"\n"), 2, "has 3 items, and the manifest says 2"),
        (PACKED[:-9], 3, "is damaged: it ends too early"),
        (PACKED[:20] + b"\xff\xff" + PACKED[22:], 3, "is damaged: not gzip"),
        (LINE, 1, "is damaged: not gzip"),
        (PACKED + b"more", 3, "is damaged: not gzip"),
    ],
    ids=["too few", "a blank line", "cut", "changed", "not packed", "more"],
)
def test_data_that_is_damaged_is_refused(
    folder: Path, content: bytes, count: int, problem: str
) -> None:
    """Data is held against what gzip and the manifest say of it."""
    replace_data(folder, content, count)
    export = read_manifests(folder)
    with pytest.raises(InvalidInput) as raised:
        lines_of(export)
    assert (raised.value.where, raised.value.problem) == (str(export.files[0].path), problem)


def test_data_of_another_checksum_is_refused(folder: Path) -> None:
    """A data file that was replaced by another good one is found."""
    export = read_manifests(folder)
    export.files[0].path.write_bytes(gzip.compress(LINE * 2))
    with pytest.raises(InvalidInput, match="differs from its checksum"):
        lines_of(export)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 300_000), min_size=1, max_size=6), st.booleans())
def test_lines_are_read_whole_wherever_blocks_end(sizes: Sequence[int], ends: bool) -> None:
    """Long lines, several gzip members in one file, and a last line without an end are read."""
    lines = [b'{"Item":{"n":{"S":"' + b"x" * size + b'"}}}' for size in sizes]
    text = b"\n".join(lines) + (b"\n" if ends else b"")
    half = len(text) // 2
    content = gzip.compress(text[:half], 1) + gzip.compress(text[half:], 1)
    with tempfile.TemporaryDirectory() as name:
        write_export(Path(name), DEMAND, [], AT)
        (folder,) = find_exports(Path(name))
        replace_data(folder, content, len(lines))
        assert lines_of(read_manifests(folder)) == lines


@pytest.mark.parametrize(
    ("line", "where", "problem"),
    [
        (b"", "$", "not JSON"),
        (b"[]", "$", 'expected {"Item": {…}}'),
        (b'{"Item": 5}', "$", 'expected {"Item": {…}}'),
        (b'{"Other": {}}', "$", 'expected {"Item": {…}}'),
        (b'{"Item": {}} {}', "$", 'expected {"Item": {…}}'),
        (b'{"Item": {', "$", "not JSON"),
        (b'{"Item": {"PK": {"S": "\xff"}}}', "$", "not UTF-8"),
        (b'{"Item": {"PK": {"S": "a"}, "other": {"S": "\xff"}}}', "$", "not UTF-8"),
        (b'{"Item":' * 100_000, "$", "not JSON"),
    ],
)
@pytest.mark.parametrize("read", [plain_members, members_reader()], ids=["plain", "quick"])
def test_lines_that_are_no_items_are_refused(
    folder: Path, read: Callable[[bytes], object], line: bytes, where: str, problem: str
) -> None:
    """Whatever is no item is refused with its file, its line and its path, never passed over."""
    replace_data(folder, gzip.compress(LINE + line + b"\n" + LINE), 3)
    (file,) = read_manifests(folder).files

    def read_some(lines: Iterator[bytes]) -> None:
        for each in lines:
            read(each)

    with pytest.raises(InvalidInput) as raised:
        read_each(file, read_some)
    assert (raised.value.where, raised.value.problem) == (f"{file.path} line 2: {where}", problem)


KEYS = {"PK": {"S": "fan:x"}, "SK": {"S": "identity"}}
MORE = ("ttl", *(member for member, _ in MEMBERS.values()), "stamps", "Item")
DAMAGES = (
    b'"',
    b"\\",
    b"\\ud800",
    b"\\u0000",
    b"\t",
    b"NaN",
    b"01",
    b"}",
    b',"PK":5',
    b"\xff",
    b" ",
)
values_of_members = json_values.map(typed_value) | st.integers() | st.none() | st.text(max_size=3)
odd_keys = st.sampled_from(["PK", "SK"]), values_of_members | st.just({"S": "x", "N": "1"})
items_of_lines = st.builds(
    lambda keys, members: {**KEYS, **keys, **members},
    st.just({}) | st.dictionaries(*odd_keys, max_size=1),
    st.dictionaries(st.sampled_from(MORE), values_of_members),
)


def read_or_refused(read: Callable[[bytes], Members], line: bytes) -> object:
    """Return what a reader reads of a line, as texts; or how it refuses it."""
    try:
        item = read(line)
    except InvalidInput as error:
        return error.where, error.problem
    values = [getattr(item, name) for name in MEMBERS]
    texts = [value if value is None else (value.text,) for value in values]
    return item.pk.text, item.sk.text, item.ttl, *texts


@given(items_of_lines, st.booleans(), st.data())
def test_both_readers_read_the_same(
    item: Mapping[str, object], escapes: bool, data: st.DataObject
) -> None:
    """With msgspec and without, the same is read of a line, or refused in the same words."""
    line = json.dumps({"Item": item, "more": [item]}, ensure_ascii=escapes).encode()
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, min(start + 3, len(line))))
    damage = data.draw(st.just(line[start:end]) | st.sampled_from(DAMAGES) | st.binary(max_size=2))
    damaged = line[:start] + damage + line[end:]
    for each in (line, damaged):
        quick, plain = (
            read_or_refused(read, each) for read in (members_reader(*MEMBERS), plain_members)
        )
        assert quick == plain


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 5000, "1" * 400 + "e9", "1e99999"])
@pytest.mark.parametrize("place", ['"Item":{%s,"x":N}', '"Item":{%s,"ttl":N}', '"x":N,"Item":{%s}'])
def test_both_readers_take_numbers_of_any_length(place: str, number: str) -> None:
    """A number that no score depends on costs nobody the line, however it is read."""
    line = f"{{{place.replace('N', number) % json.dumps(KEYS)[1:-1]}}}".encode()
    quick, plain = (
        read_or_refused(read, line) for read in (members_reader(*MEMBERS), plain_members)
    )
    assert quick == plain
    assert isinstance(plain, tuple)
    assert plain[:2] == ("fan:x", "identity")


def test_folders_without_an_export(tmp_path: Path) -> None:
    """A folder that is missing or has no export is refused by its name."""
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(InvalidInput, match="no export: No such file or directory"):
            find_exports(path)
    (tmp_path / "AWSDynamoDB/data").mkdir(parents=True)
    with pytest.raises(InvalidInput, match="no export: it has no folder with manifests"):
        find_exports(tmp_path)


def test_a_number_of_items_that_no_file_can_hold_is_refused(folder: Path) -> None:
    """Memory is planned by that number, which anybody may write: it is held against the file."""
    content = gzip.compress(b'{"Item":{}}\n' * 50_000)
    replace_data(folder, content, 50_000)
    assert read_manifests(folder).item_count == 50_000
    replace_data(folder, content, 10**12)
    with pytest.raises(InvalidInput, match="itemCount: more items than a file of that size can"):
        read_manifests(folder)


def test_lines_that_are_looked_for_have_their_numbers(folder: Path) -> None:
    """Whoever finds a mistake in one can name it, in whichever block it is."""
    lines = [b'{"Item":{"n":{"N":"%d"}}}' % number for number in range(60_000)]
    replace_data(folder, gzip.compress(b"\n".join(lines)), len(lines))
    (file,) = read_manifests(folder).files
    assert dict(lines_with(file, b'"59999"', b'"59999"'))[60_000] == lines[59_999]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"Item":{"PK":{"N":"\\u0031"}}}', 'Item.PK: expected {"S": "…"}'),
        (b'{"Item":\\u', "$: not JSON"),
    ],
)
def test_a_mistake_that_is_met_on_the_way_is_named(folder: Path, line: bytes, problem: str) -> None:
    """What is looked at to find the event's facts is named by file and line, too."""
    replace_data(folder, gzip.compress(LINE + line), 2)
    files = read_manifests(folder).files
    with pytest.raises(InvalidInput) as raised:
        find_event_facts(EventId("evt456"), files, files)
    assert str(raised.value) == f"{files[0].path} line 2: {problem}"
