"""Where the Python behind `run: module:name` stands. Reads the file; imports nothing of the user's."""

from __future__ import annotations

import ast
from pathlib import Path

from orchestrator.span import Span


def find(target: str, directory: str) -> Span | None:
    """The place of the class or function, in a module beside the topology; None for any other module."""
    module, _, qualname = target.partition(":")
    base = Path(directory).joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError):
            continue
        return _definition(str(path), tree, qualname.split("."))
    return None


def _definition(file: str, tree: ast.Module, names: list[str]) -> Span:
    body: list[ast.stmt] = tree.body
    place = Span(file, 1, 1, 1, 1)
    for name in names:
        found = next(
            (
                s
                for s in body
                if isinstance(s, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and s.name == name
            ),
            None,
        )
        if found is None:
            break
        place = Span(file, found.lineno, found.col_offset + 1, found.lineno, found.col_offset + 1)
        body = found.body
    return place
