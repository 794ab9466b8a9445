from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import attrs
import httpx
import pytest

from fanscore_adapters.documents.policy import policy_text
from fanscore_appsync.local.http.gateway import Development
from fanscore_appsync.local.http.lab_pages import LAB_PAGES, REPORT_HEADERS
from fanscore_appsync.local.http.response import PERSONAL
from fanscore_appsync.local.policy_lab import PolicyLab
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import as_book
from fanscore_core.signals import SIGNALS
from tests.e2e.local_system import local_system
from tests.gateway.served import Served, served

HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
NEW = policy_text(attrs.evolve(DEFAULT_POLICY, version="trial-1", no_history_raw_score=40))

WISHES: Mapping[str, Mapping[str, str | None]] = {
    "/dev/lab/policies": {},
    "/dev/lab/sample": {},
    "/dev/lab/findings": {"fan": "user123", "event": None},
    "/dev/lab/check": {"policy": NEW},
    "/dev/lab/diff": {"policy": NEW, "event": "evt456"},
    "/dev/lab/report": {"policy": NEW},
}


@contextmanager
def lab_served() -> Iterator[Served]:
    """Serve a gateway with a lab, as on loopback."""
    with local_system() as system:
        lab = PolicyLab(as_book(DEFAULT_POLICY), SIGNALS, system.app.answer)
        parts = {"development": Development(lab=lab), "hosts": HOSTS}
        with served(change=lambda gateway: attrs.evolve(gateway, **parts)) as gateway:  # type: ignore[arg-type]  # by name
            yield gateway


@pytest.fixture(scope="module")
def gateway() -> Iterator[Served]:
    """Serve a gateway with a lab for the tests of this module."""
    with lab_served() as one:
        yield one


def asked(gateway: Served, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Ask for a page of the lab, as the console does."""
    if LAB_PAGES[path].method == "GET":
        given = {name: value for name, value in WISHES[path].items() if value is not None}
        return gateway.client.get(path, params=given, headers=headers)
    return gateway.client.post(path, json=WISHES[path], headers=headers)


def test_every_page(gateway: Served) -> None:
    """The console gets each page of the lab, with or without saying where it comes from."""
    assert WISHES.keys() == LAB_PAGES.keys()
    own = str(gateway.client.base_url).rstrip("/")
    for path in LAB_PAGES:
        for headers in ({}, {"origin": own, "sec-fetch-site": "same-origin"}):
            assert asked(gateway, path, headers).status_code == 200


def test_what_the_pages_say(gateway: Served) -> None:
    """JSON, lines, and a page that runs nothing and is shown in no frame."""
    found = asked(gateway, "/dev/lab/findings")
    assert PERSONAL.items() <= dict(found.headers).items()
    assert found.json() == {
        "findings": {
            "origin": "ACCOUNT_SCORE",
            "raw": "75",
            "signals": {"arm": "2", "event": "NOT_ASKED", "model": "0.05"},
        }
    }
    assert asked(gateway, "/dev/lab/check").json()["text"] == NEW
    assert asked(gateway, "/dev/lab/diff").json()["report"]["people"] == 1000
    assert len(asked(gateway, "/dev/lab/sample").text.splitlines()) == 1000
    report = asked(gateway, "/dev/lab/report")
    assert report.headers["content-type"] == "text/html; charset=utf-8"
    assert {name: report.headers[name] for name in REPORT_HEADERS} == REPORT_HEADERS
    assert "<td>trial-1</td>" in report.text


FOREIGN: Sequence[tuple[str, Mapping[str, str], int]] = [
    ("another origin", {"origin": "https://example.com"}, 404),
    ("an opaque origin", {"origin": "null"}, 404),
    ("a load or a link from a page elsewhere", {"sec-fetch-site": "cross-site"}, 404),
    ("a page of another port", {"sec-fetch-site": "same-site"}, 404),
    ("a proxy", {"x-forwarded-for": "192.0.2.1"}, 404),
    ("a host that points here", {"host": "rebound.example.com"}, 421),
]


@pytest.mark.parametrize(("what", "headers", "status"), FOREIGN, ids=[each[0] for each in FOREIGN])
def test_nobody_else_gets_them(
    gateway: Served, what: str, headers: Mapping[str, str], status: int
) -> None:
    """A page elsewhere, or a proxy, is told nothing of a fan and of no policy."""
    assert what
    for path in LAB_PAGES:
        assert asked(gateway, path, headers).status_code == status


def test_no_lab() -> None:
    """A gateway that others can call has no lab."""
    with served() as gateway:
        for path in LAB_PAGES:
            assert asked(gateway, path).status_code == 404


def test_other_methods(gateway: Served) -> None:
    """Each page is for its method."""
    for path, page in LAB_PAGES.items():
        response = gateway.client.request("PUT", path)
        assert response.status_code == 405
        assert page.method in response.headers["allow"]


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("/dev/lab/findings", []),
        ("/dev/lab/findings", {}),
        ("/dev/lab/findings", {"fan": 1}),
        ("/dev/lab/findings", {"fan": None}),
        ("/dev/lab/findings", {"fan": "user123", "event": ["evt456"]}),
        ("/dev/lab/findings", {"fan": "user123", "policy": ""}),
        ("/dev/lab/check", {"policy": DEFAULT_POLICY.version, "event": "evt456"}),
        ("/dev/lab/check", {"policy": {"version": "trial-1"}}),
        ("/dev/lab/diff", {"event": "evt456"}),
    ],
)
def test_a_request_without_the_right_members(gateway: Served, path: str, wish: object) -> None:
    """What a page cannot use is refused with the members that it expects."""
    response = gateway.client.post(path, json=wish)
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"].startswith("Expected {")


def test_a_form_of_a_page_elsewhere(gateway: Served) -> None:
    """Nothing is read that a browser sends without asking first."""
    text = {"content-type": "text/plain"}
    assert gateway.client.post("/dev/lab/check", content="{}", headers=text).status_code == 415


def test_a_report_on_no_policy(gateway: Served) -> None:
    """The address of a report says what is wrong with the policy in it."""
    response = gateway.client.get("/dev/lab/report", params={"policy": "{}"})
    assert response.status_code == 400
    assert "policy: expected an object" in response.json()["errors"][0]["message"]
    assert gateway.reports == []
