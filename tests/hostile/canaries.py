"""Values that must not be seen again, the callers that carry them, and who looks out for them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping

import attrs
import pytest

from fanscore_appsync.app import App
from fanscore_appsync.testing import service, user
from fanscore_core.ids import GlobalUserId
from tests.e2e.lambda_runtime import told

CANARY = "canary"
REASON = "for the operator"
"""Why a system is out of order: logged, and told to no caller."""
PHONE = "+12025550199"
FAN = GlobalUserId("canary-fan")
TIME_LEFT_S = 30.0

HEADERS: Mapping[str, object] = {
    "authorization": "Bearer canary-token",
    "x-forwarded-for": ["canary-address", "canary-proxy"],
    "canary-header": "canary-value",
}


def fan_identity(sub: str) -> Mapping[str, object]:
    """Give a user's identity that is full of canaries."""
    claims = {"sub": sub, "email": "canary@example.com", "phone_number": "+1canary"}
    return {
        **user(sub, ["canary-group"]),
        "username": "canary-username",
        "claims": claims,
        "sourceIp": ["canary-address"],
    }


OWNER = fan_identity(FAN)
TRUSTED = {
    **service(),
    "accountId": "canary-account",
    "username": "canary-role",
    "userArn": "arn:aws:sts::canary:assumed-role/canary/canary",
    "sourceIp": ["canary-address"],
}


@attrs.frozen
class Watch:
    """Looks for canaries in what an app answers, logs and prints."""

    caplog: pytest.LogCaptureFixture
    capsys: pytest.CaptureFixture[str]

    def answers(self, app: App, event: Mapping[str, object], time_left_s: float) -> list[str]:
        """Answer an event plainly, in an envelope and in a batch; check all, give the statuses."""
        single = told(lambda: app.answer(event, time_left_s).response)
        enveloped = app.answer({**event, "envelope": True}, time_left_s).response
        batch = app.answer([event, event], time_left_s).response
        assert isinstance(batch, list)
        self.finds_nothing()
        return [_checked(answer) for answer in (single, enveloped, *batch)]

    @property
    def reports(self) -> int:
        """How many unforeseen errors were reported so far."""
        return sum(record.levelno >= logging.ERROR for record in self.caplog.records)

    def finds_nothing(self) -> None:
        """Check what was logged and printed so far."""
        for record in self.caplog.records:
            assert not tells(repr(vars(record)))
        printed = self.capsys.readouterr()
        assert (printed.out, tells(printed.err)) == ("", False)


@pytest.fixture
def watch(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Watch:
    """Watch what is logged at any level, and what is printed."""
    caplog.set_level(logging.DEBUG)
    return Watch(caplog, capsys)


def tells(text: str) -> bool:
    """Whether a canary is in a text."""
    return CANARY in text.lower() or PHONE[2:] in text


def chain(error: BaseException) -> Iterator[str]:
    """Give all that Lambda logs of an error that is raised: its text, and those of its causes."""
    link: BaseException | None = error
    while link is not None:
        yield f"{type(link).__name__}: {link}"
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _checked(answer: object) -> str:
    """Look for canaries in an answer, whose data may be the caller's own. Give its status."""
    assert REASON not in json.dumps(answer)
    shown: object
    match answer:
        case {"raised": {"errorType": str(status)}}:
            shown = answer
        case {"error": {"errorType": str(status), "errorInfo": dict(info), "message": message}}:
            shown = _telling(message, info)
        case {"errorType": str(status), "errorInfo": dict(info), "errorMessage": message}:
            shown = _telling(message, info)
        case {"data": {"globalUserId": str(fan), **others}} | {"globalUserId": str(fan), **others}:
            status, shown = "data", {**others, "document": None}  # which is the receipt as kept
            assert fan == FAN
        case _:
            status, shown = "data", None
    assert not tells(json.dumps(shown))
    return status


def _telling(message: object, info: Mapping[str, object]) -> object:
    """Give what an error tells; the id of the request is given back for a retry."""
    return message, {name: value for name, value in info.items() if name != "requestId"}
