"""The supervisor's API on the wire: a JSON object per line over a unix stream socket. docs/reference/api.md.

A request is `{"api": 1, "id": …, "do": "status", "args": {…}}`. It is answered by one
`{"id": …, "result": {…}}` or `{"id": …, "error": {"message": …, "remedy": …}}`; a stream sends any number of
`{"id": …, "item": {…}}` first. Answers to several requests may come in any order.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

API: Final = 1
"""Raised when a change would break a client; new operations and new keys do not."""
MAX_LINE: Final = 1 << 20
"""Bytes of a request, newline included; a longer one ends the connection."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class ApiError(Exception):
    """A request that cannot be answered as it was meant; what is told to the client."""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came."""

    id: int | str | None
    do: str
    args: dict[str, Any] = field(default_factory=dict)


def line(record: dict[str, Any]) -> bytes:
    """A record as it goes over the socket. Surrogates (of file names that are no UTF-8) are escaped."""
    return _encode(record).encode("utf-8", "backslashreplace") + b"\n"


def request(number: int, do: str, args: dict[str, Any]) -> bytes:
    """A request as it goes over the socket."""
    return line({"api": API, "id": number, "do": do, "args": args})


def result(request_id: object, value: dict[str, Any]) -> bytes:
    """The last answer to a request."""
    return line({"id": request_id, "result": value})


def item(request_id: object, value: dict[str, Any]) -> bytes:
    """One element of a stream."""
    return line({"id": request_id, "item": value})


def error(request_id: object, cause: ApiError) -> bytes:
    """A request was refused, or went wrong."""
    return line({"id": request_id, "error": {"message": cause.message, "remedy": cause.remedy}})


def read_request(data: bytes) -> Request:
    """Read one line. Raises ApiError, and nothing else, for anything that is no request."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as cause:
        raise ApiError(f"not JSON: {str(cause)[:200]}", "one JSON object per line") from cause
    if not isinstance(found, dict):
        raise ApiError("a request is a JSON object", '{"api": 1, "id": 1, "do": "status"}')
    number = found.get("id")
    if not isinstance(number, int | str | None) or isinstance(number, bool) or len(str(number)) > 100:
        raise ApiError("`id` is a number or a short text")
    if found.get("api") != API:
        raise ApiError(
            f"this supervisor speaks version {API} of the API, the request {str(found.get('api'))[:20]!r}",
            "use the `orchestrator` that started the topology",
        )
    do, args = found.get("do"), found.get("args", {})
    if not isinstance(do, str) or not isinstance(args, dict):
        raise ApiError("`do` is the name of an operation, `args` an object")
    return Request(id=number, do=do, args=args)


def request_id(data: bytes) -> object:
    """The id of a request that could not be read, as far as there is one."""
    try:
        found = json.loads(data)
        number = found.get("id") if isinstance(found, dict) else None
    except (ValueError, RecursionError):
        return None
    return number if isinstance(number, int | str) and len(str(number)) <= 100 else None
