"""What a picture shows, as a short word that is written into its file: so that a stale one can be told.

Layout engines differ between machines, so that bytes cannot be compared. The word is made of the DOT text,
which holds all that is drawn and depends on the topology, the options and this program alone.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from typing import Final

from orchestrator.render.formats import Format

_LABEL: Final = "orchestrator-picture"
_FOUND: Final = re.compile(rb"orchestrator-picture[:\0 ]*([0-9a-f]{32})")
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def fingerprint(dot: str) -> str:
    """32 hexadecimal digits."""
    return hashlib.sha256(dot.encode()).hexdigest()[:32]


def signed(data: bytes, wanted: Format, word: str) -> bytes:
    """The file with its fingerprint in a place where no reader minds it."""
    note = f"{_LABEL}: {word}"
    match wanted:
        case Format.SVG:
            end = data.index(b">", data.index(b"<svg")) + 1
            return data[:end] + f"\n<!-- {note} -->".encode() + data[end:]
        case Format.HTML:
            return data.rstrip(b"\n") + f"\n<!-- {note} -->\n".encode()
        case Format.PNG:
            return _with_text_chunk(data, word)
        case Format.PDF:
            return data.rstrip(b"\n") + f"\n% {note}\n".encode()
        case Format.DOT:
            return data + f"// {note}\n".encode()
        case Format.MERMAID:
            return data.rstrip(b"\n") + f"\n  %% {note}\n".encode()
        case Format.D2:
            return f"# {note}\n".encode() + data


def read(data: bytes) -> str | None:
    """The fingerprint in a file, or None for a file without one."""
    found = _FOUND.search(data)
    return found[1].decode() if found else None


def _with_text_chunk(png: bytes, word: str) -> bytes:
    """A tEXt chunk before the end (PNG specification, 11.3.4.3)."""
    if not png.startswith(_PNG):
        return png
    content = b"tEXt" + f"{_LABEL}\0{word}".encode("latin-1")
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    at = png.rindex(b"IEND") - 4
    return png[:at] + chunk + png[at:]
