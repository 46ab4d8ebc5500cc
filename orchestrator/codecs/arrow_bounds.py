"""How large the buffers of an Arrow IPC message will be, told before they are made.

Arrow may compress each buffer of a batch on its own; 33 kB of it can hold a gigabyte of zeros. pyarrow takes
whatever size stands there, so it is read here first.
Sources: Arrow's format/Message.fbs, "FlatBuffers Internals" (tables, vtables), and the Columnar Format,
"Buffer compression": a compressed buffer begins with its size as a 64-bit number, -1 for one as it is.
"""

from __future__ import annotations

import struct
from typing import Final

_U16: Final = struct.Struct("<H").unpack_from
_I32: Final = struct.Struct("<i").unpack_from
_U32: Final = struct.Struct("<I").unpack_from
_I64: Final = struct.Struct("<q").unpack_from
_PAIR: Final = struct.Struct("<qq").unpack_from

_DICTIONARY_BATCH: Final = 2
_RECORD_BATCH: Final = 3
_HEADER_TYPE, _HEADER = 1, 2
"""Fields of Message."""
_BUFFERS, _COMPRESSION = 2, 3
"""Fields of RecordBatch."""
_DATA: Final = 1
"""Field of DictionaryBatch."""


def compressed_size(metadata: memoryview, body: memoryview) -> int:
    """Bytes that the compressed buffers of a message take once they are not; 0 where none is compressed.

    Raises ValueError for what is no such message.
    """
    try:
        return _compressed_size(metadata, body)
    except struct.error as error:
        raise ValueError(f"a message whose parts lie outside of it: {error}") from error


def _compressed_size(metadata: memoryview, body: memoryview) -> int:
    message = _U32(metadata, 0)[0]
    kind_at, header = _field(metadata, message, _HEADER_TYPE), _table(metadata, message, _HEADER)
    if not kind_at or header is None:
        return 0
    batch: int | None = header
    if metadata[kind_at] == _DICTIONARY_BATCH:
        batch = _table(metadata, header, _DATA)
    elif metadata[kind_at] != _RECORD_BATCH:
        return 0
    if batch is None or not _field(metadata, batch, _COMPRESSION):
        return 0
    buffers = _table(metadata, batch, _BUFFERS)
    if buffers is None:
        return 0
    total = 0
    for number in range(_U32(metadata, buffers)[0]):
        offset, length = _PAIR(metadata, buffers + 4 + 16 * number)
        if length >= 8 and offset >= 0:
            total += max(0, _I64(body, offset)[0])
    return total


def _field(data: memoryview, table: int, number: int) -> int:
    """Where a field of a table lies; 0: it is not there."""
    vtable = table - _I32(data, table)[0]
    if vtable < 0:
        raise ValueError("a table before the beginning")
    at = 4 + 2 * number
    offset: int = _U16(data, vtable + at)[0] if at < _U16(data, vtable)[0] else 0
    return table + offset if offset else 0


def _table(data: memoryview, table: int, number: int) -> int | None:
    """Where the table or vector lies that a field refers to."""
    at = _field(data, table, number)
    return at + int(_U32(data, at)[0]) if at else None
