"""Whether two texts say the same, with the same comments."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import Any, Final

from orchestrator.source.layout.comments import find_all
from orchestrator.source.layout.read import LayoutError, read_value
from orchestrator.source.layout.tree import Alias, Collection, Scalar, Value

_FREE: Final = frozenset(" \t\r\n'\"{}[],")
"""Signs that layout may add or take away."""


def says_the_same(one: str, other: str) -> bool:
    """Whether the values are the same but for the order of keys, and no comment and no sign is lost.

    Raises LayoutError for an alias in front of its anchor, yaml.YAMLError for what is not YAML.
    """
    return (
        Counter(comment.text for comment in find_all(one)) == Counter(c.text for c in find_all(other))
        and _signs(one) == _signs(other)
        and _Meaning().of(read_value(one)) == _Meaning().of(read_value(other))
    )


def _signs(text: str) -> Counter[str]:
    return Counter(sign for sign in text if sign not in _FREE)


class _Meaning:
    """What YAML makes of values, in the order of the text. That a text is quoted is a part of it, how it is
    quoted is not."""

    def __init__(self) -> None:
        self._anchors: dict[str, str] = {}
        """Anchor -> a digest of what it names by now."""

    def of(self, value: Value | None) -> Any:
        if value is None:
            return None
        if isinstance(value, Alias):
            if value.name not in self._anchors:
                raise LayoutError(f"`*{value.name}` would stand in front of its anchor", value.line + 1)
            return "*", self._anchors[value.name]
        found = self._unnamed(value)
        anchor = next((word[1:] for word in value.prefix.split() if word.startswith("&")), None)
        if anchor is not None:
            self._anchors[anchor] = sha256(repr(found).encode()).hexdigest()
        return found

    def _unnamed(self, value: Scalar | Collection) -> Any:
        if isinstance(value, Scalar):
            return value.prefix, bool(value.style), value.value
        if not value.is_mapping:
            return value.prefix, [self.of(entry.value) for entry in value.entries]
        pairs = [(self.of(entry.key), self.of(entry.value)) for entry in value.entries]
        return value.prefix, sorted(pairs, key=repr)
