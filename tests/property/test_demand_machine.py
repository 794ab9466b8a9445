"""Saves, deletes, redeliveries, reused request ids and conflicts, against a list of all asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeAlias

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fanscore_core.canonical import canonical_json
from tests.demand_desk import DemandDesk, demand_desk
from tests.demand_samples import at
from tests.property.demand_model import FIELDS, PREFIX, Asked, When, counts, shown, value_of

KEPT = 64
"""How many requests a record remembers."""

REUSED = "This request id was used for another request"
OUTDATED = "Something newer is stored"
KEPT_CHANGING = "Others kept changing this"

MAX_RIVALS = 5
"""After so many conflicts a change still succeeds."""

ACCOUNT_EMAIL = '"fan@example.com"'
"""The sample's account of the sample fan, as JSON."""

Sale: TypeAlias = tuple[str, str]

SALES: Sequence[Sale] = [("evt-1", "s1"), ("evt-1", "s2"), ("evt-1", "s3"), ("evt", "1-s1")]
REQUEST_IDS = ["r0", "r1", "r1-", "r1~", "r2", "r3"]

TOMBSTONE = {
    "PK",
    "SK",
    "eventId",
    "saleId",
    "fanId",
    "updatedAt",
    "deletedAt",
    "version",
    "requests",
    "stamps",
    "ttl",
}
"""What the item of a tombstone has, besides the time of the first request."""

inputs = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from([None, "a@example.com", "b@example.com"]),
        "contactMethod": st.sampled_from([None, "EMAIL", "SMS"]),
        "locale": st.sampled_from([None, "en-GB", "fr"]),
        "attributes": st.none()
        | st.dictionaries(st.sampled_from("ab"), st.sampled_from([None, 0, 1.5, "x"])),
    },
)
sales = st.sampled_from(SALES)
request_ids = st.sampled_from(REQUEST_IDS)


@attrs.frozen
class Call:
    """A mutation that a fan calls.

    Attributes:
        sale: event and sale.
        request: its id.
        given: the rest of the input.
        deletes: whether it is a delete.
    """

    sale: Sale
    request: str
    given: Mapping[str, object] = attrs.field(factory=dict)
    deletes: bool = False

    def make(self, desk: DemandDesk) -> object:
        """Call it."""
        event, sale = self.sale
        given = {"eventId": event, "saleId": sale, "requestId": self.request, **self.given}
        return desk.delete(given) if self.deletes else desk.save(given)

    def asked(self, second: int) -> Asked:
        """Say what it asks for."""
        values = {name: value for name, value in self.given.items() if name in FIELDS}
        attributes = self.given.get("attributes")
        if isinstance(attributes, dict):
            values |= {f"{PREFIX}{name}": value for name, value in attributes.items()}
        clears = "attributes" in self.given and attributes is None
        return Asked(When(second, self.request), values, clears=clears, deletes=self.deletes)

    @property
    def digest(self) -> str:
        """What tells two requests of one id apart."""
        return canonical_json([self.deletes, self.given])


@attrs.define
class Model:
    """What should be stored of one sale.

    Attributes:
        changes: all that were applied.
        defaults: what holes were filled with, as JSON.
        requests: the last request ids, with their digests.
    """

    changes: list[Asked] = attrs.field(factory=list)
    defaults: dict[str, str] = attrs.field(factory=dict)
    requests: dict[str, str] = attrs.field(factory=dict)

    def knows(self, call: Call) -> bool:
        """Whether the call's request id is known."""
        return call.request in self.requests

    def counts(self, call: Call, second: int) -> bool:
        """Whether anything of a call would show, by its own stamp."""
        return counts(call.asked(second), self.changes)

    def apply(self, call: Call, second: int, others: Mapping[str, Model]) -> bool:
        """Apply a call, unless it was applied before, or nothing of it counts; whether it was."""
        if self.knows(call) or not self.counts(call, second):
            return False
        deleted = self._deleted()
        self.changes.append(call.asked(second))
        self.requests[call.request] = call.digest
        self.requests = dict(list(self.requests.items())[-KEPT:])
        if self._deleted() != deleted:
            self.defaults = {}
        if shown(self.changes):
            self._fill(others)
        return True

    def record(self, sale: Sale) -> Mapping[str, object] | None:
        """Give the record as the API shows it; ``None`` if there is none."""
        seen = shown(self.changes, self.defaults) if self.changes else None
        if seen is None:
            return None
        attributes = [
            f"{json.dumps(name.removeprefix(PREFIX))}:{text}"
            for name, text in sorted(seen.values.items())
            if name.startswith(PREFIX)
        ]
        assert seen.requested is not None
        return {
            "eventId": sale[0],
            "saleId": sale[1],
            "fanId": "user123",
            **{name: json.loads(seen.values.get(name, "null")) for name in FIELDS},
            "attributes": f"{{{','.join(attributes)}}}" if attributes else None,
            "requestedAt": _text(seen.requested),
            "updatedAt": _text(seen.updated),
            "version": len(self.changes),
        }

    def _deleted(self) -> When | None:
        return max((asked.when for asked in self.changes if asked.deletes), default=None)

    def _fill(self, others: Mapping[str, Model]) -> None:
        known = {
            name: seen
            for name, other in others.items()
            if other.changes and (seen := shown(other.changes, other.defaults))
        }
        newest_first = sorted(known, key=lambda name: (known[name].updated, name), reverse=True)
        holes = [
            name
            for name in FIELDS
            if name not in self.defaults and value_of(name, self.changes) is None
        ]
        for name in holes:
            texts = [known[other].values.get(name) for other in newest_first]
            found = next(filter(None, texts), ACCOUNT_EMAIL if name == "email" else None)
            if found:
                self.defaults[name] = found


def in_conflict(message: str, request: str) -> object:
    """Make the answer to a mutation that was in conflict."""
    info = {"code": "CONFLICT", "requestId": request}
    return {
        "error": {"message": message, "errorType": "409", "data": None, "errorInfo": info},
    }


class DemandMachine(RuleBasedStateMachine):
    """A fan, with a few sales, a clock that may go back, and others in between."""

    def __init__(self) -> None:
        super().__init__()
        self._opened = demand_desk()
        self.desk = self._opened.__enter__()
        self.models = {sale: Model() for sale in SALES}
        self.calls: list[Call] = []
        self.second = 0

    def teardown(self) -> None:
        """Close the store."""
        self._opened.__exit__(None, None, None)

    @rule(seconds=st.integers(-2, 3))
    def wait(self, seconds: int) -> None:
        """Let time pass, or let a clock go that is behind."""
        self.second += seconds
        self.desk.now = at(self.second)

    @rule(sale=sales, given=inputs, request=request_ids)
    def save(self, sale: Sale, given: Mapping[str, object], request: str) -> None:
        """Save, under a request id that may be in use."""
        self._call(Call(sale, request, given))

    @rule(sale=sales, request=request_ids)
    def delete(self, sale: Sale, request: str) -> None:
        """Delete, under a request id that may be in use."""
        self._call(Call(sale, request, deletes=True))

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def redeliver(self, data: st.DataObject) -> None:
        """Call again what was called before, long ago perhaps."""
        self._call(data.draw(st.sampled_from(self.calls)))

    @rule(sale=sales, given=inputs, request=request_ids)
    def lose_the_reply(self, sale: Sale, given: Mapping[str, object], request: str) -> None:
        """Save, and lose the reply of the write."""
        self.desk.source.lose_replies[:] = [True]
        self._call(Call(sale, request, given))
        self.desk.source.lose_replies.clear()

    @rule(
        sale=sales,
        given=inputs,
        request=request_ids,
        rivals=st.lists(st.none() | inputs, min_size=1, max_size=7),
    )
    def conflict(
        self,
        sale: Sale,
        given: Mapping[str, object],
        request: str,
        rivals: list[Mapping[str, object] | None],
    ) -> None:
        """Save, while others save or delete between each read and write."""
        call = Call(sale, request, given)
        others = [
            Call(sale, f"rival{index}-{len(self.calls)}", theirs or {}, deletes=theirs is None)
            for index, theirs in enumerate(rivals)
        ]
        rival = self.desk.rival()
        self.desk.source.rivals[:] = [partial(other.make, rival) for other in others]
        self.desk.source.attempts.clear()
        writes = self._call(call, others)
        self.desk.source.rivals.clear()
        assert self.desk.source.attempts == list(range(writes))

    @invariant()
    def what_is_shown_is_what_was_asked_for(self) -> None:
        """The fan's records are those of the model, by event, then by sale."""
        records = [model.record(sale) for sale, model in self.models.items()]
        assert self.desk.records() == {
            "data": sorted(filter(None, records), key=lambda each: SALES.index(_sale(each)))
        }

    @invariant()
    def what_is_stored_is_consistent(self) -> None:
        """Versions count the writes, the last requests are kept, tombstones hold nothing."""
        for (event, sale), model in self.models.items():
            item = self.desk.stored(event, sale)
            if item is None:
                assert model.changes == []
                continue
            requests = item["requests"]
            assert isinstance(requests, list)
            assert item["version"] == len(model.changes)
            assert [request for request, _ in requests] == list(model.requests)
            if model.record((event, sale)) is None:
                assert set(item) == TOMBSTONE | ({"requestedAt"} & set(item))

    def _call(self, call: Call, rivals: Sequence[Call] = ()) -> int:
        """Call, and check the answer; give the number of writes that were tried."""
        self.calls.append(call)
        model = self.models[call.sale]
        others = {
            sale[1]: other
            for sale, other in self.models.items()
            if sale[0] == call.sale[0] and sale != call.sale
        }
        if model.knows(call):
            refusal = "" if model.requests[call.request] == call.digest else REUSED
            writes = 0
        else:
            refusal, writes = self._contend(model, call, rivals, others)
        answer = call.make(self.desk)
        if refusal:
            assert answer == in_conflict(refusal, call.request)
            return writes
        record = model.record(call.sale)
        status = "DELETED" if record is None else "SUCCESS"
        assert answer == {"data": {"status": status, "record": record}}
        return writes

    def _contend(
        self, model: Model, call: Call, rivals: Sequence[Call], others: Mapping[str, Model]
    ) -> tuple[str, int]:
        """Apply a call and the rivals that come before its writes; say why it is refused, if so."""
        writes, coming = 0, iter(rivals)
        while writes <= MAX_RIVALS:
            if not model.counts(call, self.second):
                return OUTDATED, writes
            writes += 1
            rival = next(coming, None)
            if rival is None or not model.apply(rival, self.second, others):
                model.apply(call, self.second, others)
                return "", writes
        return KEPT_CHANGING, writes


def test_what_is_stored_is_what_was_asked_for() -> None:
    """Whatever is called, called again and in between, shows as a plain list of all says."""
    run_state_machine_as_test(DemandMachine, settings=settings(stateful_step_count=20))


def _sale(record: Mapping[str, object]) -> Sale:
    return str(record["eventId"]), str(record["saleId"])


def _text(second: int) -> str:
    return at(second).isoformat().replace("+00:00", "Z")
