from __future__ import annotations

import pytest

from fanscore_adapters.items import keys
from fanscore_adapters.items.keys import Key
from fanscore_core.ids import BotRunId, EventId, GlobalUserId, MemberId

FAN = GlobalUserId("user123")


@pytest.mark.parametrize(
    ("key", "pk", "sk"),
    [
        (keys.identity(FAN), "fan:user123", "identity"),
        (keys.BOT_CURSOR, "botornot", "cursor"),
        (keys.bot_verdict(FAN, BotRunId("run-1")), "fan:user123", "botornot#run-1"),
        (keys.account_score(MemberId("member123")), "member:member123", "score#account"),
        (keys.event_mapping(EventId("evt-456")), "event:evt-456", "disco"),
    ],
)
def test_ids_stand_raw_in_keys(key: Key, pk: str, sk: str) -> None:
    """Each item lies under the key that the contract gives it."""
    assert key == Key(pk, sk) == (pk, sk)


@pytest.mark.parametrize(
    ("event", "sale", "sk"),
    [
        ("evt123", "sale456", "demand#evt123-sale456"),
        ("evt123", "sale-456", "demand#evt123-sale-456"),
        ("a-b", "c", "demand#a%2Db-c"),
        ("a", "b-c", "demand#a-b-c"),
        ("-", "-", "demand#%2D--"),
        ("a--b", "c", "demand#a%2D%2Db-c"),
        ("~=:._", "~=:._", "demand#~=:._-~=:._"),
    ],
)
def test_a_hyphen_of_an_event_is_escaped(event: str, sale: str, sk: str) -> None:
    """In a demand record's key the first ``-`` separates, since an event's own is ``%2D``."""
    assert keys.demand_record(FAN, EventId(event), sale) == Key("fan:user123", sk)


@pytest.mark.parametrize(("event", "prefix"), [("evt123", "demand#evt123-"), ("-", "demand#%2D-")])
def test_an_events_records_have_one_prefix(event: str, prefix: str) -> None:
    """All demand records of an event begin with the event, escaped, and the separator."""
    assert keys.demand_of_event(FAN, EventId(event)) == Key("fan:user123", prefix)
