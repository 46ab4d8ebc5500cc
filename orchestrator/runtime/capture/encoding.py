"""Output of a process as JSON lines: whole chunks at once where that can be, line by line where it must.

`Encoder.block` is what runs; `Encoder.line` says what it means, and a property test holds them together. A
chunk is handled by operations of `bytes` that run in C, so that plain text costs about a microsecond per
kilobyte; only lines that tell a level or a trace are looked at one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii
from typing import Final

from orchestrator.runtime.capture import levels, structured
from orchestrator.vocabulary import Stream

_END: Final = b'"}\n'
_TEXT: Final = b',"text":"'
_LEVEL: Final[Mapping[str | None, bytes]] = {
    None: b"null",
    **{level: f'"{level}"'.encode() for level in levels.LEVELS},
}
_CONTROLS: Final = tuple(
    (bytes([code]), json.dumps(chr(code))[1:-1].encode()) for code in range(32) if code not in (9, 10, 13, 27)
)
"""Control characters and how JSON writes them (RFC 8259, 7), but for those that usual text has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who wrote: one stream of one process."""

    unit: str
    node: str
    replica: int | None
    """None for a process that several instances share."""
    attempt: int | None
    stream: Stream | None
    """None, as the attempt, for what the orchestrator itself has to say in a log."""


def timestamp(seconds: float) -> str:
    """RFC 3339, UTC, microseconds: as wide for every time, so that texts sort as their times do."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Encoder:
    """Writes the lines of one source as JSON lines."""

    def __init__(self, source: Source) -> None:
        who = json.dumps(
            {
                "node": source.node,
                "replica": source.replica,
                "unit": source.unit,
                "attempt": source.attempt,
                "stream": source.stream.value if source.stream else "orchestrator",
            },
            separators=(",", ":"),
        )
        self._who = f'",{who[1:-1]},"level":'.encode()

    def block(self, seconds: float, block: bytes) -> bytes:
        """The records of a block: lines, every one of them with its newline, read at `seconds` since the
        epoch."""
        if not block.isascii() and not _is_text(block):
            return self._each(seconds, block)
        if b"\r" in block:  # one byte is found far sooner than two
            block = block.replace(b"\r\n", b"\n")
        classes = block.translate(levels.CLASSES)
        texts = _escape(block, controls=levels.has_controls(classes))
        head = b'{"time":"' + timestamp(seconds).encode() + self._who
        plain = head + b"null" + _TEXT
        if not levels.may_tell(classes):
            return _joined(texts[:-1].split(b"\n"), plain)
        lines = levels.uncoloured(block)[:-1].split(b"\n")
        return _joined(list(_told(head, lines, texts[:-1].split(b"\n"))), b"")

    def line(self, seconds: float, line: bytes, *, continued: bool = False) -> bytes:
        """The record of one line without its newline.

        `continued`: it is a piece of a long one, and more of it follows.
        """
        if line.endswith(b"\r") and not continued:
            line = line[:-1]
        escaped = not _is_text(line)
        text = line.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace") if escaped else line.decode()
        clean = levels.uncoloured(line)
        marks = (b',"continued":true' if continued else b"") + (b',"escaped":true' if escaped else b"")
        told = _level_text(clean) if clean[:1] == b"{" else _LEVEL[levels.of_line(clean)]
        return self._record(seconds, told + marks, text)

    def missing(self, seconds: float, count: int, reason: str) -> bytes:
        """The record that stands where so many lines could not be stored."""
        text = f"{count} line{' is' if count == 1 else 's are'} missing here: {reason}"
        marks = b',"missing":%d' % count
        return self._record(seconds, _LEVEL["warning"] + marks, text)

    def _record(self, seconds: float, facts: bytes, text: str) -> bytes:
        return b"".join(
            (
                b'{"time":"',
                timestamp(seconds).encode(),
                self._who,
                facts,
                _TEXT,
                json.dumps(text, ensure_ascii=False)[1:].encode("utf-8", "backslashreplace"),
                b"}\n",
            )
        )

    def _each(self, seconds: float, block: bytes) -> bytes:
        return b"".join(self.line(seconds, line) for line in block[:-1].split(b"\n"))


def _joined(lines: list[bytes], begin: bytes) -> bytes:
    """Lines, each with its beginning and the end of a record. Made large only once: copies are what costs."""
    lines[0] = begin + lines[0]
    lines[-1] += _END
    return (_END + begin).join(lines)


def _told(head: bytes, lines: list[bytes], texts: list[bytes]) -> Iterator[bytes]:
    """Records without their ends: what stands before the level, the level of each line, its text."""
    begin = {level: head + value + _TEXT for level, value in _LEVEL.items()}
    settled, same = b"\n", b""  # no line begins so
    for line, text in zip(lines, texts, strict=True):
        if line.startswith(settled):
            yield same + text
        elif line[:1] == b"{":
            yield head + _level_text(line) + _TEXT + text
        else:
            level, beginning = levels.of_beginning(line)
            if beginning:
                settled, same = beginning, begin[level]
            yield begin[level] + text


def _level_text(line: bytes) -> bytes:
    """The value of `level` for a line of JSON, and the field after it that tells the trace."""
    level, trace = structured.of_line(line)
    if trace is None:
        return _LEVEL[level]
    return _LEVEL[level] + b',"trace_id":' + encode_basestring_ascii(trace).encode()


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _escape(block: bytes, *, controls: bool) -> bytes:
    """The inside of JSON strings, lines apart as before."""
    texts = block.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    texts = texts.replace(b"\t", b"\\t").replace(b"\r", b"\\r").replace(b"\x1b", b"\\u001b")
    if controls:
        for character, written in _CONTROLS:
            texts = texts.replace(character, written)
    return texts
