"""What is wrong with a source, with its place."""

from __future__ import annotations

from orchestrator.errors import OrchestratorError
from orchestrator.source.foreign import Foreign


class SourceError(OrchestratorError):
    """A source that can't be imported: fact, place, remedy."""

    def __init__(self, file: str, line: int, message: str, remedy: str, column: int | None = None) -> None:
        place = f"{file}:{line}" if column is None else f"{file}:{line}:{column}"
        super().__init__(f"{place}: {message}", remedy)


def wrong(file: str, value: Foreign, message: str, remedy: str) -> SourceError:
    """The error about one value of a file."""
    return SourceError(value.file or file, value.line, message, remedy, value.column)
