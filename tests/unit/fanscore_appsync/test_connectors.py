from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

import attrs
import pytest

from fanscore_adapters.adapter import Adapter, Split, one_by_one, together
from fanscore_appsync.api import API, Api
from fanscore_appsync.connectors import Connector, Resources
from fanscore_appsync.settings import AwsSettings, Settings
from fanscore_appsync.wiring import aws, embedded
from fanscore_core.engine.question import Answered, Ask, Query, Question


@attrs.frozen
class Own(Query[int]):
    """A question of one's own."""

    number: int = attrs.field(validator=attrs.validators.instance_of(int))


@attrs.frozen
class Doubling:
    """An adapter that answers twice the number, and says how many it was asked together."""

    split: Split = together

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The system behind the question."""
        return {Own: "own_system"}

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        numbers = [each.question.number for each in asks if isinstance(each.question, Own)]
        return [Answered(2 * number, f"{len(asks)} together") for number in numbers]


Wire = Callable[[Api, ExitStack], Sequence[Adapter]]


def _embedded(api: Api, closing: ExitStack) -> Sequence[Adapter]:
    return embedded.connect_embedded(Settings(), api, closing).adapters


def _aws(api: Api, closing: ExitStack) -> Sequence[Adapter]:
    region = AwsSettings("eu-west-1")
    settings = Settings(lnaa_url="https://lnaa.example.com", lnaa_token="token", aws=region)
    return aws.resolver_adapters(settings, region, api, closing)


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Close in the end what was opened."""
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("wire", [_embedded, _aws])
@pytest.mark.parametrize(
    ("split", "groups"), [(one_by_one, [[0], [1]]), (together, [[0, 1]])], ids=["one", "together"]
)
def test_questions_go_together_as_the_connector_says(
    wire: Wire, split: Split, groups: Sequence[Sequence[int]], closing: ExitStack
) -> None:
    """On AWS as on one machine, a connector says what goes together, and makes when asked."""
    made: list[Resources] = []

    def make(using: Resources) -> Adapter:
        made.append(using)
        return Doubling()

    own = API.extended_by(connectors=[Connector({Own: "own_system"}, make, split=split)])
    *_, adapter = wire(own, closing)
    asks = [Ask(Own(1)), Ask(Own(2))]
    assert ([list(each) for each in adapter.split(asks)], made) == (groups, [])
    assert [each.answer for each in adapter.fetch(asks)] == [2, 4]
    assert len(made) == 1
