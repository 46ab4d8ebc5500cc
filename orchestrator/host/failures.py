"""Why a node ends, in words: for the control channel a reason in one line, for stderr the user's own
frames."""

from __future__ import annotations

import importlib
import traceback
from pathlib import Path

from orchestrator.errors import OrchestratorError
from orchestrator.supervision.events import FailureCause

_OURS = str(Path(__file__).resolve().parent.parent)
_STDLIB = str(Path(importlib.__file__).parent.parent)
_HIDDEN = ("<frozen ", _OURS, f"{_STDLIB}/importlib/", f"{_STDLIB}/asyncio/")
"""What lies between our call and the user's function, by the beginning of the file's name."""


class Failure(Exception):  # noqa: N818 - carries a cause to the one place that reports it
    """A node that cannot go on. `text` is what goes to stderr."""

    def __init__(self, cause: FailureCause, reason: str, *, text: str, permanent: bool) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason
        self.text = text
        self.permanent = permanent


def from_error(cause: FailureCause, error: OrchestratorError, *, permanent: bool) -> Failure:
    """A failure that our own words explain; there is nothing to trace."""
    text = error.message if error.remedy is None else f"{error.message}\n{error.remedy}"
    return Failure(cause, error.message, text=text, permanent=permanent)


def from_exception(cause: FailureCause, error: BaseException, *, permanent: bool = False) -> Failure:
    """A failure of the user's code: its traceback without our frames, and where it happened."""
    told = _told(error)
    where = _innermost(error)
    reason = f"{told} ({where})" if where else told
    return Failure(cause, reason, text=user_traceback(error), permanent=permanent)


def user_traceback(error: BaseException) -> str:
    """The traceback as Python prints it, without the frames of this package and of the import machinery."""
    told = traceback.TracebackException.from_exception(error, compact=True)
    _strip(told)
    lines = "".join(told.format(chain=True)).rstrip("\n")
    if not told.stack:
        lines = lines.removeprefix("Traceback (most recent call last):\n")
    remedy = getattr(error, "remedy", None)
    return f"{lines}\n{remedy}" if isinstance(error, OrchestratorError) and remedy else lines


def _strip(told: traceback.TracebackException | None) -> None:
    while told is not None:
        told.stack = traceback.StackSummary.from_list([f for f in told.stack if _is_users(f.filename)])
        _strip(told.__context__ if not told.__suppress_context__ else None)
        told = told.__cause__


def _is_users(filename: str) -> bool:
    return not filename.startswith(_HIDDEN)


def _innermost(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _is_users(f.filename)]
    if not frames:
        return ""
    last = frames[-1]
    return f"{Path(last.filename).name}:{last.lineno} in {last.name}"


def _told(error: BaseException) -> str:
    if isinstance(error, OrchestratorError):
        return error.message
    text = str(error).split("\n", 1)[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
