from __future__ import annotations

import codecs
from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO

import attrs
import pytest

from fanscore_adapters.bulk.arm_risks import ArmService, spill_risks
from fanscore_adapters.bulk.spill import SpillWriter
from fanscore_adapters.documents.proxies import CALLS
from fanscore_adapters.embedded.stand_ins import Case, Sample, StandIns
from fanscore_core.engine.question import Answered, Ask
from fanscore_core.errors import (
    DeadlineExceeded,
    InvalidId,
    InvalidInput,
    SourceFailed,
    Unavailable,
)
from fanscore_core.findings import Finding
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.ports.arm_scoring import ArmScore, ArmScores
from fanscore_core.signals import Missing
from fanscore_core.systems import ARM_SCORING

EVENT = EventId("evt456")
FANS = [GlobalUserId(f"fan{number}") for number in range(250)]
NO_ANSWER = Unavailable(ARM_SCORING)


@attrs.define
class Service:
    """ARM scoring, which remembers how many fans each call asked for.

    Attributes:
        answer: to every question; of a question for several fans, its length for each of them.
    """

    answer: object
    calls: list[list[int]] = attrs.field(factory=list)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        asked = [ask.question for ask in asks]
        self.calls.append(
            [len(each.global_user_ids) if isinstance(each, ArmScores) else 1 for each in asked]
        )
        return [Answered(self.answer) for _ in asks]


@pytest.mark.parametrize(
    ("answer", "finding"),
    [
        (Decimal("2.5"), Decimal("2.5")),
        (7, Decimal(7)),
        (None, Missing.NO_SCORE),
        (NO_ANSWER, Missing.UNAVAILABLE),
        (DeadlineExceeded(ARM_SCORING), Missing.UNAVAILABLE),
    ],
)
def test_one_call_a_fan(answer: object, finding: Finding) -> None:
    """Without the batch operation, a hundred fans at a time are asked for, each by a question."""
    service = Service(answer)
    risks = [*ArmService(lambda: service, by_the_hundred=False).risks(FANS, EVENT)]
    assert risks == [finding] * 250
    assert service.calls == [[1] * 100, [1] * 100, [1] * 50]


@pytest.mark.parametrize(
    ("answer", "findings"),
    [
        ((Decimal(3), None), [Decimal(3), Missing.NO_SCORE]),
        ((Decimal(3),), [Missing.UNAVAILABLE] * 2),
        ((Decimal(3), None, None), [Missing.UNAVAILABLE] * 2),
        (NO_ANSWER, [Missing.UNAVAILABLE] * 2),
    ],
)
def test_one_call_for_several_fans(answer: object, findings: Sequence[Finding]) -> None:
    """An answer of another length is none: nobody could say whose risk is whose."""
    service = Service(answer)
    risks = [*ArmService(lambda: service, by_the_hundred=True).risks(FANS[:2], EVENT)]
    assert (risks, service.calls) == (findings, [[2]])


@pytest.mark.parametrize("by_the_hundred", [False, True])
def test_a_mistake_of_ours_ends_the_run(by_the_hundred: bool) -> None:
    """What is no failure of the service is not taken for one."""
    service = Service(SourceFailed("LambdaProxies", "raised ValueError"))
    with pytest.raises(SourceFailed):
        [*ArmService(lambda: service, by_the_hundred=by_the_hundred).risks(FANS[:1], EVENT)]


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ({"data": {"armScores": [0, Decimal("2.5"), None]}}, (Decimal(0), Decimal("2.5"), None)),
        ({"data": {"armScores": []}}, ()),
        ({"data": {"armScores": [11]}}, "data.armScores[0]: expected 0 to 10"),
        ({"data": {"armScores": [True]}}, "data.armScores[0]: expected a number"),
        ({"data": {"armScores": 5}}, "data.armScores: expected a list"),
        ({"data": {}}, "data.armScores: required"),
    ],
)
def test_the_answer_of_the_batch_operation(response: object, answer: object) -> None:
    """``armScores`` gives a number from 0 to 10 or ``null`` for each; all else is no answer."""
    found = CALLS[ArmScores].answer(response)
    if isinstance(answer, str):
        assert isinstance(found, Unavailable)
        assert found.reason == f"malformed answer: {answer}"
    else:
        assert found == answer


def test_the_request_of_the_batch_operation() -> None:
    """It names the fans in order, and the event if there is one."""
    asked = ArmScores((FANS[0], FANS[1]), EVENT)
    assert CALLS[ArmScores].request(asked) == {
        "operation": "armScores",
        "arguments": {"globalUserIds": ["fan0", "fan1"], "eventId": "evt456"},
    }


def case(fan: str, response: dict[str, object]) -> Case:
    """Make a case of a sample for one fan."""
    return Case("armScore", {"globalUserId": fan}, response)


def test_the_stand_in_answers_for_several_what_it_answers_for_each() -> None:
    """A sample need not name crowds: its cases for single fans do; of an error there is no part."""
    cases = [
        case("fan0", {"data": {"armScore": 2}}),
        case("fan1", {"error": {"code": 404}}),
        case("fan3", {"error": {"code": 500}}),
    ]
    adapter = StandIns(Sample({}, {ARM_SCORING: cases}))
    asked = [ArmScores(tuple(FANS[:3]), EVENT), ArmScores(tuple(FANS[:4]), EVENT)]
    some, failed = adapter.fetch([Ask(each) for each in asked])
    assert some.answer == (Decimal(2), None, None)
    assert isinstance(failed.answer, Unavailable)
    single = adapter.fetch([Ask(ArmScore(fan, EVENT)) for fan in FANS[:3]])
    assert tuple(each.answer for each in single) == some.answer


@pytest.mark.parametrize("fans", [(), tuple(FANS[:101]), list(FANS[:2])])
def test_questions_for_several_fans_have_bounds(fans: object) -> None:
    """One to a hundred ids, in a tuple."""
    with pytest.raises(InvalidInput, match="expected a tuple of 1 to 100 ids"):
        _ = ArmScores(fans)  # type: ignore[arg-type]
    with pytest.raises(InvalidId):
        _ = ArmScores((GlobalUserId(" x"),))


@pytest.mark.parametrize("risk", ["1e-999999999", "1e-65", f"0.{'1' * 65}"])
def test_a_risk_of_more_digits_than_anybody_needs_is_refused(risk: str) -> None:
    """A few characters may stand for more digits than there is memory."""
    line = f'{{"globalUserId": "user123", "risk": {risk}}}\n'.encode()
    with pytest.raises(InvalidInput, match=r"^line 1: risk: a number has more than 64 digits"):
        spill_risks(BytesIO(line), SpillWriter(BytesIO(), 1))


def test_a_file_of_risks_may_begin_with_a_byte_order_mark() -> None:
    """What an editor puts before the first line is passed over, and nowhere else."""
    line = b'{"globalUserId": "user123", "risk": 2.5}\n'
    plain, marked = BytesIO(), BytesIO()
    for text, file in ((line, plain), (codecs.BOM_UTF8 + line, marked)):
        rows = SpillWriter(file, 1)
        spill_risks(BytesIO(text), rows)
        rows.finish()
    assert plain.getvalue() == marked.getvalue() != b""
    with pytest.raises(InvalidInput, match=r"^line 2: "):
        spill_risks(BytesIO(line + codecs.BOM_UTF8 + line), SpillWriter(BytesIO(), 1))
