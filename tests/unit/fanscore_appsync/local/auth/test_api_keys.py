from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import attrs
import pytest

from fanscore_appsync.local.auth.api_keys import (
    DEVELOPMENT_KEY,
    ApiKey,
    ApiKeys,
    InvalidApiKey,
    api_key_document,
    development_keys,
    new_api_key,
    parse_api_keys,
)
from fanscore_core.errors import InvalidInput

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
HASHES = [sha256(name.encode()).hexdigest() for name in ("one", "two", "three")]
DOCUMENTS = [
    {"id": "first", "hash": HASHES[0], "expiresAt": "2026-11-01T08:00:01Z"},
    {"id": "second", "hash": HASHES[1], "expiresAt": "2027-11-01T09:00:00+01:00"},
    {"id": "third", "hash": HASHES[2], "expiresAt": "2026-11-01T08:00:00Z"},
]
NO_TIME = "expected a date and time with offset, such as 2026-11-01T08:00:00Z"
KEYS = parse_api_keys(json.dumps(DOCUMENTS))


def zeros(count: int) -> bytes:
    """Give what is not random at all."""
    return bytes(count)


def test_keys_are_read() -> None:
    """A list of ids, hashes and times gives the keys, and each is written as it was."""
    later = datetime(2027, 11, 1, 8, tzinfo=UTC)
    assert KEYS.keys == (
        ApiKey("first", HASHES[0], NOW + timedelta(seconds=1)),
        ApiKey("second", HASHES[1], later),
        ApiKey("third", HASHES[2], NOW),
    )
    assert api_key_document(KEYS.keys[0]) == DOCUMENTS[0]


@pytest.mark.parametrize(("key", "name"), [("one", "first"), ("two", "second")])
def test_a_key_has_its_id(key: str, name: str) -> None:
    """A key that has not expired is known by its id."""
    assert KEYS.check(key, NOW) == name


@pytest.mark.parametrize(
    "key", ["three", "four", "", "one ", "ONE", "\ud800", HASHES[0], "x" * 100_000]
)
def test_other_keys_are_refused(key: str) -> None:
    """An expired key, an unknown one and a hash are refused alike, and no message repeats them."""
    with pytest.raises(InvalidApiKey) as raised:
        KEYS.check(key, NOW)
    assert str(raised.value) == "The API key is not valid"


def test_a_key_expires() -> None:
    """A key is good until its time, and not from then on."""
    assert KEYS.check("one", NOW + timedelta(seconds=0.999)) == "first"
    with pytest.raises(InvalidApiKey):
        KEYS.check("one", NOW + timedelta(seconds=1))


def test_without_keys_all_are_refused() -> None:
    """An empty list lets nobody in."""
    with pytest.raises(InvalidApiKey):
        parse_api_keys("[]").check("", NOW)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({}, "apiKeys: expected a list"),
        ([None], "apiKeys[0]: expected an object"),
        ([{}], "apiKeys[0].id: required"),
        ([{**DOCUMENTS[0], "key": "one"}], "apiKeys[0]: unknown key 'key'"),
        ([{**DOCUMENTS[0], "id": ""}], "apiKeys[0].id: expected a name"),
        (
            [{**DOCUMENTS[0], "hash": HASHES[0].upper()}],
            "apiKeys[0].hash: expected 64 lower-case hexadecimal digits",
        ),
        (
            [{**DOCUMENTS[0], "hash": "one"}],
            "apiKeys[0].hash: expected 64 lower-case hexadecimal digits",
        ),
        (
            [{**DOCUMENTS[0], "expiresAt": "2026-11-01"}],
            f"apiKeys[0].expiresAt: {NO_TIME}",
        ),
        ([DOCUMENTS[0], {**DOCUMENTS[1], "id": "first"}], "apiKeys: two keys have equal ids"),
        (
            [DOCUMENTS[0], {**DOCUMENTS[1], "hash": HASHES[0]}],
            "apiKeys: two keys have equal hashes",
        ),
    ],
)
def test_mistakes_in_the_list_are_told(document: object, problem: str) -> None:
    """A list that cannot be used is refused with the place of the mistake."""
    with pytest.raises(InvalidInput) as raised:
        parse_api_keys(json.dumps(document))
    assert str(raised.value) == problem


def test_a_time_without_offset_is_no_time() -> None:
    """A key cannot end at a time that is another elsewhere."""
    with pytest.raises(InvalidInput):
        ApiKey("first", HASHES[0], NOW.replace(tzinfo=None))


def test_a_new_key_is_good_at_once() -> None:
    """A new key is of 256 random bits, and is kept as its hash alone."""
    key, kept = new_api_key("console", DAY, NOW, zeros)
    assert key == "da2-" + "0" * 64
    assert kept == ApiKey("console", sha256(key.encode()).hexdigest(), NOW + DAY)
    assert ApiKeys((kept,)).check(key, NOW) == "console"


@pytest.mark.parametrize("lifetime", [DAY, 365 * DAY])
def test_keys_live_as_long_as_those_of_appsync(lifetime: timedelta) -> None:
    """A key may live for 1 to 365 days, and no shorter or longer."""
    assert new_api_key("a", lifetime, NOW, zeros)[1].expires_at == NOW + lifetime
    beyond = timedelta(seconds=-1 if lifetime == DAY else 1)
    with pytest.raises(InvalidInput) as raised:
        new_api_key("a", lifetime + beyond, NOW, zeros)
    assert str(raised.value) == "lifetime: expected 1 to 365 days"


def test_the_development_key() -> None:
    """A gateway that was given no keys has one that everybody knows."""
    assert development_keys(NOW).check(DEVELOPMENT_KEY, NOW + 364 * DAY) == "development"


def test_what_is_kept_does_not_hold_the_key() -> None:
    """Neither the document nor the text of a kept key holds the key."""
    key, kept = new_api_key("console", DAY, NOW, zeros)
    assert key not in json.dumps(api_key_document(kept)) + repr(kept) + str(attrs.asdict(kept))
