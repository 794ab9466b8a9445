"""Systems that adapters written by hand answer for: what is no table and no Lambda function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import attrs

from fanscore_adapters.adapter import Adapter, Split, one_by_one
from fanscore_adapters.documents.proxies import LNAA_CALLS, ProxyCall
from fanscore_adapters.named_rows import RowSequence
from fanscore_appsync.settings import Settings
from fanscore_core.engine.question import Question

if TYPE_CHECKING:
    import httpx


@attrs.frozen
class Resources:
    """What an adapter is made from.

    Attributes:
        settings: of fanscore.
        environ: the environment, with settings of one's own.
        closing: is given what to close in the end, such as a client.
    """

    settings: Settings
    environ: Mapping[str, str] = attrs.field(repr=False)
    closing: ExitStack = attrs.field(repr=False)

    def http_client(self, timeout_s: float) -> httpx.Client:
        """Make a client for an ``HttpEndpoint``, by the environment's proxies and certificates.

        Args:
            timeout_s: for connecting, for each read and for each write.

        Raises:
            InvalidInput: the environment names something that no client can go by.
        """
        # An HTTP client takes long to import, and few requests need one.
        from fanscore_adapters.http.client import stateless_client  # noqa: PLC0415
        from fanscore_adapters.http.environment import read_http_environment  # noqa: PLC0415

        client = stateless_client(timeout_s, read_http_environment(self.environ))
        return self.closing.enter_context(client)


def _nothing_to_check(_environ: Mapping[str, str]) -> None:
    return


@attrs.frozen
class Connector:
    """How an adapter of one's own is made.

    Attributes:
        systems: the types of question that it answers, and the system behind each.
        make: makes it, when the first of them is asked: so that what it imports is imported then.
        stand_in: how the sample answers them on one machine (``FANSCORE_BACKEND=embedded``); those
            that are not among these are the adapter's there, too.
        check: refuses at start, with ``InvalidInput``, what it cannot use of the environment.
            Called where the adapter is the one that answers.
        split: which questions of a round the adapter is asked together: each on its own, unless
            ``together`` or the like says otherwise.
    """

    systems: Mapping[type[Question[object]], str]
    make: Callable[[Resources], Adapter]
    stand_in: Sequence[ProxyCall] = ()
    check: Callable[[Mapping[str, str]], None] = _nothing_to_check
    split: Split = one_by_one


def _check_http(environ: Mapping[str, str]) -> None:
    from fanscore_adapters.http.environment import read_http_environment  # noqa: PLC0415

    read_http_environment(environ)


def _lnaa(resources: Resources) -> Adapter:
    from fanscore_adapters.http.lnaa import TIMEOUT_S, Lnaa  # noqa: PLC0415

    settings = resources.settings
    client = resources.http_client(TIMEOUT_S)
    return Lnaa(settings.lnaa_url or "", settings.lnaa_token or "", client)


LNAA = Connector(LNAA_CALLS.systems, _lnaa, RowSequence(LNAA_CALLS), _check_http)
"""The API of LNAA, over HTTP."""
