"""Receipts: what answers for a decision, so that whoever holds one can repeat and check it.

A receipt's canonical bytes are its identity, and the hash of these its leaf in a sealed tree. See
docs/reference/receipts.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property, lru_cache

import attrs

from fanscore_core.errors import InvalidInput
from fanscore_core.findings import Finding, Findings
from fanscore_core.ids import EventId, GlobalUserId, valid_id, valid_optional_id
from fanscore_core.jcs import is_exact_integer, known_scalar_text, known_strings_text
from fanscore_core.merkle import leaf_hash
from fanscore_core.policy import ScorePolicy
from fanscore_core.scalars import TEXT_RULE, is_text
from fanscore_core.scoring import AccountFanscore, decide
from fanscore_core.signals import INTEGER_RULE, Missing, checked_integer

FORMAT = 1
"""Of the document. It changes with the meaning of a member."""

NONCE_BYTES = 16

MOST_KEPT = 4_096
"""The most decisions, and the most texts of numbers, that are kept."""

MAX_DIGITS = 64
"""Of a finding: before the point, and after it. No table and no service of ours gives so many."""

DIGITS_RULE = f"a number has more than {MAX_DIGITS} digits before its point, or after it"
HASH_RULE = "expected 64 hexadecimal digits in lower case"

_is_hash = re.compile("[0-9a-f]{64}").fullmatch


def is_hash(value: object) -> bool:
    """Whether a value is a SHA-256 as we write it: 64 hexadecimal digits in lower case."""
    return type(value) is str and _is_hash(value) is not None


def valid_hash(_instance: object, field: attrs.Attribute[str], value: object) -> None:
    """Validate an attrs field that holds a SHA-256.

    Raises:
        InvalidInput: naming the field.
    """
    if not is_hash(value):
        raise InvalidInput(field.name, HASH_RULE)


def valid_text(_instance: object, field: attrs.Attribute[str], value: object) -> None:
    """Validate an attrs field that holds text of at least one character.

    Raises:
        InvalidInput: naming the field.
    """
    if not value or not is_text(value):
        raise InvalidInput(field.name, TEXT_RULE)


def valid_integer(_instance: object, field: attrs.Attribute[int], value: object) -> None:
    """Validate an attrs field that holds an integer of less than 2^53 either way.

    Raises:
        InvalidInput: naming the field.
    """
    checked_integer(field.name, value)


@attrs.frozen
class Decision:
    """What was decided, without what it was decided from.

    Attributes:
        score: within the policy's range.
        raw_score: what it started from.
        reasons: codes and points, in the order of the explanation; the points sum to the score.
        degraded: the names of the signals whose system gave no answer.

    Raises:
        InvalidInput: a number is no integer of less than 2^53, or the points do not sum to the
            score; names the attribute.
    """

    score: int
    raw_score: int
    reasons: tuple[tuple[str, int], ...]
    degraded: tuple[str, ...]

    def __attrs_post_init__(self) -> None:
        """Check the numbers, and that the reasons explain all of the score."""
        checked_integer("score", self.score)
        checked_integer("raw_score", self.raw_score)
        total = 0
        for code, points in self.reasons:
            if not is_exact_integer(points):
                raise InvalidInput("reasons", INTEGER_RULE)
            if not is_text(code):
                raise InvalidInput("reasons", TEXT_RULE)
            total += points
        if not all(map(is_text, self.degraded)):
            raise InvalidInput("degraded", TEXT_RULE)
        if total != self.score:
            raise InvalidInput("reasons", "expected points that sum to the score")

    @cached_property
    def canonical_text(self) -> str:
        """What a receipt has of it, in canonical JSON."""
        reasons = ",".join(
            [
                f'{{"code":{known_scalar_text(code)},"points":{points}}}'
                for code, points in self.reasons
            ]
        )
        return (
            f'{{"degraded":{known_strings_text(self.degraded)},"rawScore":{self.raw_score}'
            f',"reasons":[{reasons}],"score":{self.score}}}'
        )


@attrs.frozen
class ShadowDecision:
    """What a shadow policy would have decided.

    Attributes:
        policy_version: of the shadow.
        policy_digest: of the shadow.
        score: that it came to.

    Raises:
        InvalidInput: a part is not valid; names the attribute.
    """

    policy_version: str = attrs.field(validator=valid_text)
    policy_digest: str = attrs.field(validator=valid_hash)
    score: int = attrs.field(validator=valid_integer)

    @property
    def canonical_text(self) -> str:
        """What a receipt has of it, in canonical JSON."""
        version = known_scalar_text(self.policy_version)
        digest = self.policy_digest
        return f'{{"policyDigest":"{digest}","policyVersion":{version},"score":{self.score}}}'


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InvalidInput("decided_at", "expected a time with offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput("decided_at", "expected a time of the years 1 to 9999") from error


def _is_nonce(_instance: object, field: attrs.Attribute[bytes], value: object) -> None:
    if type(value) is not bytes or len(value) != NONCE_BYTES:
        raise InvalidInput(field.name, f"expected {NONCE_BYTES} bytes")


@attrs.frozen
class Receipt:
    """What answers for one decision.

    Attributes:
        global_user_id: about whom.
        event_id: for which event, as it was asked; ``None`` without one.
        decided_at: when, to the microsecond; kept in UTC.
        policy_version: which policy decided.
        policy_digest: the same, beyond doubt.
        code_version: the version of fanscore that decided.
        nonce: 16 random bytes, so that nobody who sees a leaf can try out what it stands for.
        findings: what was decided from; ``None`` if the decision ended in an error.
        decision: what was decided; ``None`` if it ended in an error.
        error: the code of that error (docs/reference/errors.md).
        shadow: what a shadow policy would have decided, if there was one.

    Raises:
        InvalidInput: a part is not valid, or there is neither a decision nor an error, or both;
            names the attribute (``InvalidId`` if that is an id).
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    event_id: EventId | None = attrs.field(validator=valid_optional_id)
    decided_at: datetime = attrs.field(converter=_in_utc)
    policy_version: str = attrs.field(validator=valid_text)
    policy_digest: str = attrs.field(validator=valid_hash)
    code_version: str = attrs.field(validator=valid_text)
    nonce: bytes = attrs.field(validator=_is_nonce, repr=False)
    findings: Findings | None = None
    decision: Decision | None = None
    error: str | None = attrs.field(default=None, validator=attrs.validators.optional(valid_text))
    shadow: ShadowDecision | None = None

    def __attrs_post_init__(self) -> None:
        """Check that it says either what was decided, and from what, or which error came up."""
        if (self.decision is None) is (self.error is None):
            raise InvalidInput("decision", "expected a decision or an error")
        if (self.decision is None) is not (self.findings is None):
            raise InvalidInput("findings", "expected them with a decision, and with no error")

    @property
    def document(self) -> Mapping[str, object]:
        """The receipt as the document of docs/reference/receipts.md.

        Raises:
            InvalidInput: a finding has more digits than any system of ours gives.
        """
        return {
            "v": FORMAT,
            "globalUserId": self.global_user_id,
            "eventId": self.event_id,
            "decidedAt": time_text(self.decided_at),
            "policyVersion": self.policy_version,
            "policyDigest": self.policy_digest,
            "codeVersion": self.code_version,
            "nonce": self.nonce.hex(),
            "findings": _findings_document(self.findings) if self.findings else None,
            "decision": _decision_document(self.decision) if self.decision else None,
            "error": self.error,
            "shadow": _shadow_document(self.shadow) if self.shadow else None,
        }

    @cached_property
    def canonical_bytes(self) -> bytes:
        """The document in canonical JSON (RFC 8785): equal receipts, and no others, have the same.

        Raises:
            InvalidInput: as ``document``.
        """
        # By hand, since an encoder, and the document for it, take more than twice as long.
        text = known_scalar_text
        return (
            f'{{"codeVersion":{text(self.code_version)},"decidedAt":"{time_text(self.decided_at)}"'
            f',"decision":{self.decision.canonical_text if self.decision else "null"}'
            f',"error":{text(self.error)},"eventId":{text(self.event_id)}'
            f',"findings":{_findings_text(self.findings) if self.findings else "null"}'
            f',"globalUserId":{text(self.global_user_id)},"nonce":"{self.nonce.hex()}"'
            f',"policyDigest":"{self.policy_digest}","policyVersion":{text(self.policy_version)}'
            f',"shadow":{self.shadow.canonical_text if self.shadow else "null"},"v":{FORMAT}}}'
        ).encode()

    @cached_property
    def leaf(self) -> str:
        """The hash that stands for the receipt in a sealed tree: 64 hexadecimal digits.

        Raises:
            InvalidInput: as ``document``.
        """
        return leaf_hash(self.canonical_bytes).hex()


@lru_cache(MOST_KEPT, typed=True)
def kept_decision(
    score: int, raw_score: int, reasons: tuple[tuple[str, int], ...], degraded: tuple[str, ...]
) -> Decision:
    """Return a ``Decision``; of equal ones the same, since to check one takes long.

    Args:
        score: as ``Decision`` has it.
        raw_score: as ``Decision`` has it.
        reasons: as ``Decision`` has it. Points that are no integers but equal one, as ``True`` is,
            are for the caller to refuse.
        degraded: as ``Decision`` has it.

    Raises:
        InvalidInput: as ``Decision``.
    """
    return Decision(score, raw_score, reasons, degraded)


def decision_of(decided: AccountFanscore) -> Decision:
    """Return the decision that a score is."""
    return kept_decision(
        decided.score,
        decided.raw_score,
        tuple((each.code, each.points) for each in decided.reasons),
        tuple(signal.name for signal in decided.degraded),
    )


def decide_again(receipt: Receipt, policy: ScorePolicy) -> Receipt:
    """Decide again from the findings of a receipt; all else is kept.

    Under the policy that decided, its bytes are those of the receipt. One of an error, which has
    no findings, comes back as it is.

    Args:
        receipt: of the decision.
        policy: decides; may be another one.
    """
    if receipt.findings is None:
        return receipt
    decision = decision_of(decide(policy, receipt.global_user_id, receipt.findings))
    decided = (policy.version, policy.digest, decision)
    if decided == (receipt.policy_version, receipt.policy_digest, receipt.decision):
        return receipt  # to make an equal one would take as long as deciding
    return attrs.evolve(
        receipt, policy_version=policy.version, policy_digest=policy.digest, decision=decision
    )


def time_text(moment: datetime) -> str:
    """Write a time as receipts do: in UTC, to the microsecond, so that texts sort as times."""
    in_utc = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return in_utc.removesuffix("+00:00") + "Z"


def finding_text(finding: Finding) -> str:
    """Write a finding: plain digits without trailing zeros, or why there is no value.

    Raises:
        InvalidInput: it has more digits than any system of ours gives.
    """
    return finding.name if isinstance(finding, Missing) else _plain(finding)


@lru_cache(MOST_KEPT)
def _plain(number: Decimal) -> str:
    """Write equal numbers alike."""
    if not number:
        return "0"  # of -0 and 0.00 as well
    if abs(number.adjusted()) > MAX_DIGITS:  # before it becomes a text of that many digits
        raise InvalidInput("findings", DIGITS_RULE)
    text = f"{number:f}"
    plain = text.rstrip("0").removesuffix(".") if "." in text else text
    whole, _, decimals = plain.partition(".")
    if len(whole.removeprefix("-")) > MAX_DIGITS or len(decimals) > MAX_DIGITS:
        raise InvalidInput("findings", DIGITS_RULE)
    return plain


def _findings_document(findings: Findings) -> Mapping[str, object]:
    return {
        "origin": findings.origin.name,
        "raw": None if findings.raw is None else _plain(findings.raw),
        "signals": {signal.name: finding_text(each) for signal, each in findings.signals.items()},
    }


def _findings_text(findings: Findings) -> str:
    raw = "null" if findings.raw is None else f'"{_plain(findings.raw)}"'
    found = [f'"{signal.name}":"{finding_text(each)}"' for signal, each in findings.signals.items()]
    signals = ",".join(sorted(found))  # by name: no character of a name sorts before a quote
    return f'{{"origin":"{findings.origin.name}","raw":{raw},"signals":{{{signals}}}}}'


def _decision_document(decision: Decision) -> Mapping[str, object]:
    return {
        "score": decision.score,
        "rawScore": decision.raw_score,
        "reasons": [{"code": code, "points": points} for code, points in decision.reasons],
        "degraded": list(decision.degraded),
    }


def _shadow_document(shadow: ShadowDecision) -> Mapping[str, object]:
    return {
        "policyVersion": shadow.policy_version,
        "policyDigest": shadow.policy_digest,
        "score": shadow.score,
    }
