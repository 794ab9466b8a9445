"""The files of the console over HTTP: a page of its own, which loads nothing from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import attrs
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

CONSOLE = Path(__file__).parents[1] / "console"

CONSOLE_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

WORKBENCH = "workbench"
"""The folder of the views that are there only where there is a workbench."""

_FILES = StaticFiles(directory=CONSOLE, html=True)


@attrs.frozen(kw_only=True)
class ConsoleFiles:
    """The files of the console.

    Attributes:
        has_workbench: whether those of the workbench are among them.
    """

    has_workbench: bool

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """Return a file, with headers that keep it to itself.

        Raises:
            HTTPException: there is none of this path.
        """
        path = _FILES.get_path(request.scope)
        if self._is_hidden(path):
            raise HTTPException(404)
        response = await _FILES.get_response(path, request.scope)
        response.headers.update(CONSOLE_HEADERS)
        return response

    async def have(self, scope: Scope) -> bool:
        """Whether there is a file of this path, for whatever method."""
        path = _FILES.get_path(scope)
        try:
            found, _ = await asyncio.to_thread(_FILES.lookup_path, path)
        except (OSError, ValueError):  # such as a name that no file can have
            return False
        return bool(found) and not self._is_hidden(path)

    def _is_hidden(self, path: str) -> bool:
        return not self.has_workbench and Path(path).parts[:1] == (WORKBENCH,)
