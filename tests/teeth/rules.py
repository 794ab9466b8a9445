"""Breaks by rule: what one may do to any comparison, constant, condition, sum or statement."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeGuard

import attrs

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_FOR_TYPE_CHECKERS = frozenset({"TypeVar", "cast"})
_DROPPED = (ast.Expr, ast.AugAssign, ast.Raise, ast.Return, ast.Continue, ast.Break, ast.Delete)


@attrs.frozen
class RuleBreak:
    """One place of one module, changed by one rule.

    Attributes:
        module: the name that the teeth know it by.
        rule: which rule it is.
        line: the first that changes, from 1.
        start: where what changes begins, in bytes of the module.
        end: where it ends.
        old: what stands there.
        new: what stands there then.
        context: the first line of the statement that it is in, without indentation.
    """

    module: str
    rule: str
    line: int
    start: int
    end: int
    old: str
    new: str
    context: str

    @property
    def name(self) -> str:
        """Return the break in one line."""
        old, new = (" ".join(each.split()) for each in (self.old, self.new))
        return f"{self.module}:{self.line} {self.rule}: {_short(old)} -> {_short(new)}"

    def apply(self, source: str) -> str:
        """Return the source of the module, broken."""
        written = source.encode()
        return (written[: self.start] + self.new.encode() + written[self.end :]).decode()


def breaks_of(module: str, source: str) -> list[RuleBreak]:
    """Return all breaks of a module, in the order of its text; each changes what it compiles to.

    Left out is what only type checkers and readers see (annotations, docstrings, type variables,
    overloads, what stands under ``TYPE_CHECKING``), and what would break nothing but a name: a
    first assignment, an import, a definition.
    """
    found = [each for each in _Finder(module, source).find() if _compiles(each.apply(source))]
    return sorted(found, key=lambda each: (each.start, each.rule, each.new))


def sample(breaks: Sequence[RuleBreak], count: int, seed: int) -> list[RuleBreak]:
    """Return so many of them, in their order.

    For a seed they are the same as long as what is broken is, wherever in its module it moves: a
    change of the code changes the sample as little as it can.
    """
    seen: Counter[str] = Counter()
    ranks: list[tuple[str, int]] = []
    for index, each in enumerate(breaks):
        what = f"{each.module}|{each.rule}|{each.context}|{each.old}|{each.new}"
        seen[what] += 1
        rank = hashlib.sha256(f"{seed}|{seen[what]}|{what}".encode()).hexdigest()
        ranks.append((rank, index))
    return [breaks[index] for index in sorted(index for _, index in sorted(ranks)[:count])]


class _Finder:
    """Walks one module."""

    def __init__(self, module: str, source: str) -> None:
        self._module = module
        self._source = source.encode()
        self._lines = source.splitlines()
        starts = [0]
        for line in source.encode().splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self._starts = starts
        self._tree = ast.parse(source)

    def find(self) -> Iterator[RuleBreak]:
        """Find every break."""
        yield from self._in_block(self._tree.body, frozenset())

    def _in_block(self, nodes: Sequence[ast.AST], names: frozenset[str]) -> Iterator[RuleBreak]:
        """Find what is in statements, and in the cases and handlers of one."""
        for node in nodes:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    yield from self._in_function(node)
                case ast.ClassDef():
                    yield from self._in_block(node.body, frozenset())
                case ast.match_case(_, guard, body):
                    if guard is not None:
                        yield from self._in_condition(guard, guard)
                        yield from self._in_expression(guard, guard)
                    yield from self._in_block(body, names)
                case ast.ExceptHandler():
                    yield from self._in_block(node.body, names)
                case ast.stmt() if not _is_for_readers(node):
                    yield from self._in_statement(node, names)

    def _in_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[RuleBreak]:
        if "overload" in map(_name, node.decorator_list):
            return
        for each in (*node.args.defaults, *node.args.kw_defaults, *node.decorator_list):
            if each is not None:
                yield from self._in_expression(each, node)
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        stored = [each.id for each in ast.walk(node) if _is_stored(each)]
        again = {name for name in stored if stored.count(name) > 1}
        body = node.body[:-1] if _returns_nothing(node.body[-1]) else node.body
        yield from self._in_block(body, frozenset(again | {each.arg for each in arguments}))

    def _in_statement(self, node: ast.stmt, names: frozenset[str]) -> Iterator[RuleBreak]:
        if isinstance(node, _DROPPED) or _assigns_again(node, names):
            yield self._break("dropped statement", node, "pass", node)
        if isinstance(node, ast.AugAssign):
            plain = ast.Assign([node.target], node.value, lineno=node.lineno)
            yield self._break("arithmetic", node, ast.unparse(plain), node)
        if isinstance(node, ast.If | ast.While):
            yield from self._in_condition(node.test, node)
        for field, value in ast.iter_fields(node):
            each_value = value if isinstance(value, list) else [value]
            for each in each_value if field != "annotation" else ():
                if isinstance(each, ast.withitem):
                    yield from self._in_expression(each.context_expr, node)
                elif isinstance(each, ast.expr):
                    yield from self._in_expression(each, node)
        for block in ("body", "orelse", "handlers", "finalbody", "cases"):
            yield from self._in_block(getattr(node, block, ()), names)

    def _in_condition(self, test: ast.expr, statement: ast.AST) -> Iterator[RuleBreak]:
        """Turn a condition that is a mere value round; the others have rules of their own."""
        if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield self._break("boolean", test, f"(not {self._text(test)})", statement)

    def _in_expression(self, node: ast.expr, statement: ast.AST) -> Iterator[RuleBreak]:
        if isinstance(node, ast.JoinedStr):
            return  # in 3.11, what is in an f-string does not know where it stands
        if isinstance(node, ast.Call) and _name(node.func) in _FOR_TYPE_CHECKERS:
            return
        for rule, new in _changed(node):
            yield self._break(rule, node, f"({ast.unparse(new)})", statement)
        if isinstance(node, ast.IfExp):
            yield from self._in_condition(node.test, statement)
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.expr():
                    yield from self._in_expression(child, statement)
                case ast.keyword():
                    yield from self._in_expression(child.value, statement)
                case ast.comprehension():
                    yield from self._in_comprehension(child, statement)
                case _:
                    pass

    def _in_comprehension(self, node: ast.comprehension, statement: ast.AST) -> Iterator[RuleBreak]:
        for each in (node.iter, *node.ifs):
            yield from self._in_expression(each, statement)
        for each in node.ifs:
            yield from self._in_condition(each, statement)

    def _break(self, rule: str, node: ast.stmt | ast.expr, new: str, within: ast.AST) -> RuleBreak:
        start, end = self._span(node)
        context = self._lines[within.lineno - 1].strip()  # type: ignore[attr-defined]
        old = self._source[start:end].decode()
        return RuleBreak(self._module, rule, node.lineno, start, end, old, new, context)

    def _text(self, node: ast.expr) -> str:
        start, end = self._span(node)
        return self._source[start:end].decode()

    def _span(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._starts[node.lineno - 1] + node.col_offset
        return start, self._starts[node.end_lineno - 1] + node.end_col_offset


def _changed(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Make what may stand instead of an expression."""
    match node:
        case ast.Compare(left, [op], right):
            yield "comparison", ast.Compare(left, [_COMPARISONS[type(op)]()], right)
        case ast.BoolOp(ast.And(), values):
            yield "boolean", ast.BoolOp(ast.Or(), values)
        case ast.BoolOp(ast.Or(), values):
            yield "boolean", ast.BoolOp(ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield "boolean", operand
        case ast.UnaryOp(ast.USub(), operand):
            yield "arithmetic", operand
        case ast.BinOp(left, op, right) if type(op) in _OPERATORS:
            yield "arithmetic", ast.BinOp(left, _OPERATORS[type(op)](), right)
        case ast.Constant(bool(value)):
            yield "boolean", ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield "constant", ast.Constant(value + 1)
        case ast.Constant(str(value)):
            yield "constant", ast.Constant(f"{value}!")
        case _:
            pass


def _compiles(source: str) -> bool:
    try:
        compile(source, "broken", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _returns_nothing(last: ast.stmt) -> bool:
    """Whether the last statement of a function returns what it returns without it."""
    match last:
        case ast.Return(None | ast.Constant(None)):
            return True
        case _:
            return False


def _is_for_readers(node: ast.stmt) -> bool:
    """Whether a statement does nothing, or nothing that a test could miss."""
    match node:
        case ast.If(ast.Name("TYPE_CHECKING"), orelse=[]):
            return True
        case ast.Expr(ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.Pass():
            return True
        case ast.AnnAssign(annotation=ast.Name("TypeAlias")):
            return True
        case ast.Assign([ast.Name("__slots__" | "__all__")]):
            return True
        case _:
            return False


def _assigns_again(node: ast.stmt, names: frozenset[str]) -> bool:
    """Whether an assignment leaves something there if it is dropped: an old value, or none."""
    if not isinstance(node, ast.Assign):
        return False
    return all(
        isinstance(each, ast.Attribute | ast.Subscript) or _name(each) in names
        for each in node.targets
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
