from __future__ import annotations

from datetime import UTC, datetime

import attrs
import pytest

from fanscore_appsync.app import App
from fanscore_appsync.consumer_app import ConsumerApp
from fanscore_appsync.function_app import FunctionApp
from fanscore_appsync.idv_app import IdvApp
from fanscore_appsync.log import InvocationLog
from fanscore_core.engine.stubs import Answers
from fanscore_core.errors import NotAllowed

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)


def logging_to(lines: list[InvocationLog]) -> FunctionApp:
    """Make an app that logs into a list, without the times that it measured."""

    def log(line: InvocationLog) -> None:
        lines.append(attrs.evolve(line, milliseconds=0.0))

    return FunctionApp(lambda _: Answers(), str, lambda: NOW, log=log)


def test_what_is_known_in_the_end_is_logged() -> None:
    """The line holds what the app found out in the course of the invocation."""
    lines: list[InvocationLog] = []
    with logging_to(lines).logged("resolver", "invocation-1") as progress:
        progress.name = "VFApi.campaign"
        progress.codes = ["OK", "CONFLICT", "NOT_ALLOWED"]
    assert lines == [
        InvocationLog("resolver", "VFApi.campaign", "invocation-1", "CONFLICT", 0.0, 3, 2)
    ]


def test_what_nothing_is_known_of_has_no_name() -> None:
    """An invocation of which the app says nothing is logged as one good item, of unknown name."""
    lines: list[InvocationLog] = []
    with logging_to(lines).logged("resolver", ""):
        pass
    assert lines == [InvocationLog("resolver", "unknown", "", "OK", 0.0)]


@pytest.mark.parametrize(
    ("error", "code"), [(NotAllowed("VFApi.campaign"), "NOT_ALLOWED"), (KeyError(), "INTERNAL")]
)
def test_what_is_raised_is_logged_by_its_code(error: Exception, code: str) -> None:
    """An error goes on to whoever invoked the function, and its code into the line."""
    lines: list[InvocationLog] = []
    with pytest.raises(type(error)), logging_to(lines).logged("consumer", "invocation-1"):
        raise error
    assert lines == [InvocationLog("consumer", "unknown", "invocation-1", code, 0.0, errors=1)]


def test_all_apps_call_things_by_the_same_names() -> None:
    """What two apps both need has one name in both, and the same place."""
    names = {
        app: [each.name for each in attrs.fields(app)]
        for app in (FunctionApp, App, ConsumerApp, IdvApp)
    }
    common = ["source", "report", "now", "log"]
    assert names == {
        FunctionApp: common,
        IdvApp: common,
        ConsumerApp: [*common, "mint"],
        App: [*common, "mint", "policy", "api", "clock", "shadow", "keeper"],
    }
