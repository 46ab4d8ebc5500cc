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


class Stopped(BaseException):
    """The node was asked to stop while it waited.

    Derives from BaseException, as KeyboardInterrupt does, so that `except Exception` does not swallow it.
    """


__all__ = [
    "CodecError",
    "DecodeError",
    "EncodeError",
    "NodeError",
    "ParamsError",
    "Stopped",
    "TargetError",
    "Timeout",
]
