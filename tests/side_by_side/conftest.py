from __future__ import annotations

from tests.aws.conftest import aws, patience

__all__ = ["aws", "patience"]
