"""How the lines of a log look: to people, to programs, or as they were written. Bytes only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from orchestrator.cli.harmless import harmless, original
from orchestrator.cli.moments import shown
from orchestrator.cli.printer import UNIT_COLOURS

if TYPE_CHECKING:
    from orchestrator.runtime.capture.reading import Line

_RESET: Final = "\x1b[0m"
DIM, RED, GREEN, YELLOW = 2, 31, 32, 33
_LEVELS: Final[Mapping[str, int]] = {"warning": YELLOW, "error": RED, "critical": RED}
_MAX_NAME: Final = 24
_VERSION: Final = b'{"version":1,'


class Look(Protocol):
    """Turns lines into what is printed."""

    def line(self, line: Line) -> bytes: ...


class Paper:
    """What lines for people are written on: `11-21 13:34:56.123 gateway | text`."""

    def __init__(self, names: Iterable[str], *, colour: bool, encoding: str) -> None:
        names = sorted(names)
        self._width = min(_MAX_NAME, max(map(len, names), default=0))
        self._colours = {name: UNIT_COLOURS[at % len(UNIT_COLOURS)] for at, name in enumerate(names)}
        self._colour = colour
        self._encoding = encoding
        self._heads: dict[str, str] = {}

    def head(self, stamp: str, name: str) -> str:
        """Time and name."""
        head = self._heads.get(name)
        if head is None:
            shortened = name if len(name) <= self._width else name[: self._width - 1] + "…"
            code = self._colours.get(name, UNIT_COLOURS[len(self._heads) % len(UNIT_COLOURS)])
            head = self._heads[name] = self.paint(f"{shortened:<{self._width}} |", code)
        return f"{self.paint(shown(stamp), DIM)} {head} "

    def paint(self, text: str, code: int) -> str:
        """Text in a colour (ECMA-48, SGR), where there are any."""
        return f"\x1b[{code}m{text}{_RESET}" if self._colour and code else text

    def encode(self, text: str) -> bytes:
        """As the output takes it."""
        return text.encode(self._encoding, "backslashreplace")


class TextLook:
    """Lines for people. `bare`: the text alone. `raw`: byte for byte, escape sequences too."""

    def __init__(self, paper: Paper, *, bare: bool = False, raw: bool = False) -> None:
        self._paper, self._bare, self._raw = paper, bare, raw

    def line(self, line: Line) -> bytes:
        fields = line.fields
        if not fields:
            return b""
        head = "" if self._bare else self._paper.head(line.time, str(fields.get("unit")))
        text = str(fields.get("text"))
        if self._raw:
            return self._paper.encode(head) + self._original(fields, text)
        text = harmless(text) + ("…" if fields.get("continued") else "")
        return self._paper.encode(f"{head}{self._tinted(text, fields)}\n")

    def _original(self, fields: dict[str, Any], text: str) -> bytes:
        """Pieces of a long line are put together again, where nothing stands between."""
        piece = self._bare and fields.get("continued")
        return original(text, escaped=bool(fields.get("escaped"))) + (b"" if piece else b"\n")

    def _tinted(self, text: str, fields: dict[str, Any]) -> str:
        if self._bare:
            return text
        code = _LEVELS.get(str(fields.get("level")), DIM if fields.get("stream") == "stderr" else 0)
        return self._paper.paint(text, code)


class JsonLook:
    """One JSON object per line: the stored fields, with the version of their meaning first."""

    def line(self, line: Line) -> bytes:
        if b"\xc2" in line.raw or b"\x7f" in line.raw:  # may hold control characters that JSON takes as text
            raw = json.dumps(line.fields, separators=(",", ":")).encode() + b"\n"
        else:
            raw = line.raw
        return raw if raw.startswith(_VERSION) else _VERSION + raw[1:]
