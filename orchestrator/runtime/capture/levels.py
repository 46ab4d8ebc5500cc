"""The level that a line of a log tells of itself. Pure bytes in, a word out.

Recognised is what loggers write, at the places where they write it; docs/reference/logs.md lists it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

LEVELS: Final = ("trace", "debug", "info", "warning", "error", "critical")
"""From the least to the most serious; every logger's own words become one of these."""

_WORDS: Final[Mapping[str, str]] = {
    "trace": "trace", "trc": "trace", "verbose": "trace", "finest": "trace", "finer": "trace",
    "debug": "debug", "dbg": "debug", "fine": "debug",
    "info": "info", "inf": "info", "information": "info", "notice": "info", "log": "info",
    "warn": "warning", "warning": "warning", "wrn": "warning",
    "error": "error", "err": "error", "severe": "error",
    "critical": "critical", "crit": "critical", "fatal": "critical", "ftl": "critical", "panic": "critical",
    "alert": "critical", "emerg": "critical", "emergency": "critical",
}  # fmt: skip
_BY_BYTES: Final = {
    variant.encode(): level
    for word, level in _WORDS.items()
    for variant in (word, word.upper(), word.capitalize())
}
_ONE_LETTER: Final = {b"D": "debug", b"I": "info", b"W": "warning", b"E": "error", b"F": "critical"}
"""Of glog and klog: `I1121 12:00:00.000000 1 main.go:7] text`."""
_SYSLOG: Final = ("critical", "critical", "critical", "error", "warning", "info", "info", "debug")
"""RFC 5424, 6.2.1: severities from 0 to 7. `<4>text` is sd-daemon(3)'s way to write one."""

_ANY: Final = "|".join(sorted(_WORDS, key=len, reverse=True))
_UPPER: Final = _ANY.upper()
_LOOSE: Final = "error|warning|warn|info|debug|trace|notice|critical|fatal|panic"
_COLOUR: Final = re.compile(rb"\x1b\[[0-9;]*m")
_REACH: Final = 240
"""Bytes of a line in which a level is looked for. A bound on the time that any line can take."""
_LOUD: Final = rf"(?=[A-Z]{{3}})({_UPPER})(?![\w-])"
_PATTERN: Final = re.compile(
    rf"""
      <([0-7])>
    | ([DIWEF])[01]\d[0-3]\d[ ]\d\d:
    | (?=[A-Za-z]) (?:
        ((?i:{_LOOSE})) (?:\[\w{{1,16}}\])? :(?!\S)
      | (?:[\w.]{{1,32}}=(?:"[^"]{{0,80}}"|[^\s"]{{0,80}}) \s++){{0,6}}?
        (?:level|lvl|severity)="?((?i:{_ANY}))\b )
    | (?=\W{{0,2}}\d | [A-Z][a-z][a-z]\s{{1,2}}\d) (?:\S{{1,80}}\s++){{1,6}}?
      (?: [\[(<|*]*+ {_LOUD} | [\[<] ((?i:{_ANY})) \s*+ [\]>] )
    | (?:\[[^\]]{{0,64}}\]:?\s*+ | [^\s\[\]]{{1,64}}(?::|\s[-|])\s++ ){{0,3}}? [\[(<|*\s]*+ {_LOUD}
    | [\[<]\s?((?i:{_ANY})) \s*+ [\]>]
    """.encode(),
    re.VERBOSE,
)
_match: Final = _PATTERN.match
_BEHIND_A_TIME: Final = (5, 6)
"""The groups of the fourth form."""


def of_word(word: str) -> str | None:
    """The level that a logger's word means; None for a word that means none."""
    return _WORDS.get(word.strip().lower())


def of_number(number: float) -> str | None:
    """The level that a number means: as pino and bunyan count (10 to 60), else as syslog (0 to 7)."""
    if 0 <= number < len(_SYSLOG):
        return _SYSLOG[int(number)]
    if 10 <= number < 70:
        return LEVELS[int(number) // 10 - 1]
    return None


def uncoloured(text: bytes) -> bytes:
    """Text, one or many lines of it, without the sequences that colour it (ECMA-48, SGR)."""
    return _COLOUR.sub(b"", text) if b"\x1b" in text else text


def of_line(line: bytes) -> str | None:
    """The level of an uncoloured line of text, None where it tells none."""
    return of_beginning(line)[0]


def of_beginning(line: bytes) -> tuple[str | None, bytes]:
    """The level of an uncoloured line, and a beginning that settles it; empty where only the whole does.

    That is so behind a time: the forms before that one need another first word, and to find the level no more
    is read than what stands before it, and one byte behind it. A node that writes much tells one time often.
    """
    found = _match(line, 0, _REACH)
    if found is None:
        return None, b""
    place = found.lastindex
    assert place is not None
    word = found[place]
    if place > 2:
        level = _BY_BYTES.get(word) or _WORDS[word.decode().lower()]
        return level, line[: found.end() + 1] if place in _BEHIND_A_TIME and found.end() < len(line) else b""
    return _SYSLOG[int(word)] if place == 1 else _ONE_LETTER[word], b""


_CLASSES = bytearray(b"." * 256)
for _members, _class in (
    (range(32), 0),
    (b"\n\t\r\x1b\x0b\x0c ", ord("\n")),
    (b"0123456789", ord("0")),
    (bytes(range(ord("A"), ord("Z") + 1)), ord("A")),
    (b":", ord(":")),
    (b"[<={", ord("[")),
):
    for _member in _members:
        _CLASSES[_member] = _class
for _rare in b"\x0b\x0c":
    _CLASSES[_rare] = 1
CLASSES: Final = bytes(_CLASSES)
"""For bytes.translate: what a level may be written in, what is beside one, control characters (0, 1)."""


def may_tell(classes: bytes) -> bool:
    """Whether any line may tell a level, or be JSON, seen from its text put through `CLASSES`.

    False is certain: each form of a level has a bracket or `=`, three capitals in a row, a colon with nothing
    behind it, or a letter and four digits as glog writes them.
    """
    if b"[" in classes or b"AAA" in classes:
        return True
    if b":" not in classes:
        return False
    if b":\n" in classes or (b"\1" in classes and b":\1" in classes):  # two bytes are sought slowly, one fast
        return True
    return b"A" in classes and b"A0000" in classes


def has_controls(classes: bytes) -> bool:
    """Whether there are control characters other than those of usual text."""
    return b"\0" in classes or b"\1" in classes
