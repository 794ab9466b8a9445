"""What the identity verification function is called with, and how its answers are read.

As for any Lambda proxy (docs/reference/services.md); but this function is part of this system.
"""

from __future__ import annotations

from fanscore_adapters.documents.proxies import ProxyCall
from fanscore_adapters.named_rows import NamedRows, RowsOfPort
from fanscore_core.systems import IDV_CHECK_LIVENESS

IDV_CALLS: NamedRows[ProxyCall] = NamedRows(
    (
        RowsOfPort(
            "fanscore_core.ports.idv_check_liveness",
            "fanscore_adapters.documents.calls.idv_check_liveness",
            IDV_CHECK_LIVENESS,
        ),
    )
)
"""The questions that the function answers, and the module that says how."""
