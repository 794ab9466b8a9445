"""Clients of servers on this machine, which all speak plain HTTP."""

from __future__ import annotations

import ssl

import httpx

from tests.patience import AMPLE_S

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody, and so has no certificates to read, which takes longer than most tests."""


def patient_client() -> httpx.Client:
    """Make a client that waits, and that no environment sends elsewhere."""
    return httpx.Client(verify=NO_TLS, timeout=AMPLE_S, trust_env=False)
