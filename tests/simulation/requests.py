"""What fans ask for, call by call: saves, deletes, entries, withdrawals, checks, scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import count
from random import Random
from typing import TypeAlias

import attrs

from fanscore_adapters.embedded.stand_in_vendor import session_of
from fanscore_appsync import wire
from fanscore_appsync.authorization import Caller, CallerKind
from fanscore_appsync.fields import FIELDS
from fanscore_appsync.invocation import Invocation
from fanscore_core.canonical import canonical_json, stable_id
from fanscore_core.engine.state import Run
from fanscore_core.ids import GlobalUserId, RequestId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook
from tests.property.demand_model import PREFIX, Asked, When

SAVE = "Mutation.demandRecordSave"
DELETE = "Mutation.demandRecordDelete"
ENTER = "Mutation.upsertEntry"
WITHDRAW = "Mutation.entryWithdraw"
CHECK = "Mutation.checkLiveness"
RESULT = "VFApi.livenessSession"
SCORE = "VFApi.accountFanscore"

EVENT = "evt-1"
SALES = ("s1", "s2")
CAMPAIGNS = ("c-1", "c-2")
FANS = (GlobalUserId("ann"), GlobalUserId("bob"))

POLICY = PolicyBook(DEFAULT_POLICY)

Input: TypeAlias = Mapping[str, object]
AnyRun: TypeAlias = "Run[object, object, object]"

_CHOICES: Mapping[str, Sequence[object]] = {
    "email": (None, "a@example.com", "b@example.com"),
    "contactMethod": (None, "EMAIL", "SMS"),
    "locale": (None, "en-GB", "fr"),
    "attributes": (None, {"a": 1}, {"a": "2.50", "b": None}, {"b": [1.5]}),
}
_ENTRIES: Mapping[str, Sequence[object]] = {
    "email": ("a@example.com", "b@example.com"),
    "phoneNumber": ("+436601234567", "+436607654321"),
    "locale": ("en-GB", "fr"),
    "attributes": ({"a": 1}, {"b": "2"}),
}


@attrs.define(eq=False)
class Request:
    """One call of a fan's client, tried again under the same id until it is answered.

    Attributes:
        name: for the log.
        field: that is called.
        fan: who calls.
        request_id: of all tries.
        arguments: of the field.
        patience: how many tries the client makes while things fail.
        gives_up: whether it leaves it at that, and never knows.
        tries: that were made.
        value: what it was answered with, once it was.
        error: the final error, if it was that.
    """

    name: str
    field: str
    fan: GlobalUserId
    request_id: RequestId
    arguments: Input
    patience: int
    gives_up: bool
    tries: int = 0
    value: object = None
    error: Exception | None = None

    @property
    def given(self) -> Input:
        """The field ``input``."""
        given = self.arguments.get("input")
        return given if isinstance(given, dict) else {}

    @property
    def sale(self) -> tuple[GlobalUserId, str]:
        """Whose demand in which sale it changes."""
        return self.fan, str(self.given["saleId"])

    @property
    def digest(self) -> str:
        """What tells two requests of one id apart."""
        return canonical_json([self.field, dict(self.given)])

    @property
    def changes_demand(self) -> bool:
        """Whether it saves or deletes."""
        return self.field in {SAVE, DELETE}

    def start(self, now: datetime) -> tuple[object, AnyRun]:
        """Start a try: give the pipeline's arguments, and its run."""
        field = FIELDS[self.field]
        given = wire.read_arguments(self.arguments, field.given)
        request = wire.Request(self.field, self.arguments, None, {"authorization": "token"}, {})
        caller = Caller(CallerKind.USER, self.fan)
        args = field.make_args(given, Invocation(request, caller, self.request_id, now, POLICY))
        return args, Run(field.pipeline, args)

    def asked(self, second: int) -> Asked:
        """Say what a try asks for that begins at a second, for the model of demand records."""
        given = self.given
        names = ("email", "contactMethod", "locale")
        values = {name: given[name] for name in names if name in given}
        attributes = given.get("attributes")
        if isinstance(attributes, dict):
            values |= {f"{PREFIX}{name}": value for name, value in attributes.items()}
        clears = "attributes" in given and attributes is None
        deletes = self.field == DELETE
        return Asked(When(second, self.request_id), values, clears=clears, deletes=deletes)


@attrs.frozen
class Maker:
    """Makes up requests.

    Attributes:
        random: decides what is asked for.
        fans: who may ask.
        sales: what may be asked for.
    """

    random: Random
    fans: Sequence[GlobalUserId]
    sales: Sequence[str]
    _numbers: count[int] = attrs.field(factory=partial(count, 1))
    _made: list[Request] = attrs.field(factory=list)

    def make(self, field: str) -> Request:
        """Make a request for a field."""
        fan = self.random.choice(self.fans)
        number = next(self._numbers)
        request_id = RequestId(f"r{number}")
        arguments: Input
        match field:
            case "VFApi.livenessSession":
                arguments = {"sessionId": self._session(fan)}
            case "VFApi.accountFanscore":
                arguments = {"globalUserId": fan, "eventId": EVENT}
            case "Mutation.upsertEntry":
                fan, request_id = self._entering(fan, request_id)
                arguments = {"input": {"campaignId": self._campaign(), **self._some(_ENTRIES)}}
            case "Mutation.entryWithdraw":
                arguments = {"input": {"campaignId": self._campaign()}}
            case "Mutation.checkLiveness":
                arguments = {"input": {}}
            case _:
                fan, request_id, arguments = self._demand(field, fan, request_id)
        request = Request(
            f"{field.partition('.')[2]} {number}",
            field,
            fan,
            request_id,
            arguments,
            self.random.randint(1, 4),
            self.random.random() < 0.3,
        )
        self._made.append(request)
        return request

    def _demand(
        self, field: str, fan: GlobalUserId, request_id: RequestId
    ) -> tuple[GlobalUserId, RequestId, Input]:
        """Make up a save or a delete; now and then under an id that was used for another one."""
        sale = self.random.choice(self.sales)
        earlier = [each for each in self._made if each.changes_demand]
        if earlier and self.random.random() < 0.1:
            used = self.random.choice(earlier)
            (fan, sale), request_id = used.sale, used.request_id
        said = {} if field == DELETE else self._some(_CHOICES)
        given = {"eventId": EVENT, "saleId": sale, "requestId": request_id, **said}
        return fan, request_id, {"input": given}

    def _campaign(self) -> str:
        """Choose a campaign, mostly the first, so that entries meet."""
        return self.random.choice((CAMPAIGNS[0], *CAMPAIGNS))

    def _entering(self, fan: GlobalUserId, request_id: RequestId) -> tuple[GlobalUserId, RequestId]:
        """Choose who enters under which id; now and then one that was used for another entry."""
        earlier = [each for each in self._made if each.field == ENTER]
        if earlier and self.random.random() < 0.1:
            used = self.random.choice(earlier)
            return used.fan, used.request_id
        return fan, request_id

    def _session(self, fan: GlobalUserId) -> str:
        """Give the session that one of the fan's checks has or would have."""
        checks = [each for each in self._made if (each.field, each.fan) == (CHECK, fan)]
        request_id = self.random.choice(checks).request_id if checks else RequestId("none")
        return session_of(stable_id("checkLiveness", fan, request_id))

    def _some(self, choices: Mapping[str, Sequence[object]]) -> Input:
        return {
            name: self.random.choice(values)
            for name, values in choices.items()
            if self.random.random() < 0.5
        }
