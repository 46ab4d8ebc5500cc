"""Apache Arrow: tables and record batches as an IPC stream. The only home of `pyarrow`.

Source: "Arrow Columnar Format", Serialization and Interprocess Communication (IPC), streaming format.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from orchestrator.codecs.arrow_bounds import compressed_size
from orchestrator.codecs.base import DecodeError, EncodeError, Payload, first_line, kind, preview
from orchestrator.codecs.compression import LIMIT
from orchestrator.vocabulary import CodecName


class ArrowCodec:
    """`pyarrow.RecordBatch` or `pyarrow.Table` in, `pyarrow.Table` out, whose columns lie in the payload."""

    name: str = CodecName.ARROW
    zero_copy = True

    def encode_parts(self, obj: Any) -> list[Payload]:
        if not isinstance(obj, (pa.Table, pa.RecordBatch)):
            raise EncodeError(f"cannot send {kind(obj)} as Arrow: give a pyarrow.Table or RecordBatch")
        sink = _Parts()
        try:
            with pa.ipc.new_stream(sink, obj.schema) as writer:
                writer.write(obj)
        except (pa.ArrowException, OSError, ValueError, TypeError, NotImplementedError) as error:
            raise EncodeError(f"cannot send {kind(obj)} as Arrow: {first_line(error)}") from error
        return sink.parts

    def encode(self, obj: Any) -> bytes:
        return b"".join(self.encode_parts(obj))

    def decode(self, payload: Payload) -> Any:
        try:
            table = _read(pa.py_buffer(payload))
            # Offsets in what a stranger sent may point anywhere; whoever follows them unchecked crashes.
            table.validate(full=True)
        except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, NotImplementedError,
                IndexError, OverflowError, MemoryError) as error:  # fmt: skip
            raise DecodeError(f"not Arrow: {preview(payload)} ({first_line(error)})") from error
        return table

    def encode_nothing(self) -> bytes:
        return self.encode(pa.table({}))


def _read(buffer: Any) -> Any:
    messages = list(pa.ipc.MessageReader.open_stream(buffer))
    size, dictionaries = 0, False
    for message in messages[1:]:
        dictionaries = dictionaries or message.type != "record batch"
        size += compressed_size(memoryview(message.metadata), memoryview(message.body))
    if size > LIMIT:
        raise ValueError(f"{size} bytes after decompression, and {LIMIT} are allowed")
    if dictionaries or not messages:
        return pa.ipc.open_stream(buffer).read_all()
    schema = pa.ipc.read_schema(messages[0])
    return pa.Table.from_batches([pa.ipc.read_record_batch(m, schema) for m in messages[1:]], schema)


class _Parts:
    """A file for Arrow's writer that keeps what it is given: buffers of columns come as they are."""

    closed = False

    def __init__(self) -> None:
        self.parts: list[Payload] = []

    def write(self, data: Any) -> int:
        part = data if isinstance(data, bytes) else memoryview(data)
        self.parts.append(part)
        return len(part)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def tell(self) -> int:
        return sum(map(len, self.parts))

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False
