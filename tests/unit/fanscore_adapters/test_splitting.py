from __future__ import annotations

from typing import cast

from fanscore_adapters.splitting import one_by_one, together
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.fan_identity import FanIdentity
from fanscore_core.query import Ask, Question

ASKS = [Ask(cast("Question[object]", FanIdentity(GlobalUserId(name)))) for name in "abc"]


def test_together() -> None:
    """All asks go in one call, and none makes none."""
    assert [list(group) for group in together(ASKS)] == [[0, 1, 2]]
    assert together([]) == []


def test_one_by_one() -> None:
    """Each ask goes in a call of its own."""
    assert one_by_one(ASKS) == [[0], [1], [2]]
    assert one_by_one([]) == []
