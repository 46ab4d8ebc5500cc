"""What the SDK raises in a node's code."""

from __future__ import annotations

from orchestrator.codecs.base import CodecError, DecodeError, EncodeError
from orchestrator.errors import OrchestratorError


class NodeError(OrchestratorError):
    """A node whose code does not fit its place in the topology: a missing handler, an ambiguous return
    value."""


class TargetError(NodeError):
    """`run: module:name` that cannot be resolved. `cause` is the user's own exception, if one was raised."""

    def __init__(
        self, message: str, remedy: str | None = None, *, cause: BaseException | None = None
    ) -> None:
        super().__init__(message, remedy)
        self.cause = cause


class ParamsError(NodeError):
    """`params` that the node does not declare, or of another type."""


class Timeout(NodeError):  # noqa: N818 - reads as what happened: `except Timeout`
    """Nothing arrived, or nothing could be sent, in the time given."""


class DeadlineExceeded(Timeout):
    """The time is over within which the answer is wanted by whoever caused this request: the deadline of the
    message that the node is at."""


class BreakerOpen(NodeError):  # noqa: N818 - reads as what happened
    """The request was not sent: its service has failed too often, and is left alone for `retry_in_s`
    seconds."""

    def __init__(self, message: str, remedy: str | None = None, *, retry_in_s: float = 0.0) -> None:
        super().__init__(message, remedy)
        self.retry_in_s = retry_in_s


class RequestError(NodeError):
    """Raise it in a handler of a REP or ROUTER: the caller gets it as `RequestFailed`.

    `code` is a word for programs, `message` a sentence for people. The code `unavailable` has the caller try
    again, as its `retry` says.
    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class RequestFailed(NodeError):  # noqa: N818 - reads as what happened
    """The service has answered that it could not do what it was asked for: its standard error reply."""

    def __init__(self, code: str, message: str, request: str) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.text = message
        """The sentence that came with the code."""
        self.request = request
        """The id of the request, as the service's log has it."""


class Stopped(BaseException):
    """The node was asked to stop while it waited.

    Derives from BaseException, as KeyboardInterrupt does, so that `except Exception` does not swallow it.
    """


__all__ = [
    "BreakerOpen",
    "CodecError",
    "DeadlineExceeded",
    "DecodeError",
    "EncodeError",
    "NodeError",
    "ParamsError",
    "RequestError",
    "RequestFailed",
    "Stopped",
    "TargetError",
    "Timeout",
]
