from __future__ import annotations

from collections.abc import Mapping

import pytest

from fanscore_appsync.settings import Backend, Settings, read_settings
from fanscore_core.errors import InvalidInput


@pytest.mark.parametrize(
    ("environ", "settings"),
    [
        ({}, Settings(Backend.EMBEDDED, ":memory:", None, None, frozenset())),
        ({"PATH": "/bin", "FANSCORE": "x"}, Settings()),
        ({"FANSCORE_BACKEND": "embedded"}, Settings(backend=Backend.EMBEDDED)),
        ({"FANSCORE_DB": "fans.db"}, Settings(database="fans.db")),
        ({"FANSCORE_DB": ":memory:"}, Settings()),
        ({"FANSCORE_POLICY": "policy.json"}, Settings(policy="policy.json")),
        ({"FANSCORE_SAMPLE": "sample.json"}, Settings(sample="sample.json")),
        ({"FANSCORE_OUTAGES": "a"}, Settings(outages=frozenset({"a"}))),
        ({"FANSCORE_OUTAGES": " a ,b,, a"}, Settings(outages=frozenset({"a", "b"}))),
        ({"FANSCORE_OUTAGES": " , "}, Settings()),
        (
            {
                "FANSCORE_BACKEND": "embedded",
                "FANSCORE_DB": "fans.db",
                "FANSCORE_POLICY": "policy.json",
                "FANSCORE_SAMPLE": "sample.json",
                "FANSCORE_OUTAGES": "arm_scoring",
            },
            Settings(
                Backend.EMBEDDED,
                "fans.db",
                "policy.json",
                "sample.json",
                frozenset({"arm_scoring"}),
            ),
        ),
    ],
)
def test_settings_are_read(environ: Mapping[str, str], settings: Settings) -> None:
    """Each variable sets what is named after it; what is not set has its default."""
    assert read_settings(environ) == settings


@pytest.mark.parametrize("name", ["BACKEND", "DB", "POLICY", "SAMPLE", "OUTAGES"])
def test_an_empty_variable_is_as_good_as_none(name: str) -> None:
    """A variable that is set to nothing has its default, as one that is not set."""
    assert read_settings({f"FANSCORE_{name}": ""}) == Settings()


@pytest.mark.parametrize("backend", ["postgres", "EMBEDDED", " embedded"])
def test_unknown_backends(backend: str) -> None:
    """A backend that there is not is refused, naming the variable and what it may be."""
    with pytest.raises(InvalidInput) as raised:
        read_settings({"FANSCORE_BACKEND": backend})
    assert raised.value.where == "FANSCORE_BACKEND"
    assert raised.value.problem.startswith("expected ")
    assert "embedded" in raised.value.problem
