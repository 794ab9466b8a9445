"""An API whose rows are named, and loaded when they are needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import pytest

from fanscore_adapters.documents.proxies import CALLS, ProxyCall
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Lookup, TableRow
from fanscore_adapters.named_rows import NamedRows, RowSequence, RowsOfPort
from fanscore_appsync import routes
from fanscore_appsync.api import API, NAMES_OF_PORTS, Answers, Api
from fanscore_appsync.api_checks import ApiMisuse
from fanscore_appsync.connectors import LNAA, Connector
from fanscore_appsync.fields import FIELDS, NamedFields
from fanscore_appsync.testing.routing import check
from fanscore_core.engine.question import Query
from tests.unit.fanscore_appsync import named_field

HERE = Path(__file__)


@attrs.frozen
class Points(Query[int]):
    """A question of one's own."""


ROWS: Sequence[TableRow] = (
    Lookup(Points, "demand_table", lambda _: Key("a", "b"), lambda item: item),
)


def answers(port: str, table: str) -> Answers:
    """Name rows of this module."""
    tables = NamedRows[TableRow]([RowsOfPort(port, __name__, table)])
    return Answers(tables, NamedRows[ProxyCall]())


def connector() -> Connector:
    """Make a connector whose stand-ins answer what it does not."""

    def make(_: object) -> None:
        raise AssertionError

    return Connector({Points: "own_system"}, make, RowSequence(CALLS))  # type: ignore[arg-type]  # it is never made


MISTAKES: Mapping[str, tuple[Api, str]] = {
    "a field that is not as it must be": (
        attrs.evolve(API, fields=NamedFields({}, {"VFApi.own": named_field.__name__})),
        "VFApi.own: keeps memberId for services, and has no such argument",
    ),
    "a port without a row": (
        attrs.evolve(API, answers=answers("some.port", "demand_table")),
        f"some.port: {__name__} has no row for its questions",
    ),
    "a question to another table": (
        attrs.evolve(API, answers=answers(__name__, "verification_table")),
        "Points: is named as one to verification_table",
    ),
    "a stand-in of another system": (
        attrs.evolve(API, connectors=[connector()]),
        "ArmScore: is in stand_in, and not among the connector's systems",
    ),
}


def test_every_row_of_ours_loads_and_passes() -> None:
    """What is checked of rows that are given holds of all that are named, and loaded later."""
    API.check()


def test_every_route_is_named() -> None:
    """No module of routes has a row that cannot be found."""
    modules = {path.stem for path in Path(routes.__path__[0]).glob("*.py")} - {"__init__", "names"}
    found = {field.given.__module__.rpartition(".")[2] for field in FIELDS.values()}
    assert found == modules


@pytest.mark.parametrize(("api", "problem"), MISTAKES.values(), ids=list(MISTAKES))
def test_mistakes(api: Api, problem: str) -> None:
    """An API whose rows are named can be made; the check that loads them says what is wrong."""
    with pytest.raises(ApiMisuse) as refused:
        api.check()
    assert (str(refused.value), check(api)) == (problem, [problem])


def test_names_of_ours() -> None:
    """A question of one's own may have the name of a value of ours, and of no question."""

    @attrs.frozen
    class ArmScore(Query[int]):
        """Not ours."""

    @attrs.frozen
    class Venue(Query[int]):
        """Not our value."""

    def call(question: type[ArmScore | Venue]) -> ProxyCall:
        return ProxyCall(question, "own_proxy", "ask", lambda _: {}, lambda data: data)

    assert Venue in API.extended_by(answers=[call(Venue)]).calls
    with pytest.raises(ApiMisuse, match="question ArmScore: is declared twice"):
        API.extended_by(answers=[call(ArmScore)])


def test_names_of_questions() -> None:
    """Every question of ours is on the face of the ports, where names are looked up."""
    asked = (*API.operations.systems, *API.calls, *LNAA.systems)
    assert {each.__name__ for each in asked} <= NAMES_OF_PORTS


EXTENDED = """
import sys
from fanscore_appsync import API
from tests.unit.fanscore_appsync.small_api import SMALL
ours = ("fanscore_appsync.routes.", "fanscore_adapters.items.", "fanscore_core.pipelines.")
print(*sorted(name for name in sys.modules if name.startswith(ours)))
SMALL.check()
print("fanscore_appsync.routes.entries" in sys.modules)
"""


def test_an_extension_loads_none_of_ours() -> None:
    """One's own API is made of ours, and loads no row of ours until somebody needs one."""
    shown = subprocess.run(
        [sys.executable, "-c", EXTENDED],
        check=True,
        capture_output=True,
        text=True,
        cwd=HERE.parents[3],
    )
    items = ("escapes", "keys", "operations", "tables")
    loaded = " ".join(f"fanscore_adapters.items.{each}" for each in items)
    assert shown.stdout.splitlines() == [loaded, "True"]
