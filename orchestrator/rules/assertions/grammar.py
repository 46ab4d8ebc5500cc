"""The grammar of expressions is Python's: text to a tree, and words for what is not allowed in it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from typing import Final

from orchestrator.rules.assertions.problem import ExpressionError


def parse(line: str) -> ast.expr:
    """The tree of a line. Raises ExpressionError for what is no expression of Python's."""
    if not line:
        raise ExpressionError("the expression is empty", 'such as `node.kind == "service"`', 0, 0)
    try:
        with warnings.catch_warnings():  # "\d" is no matter for standard error
            warnings.simplefilter("ignore")
            tree = ast.parse(line, mode="eval").body
    except SyntaxError as problem:
        raise _syntax(problem, line) from problem
    except (ValueError, RecursionError, MemoryError) as problem:
        raise ExpressionError("this is no expression", None, 0, len(line)) from problem
    end = len(line.encode("utf-8", "replace")[: tree.end_col_offset].decode("utf-8", "replace"))
    rest = line[end:].lstrip(") \t")
    if rest:  # Python takes it for a comment; lines were joined, so it would hide what follows
        raise ExpressionError(
            "`#` is not allowed in an expression",
            "write a comment as YAML does, on a line of its own",
            len(line) - len(rest),
            len(line),
        )
    return tree


def _syntax(problem: SyntaxError, line: str) -> ExpressionError:
    start = min(max(0, (problem.offset or 1) - 1), len(line.rstrip()))
    fact = f"this is no expression: {problem.msg}"
    remedy = 'such as `node.kind == "service" and "team" in node.labels`'
    for sign, meant in (("&&", "and"), ("||", "or"), ("!", "not"), ("=", "==")):
        if sign in line and (sign != "=" or "==" not in line) and (sign != "!" or "!=" not in line):
            remedy = f"write `{meant}` for `{sign}`"
            break
    return ExpressionError(fact, remedy, start, start + 1)


ALLOWED: Final = "fields, text, numbers, lists, comparisons, `and`, `or`, `not`, `in` and functions are"
_SAID: Final[Mapping[type, str]] = {
    ast.BinOp: "arithmetic",
    ast.Lambda: "`lambda`",
    ast.IfExp: "`if … else`",
    ast.Dict: "a mapping",
    ast.ListComp: "`for`",
    ast.SetComp: "`for`",
    ast.DictComp: "`for`",
    ast.GeneratorExp: "`for`",
    ast.JoinedStr: 'f"…"',
    ast.NamedExpr: "`:=`",
    ast.Starred: "`*`",
    ast.Slice: "a slice",
    ast.Await: "`await`",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield`",
    ast.Constant: "this literal",
}


def said(node: ast.AST) -> str:
    """A node of the tree in a sentence."""
    return _SAID.get(type(node), type(node).__name__)
