"""The tests that need Terraform, which ``make test-terraform`` installs as a library."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("FANSCORE_TESTS") == "full" else ["test_module.py"]
