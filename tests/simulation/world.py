"""Everything outside of the runs: tables, bus, endpoints, vendor, services; all of it in memory."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Self, cast

import attrs

from fanscore_adapters.documents.user_event import event_document, read_event
from fanscore_adapters.embedded import stand_in_vendor
from fanscore_adapters.items import keys
from fanscore_core.consumer_mark import Consumer
from fanscore_core.engine.question import Question
from fanscore_core.ids import GlobalUserId, MemberId, SessionId
from fanscore_core.liveness import SESSION_LIFETIME, LivenessStatus, LivenessVerdict
from fanscore_core.pipelines.consumers import ConsumeArgs
from fanscore_core.pipelines.idv import SessionResultArgs, StartSessionArgs
from fanscore_core.ports.account_service import AccountInfo, UserInfo
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.campaign_service import Eligibility
from fanscore_core.ports.consumers import Post, PutMark, PutProfile
from fanscore_core.ports.demand_records import PutDemandRecord
from fanscore_core.ports.eligibility_service import FanEligibility
from fanscore_core.ports.entries import PutEntry
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult
from fanscore_core.ports.verification import FinishLivenessSession, PutLivenessSession
from fanscore_core.scalars import Email
from fanscore_core.systems import FAN_IDENTITY
from fanscore_core.user_events import AnyUserEvent
from tests.demand_samples import at
from tests.simulation.consumer_laws import ConsumerLaws
from tests.simulation.demand_laws import DemandLaws
from tests.simulation.entry_laws import EntryLaws
from tests.simulation.liveness_laws import LivenessLaws
from tests.simulation.pieces import Pieces
from tests.simulation.processes import Process
from tests.simulation.requests import Request
from tests.simulation.tables import ModelTables, Written

VERDICTS = (
    LivenessVerdict(LivenessStatus.IN_PROGRESS),
    LivenessVerdict(LivenessStatus.SUCCEEDED, Decimal("99.1")),
    LivenessVerdict(LivenessStatus.FAILED, Decimal("2.25")),
)


@attrs.define(eq=False)
class Delivery:
    """An event on its way to a consumer.

    Attributes:
        document: as EventBridge hands it over, as JSON text.
        consumer: whom it is for.
        attempts: that failed.
        under_way: whether an attempt is.
    """

    document: str
    consumer: Consumer
    attempts: int = 0
    under_way: bool = False


@attrs.define(eq=False)
class World:
    """What the runs read and change. It answers at once, and watches that no law is broken.

    Attributes:
        random: decides what the vendor says, and how stale reads are.
        tables: what is stored.
        demand: watches demand records.
        consumers: watches the consumers.
        entries: watches entries.
        liveness: watches liveness sessions.
        second: of the clock.
        events: that were published, in order.
        deliveries: that are to be made.
        made: when the vendor made each session.
    """

    random: Random
    tables: ModelTables
    demand: DemandLaws
    consumers: ConsumerLaws
    entries: EntryLaws
    liveness: LivenessLaws
    second: int = 0
    events: list[AnyUserEvent] = attrs.field(factory=list)
    deliveries: list[Delivery] = attrs.field(factory=list)
    made: dict[SessionId, datetime] = attrs.field(factory=dict)

    @classmethod
    def empty(cls, random: Random, pieces: Pieces) -> Self:
        """Make a world in which nothing has happened."""
        stored = ModelTables(pieces, random)
        return cls(
            random,
            stored,
            DemandLaws(stored),
            ConsumerLaws(stored),
            EntryLaws(stored),
            LivenessLaws(stored),
        )

    @property
    def now(self) -> datetime:
        """The time of day."""
        return at(self.second)

    def perform(self, process: Process, question: Question[object]) -> object:
        """Answer a question, or perform an effect."""
        if self.tables.knows(question):
            done = self.tables.perform(question)
            for written in done.written:
                self._watch(process, question, written)
            return done.answer
        if isinstance(question, Post):
            self.consumers.posted(question, cast("ConsumeArgs", process.args).owner)
            return None
        if isinstance(question, PublishUserEvent):
            self._publish(question.event, cast("Request", process.subject))
            return None
        return self._serve(question)

    def _serve(self, question: Question[object]) -> object:
        match question:
            case AccountInfo(global_user_id=fan):
                return UserInfo(fan, MemberId(f"member-{fan}"), Email(f"{fan}@example.com"))
            case FanEligibility(campaign_id=campaign):
                return Eligibility(campaign, eligible=True, reasons=())
            case ArmScore():
                return Decimal(3)
            case CreateVendorSession(token=token):
                return self._create_session(token)
            case VendorSessionResult(session_id=session):
                return self._verdict(session)
            case _:
                raise NotImplementedError(type(question).__name__)

    def store_score(self, fan: GlobalUserId, score: int) -> None:
        """Store a fan's score, as those do who compute scores: nothing else changes."""
        key = keys.identity(fan)
        item = self.tables.item(FAN_IDENTITY, key) or {"PK": key.pk, "SK": key.sk}
        self.tables.put(FAN_IDENTITY, {**item, "score": score})
        self.consumers.scores.setdefault(fan, []).append(score)

    def _watch(self, process: Process, question: Question[object], written: Written) -> None:
        match question:
            case PutDemandRecord():
                self.demand.written(written, cast("Request", process.subject), process.second)
            case PutEntry():
                self.entries.written(written, cast("ConsumeArgs", process.args))
            case PutMark():
                self.consumers.marked(written, cast("ConsumeArgs", process.args))
            case PutProfile(event=event):
                self.consumers.profiled(written, event)
            case PutLivenessSession() | FinishLivenessSession():
                args = cast("StartSessionArgs | SessionResultArgs", process.args)
                self.liveness.written(written, args.global_user_id, self.now)
            case _:
                raise NotImplementedError(type(question).__name__)

    def _publish(self, event: AnyUserEvent, request: Request) -> None:
        self.consumers.published(event, request)
        document = json.dumps(event_document(event, self.now))
        self.events.append(read_event(json.loads(document)))
        self.deliveries += [Delivery(document, consumer) for consumer in Consumer]

    def _create_session(self, token: str) -> SessionId:
        session = stand_in_vendor.session_of(token)
        self.made.setdefault(session, self.now)
        return session

    def _verdict(self, session: SessionId) -> LivenessVerdict:
        """Judge a session until its time is over, each time as chance will have it."""
        made_at = self.made.get(session)
        if made_at is None or self.now >= made_at + SESSION_LIFETIME:
            return LivenessVerdict(LivenessStatus.EXPIRED)
        return self.random.choice(VERDICTS)
