"""The standard error reply: that a request has failed, why, and which it was.

On the wire (docs/protocol.md): an envelope with the flag ERROR, and MessagePack `{code, message, request}`.
"""

from __future__ import annotations

from typing import Any, Final

from orchestrator.sdk.errors import RequestFailed

FAILED: Final = "failed"
"""The handler has raised an exception."""
BAD_REQUEST: Final = "bad-request"
"""The request could not be read, or does not fit its schema."""
DEADLINE: Final = "deadline-exceeded"
"""It came, or was reached, when nobody waited for the answer any more."""
UNAVAILABLE: Final = "unavailable"
"""It was not handled, and may be asked again: the one code that `retry` and `breaker` take for a failure."""
DUPLICATE: Final = "duplicate"
"""It was handled before, and its reply is no longer kept."""

_LONGEST_CODE: Final = 100
_LONGEST_MESSAGE: Final = 4000
"""Characters; what is longer is cut off."""


def pack_error(code: str, message: str, request: str) -> bytes:
    """The payload of an error reply."""
    import msgspec

    body = {"code": code[:_LONGEST_CODE], "message": message[:_LONGEST_MESSAGE], "request": request}
    return msgspec.msgpack.encode(body)


def unpack_error(payload: bytes | memoryview) -> RequestFailed:
    """The exception that an error reply stands for; never raises, whatever a peer has sent."""
    import msgspec

    try:
        body: Any = msgspec.msgpack.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return RequestFailed(FAILED, f"an error reply that cannot be read: {error}", "")
    if not isinstance(body, dict):
        return RequestFailed(FAILED, "an error reply that is no map", "")
    text = {key: body.get(key) for key in ("code", "message", "request")}
    read = {key: value if isinstance(value, str) else "" for key, value in text.items()}
    return RequestFailed(read["code"] or FAILED, read["message"], read["request"])


def describe(error: BaseException) -> str:
    """An exception of a handler's, in one line, as its caller may see it: no traceback, no path."""
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
