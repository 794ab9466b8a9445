"""Browsers with credentials of an identity pool: IAM callers that anybody can be."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import pytest

from fanscore_appsync.fields import FIELDS
from fanscore_appsync.report import report
from fanscore_appsync.testing import pool_identity, service, unchecked_event
from fanscore_appsync.testing.executor import Fanscore
from fanscore_core.engine.stubs import Answers
from tests.hostile.canaries import TIME_LEFT_S
from tests.hostile.canary_world import CALLS
from tests.unit.fanscore_appsync.samples import app_of

MEMBERS: Mapping[str, object] = {
    "cognitoIdentityAuthProvider": "cognito-idp.eu-west-1.amazonaws.com/pool",
    **{name: each for name, each in pool_identity().items() if each and "cognito" in name},
}
SHOWN = [names for count in range(1, 5) for names in combinations(sorted(MEMBERS), count)]
QUERY = '{ api { accountFanscore(globalUserId: "user123") { score } } }'


def of_a_pool(names: tuple[str, ...]) -> dict[str, object]:
    """Give an IAM identity that shows some of the members that tell of an identity pool."""
    return {**service(), **{name: MEMBERS[name] for name in names}}


def test_there_are_four_members() -> None:
    """What follows is asked of every combination of the four."""
    assert (len(MEMBERS), len(SHOWN)) == (4, 15)


@pytest.mark.parametrize("shown", SHOWN, ids="+".join)
def test_the_handler_lets_none_in(shown: tuple[str, ...]) -> None:
    """No field answers an IAM identity that shows any of the members, or asks anybody for it."""
    app = app_of(lambda _: Answers(), report)
    for field in FIELDS:
        event = unchecked_event(field, CALLS[field], of_a_pool(shown))
        answered = app.answer({**event, "envelope": True}, TIME_LEFT_S).response
        match answered:
            case {"error": {"errorType": "401" | "403"}}:
                pass
            case _:
                raise AssertionError(field, answered)


@pytest.mark.parametrize("shown", SHOWN, ids="+".join)
def test_the_gateway_lets_none_in(shown: tuple[str, ...]) -> None:
    """GraphQL as the local gateway executes it has no answer for such an identity either."""
    executed = Fanscore().graphql(QUERY, as_=of_a_pool(shown))
    assert executed.data == {"api": {"accountFanscore": None}}
    assert [error["errorType"] for error in executed.errors] == ["401"]
