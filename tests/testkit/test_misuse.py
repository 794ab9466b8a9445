from __future__ import annotations

import asyncio

import pytest

from fanscore_appsync.testing import API_KEY_HEADERS, KitMisuse, user
from fanscore_appsync.testing.executor import Fanscore


def test_a_caller_with_two_credentials() -> None:
    """An identity together with an API key is a mistake: the gateway refuses two credentials."""
    with pytest.raises(KitMisuse) as raised:
        Fanscore().graphql("{ __typename }", as_=user("fan1"), headers=API_KEY_HEADERS)
    problem = "as_: a caller has an identity or an API key in the headers, not both"
    assert str(raised.value) == problem


def test_a_request_within_an_event_loop() -> None:
    """Within a running event loop, the mistake is told with its remedies; one of them is good."""
    fanscore = Fanscore()

    async def ask() -> object:
        with pytest.raises(KitMisuse) as raised:
            fanscore.graphql("{ __typename }", as_=user("fan1"))
        assert str(raised.value) == (
            "graphql: an event loop is running; call it in a test without `async`, "
            "or as `await asyncio.to_thread(fanscore.graphql, ...)`"
        )
        result = await asyncio.to_thread(fanscore.graphql, "{ __typename }", as_=user("fan1"))
        return result.data

    assert asyncio.run(ask()) == {"__typename": "Query"}
