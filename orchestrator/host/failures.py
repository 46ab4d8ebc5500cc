"""Why a node ends, in words: for the control channel a reason in one line, for stderr the user's own
frames."""

from __future__ import annotations

from orchestrator.errors import OrchestratorError
from orchestrator.sdk.reports.tracebacks import in_one_line, user_traceback, where
from orchestrator.supervision.events import FailureCause


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
    told, place = in_one_line(error), where(error)
    reason = f"{told} ({place})" if place else told
    return Failure(cause, reason, text=user_traceback(error), permanent=permanent)


__all__ = ["Failure", "from_error", "from_exception", "user_traceback"]
