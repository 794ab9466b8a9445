"""Objects in a bucket of Amazon S3: read, listed, and written where there was none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import attrs

from fanscore_adapters.aws.client import AwsClient, AwsError, OutOfTimeError, malformed
from fanscore_core.errors import DeadlineExceeded, NotFound, Unavailable

READ_S = 20.0
"""How long one attempt waits for data."""

SYSTEM = "s3"
"""The name of the system in errors."""

_ORIGIN = "origin"
"""The name of what an object says of itself (``x-amz-meta-…``)."""

_THERE_ALREADY = 412
_NOT_FOUND = 404


@attrs.frozen
class ObjectStore:
    """The objects of one bucket.

    Attributes:
        client: of S3.
        bucket: its name.
    """

    client: AwsClient
    bucket: str

    def read(self, key: str, expires_at: float) -> bytes:
        """Read an object.

        Args:
            key: of the object.
            expires_at: by ``time.monotonic``, when the answer must be there.

        Raises:
            NotFound: no object has this key.
            Unavailable: S3 gave no usable answer; says why.
            DeadlineExceeded: there was no time for it.
        """
        with _as_our_errors():
            try:
                request = {"Bucket": self.bucket, "Key": key}
                answer = self.client.call("get_object", request, expires_at, body="Body")
            except AwsError as error:
                if error.status == _NOT_FOUND and error.code == "NoSuchKey":
                    raise NotFound("object") from None
                raise
            return cast("bytes", answer["Body"])

    def write_new(self, key: str, content: bytes, origin: str, expires_at: float) -> bool:
        """Write an object, unless there is one under its key.

        Args:
            key: of the object.
            content: of the object.
            origin: what it was made of, such as a digest; it is kept beside the content.
            expires_at: as ``read``.

        Returns:
            Whether it was written. One that lies there already is left as it is.

        Raises:
            Unavailable: as ``read``.
            DeadlineExceeded: as ``read``.
        """
        request = {
            "Bucket": self.bucket,
            "Key": key,
            "Body": content,
            "IfNoneMatch": "*",
            "Metadata": {_ORIGIN: origin},
        }
        with _as_our_errors():
            try:
                answer = self.client.call("put_object", request, expires_at)
            except AwsError as error:
                if error.status == _THERE_ALREADY:
                    return False
                raise
            if "ETag" not in answer:
                raise malformed()
            return True

    def origin(self, key: str, expires_at: float) -> str | None:
        """Return what an object was made of, as ``write_new`` was told.

        Returns:
            That; nothing if it was written by others; ``None`` if there is no object.

        Raises:
            Unavailable: as ``read``.
            DeadlineExceeded: as ``read``.
        """
        request = {"Bucket": self.bucket, "Key": key}
        with _as_our_errors():
            try:
                answer = self.client.call("head_object", request, expires_at)
            except AwsError as error:
                if error.status == _NOT_FOUND:
                    return None
                raise
            match answer:
                case {"Metadata": {**said}}:
                    return str(said.get(_ORIGIN, ""))
                case _:
                    raise malformed()

    def keys(self, prefix: str, expires_at: float) -> Iterator[str]:
        """List the keys that begin with a prefix, in the order of their bytes.

        Raises:
            Unavailable: as ``read``.
            DeadlineExceeded: as ``read``.
        """
        request: dict[str, object] = {"Bucket": self.bucket, "Prefix": prefix}
        while True:
            with _as_our_errors():
                page = self.client.call("list_objects_v2", request, expires_at)
                found = _keys_of(page)
            yield from found
            token = page.get("NextContinuationToken")
            if not page.get("IsTruncated") or token is None:
                return
            request["ContinuationToken"] = token


def _keys_of(page: Mapping[str, object]) -> list[str]:
    match page.get("Contents", []):
        case list(objects) if all(
            isinstance(each, dict) and isinstance(each.get("Key"), str) for each in objects
        ):
            return [each["Key"] for each in objects]
        case _:
            raise malformed()


@contextmanager
def _as_our_errors() -> Iterator[None]:
    try:
        yield
    except AwsError as error:
        raise Unavailable(SYSTEM, error.reason) from None
    except OutOfTimeError:
        raise DeadlineExceeded(SYSTEM) from None
