"""JSON (RFC 8259) with the place of every value."""

from __future__ import annotations

import json
import re
from typing import Final

from orchestrator.importing.errors import SourceError
from orchestrator.source.foreign import Foreign, ForeignData

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"')
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<rest>\.[0-9]+)?(?P<exponent>[eE][-+]?[0-9]+)?")
_WORD: Final = re.compile(r"true|false|null")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_DEEPEST: Final = 100
_LONGEST_NUMBER: Final = 300
"""Digits; Python refuses to read integers above 4300, and floats end at 1e308."""


def read_json(text: str, file: str) -> Foreign:
    """The value of a JSON text. Raises SourceError for anything else, and for a key that stands twice."""
    reader = _Reader(text, file)
    value = reader.value(0)
    reader.skip()
    if reader.at < len(text):
        raise reader.wrong(
            "something follows behind the end of the value", "remove it, or check the brackets"
        )
    return value


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.at = 0
        self._line, self._start, self._counted = 1, 0, 0

    def skip(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def value(self, depth: int, key_line: int = 0) -> Foreign:
        self.skip()
        if depth > _DEEPEST:
            raise self.wrong(f"nested more than {_DEEPEST} levels deep", "look for a missing bracket")
        line, column = self._place()
        return Foreign(self._data(depth), line, column, self.file, key_line)

    def _data(self, depth: int) -> ForeignData:
        sign = self.text[self.at : self.at + 1]
        if sign == "{":
            return self._object(depth)
        if sign == "[":
            return self._array(depth)
        if sign == '"':
            return self._string()
        if found := _WORD.match(self.text, self.at):
            self.at = found.end()
            return _WORDS[found.group()]
        return self._number()

    def _number(self) -> int | float:
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            if self.at >= len(self.text):
                raise self.wrong("the file ends where a value is expected", "check the brackets")
            raise self.wrong(
                "no JSON value starts here", "texts stand in double quotes; JSON has no comments"
            )
        if len(found.group()) > _LONGEST_NUMBER:
            raise self.wrong("this number is too long", "no setting of a socket needs it")
        self.at = found.end()
        whole = found["rest"] is None and found["exponent"] is None
        return int(found.group()) if whole else float(found.group())

    def _string(self) -> str:
        found = _STRING.match(self.text, self.at)
        if found is None:
            raise self.wrong(
                "this text is not closed, or holds what no JSON text may",
                'end it with `"` on the same line; a backslash is written `\\\\`',
            )
        self.at = found.end()
        text: str = json.loads(found.group())
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _object(self, depth: int) -> dict[str, Foreign]:
        found: dict[str, Foreign] = {}
        self.at += 1
        while not self._closes("}", first=not found):
            self.skip()
            if self.text[self.at : self.at + 1] != '"':
                raise self.wrong("a name in double quotes is expected here", 'write `"name": value`')
            here, (key_line, _) = self.at, self._place()
            name = self._string()
            if name in found:
                self.at = here
                raise self.wrong(f'"{name}" stands twice in this object', "remove one of them, or use a list")
            self.skip()
            if self.text[self.at : self.at + 1] != ":":
                raise self.wrong("a `:` is expected here", 'write `"name": value`')
            self.at += 1
            found[name] = self.value(depth + 1, key_line)
        return found

    def _array(self, depth: int) -> list[Foreign]:
        found: list[Foreign] = []
        self.at += 1
        while not self._closes("]", first=not found):
            found.append(self.value(depth + 1))
        return found

    def _closes(self, bracket: str, *, first: bool) -> bool:
        """Whether the bracket stands here; else the comma before the next item is passed, if one is due."""
        self.skip()
        sign = self.text[self.at : self.at + 1]
        if sign == bracket:
            self.at += 1
            return True
        if first:
            return False
        if sign != ",":
            raise self.wrong(f"a `,` or `{bracket}` is expected here", "check the line before this one, too")
        self.at += 1
        self.skip()
        if self.text[self.at : self.at + 1] == bracket:
            raise self.wrong(f"a value is expected between `,` and `{bracket}`", "remove the comma before it")
        return False

    def _place(self) -> tuple[int, int]:
        """Line and column of where the reader is, which never goes far back."""
        if self.at < self._counted:
            self._line, self._start, self._counted = 1, 0, 0
        passed = self.text.count("\n", self._counted, self.at)
        if passed:
            self._line += passed
            self._start = self.text.rindex("\n", 0, self.at) + 1
        self._counted = self.at
        return self._line, self.at - self._start + 1

    def wrong(self, message: str, remedy: str) -> SourceError:
        line, column = self._place()
        return SourceError(self.file, line, message, remedy, column)
