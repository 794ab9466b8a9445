from __future__ import annotations

from math import inf

import pytest

from fanscore_adapters.aws.object_store import ObjectStore
from fanscore_core.errors import Unavailable
from tests.unit.fanscore_adapters.told_client import Told


def test_an_object_is_written_where_s3_says_so() -> None:
    """An answer without the tag of what was written does not make it count as written."""
    objects = ObjectStore(Told({"ETag": '"0"'}, {}), "scores")
    assert objects.write_new("a", b"", "one", inf)
    with pytest.raises(Unavailable) as refused:
        objects.write_new("a", b"", "one", inf)
    assert repr(refused.value) == repr(Unavailable("s3", "no answer: a malformed answer"))
