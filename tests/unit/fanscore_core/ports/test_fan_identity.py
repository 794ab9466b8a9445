from __future__ import annotations

import pytest

from fanscore_core.errors import InvalidId
from fanscore_core.ids import RULE, MemberId
from fanscore_core.ports.fan_identity import Identity


def test_an_identity_may_know_nothing() -> None:
    """An identity record needs neither an account nor a score."""
    assert Identity() == Identity(None, None)


@pytest.mark.parametrize("member_id", ["", "a\nb", " a", "a" * 129])
def test_the_account_is_an_id(member_id: str) -> None:
    """A member id, where there is one, is a valid id."""
    with pytest.raises(InvalidId) as refused:
        Identity(MemberId(member_id))
    assert refused.value.problem == RULE
