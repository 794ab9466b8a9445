from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from math import inf

import pytest

from fanscore_adapters.aws.object_store import ObjectStore
from fanscore_core.errors import DeadlineExceeded, NotFound, Unavailable
from tests.aws.clients import aws_client, environment_of
from tests.aws.ministack import REGION, SERVICES, Ministack, ministack

BUCKET = "fanscore-scores"


@pytest.fixture(scope="module")
def s3() -> Iterator[Ministack]:
    """Run a server that has S3."""
    with ministack(services=(*SERVICES, "s3")) as server:
        server.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield server


@pytest.fixture
def objects(s3: Ministack) -> Iterator[ObjectStore]:
    """Give the bucket's objects."""
    with environment_of(s3), closing(aws_client("s3")) as client:
        yield ObjectStore(client, BUCKET)


def test_an_object_is_written_once(objects: ObjectStore) -> None:
    """What lies there is left as it is, and read as it was written; also what it was made of."""
    assert objects.write_new("a/ü %#1.json", b"\x00first", "one", inf)
    assert not objects.write_new("a/ü %#1.json", b"second", "two", inf)
    assert objects.read("a/ü %#1.json", inf) == b"\x00first"
    assert objects.origin("a/ü %#1.json", inf) == "one"


def test_what_others_wrote(s3: Ministack, objects: ObjectStore) -> None:
    """An object of somebody else does not say what it was made of."""
    s3.client("s3").put_object(Bucket=BUCKET, Key="foreign", Body=b"")
    assert objects.origin("foreign", inf) == ""


def test_what_is_not_there(objects: ObjectStore) -> None:
    """No object is an error of its own; no bucket is an outage."""
    assert objects.origin("nothing", inf) is None
    with pytest.raises(NotFound, match="No such object"):
        objects.read("nothing", inf)
    other = ObjectStore(objects.client, "no-such-bucket")
    for ask in (
        lambda: other.read("nothing", inf),
        lambda: other.write_new("nothing", b"", "", inf),
        lambda: list(other.keys("", inf)),
    ):
        with pytest.raises(Unavailable) as refused:
            ask()
        assert repr(refused.value) == repr(Unavailable("s3", "refused with NoSuchBucket"))


def test_keys_are_listed_over_pages(objects: ObjectStore) -> None:
    """A thousand keys are a page; the next ones follow, in order."""
    names = [f"many/{number:04}" for number in range(1_001)]
    for name in names:
        objects.write_new(name, b"", "", inf)
    assert list(objects.keys("many/", inf)) == names
    assert list(objects.keys("none/", inf)) == []


def test_without_time_nothing_is_asked(objects: ObjectStore) -> None:
    """An attempt for which there is no time is not made."""
    for ask in (objects.read, objects.origin):
        with pytest.raises(DeadlineExceeded):
            ask("nothing", 0.0)
