"""Text of nodes as a terminal may see it: nothing in it steers the terminal, or turns the direction."""

from __future__ import annotations

import re
from typing import Final

_SEQUENCE: Final = re.compile(
    r"""
      \x1b \[ [0-?]* [ -/]* [@-~]        # CSI: colours, the cursor (ECMA-48, 5.4)
    | \x1b [\]PX^_] [^\x07\x1b]* (?: \x07 | \x1b\\ | $ )  # OSC and its kin, as xterm ends them too
    | \x1b [ -/]* [0-~]                  # of two characters or three
    """,
    re.VERBOSE,
)
_ODD: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """One line: escape sequences left out; other control characters, and those that turn the direction of
    writing (CVE-2021-42574), as `\\x07` or `\\u202e`; of what was overwritten after a carriage return, the
    last."""
    if text.isprintable():
        return text
    if "\x1b" in text:
        text = _SEQUENCE.sub("", text)
    if "\r" in text:
        text = text.rstrip("\r").rsplit("\r", 1)[-1]
    return _ODD.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def original(text: str, *, escaped: bool) -> bytes:
    """The bytes that were written, from the text that was stored of them."""
    if not escaped:
        return text.encode("utf-8", "surrogatepass")
    return _ESCAPED.sub(_byte, text.encode("utf-8", "surrogatepass"))


_ESCAPED: Final = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")


def _byte(found: re.Match[bytes]) -> bytes:
    return b"\\" if found[1] is None else bytes([int(found[1], 16)])
