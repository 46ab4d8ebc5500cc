"""One file laid out: its new text, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from orchestrator.diagnostics import Diagnostic
from orchestrator.source.compose import TooDeepError, compose
from orchestrator.source.files import look_over, read_text
from orchestrator.source.layout.format import LayoutError, format_text
from orchestrator.source.layout.write import Order
from orchestrator.source.onefile import too_deep
from orchestrator.source.syntax import explain_syntax
from orchestrator.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """What came of one file. `after` is None where it could not be laid out."""

    file: str
    before: str
    after: str | None = None
    finding: Diagnostic | None = None
    """Why the file is no YAML."""
    refused: str | None = None
    """Why it can't be laid out though it is YAML: `place: reason`."""

    @property
    def is_changed(self) -> bool:
        """Whether there is a new text, and it is another one."""
        return self.after is not None and self.after != self.before


def lay_out(file: str, text: str | None, order: Order) -> LaidOut:
    """Lay one file out; `text` stands in for its content. Never raises for what a user wrote."""
    read = read_text(file) if text is None else look_over(text, file)
    if read.diagnostic is not None:
        return LaidOut(file=file, before=read.text, finding=read.diagnostic)
    try:
        compose(read.text)
        return LaidOut(file=file, before=read.text, after=format_text(read.text, order))
    except TooDeepError as problem:
        return LaidOut(file=file, before=read.text, finding=too_deep(file, problem))
    except yaml.YAMLError as problem:
        return LaidOut(file=file, before=read.text, finding=explain_syntax(problem, file, read.text))
    except LayoutError as problem:
        place = Span(file, problem.line, 1, problem.line, 1)
        return LaidOut(file=file, before=read.text, refused=f"{place}: {problem.message}")
