"""What can go wrong, by what the caller should do about it.

::

    FanscoreError
    ├── InvalidInput            change the input
    │   └── InvalidId
    ├── NotLoggedIn             log in
    ├── Forbidden               ask as somebody else
    │   ├── NotOwner
    │   ├── NotAllowed
    │   └── NotEligible
    ├── NotFound                look elsewhere
    ├── Conflict                read again
    ├── Unavailable             retry later; a step may go on without the answer
    └── DeadlineExceeded        retry later; no step goes on without the answer

    PipelineError               mend the code
    ├── PipelineMisuse
    ├── SourceFailed
    └── UnknownQuestion

Errors are values: each holds what it knows and makes its sentence from that. They are frozen,
because one error can be the answer to many askers at once. No sentence holds a value that a user
typed, or a key that a user made up.
"""

from __future__ import annotations

import enum

import attrs

OF_THE_PROCESS = (KeyboardInterrupt, SystemExit)
"""What ends the process, wherever it is raised. All else that a step or a source raises is its own
error, ``asyncio.CancelledError`` and ``GeneratorExit`` too, which are no ``Exception``.
"""


class FanscoreError(Exception):
    """Any failure that a caller can do something about."""


@attrs.frozen
class InvalidInput(FanscoreError):
    """An argument, event or document is not what it must be.

    Attributes:
        where: path to the offending value, such as ``arguments.eventId``.
        problem: what is wrong with it, such as ``expected a string``.
    """

    where: str
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


@attrs.frozen
class InvalidId(InvalidInput):
    """Not a valid id, where there must be one (docs/reference/tables-and-keys.md)."""


@attrs.frozen
class NotLoggedIn(FanscoreError):
    """The field is for users, and the caller is not a user."""

    def __str__(self) -> str:
        return "User not logged in"


class Forbidden(FanscoreError):
    """The caller is known, and may not do this."""


@attrs.frozen
class NotOwner(Forbidden):
    """A fan asked for what belongs to another fan."""

    def __str__(self) -> str:
        return "Only the owner may ask for this"


@attrs.frozen
class NotAllowed(Forbidden):
    """This kind of caller may not ask for this."""

    what: str

    def __str__(self) -> str:
        return f"This caller may not use {self.what}"


@attrs.frozen
class NotEligible(Forbidden):
    """The fan may not enter the campaign.

    Attributes:
        reasons: the codes that the eligibility service gave.
    """

    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return "Not eligible for this campaign"


@attrs.frozen
class NotFound(FanscoreError):
    """There is no such thing, or none that the caller may know of."""

    what: str

    def __str__(self) -> str:
        return f"No such {self.what}"


class ConflictReason(enum.Enum):
    """Why a write was not made."""

    CHANGED = "Others kept changing this"
    LEASED = "Another owner has this"
    REUSED_REQUEST_ID = "This request id was used for another request"
    OUTDATED = "Something newer is stored"


@attrs.frozen
class Conflict(FanscoreError):
    """A write was not made, because of another write."""

    reason: ConflictReason

    def __str__(self) -> str:
        return self.reason.value


@attrs.frozen
class Unavailable(FanscoreError):
    """An outside system gave no usable answer.

    Attributes:
        system: the system's name, such as ``arm_scoring``.
        reason: why, in our own words, for the operator: in the log and the trace, never in an
            answer. No vendor's text, and no key or value that somebody made up.
    """

    system: str
    reason: str = "no answer"

    def __str__(self) -> str:
        return f"{self.system} is unavailable"


@attrs.frozen
class DeadlineExceeded(FanscoreError):
    """The time for the whole request ran out while a system was being asked."""

    system: str

    def __str__(self) -> str:
        return f"Out of time while waiting for {self.system}"


class PipelineError(Exception):
    """A mistake in code: in a pipeline, a step or a source."""


@attrs.frozen
class PipelineMisuse(PipelineError):
    """A step did what no step may do, or asked what nobody answers.

    Attributes:
        step: the step's name.
        question: the type of what it awaited; its values may be a fan's, and stay out.
        problem: which rule it broke.
    """

    step: str
    question: str
    problem: str

    def __str__(self) -> str:
        return f"step {self.step}: {self.problem}: {self.question}"


@attrs.frozen
class SourceFailed(PipelineError):
    """A source raised instead of answering, or did not answer one for one.

    Attributes:
        source: the source's name.
        problem: what it did.
    """

    source: str
    problem: str

    def __str__(self) -> str:
        return f"source {self.source}: {self.problem}"


@attrs.frozen
class UnknownQuestion(PipelineError):
    """A source's answer to a question that it does not know. Reported as a misuse by the step.

    Attributes:
        problem: what it does not know; a source that is used outside of tests quotes no value.
    """

    problem: str = "no source answers this"

    def __str__(self) -> str:
        return self.problem
