"""The policy lab over HTTP, for the console of a gateway on loopback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic

import attrs
from starlette.responses import Response as HttpResponse

from fanscore_appsync.lambda_context import MARGIN_S
from fanscore_appsync.local.http.request import JSON, MALFORMED, Unacceptable
from fanscore_appsync.local.http.response import PERSONAL, json_response
from fanscore_appsync.local.policy_lab import PolicyLab
from fanscore_core.errors import InvalidInput

Given = Mapping[str, str | None]

REPORT_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@attrs.frozen
class LabPage:
    """A page of the lab.

    Attributes:
        method: of HTTP.
        answer: makes the page, from what the request gives and the seconds that are left.
        texts: the members that a request must give, each a text.
        optional: those that may be left out or be null.
    """

    method: str
    answer: Callable[[PolicyLab, Given, float], HttpResponse]
    texts: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


def lab_page(lab: PolicyLab, path: str, given: object, expires_at: float) -> HttpResponse:
    """Answer a request to the lab.

    Args:
        lab: answers.
        path: of ``LAB_PAGES``.
        given: the body's document, or the parameters of the URL.
        expires_at: when it must have been answered, by ``time.monotonic``.

    Raises:
        Unacceptable: it does not give the page's members.
    """
    page = LAB_PAGES[path]
    return page.answer(lab, _checked(page, given), max(0.0, expires_at - monotonic() - MARGIN_S))


def _checked(page: LabPage, given: object) -> Given:
    known = page.texts | page.optional
    if isinstance(given, dict) and page.texts <= given.keys() <= known:
        required_hold = all(isinstance(given[name], str) for name in page.texts)
        if required_hold and all(isinstance(each, str | None) for each in given.values()):
            return given
    members = ", ".join(f'"{name}": "..."' for name in sorted(known))
    raise Unacceptable(400, MALFORMED, f"Expected {{{members}}}")


def _policies(lab: PolicyLab, _given: Given, _time_left_s: float) -> HttpResponse:
    return json_response(lab.policies(), 200, JSON)


def _sample(lab: PolicyLab, _given: Given, _time_left_s: float) -> HttpResponse:
    return HttpResponse(lab.sample(), media_type="application/jsonl")


def _findings(lab: PolicyLab, given: Given, time_left_s: float) -> HttpResponse:
    found = lab.findings(str(given["fan"]), given.get("event"), time_left_s)
    return json_response(found, 200, JSON, PERSONAL)


def _check(lab: PolicyLab, given: Given, _time_left_s: float) -> HttpResponse:
    return json_response(lab.check(str(given["policy"])), 200, JSON)


def _diff(lab: PolicyLab, given: Given, _time_left_s: float) -> HttpResponse:
    return json_response(lab.diff(given.get("event"), str(given["policy"])), 200, JSON)


def _report(lab: PolicyLab, given: Given, _time_left_s: float) -> HttpResponse:
    try:
        text = lab.report(given.get("event"), str(given["policy"]))
    except InvalidInput as error:
        raise Unacceptable(400, MALFORMED, str(error)) from error
    return HttpResponse(text, headers=REPORT_HEADERS, media_type="text/html")


_POLICY, _EVENT = frozenset({"policy"}), frozenset({"event"})

LAB_PAGES: Mapping[str, LabPage] = {
    "/dev/lab/policies": LabPage("GET", _policies),
    "/dev/lab/sample": LabPage("GET", _sample),
    "/dev/lab/findings": LabPage("POST", _findings, frozenset({"fan"}), _EVENT),
    "/dev/lab/check": LabPage("POST", _check, _POLICY),
    "/dev/lab/diff": LabPage("POST", _diff, _POLICY, _EVENT),
    "/dev/lab/report": LabPage("GET", _report, _POLICY, _EVENT),
}
"""The pages, by path."""
