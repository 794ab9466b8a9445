from __future__ import annotations

import inspect
import re

import attrs
import pytest

from fanscore_core import errors
from fanscore_core.errors import (
    Conflict,
    ConflictReason,
    DeadlineExceeded,
    FanscoreError,
    Forbidden,
    InvalidId,
    InvalidInput,
    NotAllowed,
    NotEligible,
    NotFound,
    NotLoggedIn,
    NotOwner,
    PipelineError,
    PipelineMisuse,
    SourceFailed,
    Unavailable,
    UnknownQuestion,
)

ERRORS: list[tuple[Exception, tuple[type, ...], str]] = [
    (InvalidInput("arguments.id", "expected x"), (FanscoreError,), "arguments.id: expected x"),
    (InvalidId("id", "expected x"), (InvalidInput, FanscoreError), "id: expected x"),
    (NotLoggedIn(), (FanscoreError,), "User not logged in"),
    (NotOwner(), (Forbidden, FanscoreError), "Only the owner may ask for this"),
    (NotAllowed("memberId"), (Forbidden, FanscoreError), "This caller may not use memberId"),
    (NotEligible(("TOO_NEW",)), (Forbidden, FanscoreError), "Not eligible for this campaign"),
    (NotFound("campaign"), (FanscoreError,), "No such campaign"),
    (Conflict(ConflictReason.CHANGED), (FanscoreError,), "Others kept changing this"),
    (Conflict(ConflictReason.OUTDATED), (FanscoreError,), "Something newer is stored"),
    (
        Conflict(ConflictReason.REUSED_REQUEST_ID),
        (FanscoreError,),
        "This request id was used for another request",
    ),
    (Unavailable("arm_scoring"), (FanscoreError,), "arm_scoring is unavailable"),
    (DeadlineExceeded("arm"), (FanscoreError,), "Out of time while waiting for arm"),
    (PipelineMisuse("a", "Count", "no"), (PipelineError,), "step a: no: Count"),
    (SourceFailed("World", "raised"), (PipelineError,), "source World: raised"),
    (UnknownQuestion(), (PipelineError,), "no source answers this"),
]

every_error = pytest.mark.parametrize(
    ("error", "ancestors", "sentence"), ERRORS, ids=[sentence for _, _, sentence in ERRORS]
)


@every_error
def test_errors_make_their_sentence(
    error: Exception, ancestors: tuple[type, ...], sentence: str
) -> None:
    """Every error stands at its place in the tree, and makes its sentence from its values."""
    assert type(error).__mro__[1:] == (*ancestors, Exception, BaseException, object)
    assert str(error) == sentence


@every_error
def test_errors_are_frozen(error: Exception, ancestors: tuple[type, ...], sentence: str) -> None:
    """An error cannot be changed, since it can be the answer to many askers."""
    del ancestors, sentence
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        error.system = "another"  # type: ignore[attr-defined]  # the point


@every_error
def test_errors_can_be_raised(error: Exception, ancestors: tuple[type, ...], sentence: str) -> None:
    """A frozen error can still be raised from another, and be caught as any of its ancestors."""
    del sentence
    cause = ValueError()
    for ancestor in ancestors:
        with pytest.raises(ancestor) as raised:
            raise error from cause
        assert raised.value is error
        assert error.__cause__ is cause


def test_an_unavailable_system_needs_no_reason() -> None:
    """Where nothing more is known, the reason is that there was no answer."""
    assert Unavailable("arm_scoring").reason == "no answer"


def test_the_tree_is_drawn() -> None:
    """Every error has its place in the module's drawing; those with values are tested here."""
    kinds = {kind for kind in vars(errors).values() if inspect.isclass(kind)}
    tree = {kind for kind in kinds if issubclass(kind, Exception)}
    assert {kind.__name__ for kind in tree} <= set(re.findall(r"\w+", str(errors.__doc__)))
    assert {kind for kind in tree if "__attrs_attrs__" in vars(kind)} == {
        type(error) for error, _, _ in ERRORS
    }
