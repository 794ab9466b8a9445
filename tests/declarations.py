"""Compare what a step declares with what its source does.

A pipeline checks declared names when it is defined, and a step's stash checks them as the step
runs. This finds what neither can: a declared field that the step never uses, and an undeclared one
in a branch that no test has taken.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeVar

import attrs

from fanscore_core.engine.steps import Step

ArgsT = TypeVar("ArgsT")
StashT = TypeVar("StashT")


@attrs.define
class Use:
    """What the source of a step does with its context.

    Attributes:
        reads: the stash fields that it reads.
        writes: the stash fields that it writes.
        deletes: the stash fields that it deletes, as no step may.
        prev: whether it uses ``prev``.
        hands_on: what it uses as a whole, so that its use cannot be followed: the context or the
            stash.
    """

    reads: set[str] = attrs.field(factory=set)
    writes: set[str] = attrs.field(factory=set)
    deletes: set[str] = attrs.field(factory=set)
    prev: bool = False
    hands_on: set[str] = attrs.field(factory=set)


def undeclared_use(step: Step[ArgsT, StashT, object]) -> tuple[str, ...]:
    """Give each mismatch between a step's declaration and its source as a sentence; none is good.

    Use is followed through other names (``stash = ctx.stash``) and into functions that get the
    context or the stash by position. A step that hands on either as a whole in another way is told
    so, since its use cannot be known.
    """
    use = use_of(step)
    return (
        *_each("reads {}, undeclared", use.reads - step.reads - step.writes),
        *_each("writes {}, undeclared", use.writes - step.reads - step.writes),
        *_each("writes {}, declared as read", use.writes & step.reads),
        *_each("deletes {}", use.deletes),
        *_each("never reads {}", step.reads - use.reads),
        *_each("never writes {}", step.writes - use.writes),
        *_each("uses {}, undeclared", {"prev"} if use.prev and not step.prev else set()),
        *_each("never uses {}", {"prev"} if step.prev and not use.prev else set()),
        *_each("hands on its {} as a whole", use.hands_on),
    )


def use_of(step: Step[ArgsT, StashT, object]) -> Use:
    """Read from a step's source what it does with its context.

    Raises:
        TypeError: the step is no ``async def`` with a parameter for its context.
    """
    parameters = _parameters(step.function)
    if not inspect.iscoroutinefunction(step.function) or not parameters:
        message = f"step {step.name}: expected an async def that takes a context"
        raise TypeError(message)
    reader = _Reader()
    reader.read(step.function, {parameters[0]: "context"})
    return reader.use


@attrs.define
class _Reader:
    """Follows a context and its stash through a step, and through the functions that it calls.

    Attributes:
        use: what has been found.
        known: the functions that have been read.
    """

    use: Use = attrs.field(factory=Use)
    known: set[object] = attrs.field(factory=set)

    def read(self, function: Callable[..., object], kinds: dict[str, str]) -> None:
        """Read a function, some of whose names stand for the context or the stash."""
        if function not in self.known:
            self.known.add(function)
            [tree] = ast.parse(textwrap.dedent(inspect.getsource(function))).body
            names = _Names(kinds, function.__globals__)
            for statement in ast.iter_child_nodes(tree):
                if isinstance(statement, ast.stmt):
                    self._note(statement, names)

    def _note(self, node: ast.AST, names: _Names) -> None:
        match node:
            case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)) if len(targets) == len(values):
                for target, value in zip(targets, values, strict=True):
                    self._note(ast.Assign([target], value), names)
            case ast.Assign([ast.Name(name)], value) if kind := names.kind(value):
                names.kinds[name] = kind
            case ast.AugAssign(ast.Attribute(value, field)) if names.kind(value) == "stash":
                self.use.reads.add(field)
                self._note_children(node, names)
            case ast.Call() if (called := names.called(node)) is not None:
                self._note_call(called, node, names)
            case ast.Attribute(value, field, how) if names.kind(value) == "stash":
                self._note_field(field, how)
            case ast.Attribute(value, attribute) if (
                names.kind(value) == "context" and attribute != "stash"
            ):
                self.use.prev |= attribute == "prev"
            case ast.expr() if kind := names.kind(node):
                self.use.hands_on.add(kind)
            case _:
                self._note_children(node, names)

    def _note_children(self, node: ast.AST, names: _Names) -> None:
        for child in ast.iter_child_nodes(node):
            self._note(child, names)

    def _note_call(self, called: Callable[..., object], call: ast.Call, names: _Names) -> None:
        given = [names.kind(argument) for argument in call.args]
        pairs = zip(_parameters(called), given, strict=False)
        self.read(called, {name: kind for name, kind in pairs if kind})
        others = [argument for argument, kind in zip(call.args, given, strict=True) if not kind]
        for other in (*others, *call.keywords):
            self._note(other, names)

    def _note_field(self, field: str, how: ast.expr_context) -> None:
        match how:
            case ast.Store():
                self.use.writes.add(field)
            case ast.Del():
                self.use.deletes.add(field)
            case _:
                self.use.reads.add(field)


@attrs.frozen
class _Names:
    """What the names in a function stand for.

    Attributes:
        kinds: which stand for ``context`` or ``stash``.
        module: the names of the function's module.
    """

    kinds: dict[str, str]
    module: Mapping[str, object]

    def kind(self, node: ast.AST) -> str | None:
        """Tell whether an expression is the context or the stash."""
        match node:
            case ast.Name(name):
                return self.kinds.get(name)
            case ast.Attribute(value, "stash") if self.kind(value) == "context":
                return "stash"
            case _:
                return None

    def called(self, call: ast.Call) -> Callable[..., object] | None:
        """Give the function that is called, if it is one of Python that gets context or stash."""
        match call:
            case ast.Call(ast.Name(name), arguments) if any(map(self.kind, arguments)):
                function = self.module.get(name)
                return function if inspect.isfunction(function) else None
            case _:
                return None


def _parameters(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


def _each(sentence: str, names: AbstractSet[str]) -> Iterator[str]:
    return (sentence.format(name) for name in sorted(names))
