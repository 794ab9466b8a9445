from __future__ import annotations

import json
import re
from typing import cast

import pytest

from fanscore_appsync.report import report
from fanscore_core.errors import InvalidInput, PipelineMisuse, SourceFailed, UnknownQuestion

SECRET = "fan@example.com"
FRAME = re.compile(r".+\.py:[1-9][0-9]* \w+")


def raising(error: Exception, cause: Exception | None) -> None:
    """Raise an error."""
    raise error from cause


def caught(error: Exception, cause: Exception | None = None) -> Exception:
    """Give an error that has been raised, and so has a traceback."""
    try:
        raising(error, cause)
    except Exception as raised:  # noqa: BLE001  # the one that was raised
        return raised
    raise AssertionError


def logged(caplog: pytest.LogCaptureFixture, error: Exception) -> dict[str, object]:
    """Report an error, and give the object that was logged."""
    caplog.clear()
    found_by = report(error)
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("fanscore", "ERROR")
    line = record.getMessage()
    assert "\n" not in line
    document = cast("dict[str, object]", json.loads(line))
    assert document["id"] == found_by
    return document


def facts(document: dict[str, object]) -> list[tuple[object, object]]:
    """Give the type and message of each error that was logged."""
    errors = cast("list[dict[str, object]]", document["errors"])
    return [(error["type"], error["message"]) for error in errors]


def test_a_report_is_one_json_object(caplog: pytest.LogCaptureFixture) -> None:
    """A report is one line of JSON: its id, and of each error the type, message and frames."""
    document = logged(caplog, caught(ValueError(SECRET)))
    errors = cast("list[dict[str, object]]", document["errors"])
    assert set(document) == {"id", "errors"}
    assert [set(error) for error in errors] == [{"type", "message", "frames"}]
    frames = cast("list[str]", errors[0]["frames"])
    assert [frame.rpartition(" ")[2] for frame in frames] == ["caught", "raising"]
    assert [frame for frame in frames if FRAME.fullmatch(frame) is None] == []


def test_an_error_that_was_never_raised(caplog: pytest.LogCaptureFixture) -> None:
    """An error without a traceback has no frames."""
    document = logged(caplog, ValueError(SECRET))
    assert document["errors"] == [{"type": "ValueError", "message": None, "frames": []}]


def test_every_report_has_an_id_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    """Two reports of one error are told apart."""
    error = ValueError(SECRET)
    assert logged(caplog, error)["id"] != logged(caplog, error)["id"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PipelineMisuse("getArmScore", "ArmScore", "an effect"),
            "step getArmScore: an effect: ArmScore",
        ),
        (SourceFailed("Sqlite", "raised OSError"), "source Sqlite: raised OSError"),
        (UnknownQuestion(), "no source answers this"),
        (SourceFailed("Sqlite", 'a "quote"\nand a line'), 'source Sqlite: a "quote"\nand a line'),
        (ValueError(SECRET), None),
        (KeyError(SECRET), None),
        (OSError(2, SECRET, SECRET), None),
        (InvalidInput("arguments.globalUserId", SECRET), None),
        (ExceptionGroup(SECRET, [ValueError(SECRET)]), None),
    ],
)
def test_only_our_own_mistakes_speak(
    caplog: pytest.LogCaptureFixture, error: Exception, message: str | None
) -> None:
    """The messages of pipeline errors are logged; those of others may quote a fan, and are not."""
    document = logged(caplog, caught(error))
    assert facts(document) == [(type(error).__name__, message)]
    assert SECRET not in caplog.text


def test_causes_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The causes of an error stand behind it, the first cause last, and are silent too."""
    error = caught(SourceFailed("Sqlite", "raised KeyError"), caught(KeyError(SECRET)))
    document = logged(caplog, error)
    assert facts(document) == [
        ("SourceFailed", "source Sqlite: raised KeyError"),
        ("KeyError", None),
    ]
    assert SECRET not in caplog.text


def test_errors_while_handling_another_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """What was being handled when an error was raised is logged like a cause."""
    error = ValueError(SECRET)
    error.__context__ = KeyError(SECRET)
    assert facts(logged(caplog, error)) == [("ValueError", None), ("KeyError", None)]


def test_circles_of_causes_end(caplog: pytest.LogCaptureFixture) -> None:
    """Errors that are each other's cause are logged once each."""
    first, second = ValueError(SECRET), KeyError(SECRET)
    first.__cause__, second.__cause__ = second, first
    assert facts(logged(caplog, first)) == [("ValueError", None), ("KeyError", None)]


def test_values_on_the_way_stay_out(caplog: pytest.LogCaptureFixture) -> None:
    """Neither the arguments of the functions that an error passed nor its notes are logged."""

    def passes(_email: str) -> None:
        raise ValueError

    try:
        passes(SECRET)
    except ValueError as error:
        error.add_note(SECRET)
        logged(caplog, error)
    assert SECRET not in caplog.text
