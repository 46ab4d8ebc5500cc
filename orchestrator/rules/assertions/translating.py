"""The tree of an expression to a function, node by node. What no method here translates is refused.

No name is looked up but those given, the fields in `kinds` and the functions in `functions`; an attribute of
a value is read for a field of a block only.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from orchestrator.rules.assertions import values
from orchestrator.rules.assertions.comparing import nonsense
from orchestrator.rules.assertions.functions import FUNCTIONS, Function
from orchestrator.rules.assertions.grammar import ALLOWED, said
from orchestrator.rules.assertions.kinds import (
    SUBJECTS,
    Block,
    Items,
    Kind,
    Named,
    Number,
    Text,
    Truth,
    Unknown,
    fields_of,
    words,
)
from orchestrator.rules.assertions.parts import Part, listing, literal, short
from orchestrator.rules.assertions.problem import ExpressionError

MAX_DEPTH: Final = 40
"""Levels of an expression's tree."""
_WORDS: Final[Mapping[str, object]] = {"null": None, "true": True, "false": False}
"""As YAML writes them; Python's words are literals of its grammar."""


class Translator:
    """Translates the nodes of one tree."""

    def __init__(self, line: str, names: Mapping[str, Kind]) -> None:
        self._line = line
        self._bytes = line.encode("utf-8", "surrogatepass")
        self._names = names

    def part(self, node: ast.AST, depth: int) -> Part:
        if depth > MAX_DEPTH:
            raise self._mistake(node, "this expression is nested too deep", f"{MAX_DEPTH} levels are allowed")
        match node:
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self._attribute(node, depth + 1)
            case ast.Subscript():
                return self._subscript(node, depth + 1)
            case ast.Constant(value=None | str() | int() | float()):  # bool is an int; no bytes, complex, …
                return literal(node.value)
            case ast.List() | ast.Tuple() | ast.Set():
                return self._items(node, depth + 1)
            case ast.Call():
                return self._call(node, depth + 1)
            case ast.BoolOp():
                return self._logic(node, depth + 1)
            case ast.UnaryOp():
                return self._unary(node, depth + 1)
            case ast.Compare():
                return self._comparison(node, depth + 1)
        raise self._mistake(node, f"{said(node)} is not allowed in an expression", ALLOWED)

    # ------------------------------------------------------------------ names and fields

    def _name(self, node: ast.Name) -> Part:
        name = node.id
        if name in _WORDS:
            return literal(_WORDS[name])
        kind = self._names.get(name)
        if kind is None:
            raise self._mistake(node, f"there is no `{name}` here", self._other_name(name))
        return Part(kind, lambda scope: scope.get(name))

    def _other_name(self, name: str) -> str:
        for select, subjects in SUBJECTS.items():
            if name in subjects:
                return f"`{name}` is there with `select: {select}`; here there are {listing(self._names)}"
        if name in FUNCTIONS:
            return f"`{name}` is a function: write {FUNCTIONS[name].usage}"
        near = get_close_matches(name, self._names, n=1)
        return f"did you mean `{near[0]}`?" if near else f"there are {listing(self._names)}; text has quotes"

    def _attribute(self, node: ast.Attribute, depth: int) -> Part:
        owner, key = self.part(node.value, depth), node.attr
        match owner.kind:
            case Block():
                return self._field(node, owner, owner.kind)
            case Named(of):
                return Part(of, lambda scope: values.key(owner.evaluate(scope), key))
            case Unknown():
                return Part(Unknown(), lambda scope: values.key(owner.evaluate(scope), key))
            case Items():
                raise self._mistake(
                    node, f"a list has no `{key}`", "an item of it may: write `…[0]`, or `len(…)`"
                )
            case _:
                raise self._mistake(node, f"{words(owner.kind)} has no `{key}`", None)

    def _field(self, node: ast.Attribute, owner: Part, block: Block) -> Part:
        known, key = fields_of(block), node.attr
        if key not in known:
            near = get_close_matches(key, known, n=1) or [k for k in known if k.startswith(f"{key}_")]
            what = ast.get_source_segment(self._line, node.value) or "it"
            fact = f"`{short(what)}` has no `{key}`"
            raise self._mistake(
                node, fact, f"did you mean `{near[0]}`?" if near else f"it has {listing(known)}", tail=key
            )
        return Part(known[key], lambda scope: values.field(owner.evaluate(scope), key))

    def _subscript(self, node: ast.Subscript, depth: int) -> Part:
        owner, inner = self.part(node.value, depth), self.part(node.slice, depth)
        match owner.kind, inner.kind:
            case Named(of), Text() | Unknown():
                return Part(of, lambda scope: values.key(owner.evaluate(scope), inner.evaluate(scope)))
            case Items(of), Number() | Unknown():
                return Part(of, lambda scope: values.item(owner.evaluate(scope), inner.evaluate(scope)))
            case Unknown(), _:
                return Part(
                    Unknown(), lambda scope: values.either(owner.evaluate(scope), inner.evaluate(scope))
                )
            case Block(), _:
                raise self._mistake(node, "a block has fields", "write `.name` for `[name]`")
            case _:
                raise self._mistake(
                    node,
                    f"{words(owner.kind)} has no item [{words(inner.kind)}]",
                    "lists have numbers, mappings names",
                )

    # ------------------------------------------------------------------ values

    def _items(self, node: ast.List | ast.Tuple | ast.Set, depth: int) -> Part:
        parts = [self.part(item, depth) for item in node.elts]
        kinds = {type(part.kind) for part in parts}
        kind = parts[0].kind if len(kinds) == 1 else Unknown()
        constant = [part.constant for part in parts] if all(part.is_literal for part in parts) else None
        return Part(
            Items(kind),
            lambda scope: [part.evaluate(scope) for part in parts],
            constant,
            constant is not None,
        )

    def _call(self, node: ast.Call, depth: int) -> Part:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        function = FUNCTIONS.get(name or "")
        if function is None:
            near = get_close_matches(name or "", FUNCTIONS, n=1)
            known = f"there are {', '.join(one.usage for one in FUNCTIONS.values())}"
            said = f"there is no function `{name}`" if name else "only functions can be called"
            raise self._mistake(node.func, said, f"did you mean `{near[0]}`?" if near else known)
        if len(node.args) != len(function.takes) or node.keywords:
            raise self._mistake(
                node, f"`{name}` takes {len(function.takes)} values", f"write {function.usage}"
            )
        parts = [self.part(argument, depth) for argument in node.args]
        for argument, part, takes in zip(node.args, parts, function.takes, strict=True):
            if not isinstance(part.kind, (*takes, Unknown)) and part.constant is None:
                raise self._mistake(
                    argument, f"`{name}` can't take {words(part.kind)} here", f"write {function.usage}"
                )
        return self._called(node, function, parts)

    def _called(self, node: ast.Call, function: Function, parts: list[Part]) -> Part:
        if function.prepare is None:
            return Part(function.gives, lambda scope: function.run(*(part.evaluate(scope) for part in parts)))
        last = parts[-1]
        try:
            prepared = function.prepare(last.constant)
        except ValueError as problem:
            raise self._mistake(node.args[-1], str(problem), f"write {function.usage}") from problem
        return Part(function.gives, lambda scope: function.run(parts[0].evaluate(scope), prepared))

    # ------------------------------------------------------------------ logic

    def _logic(self, node: ast.BoolOp, depth: int) -> Part:
        parts = [self.part(value, depth) for value in node.values]
        if isinstance(node.op, ast.And):
            return Part(Truth(), lambda scope: all(part.evaluate(scope) for part in parts))
        return Part(Truth(), lambda scope: any(part.evaluate(scope) for part in parts))

    def _unary(self, node: ast.UnaryOp, depth: int) -> Part:
        part = self.part(node.operand, depth)
        if isinstance(node.op, ast.Not):
            return Part(Truth(), lambda scope: not part.evaluate(scope))
        if isinstance(node.op, ast.USub) and part.is_literal and type(part.constant) in (int, float):
            return literal(-part.constant)  # type: ignore[operator]
        raise self._mistake(node, "expressions do not calculate", ALLOWED)

    def _comparison(self, node: ast.Compare, depth: int) -> Part:
        sides = (node.left, *node.comparators)
        parts = [self.part(one, depth) for one in sides]
        steps: list[tuple[values.Test, Part, Part]] = []
        for index, sign in enumerate(node.ops):
            test = values.TESTS.get(type(sign))
            if test is None:
                word = "!=" if isinstance(sign, ast.IsNot) else "=="
                raise self._mistake(node, "`is` compares nothing here", f"write `{word}`")
            left, right = parts[index], parts[index + 1]
            absurd = nonsense(sign, left, right)
            if absurd is not None:
                raise self._mistake(sides[index + absurd.side], absurd.fact, absurd.remedy)
            steps.append((test, left, right))
        return Part(Truth(), lambda scope: all(t(a.evaluate(scope), b.evaluate(scope)) for t, a, b in steps))

    # ------------------------------------------------------------------ mistakes

    def _mistake(self, node: ast.AST, fact: str, remedy: str | None, *, tail: str = "") -> ExpressionError:
        """`tail`: only so much at the end of the node is meant."""
        start, end = self._column(node, "col_offset"), self._column(node, "end_col_offset")
        return ExpressionError(fact, remedy, max(start, end - len(tail)) if tail else start, end)

    def _column(self, node: ast.AST, which: str) -> int:
        """In code points; the tree counts bytes."""
        return len(self._bytes[: getattr(node, which, 0)].decode("utf-8", "replace"))
