"""Messages as text: for people, and as JSON. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from orchestrator.codecs import DecodeError
from orchestrator.live.reading import Reader, Record, Way
from orchestrator.wire.envelope import Flag

_TEXT_BYTES: Final = 64
"""So many bytes of what is no text are shown; `--hex` shows all."""
_ITEMS: Final = 16
"""So many of a large array or table are shown; JSON has all."""


def plain(value: Any) -> Any:
    """A decoded message as JSON can hold it: bytes become text, or `base64:…`; an array a list."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes() | bytearray() | memoryview():
            return _bytes(bytes(value))
        case Mapping():
            return {_key(key): plain(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(each) for each in value]
    for name in ("to_pylist", "tolist"):  # arrow's record batches and tables; numpy's arrays and scalars
        convert = getattr(value, name, None)
        if callable(convert):
            return plain(convert())
    if hasattr(value, "DESCRIPTOR"):
        from google.protobuf.json_format import MessageToDict

        return MessageToDict(value, preserving_proto_field_name=True)
    return str(value)


def _key(key: Any) -> str:
    shown = plain(key)
    return shown if isinstance(shown, str) else str(key)


def _bytes(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(data).decode()
    return text


def one_line(value: Any) -> str:
    """A decoded message for people."""
    if isinstance(value, str):
        return value if value.isprintable() else json.dumps(value, ensure_ascii=False)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _shown_bytes(bytes(value))
    if isinstance(value, list) and value and all(isinstance(each, bytes) for each in value):
        return " | ".join(map(_shown_bytes, value))
    if hasattr(value, "dtype") and getattr(value, "size", 0) > _ITEMS:
        first = json.dumps(plain(value.ravel()[:_ITEMS]))[:-1]
        return f"{value.dtype}{list(value.shape)} {first}, …]"
    if hasattr(value, "num_rows") and value.num_rows > _ITEMS:
        first = json.dumps(plain(value.slice(0, 1)), ensure_ascii=False)[:-1]
        return f"{value.num_rows} rows {first}, …]"
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=True)


def _shown_bytes(data: bytes) -> str:
    try:
        text = data.decode()
        if text.isprintable():
            return text
    except UnicodeDecodeError:
        pass
    rest = f"… ({len(data)} bytes)" if len(data) > _TEXT_BYTES else ""
    return f"0x{data[:_TEXT_BYTES].hex()}{rest}"


def hexdump(data: bytes) -> str:
    """16 bytes in a line, as `hexdump -C` has them."""
    lines = []
    for start in range(0, max(len(data), 1), 16):
        row = data[start : start + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"  {start:08x}  {row.hex(' '):<47}  |{text}|")
    return "\n".join(lines)


def clock(at_ns: int) -> str:
    """Local time with microseconds."""
    found = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).astimezone()
    return f"{found:%H:%M:%S}.{at_ns % 1_000_000_000 // 1000:06d}"


def head(record: Record, *, arrows: bool) -> str:
    """What stands before a message: when, where, and whose it is. `arrows`: it may go either way."""
    parts = [clock(record.at_ns), record.socket.ref]
    if arrows:
        parts.append("→" if record.way is Way.SENT else "←")
    if record.topic is not None:
        parts.append(record.topic if record.topic.isprintable() and record.topic else repr(record.topic))
    if record.peer is not None:
        parts.append(f"peer {record.peer}")
    if record.sequence:
        parts.append(f"#{record.sequence}")
    if record.header is not None and record.header.flags & Flag.ERROR:
        parts.append("error")
    return " ".join(parts)


def text(reader: Reader, record: Record, *, arrows: bool = False) -> str:
    """One line for people."""
    lead = head(record, arrows=arrows)
    if record.note:
        return f"{lead} ({record.note})"
    try:
        return f"{lead} {one_line(reader.value(record))}"
    except DecodeError as error:
        return f"{lead} cannot be read: {error}"


def fields(reader: Reader, record: Record) -> dict[str, Any]:
    """A message as a JSON object, as docs/reference/tap.md describes it."""
    found: dict[str, Any] = {
        "time": record.at_ns / 1e9,
        "socket": record.socket.ref,
        "way": record.way.value,
        "topic": record.topic,
        "peer": None if record.peer is None else record.peer.id.hex(),
        "bytes": record.size,
        "envelope": None if record.header is None else _envelope(record),
    }
    if record.note:
        return {**found, "note": record.note}
    try:
        return {**found, "message": plain(reader.value(record))}
    except DecodeError as error:
        return {**found, "error": str(error), "frames": [frame.hex() for frame in record.payload]}


def _envelope(record: Record) -> dict[str, Any]:
    header = record.header
    assert header is not None
    return {
        "source": f"{header.source:016x}",
        "sender": header.sender,
        "sequence": record.sequence,
        "number": header.number,
        "time": header.timestamp_ns / 1e9,
        "records": header.count,
        "flags": [flag.name for flag in Flag if header.flags & flag],
        "compression": None if header.compression is None else header.compression.value,
        "trace": None if header.trace is None else header.trace.trace_id.hex(),
        "answers": None if header.answers is None else str(header.answers),
        "attempt": header.attempt,
    }
