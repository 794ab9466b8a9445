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

Wish = Mapping[str, str | None]

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
        answer: makes the page, of what is wished and the seconds that are left.
        texts: the members that a wish must have, each a text.
        optional: those that may be left out or be null.
    """

    method: str
    answer: Callable[[PolicyLab, Wish, float], HttpResponse]
    texts: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


def lab_page(lab: PolicyLab, path: str, wish: object, expires_at: float) -> HttpResponse:
    """Answer a request to the lab.

    Args:
        lab: answers.
        path: of ``LAB_PAGES``.
        wish: the body's document, or the parameters of the URL.
        expires_at: when it must have been answered, by ``time.monotonic``.

    Raises:
        Unacceptable: the wish does not have the page's members.
    """
    page = LAB_PAGES[path]
    return page.answer(lab, _wish(page, wish), max(0.0, expires_at - monotonic() - MARGIN_S))


def _wish(page: LabPage, wish: object) -> Wish:
    known = page.texts | page.optional
    if isinstance(wish, dict) and page.texts <= wish.keys() <= known:
        required_hold = all(isinstance(wish[name], str) for name in page.texts)
        if required_hold and all(isinstance(each, str | None) for each in wish.values()):
            return wish
    members = ", ".join(f'"{name}": "..."' for name in sorted(known))
    raise Unacceptable(400, MALFORMED, f"Expected {{{members}}}")


def _policies(lab: PolicyLab, _wish: Wish, _time_left_s: float) -> HttpResponse:
    return json_response(lab.policies(), 200, JSON)


def _sample(lab: PolicyLab, _wish: Wish, _time_left_s: float) -> HttpResponse:
    return HttpResponse(lab.sample(), media_type="application/jsonl")


def _findings(lab: PolicyLab, wish: Wish, time_left_s: float) -> HttpResponse:
    found = lab.findings(str(wish["fan"]), wish.get("event"), time_left_s)
    return json_response(found, 200, JSON, PERSONAL)


def _check(lab: PolicyLab, wish: Wish, _time_left_s: float) -> HttpResponse:
    return json_response(lab.check(str(wish["policy"])), 200, JSON)


def _diff(lab: PolicyLab, wish: Wish, _time_left_s: float) -> HttpResponse:
    return json_response(lab.diff(wish.get("event"), str(wish["policy"])), 200, JSON)


def _report(lab: PolicyLab, wish: Wish, _time_left_s: float) -> HttpResponse:
    try:
        text = lab.report(wish.get("event"), str(wish["policy"]))
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
