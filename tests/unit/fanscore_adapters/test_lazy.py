from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import cast

import attrs

from fanscore_adapters.adapter import Adapter, together
from fanscore_adapters.embedded.stand_ins import Sample, StandIns
from fanscore_adapters.lazy import LazyAdapter
from fanscore_core.engine.question import Ask, Question
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.lnaa import NO_MEMBER, ActivateMembership, Membership
from tests.contracts.asking import said

THREADS = 8
SYSTEMS = {Membership: "lnaa_api", ActivateMembership: "lnaa_api"}
QUESTION = Membership(GlobalUserId("user123"))


@attrs.define
class Maker:
    """Makes an adapter, and counts how often."""

    made: int = 0

    def make(self) -> Adapter:
        """Make an adapter."""
        self.made += 1
        return StandIns(Sample({}, {}))


def test_what_cannot_be_made_is_unavailable() -> None:
    """Where the other one cannot be made for a setting, its system is unavailable, until it can."""
    problems = ["gone"]

    def make() -> Adapter:
        if problems:
            raise InvalidInput("SSL_CERT_FILE", problems.pop())
        return Maker().make()

    later = LazyAdapter(SYSTEMS, make)
    unavailable = repr(Unavailable("lnaa_api", "no client: SSL_CERT_FILE: gone"))
    assert said(later, QUESTION) == [(unavailable, "lnaa_api")]
    assert said(later, QUESTION) == [(NO_MEMBER, "lnaa_api")]


def asks(number: int) -> Sequence[Ask]:
    """Ask the same more than once."""
    return [Ask(cast("Question[object]", QUESTION))] * number


def test_it_is_made_when_it_is_first_asked() -> None:
    """What only says what it answers is not made; who is asked is made once."""
    maker = Maker()
    later = LazyAdapter(SYSTEMS, maker.make)
    assert (later.systems, later.split(asks(2)), maker.made) == (SYSTEMS, [[0], [1]], 0)
    for _ in range(3):
        assert said(later, QUESTION, QUESTION) == [(NO_MEMBER, "lnaa_api")] * 2
    assert maker.made == 1


def test_asks_go_together_where_that_is_said() -> None:
    """What goes together is known before the other one is made."""
    maker = Maker()
    later = LazyAdapter(SYSTEMS, maker.make, together)
    assert ([list(each) for each in later.split(asks(3))], maker.made) == ([[0, 1, 2]], 0)


def test_it_is_made_once_for_all_threads() -> None:
    """Threads that ask at the same time share what is made."""
    maker = Maker()
    later = LazyAdapter(SYSTEMS, maker.make)
    start = Barrier(THREADS)

    def ask() -> object:
        start.wait()
        return said(later, QUESTION)

    with ThreadPoolExecutor(THREADS) as executor:
        asked = [executor.submit(ask) for _ in range(THREADS)]
        answers = [each.result() for each in asked]
    assert (answers, maker.made) == ([[(NO_MEMBER, "lnaa_api")]] * THREADS, 1)
