"""The log line of a decision: what may be kept of it without any link to a person.

No fan's id, no exact finding and no nonce stands in it; its leaf alone says of which receipt it is,
to whoever holds that receipt. See docs/reference/receipts.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import attrs

from fanscore_core.findings import Finding, Findings, round_half_up
from fanscore_core.ids import EventId
from fanscore_core.jcs import jcs_text
from fanscore_core.policy import ScorePolicy
from fanscore_core.receipt import Receipt
from fanscore_core.signals import Missing, SignalPolicy

FORMAT = 1
"""Of the line; it is the value of the member ``fanscore_decision``."""


def _read_only(bands: Mapping[str, int | str]) -> Mapping[str, int | str]:
    return MappingProxyType(dict(bands))


@attrs.frozen
class DecisionLine:
    """What is logged of a decision.

    Attributes:
        leaf: of its receipt.
        event_id: for which event, as it was asked; ``None`` without one.
        hour: when, to the hour, in UTC: ``2026-11-28T20Z``.
        policy_digest: of the policy that decided.
        code_version: the version of fanscore that decided.
        origin: where the base score came from; ``None`` for an error.
        raw: the stored raw score, rounded half up; ``None`` without one.
        bands: of each signal the index of its value's band under the policy that decided, from 0,
            or why there is no value.
        score: that was decided; ``None`` for an error.
        codes: of the reasons, in order.
        degraded: the names of the signals whose system gave no answer.
        error: the code of the error, if the decision ended in one.
        shadow_score: what the shadow policy would have decided, if there was one.
    """

    leaf: str
    event_id: EventId | None
    hour: str
    policy_digest: str
    code_version: str
    origin: str | None
    raw: int | None
    bands: Mapping[str, int | str] = attrs.field(converter=_read_only, hash=False)
    score: int | None
    codes: tuple[str, ...]
    degraded: tuple[str, ...]
    error: str | None
    shadow_score: int | None

    @property
    def document(self) -> Mapping[str, object]:
        """The line as the document of docs/reference/receipts.md."""
        return {
            "fanscore_decision": FORMAT,
            "leaf": self.leaf,
            "event": self.event_id,
            "hour": self.hour,
            "policy": self.policy_digest,
            "code": self.code_version,
            "origin": self.origin,
            "raw": self.raw,
            "bands": dict(self.bands),
            "score": self.score,
            "codes": list(self.codes),
            "degraded": list(self.degraded),
            "error": self.error,
            "shadow": self.shadow_score,
        }

    @property
    def text(self) -> str:
        """The line in canonical JSON (RFC 8785), without its end."""
        return jcs_text(self.document)


def decision_line(receipt: Receipt, policy: ScorePolicy) -> DecisionLine:
    """Make the log line of a decision.

    Args:
        receipt: of the decision.
        policy: that decided.
    """
    findings, decision = receipt.findings, receipt.decision
    raw = findings.raw if findings else None
    return DecisionLine(
        receipt.leaf,
        receipt.event_id,
        _hour(receipt.decided_at),
        receipt.policy_digest,
        receipt.code_version,
        findings.origin.name if findings else None,
        None if raw is None else round_half_up(raw),
        _bands(policy, findings) if findings else {},
        decision.score if decision else None,
        tuple(code for code, _ in decision.reasons) if decision else (),
        decision.degraded if decision else (),
        receipt.error,
        receipt.shadow.score if receipt.shadow else None,
    )


def _hour(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%HZ")


def _bands(policy: ScorePolicy, findings: Findings) -> Mapping[str, int | str]:
    return {
        signal.name: _band(worth, findings.of(signal)) for signal, worth in policy.signals.items()
    }


def _band(worth: SignalPolicy, finding: Finding) -> int | str:
    if isinstance(finding, Missing):
        return finding.name
    return worth.bands.index(worth.find(finding)[1])
