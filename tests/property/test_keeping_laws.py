"""Laws of keeping receipts: no answer changes, and what is kept can be decided again."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.documents.receipts import parse_receipt
from fanscore_appsync.receipts import ReceiptKeeper
from fanscore_appsync.testing import appsync_event, service
from fanscore_core.decision_line import decision_line
from fanscore_core.engine.question import Question
from fanscore_core.engine.stubs import Answers
from fanscore_core.errors import Unavailable
from fanscore_core.policy import ScorePolicy
from fanscore_core.receipt import decide_again
from tests.property.test_decision_laws import EVENTS, FAN, worlds
from tests.property.test_scoring_laws import policies
from tests.unit.fanscore_appsync.samples import ACCOUNT_FANSCORE, TIME_LEFT_S, app_of
from tests.unit.fanscore_appsync.test_receipts import KEPT_FOR, VERSION, Store


@given(policies(), worlds, st.none() | st.sampled_from(EVENTS), st.booleans())
def test_receipts_change_no_answer_and_can_be_decided_again(
    policy: ScorePolicy,
    world: Mapping[Question[object], object],
    event_id: str | None,
    is_stored: bool,
) -> None:
    """Whatever is decided, and whether or not it can be stored, the answer is the same.

    The receipt is read back to the byte, decided again to the byte, and its line names no fan.
    """
    lines: list[str] = []
    store = Store(is_stored or Unavailable("demand_table"))
    keeper = ReceiptKeeper(VERSION, lambda _: "id", KEPT_FOR, store.source, lines.append)
    app = app_of(lambda _: Answers(*world.items()), lambda _: "report", policy)
    arguments = {"globalUserId": FAN} | ({"eventId": event_id} if event_id else {})
    event = appsync_event(ACCOUNT_FANSCORE, arguments, service(), envelope=True)
    kept = attrs.evolve(app, keeper=keeper).answer(event, TIME_LEFT_S)
    assert kept.response == app.answer(event, TIME_LEFT_S).response
    (receipt,) = store.receipts
    assert parse_receipt(receipt.canonical_bytes.decode()) == receipt
    assert decide_again(receipt, policy).canonical_bytes == receipt.canonical_bytes
    assert lines == [decision_line(receipt, policy).text]
    assert FAN not in lines[0]
    assert receipt.nonce.hex() not in lines[0]
