"""The laws of liveness sessions: one open session for a fan, and one final status for a session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from fanscore_adapters.items import keys
from fanscore_adapters.items.verification import read_session
from fanscore_core.ids import GlobalUserId
from fanscore_core.liveness import LivenessSession, StartedSession
from fanscore_core.systems import VERIFICATION
from tests.simulation.law import parsed, require
from tests.simulation.requests import CHECK, FANS, Request
from tests.simulation.tables import ModelTables, Written


@attrs.frozen
class LivenessLaws:
    """Watches liveness sessions.

    Attributes:
        tables: what is stored.
    """

    tables: ModelTables

    def written(self, written: Written, fan: GlobalUserId, now: datetime) -> None:
        """Check that what is final stays so, and that no second session is open."""
        if written.after["SK"] == keys.last_liveness_session(fan).sk:
            return
        after = parsed(read_session, written.after)
        if written.before is not None:
            before = read_session(written.before)
            require(not before.session.is_finished, "a final status is written once")
            require(before.token == after.token, "a session is of one request")
        self._check_open(fan, now)

    def answered(self, request: Request) -> None:
        """Check that a session which a fan is told of is the fan's."""
        if request.field == CHECK and isinstance(request.value, LivenessSession):
            key = keys.liveness_session(request.fan, request.value.session_id)
            require(self.tables.item(VERIFICATION, key), "a session that is answered is stored")

    def settled(self, now: datetime) -> None:
        """Check that each fan's last session is known, and each request's only one."""
        for fan in FANS:
            self._check_open(fan, now)
            sessions = self._sessions(fan)
            tokens = [each.token for each in sessions]
            require(len(set(tokens)) == len(tokens), "a request has one session")
            pointer = self.tables.item(VERIFICATION, keys.last_liveness_session(fan)) or {}
            last = sessions[-1].session.session_id if sessions else None
            require(pointer.get("sessionId") == last, "the last session is known")

    def _check_open(self, fan: GlobalUserId, now: datetime) -> None:
        opened = [each for each in self._sessions(fan) if each.session.is_open(now)]
        require(len(opened) <= 1, "a fan has one open session")

    def _sessions(self, fan: GlobalUserId) -> Sequence[StartedSession]:
        """Give a fan's sessions, in the order in which they were stored first."""
        prefix = keys.last_liveness_session(fan)
        return [
            parsed(read_session, item)
            for item in self.tables.items(VERIFICATION)
            if item["PK"] == prefix.pk and item["SK"] != prefix.sk
        ]
