"""Generated ids, and tables full of what is known of generated fans."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

import attrs
from hypothesis import strategies as st

from fanscore_adapters.items import keys
from fanscore_core.engine.question import Question
from fanscore_core.findings import StoredScore
from fanscore_core.ids import BotRunId, EventId, GlobalUserId, MemberId, is_id
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity

Item: TypeAlias = Mapping[str, object]
Tables: TypeAlias = Mapping[str, Sequence[Item]]

ID_CHARACTERS = string.ascii_letters + string.digits + "_-.:~="
"""What ids of before could be made of."""

EXOTIC_IDS = (
    "auth0|5f7c87",
    "fan@example.com",
    "{6F9619FF-8B86-D011-B42D-00CF4FC964FF}",
    "dG8vcGk+PDw/Pw==",
    "J\u00fcrgen Gro\u00df",
    "Ju\u0308rgen Gro\u00df",  # not the same, although it looks so
    "a#b",
    "a%23b",
    "a%2Db",
    "%",
    "#",
    "\u202f".join("ab"),
    "\ud7ff",
    "\ue000",
    "\uffef",
    "\U00010000",
    "\U0001f600-\U0001f600",
    "\U0010fffd",
    "'; DROP TABLE --",
    '"$.PK"\\',
    "a/../b?c&d",
)
"""Ids of which each has something that a key, a URL or a statement might take for its own."""

# Short ids of few characters collide where any can; long ones of all show that none is special.
legal_ids = (
    st.text("-a:", min_size=1, max_size=4)
    | st.text("-#%23D5", min_size=1, max_size=6)
    | st.text("-~\x20\u00fcu\u0308\ud7ff\ue000\U0010fffd", min_size=1, max_size=4).filter(is_id)
    | st.text(ID_CHARACTERS, min_size=1, max_size=128)
    | st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=128).filter(
        is_id
    )
    | st.sampled_from(EXOTIC_IDS)
)

_few = st.sampled_from(["a", "-", "a-", "-a", "a-a", "a:", "a#", "a%", "a%2D", "\u00e4", "a\u0308"])
_fans = _few.map(GlobalUserId)
_members = _few.map(MemberId)
_events = _few.map(EventId)
_runs = _few.map(BotRunId)
_scores = st.decimals(0, 100, places=2).flatmap(
    lambda score: st.builds(
        StoredScore, st.just(score), st.just(score) | st.decimals(0, 100, places=1)
    )
)


@attrs.frozen
class Known:
    """What is known of some fans: as items, and as the answers that these must lead to.

    Attributes:
        identities: by fan.
        scores: by account.
        cursor: the newest run of the bot model.
        verdicts: by fan and run.
        mapping: from event ids to discovery ids.
        records: whether a demand record is live, by fan, event and sale.
    """

    identities: Mapping[GlobalUserId, Identity]
    scores: Mapping[MemberId, StoredScore]
    cursor: BotRunId | None
    verdicts: Mapping[tuple[GlobalUserId, BotRunId], Decimal]
    mapping: Mapping[EventId, EventId]
    records: Mapping[tuple[GlobalUserId, EventId, str], bool]

    def tables(self) -> Tables:
        """Make the items of each table."""
        identities = [_identity_item(*known) for known in self.identities.items()]
        verdicts = [
            _item(keys.bot_verdict(*of), botScore=score) for of, score in self.verdicts.items()
        ]
        cursors = [] if self.cursor is None else [_item(keys.BOT_CURSOR, cursor=self.cursor)]
        return {
            "fan_identity_table": [*identities, *verdicts, *cursors],
            "account_fanscore_table": [
                _item(keys.account_score(member), **_score_attributes(score))
                for member, score in self.scores.items()
            ],
            "demand_table": [
                *(
                    _item(keys.event_mapping(event), discoEventId=disco)
                    for event, disco in self.mapping.items()
                ),
                *(_record_item(*of, is_live=live) for of, live in self.records.items()),
            ],
        }

    def answer(self, question: object) -> object:
        """Give the right answer."""
        match question:
            case FanIdentity(fan):
                return self.identities.get(fan)
            case AccountScore(member):
                return self.scores.get(member)
            case BotOrNotCursor():
                return self.cursor
            case BotOrNot(fan, run):
                return self.verdicts.get((fan, run))
            case DiscoEventId(event):
                return self.mapping.get(event)
            case EventDemandCount(fan, event, other):
                return len(
                    {
                        sale
                        for (whose, which, sale), live in self.records.items()
                        if live and whose == fan and which in {event, other}
                    }
                )
            case _:
                raise AssertionError(question)


def known_fans() -> st.SearchStrategy[Known]:
    """Draw what is known of some fans, all ids taken from a handful."""
    return st.builds(
        Known,
        identities=st.dictionaries(
            _fans, st.builds(Identity, st.none() | _members, st.none() | _scores), max_size=4
        ),
        scores=st.dictionaries(_members, _scores, max_size=4),
        cursor=st.none() | _runs,
        verdicts=st.dictionaries(st.tuples(_fans, _runs), st.decimals(0, 1, places=3), max_size=4),
        mapping=st.dictionaries(_events, _events, max_size=4),
        records=st.dictionaries(st.tuples(_fans, _events, _few), st.booleans(), max_size=8),
    )


def table_questions() -> st.SearchStrategy[Sequence[Question[object]]]:
    """Draw questions to the tables, their ids taken from the same handful."""
    question = st.one_of(
        st.builds(FanIdentity, _fans),
        st.builds(AccountScore, _members),
        st.just(BotOrNotCursor()),
        st.builds(BotOrNot, _fans, _runs),
        st.builds(DiscoEventId, _events),
        st.builds(EventDemandCount, _fans, _events, st.none() | _events),
    )
    return st.lists(question, max_size=12)


def _item(key: keys.Key, **attributes: object) -> Item:
    return {"PK": key.pk, "SK": key.sk, **attributes}


def _identity_item(fan: GlobalUserId, known: Identity) -> Item:
    member = {} if known.member_id is None else {"memberId": known.member_id}
    score = {} if known.score is None else _score_attributes(known.score)
    return _item(keys.identity(fan), **member, **score, updatedAt="2026-10-01T08:00:00Z")


def _score_attributes(known: StoredScore) -> Mapping[str, object]:
    score = {"score": known.score}
    return score if known.raw_score == known.score else {**score, "rawScore": known.raw_score}


def _record_item(fan: GlobalUserId, event: EventId, sale: str, *, is_live: bool) -> Item:
    return _item(
        keys.demand_record(fan, event, sale),
        eventId=event,
        saleId=sale,
        fanId=fan,
        updatedAt="2026-10-20T09:30:00Z",
        version=1,
        **({"requestedAt": "2026-10-20T09:30:00Z"} if is_live else {"ttl": 1_795_000_000}),
    )
