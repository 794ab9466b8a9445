from __future__ import annotations

from collections.abc import Mapping

import pytest

from fanscore_appsync.fields import FIELDS, NAMESPACES
from tests.e2e.calls import CALLERS, CALLS, call
from tests.e2e.local_system import local_system
from tests.stored_receipts import receipt, stored

LOGIN = "401 NOT_LOGGED_IN"
KIND = "403 NOT_ALLOWED"
OWNER = "403 NOT_OWNER"
ABSENT = "404 NOT_FOUND"

COLUMNS = ("nobody", "api key", "other fan", "owner", "IAM role", "identity pool", "OIDC")

# docs/reference/api.md, read by a person. `data` for another fan is that fan's own.
MATRIX = {
    "Query.api": ("data", "data", "data", "data", "data", "data", "data"),
    "Query.demand": ("data", "data", "data", "data", "data", "data", "data"),
    "VFApi.accountFanscore": (LOGIN, LOGIN, OWNER, "data", "data", LOGIN, KIND),
    "VFApi.decisionReceipt": (LOGIN, LOGIN, OWNER, "data", "data", LOGIN, KIND),
    "VFApi.campaign": (KIND, "data", "data", "data", "data", KIND, KIND),
    "VFApi.eligibility": (LOGIN, LOGIN, "data", "data", LOGIN, LOGIN, KIND),
    "VFApi.phoneScore": (LOGIN, LOGIN, "data", "data", "data", LOGIN, KIND),
    "VFApi.livenessSession": (LOGIN, LOGIN, ABSENT, "data", LOGIN, LOGIN, KIND),
    "VFApi.lnaaMembership": (LOGIN, LOGIN, "data", "data", LOGIN, LOGIN, KIND),
    "Demand.eventDetails": (KIND, "data", "data", "data", "data", KIND, KIND),
    "Demand.records": (LOGIN, LOGIN, "data", "data", "data", LOGIN, KIND),
    "Demand.entries": (LOGIN, LOGIN, "data", "data", "data", LOGIN, KIND),
    "DemandRecord.event": (LOGIN, LOGIN, "data", "data", "data", LOGIN, KIND),
    "Mutation.demandRecordSave": (LOGIN, LOGIN, "data", "data", LOGIN, LOGIN, KIND),
    "Mutation.demandRecordDelete": (LOGIN, LOGIN, "data", "data", LOGIN, LOGIN, KIND),
    "Mutation.upsertEntry": (LOGIN, LOGIN, "data", "data", LOGIN, LOGIN, KIND),
    "Mutation.entryWithdraw": (LOGIN, LOGIN, "data", "data", LOGIN, LOGIN, KIND),
    "Mutation.checkLiveness": (LOGIN, LOGIN, "data", "data", LOGIN, LOGIN, KIND),
    "Mutation.lnaaActivate": (LOGIN, LOGIN, "data", "data", LOGIN, LOGIN, KIND),
}

DENIED = frozenset({LOGIN, KIND, OWNER})


def outcome(answer: object) -> str:
    """Say what an enveloped answer comes to: ``data``, or the error's type and code."""
    match answer:
        case {"data": _}:
            return "data"
        case {"error": {"errorType": str(kind), "errorInfo": {"code": str(code)}}}:
            return f"{kind} {code}"
        case _:
            raise AssertionError(answer)


def called(
    field: str, caller: str, arguments: Mapping[str, object] | None = None
) -> tuple[str, int]:
    """Call a field of an owner with a session and a receipt; give what came, and the questions."""
    with local_system() as system:
        system.tables.load("demand_table", [stored(receipt())])
        system.answer(call("Mutation.checkLiveness"))
        system.asked.clear()
        answer = system.answer(call(field, arguments, caller, envelope=True))
        return outcome(answer), len(system.asked)


def test_every_field_against_every_caller() -> None:
    """Each kind of caller gets from each field the documented answer, and nothing else."""
    found = {field: tuple(called(field, each)[0] for each in COLUMNS) for field in MATRIX}
    assert found == MATRIX


def test_the_matrix_is_whole() -> None:
    """The matrix has a row for every field and a column for every kind of caller."""
    assert set(MATRIX) == FIELDS.keys() | NAMESPACES == set(CALLS)
    assert set(COLUMNS) == set(CALLERS)


def test_a_denied_call_asks_no_question() -> None:
    """Who may call is decided before any outside system is asked, and only an answer asks any."""
    asked = {
        (field, caller): called(field, caller)[1] > 0
        for field in MATRIX.keys() - NAMESPACES
        for caller in COLUMNS
    }
    assert asked == {
        (field, caller): found not in DENIED
        for field, row in MATRIX.items()
        for caller, found in zip(COLUMNS, row, strict=True)
        if field not in NAMESPACES
    }


@pytest.mark.parametrize("field", sorted(MATRIX.keys() - NAMESPACES))
def test_a_caller_is_denied_before_the_arguments_are_read(field: str) -> None:
    """A caller of the wrong kind learns nothing of what arguments would have been good."""
    wrong = {"no such argument": 1}
    index = COLUMNS.index("nobody")
    assert called(field, "nobody", wrong) == (MATRIX[field][index], 0)


@pytest.mark.parametrize(
    ("caller", "expected"),
    [("owner", KIND), ("other fan", OWNER), ("IAM role", "data"), ("identity pool", LOGIN)],
)
def test_member_id_is_for_services(caller: str, expected: str) -> None:
    """``memberId`` from a fan is refused: it would be somebody else's score."""
    arguments = {"globalUserId": "user123", "memberId": "member-top"}
    answer, asked = called("VFApi.accountFanscore", caller, arguments)
    assert (answer, asked > 0) == (expected, expected == "data")


@pytest.mark.parametrize(
    ("caller", "fan", "expected"),
    [
        ("owner", "user123", KIND),
        ("other fan", "user123", KIND),
        ("IAM role", "user123", "data"),
        ("IAM role", None, "400 INVALID_INPUT"),
        ("IAM role", "", "400 INVALID_ID"),
        ("identity pool", "user123", LOGIN),
        ("api key", "user123", LOGIN),
        ("OIDC", "user123", KIND),
    ],
)
def test_whose_records_are_for_services_to_say(caller: str, fan: str | None, expected: str) -> None:
    """A service names the fan whose records it lists; from a fan that is refused, always."""
    answer, asked = called("Demand.records", caller, {"globalUserId": fan})
    assert (answer, asked > 0) == (expected, expected == "data")


@pytest.mark.parametrize("caller", COLUMNS)
@pytest.mark.parametrize(
    "field",
    [
        "VFApi.accountFanscores",
        "VFApi.records",
        "Demand.campaign",
        "Query.accountFanscore",
        "Query.campaign",
        "Mutation.api",
        "Mutation.records",
        "DemandRecord.eventId",
        "Subscription.records",
        "Query.__schema",
        "vfapi.campaign",
        ".",
    ],
)
def test_what_is_not_in_the_table_cannot_be_called(field: str, caller: str) -> None:
    """A field that the table does not have is no field, whoever calls, and nothing is asked."""
    assert called(field, caller, {}) == ("400 INVALID_INPUT", 0)
