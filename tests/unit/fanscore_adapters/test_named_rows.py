from __future__ import annotations

import subprocess
import sys

import attrs
import pytest

from fanscore_adapters.documents.proxies import CALLS, LNAA_CALLS, ProxyCall, services_of
from fanscore_adapters.items.operations import Lookup, PrefixRead, Write
from fanscore_adapters.items.tables import LOOKUPS, OPERATIONS, PREFIX_READS, ROWS, WRITES
from fanscore_adapters.named_rows import NamedRows, RowSequence
from fanscore_core.engine.question import Query
from fanscore_core.ports.arm_scoring import ArmScore, ArmScores
from fanscore_core.ports.lnaa import ActivateMembership, Membership


@attrs.frozen
class Own(Query[int]):
    """A question of one's own."""


def call(question: type[Own | ArmScore], service: str = "own_proxy") -> ProxyCall:
    """Declare a call."""
    return ProxyCall(question, service, "ask", lambda _: {}, lambda data: data)


LOADED = """
import sys
from fanscore_adapters.documents.proxies import CALLS
def loaded(): return sorted(n.rpartition(".")[2] for n in sys.modules if ".calls." in n)
print(CALLS.system_names, repr(CALLS), loaded())
from fanscore_core.ports.fan_identity import FanIdentity
print(int in CALLS, FanIdentity in CALLS.systems, loaded())
from fanscore_core.ports.phone_scoring import PhoneNumberScore
print(PhoneNumberScore in CALLS, CALLS.systems[PhoneNumberScore], loaded())
print(len(CALLS), loaded())
"""

SYSTEMS = (
    "arm_scoring",
    "proxy_tm_account_service",
    "proxy_campaign_service",
    "check_eligibility",
    "event_details",
    "get_updated_phonescore",
)
EVERY = [
    "account_service",
    "arm_scoring",
    "campaign_service",
    "eligibility_service",
    "event_details",
    "phone_scoring",
]


PORTS = ", ".join(
    f"fanscore_core.ports.{name}"
    for name in (
        "arm_scoring",
        "account_service",
        "campaign_service",
        "eligibility_service",
        "event_details",
        "phone_scoring",
    )
)


def test_what_loads_what() -> None:
    """Systems load nothing, a look-up one module, and going through rows all of them."""
    command = [sys.executable, "-c", LOADED]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    one = ["phone_scoring"]
    assert shown.stdout.splitlines() == [
        f"{SYSTEMS} NamedRows({PORTS}) []",
        "False False []",
        f"True get_updated_phonescore {one}",
        f"7 {EVERY}",
    ]


@pytest.mark.parametrize("rows", [CALLS, LNAA_CALLS, ROWS])
def test_systems_are_those_of_the_rows(rows: NamedRows[ProxyCall]) -> None:
    """Each row is that of its question, and of the system that is named."""
    assert dict(rows.systems) == {asked: row.system for asked, row in rows.items()}
    assert len(rows) == len(rows.systems) == len({*rows})
    assert {*rows.system_names} == {row.system for row in rows.values()}
    assert {asked: row.question for asked, row in rows.items()} == {asked: asked for asked in rows}


def test_rows_by_kind() -> None:
    """Each kind is a mapping of its own; what is of another kind is not in it."""
    kinds = ((LOOKUPS, Lookup), (PREFIX_READS, PrefixRead), (WRITES, Write))
    for rows, kind in kinds:
        assert {type(row) for row in rows.values()} == {kind}
        assert len(rows) == len(list(rows))
    assert {*LOOKUPS, *PREFIX_READS, *WRITES} == {*OPERATIONS.systems}
    assert sum(len(rows) for rows, _ in kinds) == len(ROWS)
    assert ArmScore not in LOOKUPS
    with pytest.raises(KeyError):
        LOOKUPS[next(iter(WRITES))]


def test_more_rows() -> None:
    """Rows that are given come with those that are named, or in their place."""
    own, other = call(Own), call(ArmScore)
    rows = CALLS.also([own, other])
    assert (rows[Own], rows[ArmScore], rows.systems[ArmScore]) == (own, other, "own_proxy")
    assert (rows.more, repr(rows).endswith("ProxyCall(ArmScore))")) == ([Own], True)
    assert list(rows) == [*CALLS, Own]
    assert (Own in CALLS, CALLS[ArmScore].service) == (False, "arm_scoring")
    with pytest.raises(ValueError, match="Own is declared twice"):
        CALLS.also([own, own])


def test_rows_that_are_not_there() -> None:
    """What has no row is a ``KeyError``, of rows and of systems."""
    for rows in (CALLS, CALLS.systems):
        with pytest.raises(KeyError):
            rows[Own]
        assert None not in rows


def test_joined() -> None:
    """Rows of two mappings are one, in order."""
    both = CALLS.joined(LNAA_CALLS)
    assert [*both] == [*CALLS, Membership, ActivateMembership]
    assert services_of(both) == {**services_of(CALLS), **services_of(LNAA_CALLS)}
    assert services_of({Own: call(Own)}) == {Own: "own_proxy"}


def test_rows_one_after_the_other() -> None:
    """A sequence of rows has all of them."""
    rows = RowSequence(CALLS, LNAA_CALLS)
    assert (len(rows), rows[1], rows[:2]) == (
        9,
        CALLS[ArmScores],
        (CALLS[ArmScore], CALLS[ArmScores]),
    )
    assert [*rows] == [*CALLS.values(), *LNAA_CALLS.values()]
