from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fanscore_appsync.authorization import Caller, CallerKind
from fanscore_appsync.invocation import Invocation
from fanscore_appsync.pages import RULE, WHERE, connection, page_request
from fanscore_appsync.wire import Request
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import GlobalUserId, RequestId
from fanscore_core.pages import ListPage, Page
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook

FAN, OTHER = GlobalUserId("fan1"), GlobalUserId("fan2")
FIELD = "Demand.records"
WITHIN = ("demand", "evt1")

keys = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: _size(text) <= 1024)


def _size(text: str) -> int:
    return len(text.encode())


def call_of(field: str = FIELD) -> Invocation:
    """Make a call of a field."""
    request = Request(field, {}, None, {}, {})
    caller = Caller(CallerKind.USER, FAN)
    now = datetime(2026, 11, 1, tzinfo=UTC)
    return Invocation(request, caller, RequestId("r"), now, PolicyBook(DEFAULT_POLICY))


def token_of(rest: str, fan: GlobalUserId = FAN) -> str:
    """Write the token of a page that begins there."""
    listed = page_request(call_of(), fan, WITHIN, None, None)
    written = connection(ListPage(listed.list_id, Page((), rest)), str)["nextToken"]
    assert isinstance(written, str)
    return written


def after(token: str, fan: GlobalUserId = FAN) -> str | None:
    """Read a token."""
    return page_request(call_of(), fan, WITHIN, None, token).after


def test_a_connection() -> None:
    """A page is written as its items, each in its own way, and the token of the next, if any."""
    assert connection(ListPage("00" * 16, Page((1, 2))), str) == {
        "items": ["1", "2"],
        "nextToken": None,
    }
    assert connection(ListPage("00" * 16, Page((), "k")), str) == {
        "items": [],
        "nextToken": urlsafe_b64encode(b"\x01" + b"\0" * 16 + b"k").decode().rstrip("="),
    }


@given(keys)
@example("")
@example("a" * 1024)
@example("\0\n\U0010ffff")
def test_a_token_is_read_as_written(rest: str) -> None:
    """Whatever a sort key is, its token says where the next page begins."""
    assert after(token_of(rest)) == rest


def test_the_first_page() -> None:
    """Without a token and a limit it is the first hundred."""
    request = page_request(call_of(), FAN, WITHIN, None, None)
    assert (request.limit, request.after) == (100, None)


@pytest.mark.parametrize(
    ("field", "fan", "within"),
    [
        ("Demand.entries", FAN, WITHIN),
        (FIELD, OTHER, WITHIN),
        (FIELD, FAN, ("demand", "evt2")),
        (FIELD, FAN, ("demand", None)),
        (FIELD, FAN, ("entry", "evt1")),
        (FIELD, FAN, ("demand",)),
    ],
)
def test_a_token_of_another_list(
    field: str, fan: GlobalUserId, within: tuple[str | None, ...]
) -> None:
    """A token is good for the field, fan and prefix that it was given for, and for no other."""
    with pytest.raises(InvalidInput, match=WHERE):
        page_request(call_of(field), fan, within, None, token_of("sale1"))


GOOD = token_of("sale1")
BYTES = urlsafe_b64decode(GOOD + "=" * (-len(GOOD) % 4))


def _written(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


FORGED = {
    "empty": "",
    "one character": "A",
    "cut": GOOD[:-4],
    "cut in the digest": GOOD[:10],
    "padded": GOOD + "=" * (-len(GOOD) % 4) + "====",
    "with a line": GOOD + "\n",
    "with a space": " " + GOOD,
    "of the other alphabet": GOOD.replace("-", "+").replace("_", "/") + "+",
    "not ASCII": GOOD + "é",
    "another version": _written(b"\x02" + BYTES[1:]),
    "another digest": _written(BYTES[:5] + b"\xff\xff" + BYTES[7:]),
    "no text": _written(BYTES + b"\xff"),
    "half a character": _written(BYTES + "\ud800".encode("utf-8", "surrogatepass")),
    "too long a key": _written(BYTES[:17] + b"a" * 1025),
    "huge": "A" * 1_000_000,
    "JSON": '{"v":1}',
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_forged_tokens(token: str) -> None:
    """Whatever was not written for this list is refused by its path, and never repeated."""
    with pytest.raises(InvalidInput) as raised:
        after(token)
    assert str(raised.value) == f"{WHERE}: {RULE}"


@given(st.text() | st.binary(max_size=1100).map(_written))
def test_no_other_token_is_read(token: str) -> None:
    """A token is refused, or it is the one that is written for what is read of it."""
    try:
        rest = after(token)
    except InvalidInput:
        return
    assert rest is not None
    assert token_of(rest) == token


def test_what_a_token_shows() -> None:
    """A token holds nothing of the fan but the rest of the sort key, and a digest."""
    fan = GlobalUserId("canary-fan")
    token = token_of("sale1", fan)
    content = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert content[17:] == b"sale1"
    assert b"canary" not in content
