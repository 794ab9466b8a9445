from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws.ministack import Ministack
from tests.golden.cases import EVENTS, answer_text, event_of, kept, names
from tests.golden.on_aws import GoldenAws, golden_aws


@pytest.fixture(scope="module")
def golden(aws: Ministack) -> Iterator[GoldenAws]:
    """Make what all events need, once."""
    with golden_aws(aws) as made:
        yield made


@pytest.mark.parametrize("name", names(EVENTS))
def test_events_are_answered_as_kept(golden: GoldenAws, name: str) -> None:
    """The AWS backend answers every golden event as the embedded one does."""
    assert answer_text(golden.answer(event_of(name))) == kept(name)
