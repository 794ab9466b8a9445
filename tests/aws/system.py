"""All that fanscore needs of AWS and of others, on loopback: what ``FANSCORE_BACKEND=aws`` uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import attrs

from fanscore_adapters.embedded.stand_ins import Sample
from tests.aws.bus import BUS, Bus, create_bus
from tests.aws.functions import (
    HANDLER,
    create_consumers,
    create_idv,
    create_our_function,
    create_proxies,
)
from tests.aws.ministack import Ministack, ministack
from tests.aws.parties import Parties, parties
from tests.aws.tables import AwsTables

RESOLVER = "fanscore"


@attrs.frozen
class AwsSystem:
    """The system on a server of its own.

    Attributes:
        aws: the server.
        tables: the four tables, with the sample's items.
        bus: with the consumers behind it.
        parties: LNAA, the webhooks and Rekognition.
    """

    aws: Ministack
    tables: AwsTables
    bus: Bus
    parties: Parties

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment in which the handlers use it."""
        return {**self.aws.environ, **_settings(self.tables, self.parties)}


@contextmanager
def aws_system(sample: Sample, log_level: str = "ERROR") -> Iterator[AwsSystem]:
    """Start a server and the parties, and make everything there that is deployed.

    Raises:
        FileNotFoundError: as ``ministack``.
    """
    with parties(sample) as others, ministack(log_level) as aws:
        tables = AwsTables(aws)
        tables.create()
        tables.load(sample.tables)
        yield AwsSystem(aws, tables, _deploy(tables, others, sample), others)


def _deploy(tables: AwsTables, others: Parties, sample: Sample) -> Bus:
    aws, settings = tables.aws, _settings(tables, others)
    create_proxies(aws, sample)
    create_idv(aws, settings)
    create_our_function(aws, RESOLVER, HANDLER, settings)
    consumers = create_consumers(aws, settings)
    return create_bus(aws, {consumer.value: arn for consumer, arn in consumers.items()})


def _settings(tables: AwsTables, others: Parties) -> Mapping[str, str]:
    return {
        "FANSCORE_BACKEND": "aws",
        "FANSCORE_EVENT_BUS": BUS,
        **tables.environ,
        **others.environ,
    }
