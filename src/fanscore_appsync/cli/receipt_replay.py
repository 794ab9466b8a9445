"""``fanscore replay`` of a receipts file: each decision again, from its findings."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import NoReturn

import attrs
import click

from fanscore_adapters.documents.receipts import starts_receipts
from fanscore_appsync.api import Api
from fanscore_appsync.cli.files import receipts_of
from fanscore_appsync.cli.mistakes import FAILED, note, refuse
from fanscore_appsync.cli.terminal import counted
from fanscore_appsync.code_version import code_version
from fanscore_appsync.wiring.apps import policy_book
from fanscore_core.receipt_replay import ReplayedReceipt, replay_receipts, would_have_been

MOST_SHOWN = 20
"""The most receipts that are named."""


@attrs.define
class ReplayCounts:
    """How replayed receipts compare; each is counted in one of the first six.

    Attributes:
        same: decided again as they were, byte for byte.
        mismatched: not so, though the policy is the same.
        changed: decided by another policy, and otherwise.
        unchanged: decided by another policy, to the same score and reasons.
        errors: of decisions that ended in an error, which leaves nothing to decide from.
        unknown: of policies that are not known, by digest.
        up: of those changed, how many to a greater score.
        down: of those changed, how many to a lesser one.
        codes: how many were decided by another version of fanscore, by version.
        named: some that mismatched or changed, in words.
        replayed_by: this version of fanscore.
    """

    same: int = 0
    mismatched: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: int = 0
    unknown: Counter[str] = attrs.field(factory=Counter)
    up: int = 0
    down: int = 0
    codes: Counter[str] = attrs.field(factory=Counter)
    named: list[str] = attrs.field(factory=list)
    replayed_by: str = attrs.field(factory=code_version)

    @property
    def receipts(self) -> int:
        """How many receipts there were."""
        decided = self.same + self.mismatched + self.changed + self.unchanged
        return decided + self.errors + self.unknown.total()

    def add(self, replayed: ReplayedReceipt) -> None:
        """Count one."""
        receipt, again = replayed.receipt, replayed.again
        if receipt.code_version != self.replayed_by:
            self.codes[receipt.code_version] += 1
        if receipt.decision is None:
            self.errors += 1
        elif again is None:
            self.unknown[receipt.policy_digest] += 1
        elif replayed.is_same:
            self.same += 1
        elif again.decision == receipt.decision and replayed.is_other_policy:
            self.unchanged += 1
        else:
            self._add_other(replayed)

    def _add_other(self, replayed: ReplayedReceipt) -> None:
        if replayed.is_other_policy:
            self.changed += 1
            self.up += replayed.rise > 0
            self.down += replayed.rise < 0
        else:
            self.mismatched += 1
        if len(self.named) < MOST_SHOWN:
            number = self.receipts
            self.named.append(f"line {number}: receipt {replayed.receipt.leaf}: {_move(replayed)}")


def holds_receipts(path: str) -> bool:
    """Whether a file is a receipts file, by its first line. What cannot be read is not one.

    Refuses a pipe: it could not be read again from its beginning.
    """
    try:
        if Path(path).is_fifo():
            refuse(f"FILE: {path}: a pipe; expected a file")
        with Path(path).open("rb") as file:
            return starts_receipts(file.read(64))
    except OSError:
        return False


def replay_file(
    path: str, api: Api, live: str | None, other: str | None, *, is_json: bool
) -> NoReturn:
    """Replay a receipts file, print how its receipts compare, and end the command.

    Args:
        path: of the file.
        api: whose signals the findings have.
        live: the path of the policies that decide; ``None`` for the shipped one.
        other: the path of the policies to decide by instead, if there are any.
        is_json: whether to print JSON.
    """
    counts = ReplayCounts()
    receipts = receipts_of("FILE", path, api)
    if other is None:
        replayed = replay_receipts(receipts, policy_book(live, api=api))
    else:
        replayed = would_have_been(receipts, policy_book(other, "--policy", api))
    for each in replayed:
        counts.add(each)
    _show(counts, is_json=is_json)
    sys.exit(FAILED if counts.mismatched or counts.unknown else 0)


def _show(counts: ReplayCounts, *, is_json: bool) -> None:
    for version, number in sorted(counts.codes.items()):
        note(
            f"{counted(number, 'receipt')} of fanscore {version}, replayed by {counts.replayed_by}"
        )
    for digest, number in sorted(counts.unknown.items()):
        note(f"{counted(number, 'receipt')} of an unknown policy, {digest}: name it by --policy")
    for each in counts.named:
        note(each)
    if is_json:
        click.echo(json.dumps({"receipts": counts.receipts, **_document(counts)}, indent=2))
    else:
        click.echo(_sentence(counts))


def _document(counts: ReplayCounts) -> dict[str, object]:
    document = attrs.asdict(counts, filter=attrs.filters.exclude("named", "replayed_by"))
    return {**document, "unknown": dict(counts.unknown), "codes": dict(counts.codes)}


def _sentence(counts: ReplayCounts) -> str:
    parts = {
        "the same, byte for byte": counts.same,
        "not the same": counts.mismatched,
        f"changed by the other policy, {counts.up} up and {counts.down} down": counts.changed,
        "the same under the other policy": counts.unchanged,
        "of an error, with nothing to decide again": counts.errors,
        "of an unknown policy": counts.unknown.total(),
    }
    found = "; ".join(f"{number} {what}" for what, number in parts.items() if number)
    return f"{counted(counts.receipts, 'receipt')}: {found}"


def _move(replayed: ReplayedReceipt) -> str:
    before = replayed.receipt.decision
    after = replayed.again.decision if replayed.again else None
    assert before  # noqa: S101  # an error is never another
    assert after  # noqa: S101
    if before.score != after.score:
        return f"{before.score} then, {after.score} now"
    return f"{before.score} then and now, for other reasons"
