"""The policy lab: what the console needs to try out a policy before it decides anything.

The console decides again in the browser, from findings; here they are found, policies are read as
the loader reads them, and the core's own diff says what a change does to made-up fans
(docs/how-to/change-the-score-policy.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from fanscore_adapters.documents.findings import FindingsLine, findings_document, findings_lines
from fanscore_adapters.documents.policy import parse_policy, policy_text
from fanscore_adapters.documents.policy_diff import diff_document
from fanscore_adapters.embedded.plausible_fans import plausible_findings
from fanscore_appsync.api import SCORE_FIELD
from fanscore_appsync.app import Response
from fanscore_appsync.diff_report.page import page
from fanscore_appsync.diff_report.sections import sections
from fanscore_appsync.shadow import check_shadow
from fanscore_core.errors import InvalidInput
from fanscore_core.findings import Findings
from fanscore_core.ids import EventId
from fanscore_core.pipelines.account_scoring import AccountFanscoreStash
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_book import PolicyBook, as_book
from fanscore_core.policy_diff import PolicyDiff, diff
from fanscore_core.signals import Band, Signal, SignalPolicy

PEOPLE = 1_000
"""Made-up fans of the sample."""

SEED = 1
"""Which made-up fans: those of ``fanscore policy sample-findings``."""

VERSION = "policy.version"
"""The path of a policy's version."""

Document = Mapping[str, object]


@attrs.frozen
class PolicyLab:
    """What a person sees and tries of policies.

    Attributes:
        book: the live policies.
        signals: that a policy says the worth of.
        answer: ``App.answer``, which finds what is known of a fan.
    """

    book: PolicyBook
    signals: Sequence[Signal]
    answer: Callable[[object, float], Response]

    def policies(self) -> Document:
        """Write the live policies, and what the signals are called."""
        live: list[tuple[EventId | None, ScorePolicy]]
        live = [(None, self.book.default), *self.book.events.items()]
        return {
            "signals": [
                {"name": each.name, "valueName": each.value_name, "asked": each.asked}
                for each in self.signals
            ],
            "policies": [{"event": event, **_written(policy)} for event, policy in live],
        }

    def sample(self) -> str:
        """Write findings of made-up fans as lines. Nothing is made up of signals of one's own."""
        return "".join(findings_lines(FindingsLine(None, each) for each in self._sample))

    def findings(self, fan: str, event: str | None, time_left_s: float) -> Document:
        """Write what is known of a fan.

        Args:
            fan: whose score is asked for, as that fan.
            event: for which event; ``None`` for none.
            time_left_s: how long it may take.

        Returns:
            ``findings``; or ``error`` as the API gives it, where no score was decided.
        """
        answer = self.answer(_score_event(fan, event), time_left_s)
        stash = answer.outcome.stash if answer.outcome else None
        match answer.response:
            case {"error": dict(error)}:
                return {"error": error}
            case _:
                assert isinstance(stash, AccountFanscoreStash)  # noqa: S101  # a score was decided
                assert stash.findings  # noqa: S101  # (from them)
                return {"findings": findings_document(stash.findings)}

    def check(self, text: str) -> Document:
        """Read a policy as the loader does, and write it.

        Returns:
            The policy's ``text`` and ``digest``, its parts as ``policy``, and as ``taken`` why it
            cannot have its version, if so; or the ``mistake``: ``where`` and ``problem``.
        """
        try:
            policy = parse_policy(text, self.signals)
        except InvalidInput as error:
            return _mistake(error)
        try:
            self._check_version(policy)
        except InvalidInput as error:
            return {**_written(policy), "taken": error.problem}
        return {**_written(policy), "taken": None}

    def diff(self, event: str | None, text: str) -> Document:
        """Write what a change to a policy does to the sample.

        Args:
            event: whose live policy is the old one; ``None`` for the default.
            text: the new policy.

        Returns:
            ``report``, as ``fanscore policy diff`` writes it; or the ``mistake``.
        """
        try:
            return {"report": diff_document(self._diff(event, text))}
        except InvalidInput as error:
            return _mistake(error)

    def report(self, event: str | None, text: str) -> str:
        """Write the same as a page of HTML.

        Raises:
            InvalidInput: the text is no policy, or has a version that another has.
        """
        return page(sections(self._diff(event, text)))

    def _diff(self, event: str | None, text: str) -> PolicyDiff:
        policy = parse_policy(text, self.signals)
        self._check_version(policy)
        old = self.book.policy_for(None if event is None else EventId(event))
        return diff(old, policy, self._sample)

    def _check_version(self, policy: ScorePolicy) -> None:
        try:
            check_shadow(self.book, as_book(policy))
        except InvalidInput as error:
            raise InvalidInput(VERSION, error.problem) from None

    @property
    def _sample(self) -> Iterator[Findings]:
        return plausible_findings(PEOPLE, SEED)


def _score_event(fan: str, event: str | None) -> Document:
    parent, _, field = SCORE_FIELD.partition(".")
    return {
        "info": {"parentTypeName": parent, "fieldName": field},
        "arguments": {"globalUserId": fan, "eventId": event},
        "identity": {"sub": fan, "username": fan},
        "envelope": True,
    }


def _mistake(error: InvalidInput) -> Document:
    return {"mistake": {"where": error.where, "problem": error.problem}}


def _written(policy: ScorePolicy) -> Document:
    return {"text": policy_text(policy), "digest": policy.digest, "policy": policy_parts(policy)}


def policy_parts(policy: ScorePolicy) -> Document:
    """Write the parts of a policy; bounds as text, since JSON's readers round them."""
    return {
        "version": policy.version,
        "range": policy.range,
        "no_history_raw_score": policy.no_history_raw_score,
        "signals": {signal.name: _worth(worth) for signal, worth in policy.signals.items()},
    }


def _worth(worth: SignalPolicy) -> Document:
    return {"unavailable": worth.unavailable, "bands": [_band(each) for each in worth.bands]}


def _band(band: Band) -> Document:
    below = None if band.below is None else f"{band.below:f}"
    return {"below": below, "points": band.points, "code": band.code}
