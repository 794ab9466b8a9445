from __future__ import annotations

from decimal import Decimal

import pytest

from fanscore_adapters.documents.proxies import CALLS, LNAA_CALLS, services_of
from fanscore_adapters.embedded.stand_ins import (
    Case,
    Sample,
    StandIns,
    default_sample,
    parse_sample,
)
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.ports.arm_scoring import ArmScore
from tests.contracts.asking import said

EMPTY = '{"tables": {}, "services": {}}'
CASE = '{"operation": "armScore", "arguments": {}, "response": {}}'
SHAPE = 'expected {"tables": {...}, "services": {...}}, both of them and no other'
PARTS = "expected operation, arguments and response"
KEYS = "expected an item with PK and SK"


def tables(text: str) -> str:
    """Make a sample of some tables."""
    return f'{{"tables": {text}, "services": {{}}}}'


def services(text: str) -> str:
    """Make a sample of some services."""
    return f'{{"tables": {{}}, "services": {text}}}'


def arm_cases(*cases: str) -> str:
    """Make a sample of some cases of ``arm_scoring``."""
    return services(f'{{"arm_scoring": [{", ".join(cases)}]}}')


def arm(fan: str, event: str | None = None) -> ArmScore:
    """Ask for a fan's risk."""
    return ArmScore(GlobalUserId(fan), None if event is None else EventId(event))


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ("", "$", "not JSON"),
        ('{"tables": {}, "tables": {}, "services": {}}', "$", "a key is repeated"),
        ("[]", "sample", SHAPE),
        ("{}", "sample", SHAPE),
        ('{"tables": {}}', "sample", SHAPE),
        ('{"tables": [], "services": {}}', "sample", SHAPE),
        ('{"tables": {}, "services": null}', "sample", SHAPE),
        ('{"tables": {}, "services": {}, "events": {}}', "sample", SHAPE),
        (tables('{"demand_tabel": []}'), "sample.tables.demand_tabel", "no such table; there are"),
        (tables('{"demand_table": {}}'), "sample.tables.demand_table", "expected a list of items"),
        (tables('{"demand_table": [{"PK": "a"}]}'), "sample.tables.demand_table[0]", KEYS),
        (
            tables('{"demand_table": [{"PK": "a", "SK": "b"}, {"PK": "a", "SK": 1}]}'),
            "sample.tables.demand_table[1]",
            KEYS,
        ),
        (tables('{"demand_table": [null]}'), "sample.tables.demand_table[0]", KEYS),
        (services('{"arm": []}'), "sample.services.arm", "no such service; there are"),
        (
            services('{"arm_scoring": {}}'),
            "sample.services.arm_scoring",
            "expected a list of cases",
        ),
        (arm_cases(CASE, "null"), "sample.services.arm_scoring[1]", PARTS),
        (arm_cases('{"operation": "armScore"}'), "sample.services.arm_scoring[0]", PARTS),
        (arm_cases(CASE.replace("{}}", '{}, "x": 1}')), "sample.services.arm_scoring[0]", PARTS),
        (arm_cases(CASE.replace('"armScore"', "1")), "sample.services.arm_scoring[0]", PARTS),
        (
            arm_cases(CASE.replace('"arguments": {}', '"arguments": []')),
            "sample.services.arm_scoring[0]",
            PARTS,
        ),
        (
            arm_cases(CASE.replace('"response": {}', '"response": null')),
            "sample.services.arm_scoring[0]",
            PARTS,
        ),
    ],
    ids=range(21),
)
def test_a_bad_sample_is_refused(text: str, where: str, problem: str) -> None:
    """A sample file with a mistake is refused, with the path of the mistake."""
    with pytest.raises(InvalidInput) as refused:
        parse_sample(text)
    assert refused.value.where == where
    assert refused.value.problem.startswith(problem)


def test_a_sample_is_read() -> None:
    """A sample holds items with exact numbers, and cases in their order."""
    item = '{"PK": "member:m-1", "SK": "score#account", "score": 72.50}'
    text = f'{{"tables": {{"account_fanscore_table": [{item}]}}, '
    text += f'"services": {{"arm_scoring": [{CASE}, {CASE.replace("armScore", "other")}]}}}}'
    assert parse_sample(text) == Sample(
        {
            "account_fanscore_table": [
                {"PK": "member:m-1", "SK": "score#account", "score": Decimal("72.50")}
            ]
        },
        {"arm_scoring": [Case("armScore", {}, {}), Case("other", {}, {})]},
    )


def test_the_shipped_sample_holds_the_documents_example() -> None:
    """The sample that is shipped lets the user's own query take all eight steps."""
    sample = default_sample()
    identities = {
        str(item["PK"]): item
        for item in sample.tables["fan_identity_table"]
        if item["SK"] == "identity"
    }
    scores = {str(item["PK"]): item for item in sample.tables["account_fanscore_table"]}
    assert "score" not in identities["fan:user123"]
    assert scores["member:member123"]["rawScore"] == 75
    assert said(StandIns(sample), arm("user123", "evt456")) == [(Decimal(2), "arm_scoring")]


def test_the_first_fitting_case_answers() -> None:
    """Of the cases that fit, the first counts; what a case does not name does not matter."""
    sample = Sample(
        {},
        {
            "arm_scoring": [
                Case("otherOperation", {}, {"data": {"armScore": 9}}),
                Case("armScore", {"globalUserId": "a", "eventId": "e"}, {"data": {"armScore": 1}}),
                Case("armScore", {"globalUserId": "a"}, {"data": {"armScore": 2}}),
                Case("armScore", {"eventId": "e"}, {"data": {"armScore": 3}}),
                Case("armScore", {"globalUserId": "a"}, {"data": {"armScore": 4}}),
            ]
        },
    )
    asks = [arm("a", "e"), arm("a", "f"), arm("a"), arm("b", "e"), arm("b")]
    assert [answer for answer, _ in said(StandIns(sample), *asks)] == [
        Decimal(1),
        Decimal(2),
        Decimal(2),
        Decimal(3),
        None,
    ]


@pytest.mark.parametrize("sample", [Sample({}, {}), parse_sample(EMPTY), parse_sample(arm_cases())])
def test_what_is_not_in_the_sample_is_not_found(sample: Sample) -> None:
    """A service knows nothing of whom the sample does not name, as a real one would say (404)."""
    assert said(StandIns(sample), arm("user123")) == [(None, "arm_scoring")]


def test_the_adapter_answers_for_the_services() -> None:
    """The adapter says which questions it answers, and for which service."""
    assert StandIns(default_sample()).systems == services_of({**CALLS, **LNAA_CALLS})


def test_an_outage_is_no_answer() -> None:
    """A service that is declared out of order is unavailable, whatever the sample says."""
    down = StandIns(default_sample(), frozenset({"arm_scoring"}))
    unavailable = repr(Unavailable("arm_scoring", "declared out of order"))
    assert said(down, arm("user123"), arm("nobody")) == [(unavailable, "arm_scoring")] * 2


def test_the_outage_of_another_service_does_not_matter() -> None:
    """An outage is that of one service."""
    others_down = StandIns(default_sample(), frozenset({"event_details"}))
    assert said(others_down, arm("user123")) == [(Decimal(2), "arm_scoring")]


@pytest.mark.parametrize("request_document", [{}, {"operation": "armScore"}, {"operation": 1}])
def test_no_case_fits_what_is_no_request(request_document: dict[str, object]) -> None:
    """A case is the answer to requests only."""
    assert not Case("armScore", {}, {}).fits(request_document)
