"""YAML text to the tree of `tree`, without comments yet."""

from __future__ import annotations

from typing import Any

import yaml

from orchestrator.source.layout.tree import Alias, Collection, Entry, Item, Scalar, Value
from orchestrator.source.scalars import TAG_PREFIX

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class LayoutError(Exception):
    """A file that can't be laid out anew, for a reason a person can act on. `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def read_value(text: str) -> Value | None:
    """The only value of the document; None for an empty one. The text is known to be YAML."""
    return _Reader(text).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._events = yaml.parse(text, Loader=LOADER)
        self._dashes = [
            token.start_mark
            for token in yaml.scan(text, Loader=LOADER)
            if isinstance(token, yaml.BlockEntryToken)
        ]
        self._dashes.reverse()

    def document(self) -> Value | None:
        root: Value | None = None
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                root = self._value(event)
        return root

    def _value(self, event: Any) -> Value:
        if isinstance(event, yaml.AliasEvent):
            return Alias(**self._item(event, None), name=str(event.anchor))
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(**self._item(event, None), value=event.value, style=event.style or "")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        entries: list[Entry] = []
        while not isinstance(inner := next(self._events), yaml.CollectionEndEvent):
            entries.append(self._pair(inner) if is_mapping else self._list_item(inner, event))
        flow = bool(event.flow_style)
        item = self._item(event, inner)
        if not flow and entries:
            last = entries[-1].value
            item["end_line"] = max(last.end_line, entries[-1].line)
        return Collection(**item, is_mapping=is_mapping, flow=flow, entries=entries)

    def _pair(self, event: Any) -> Entry:
        key = self._value(event)
        mark = event.start_mark
        if isinstance(key, Collection) or key.end_line != key.line or self._is_explicit(mark):
            raise LayoutError("a key that is no plain name", mark.line + 1)
        return Entry(key=key, value=self._value(next(self._events)), line=mark.line, column=mark.column)

    def _list_item(self, event: Any, parent: Any) -> Entry:
        mark = event.start_mark
        if not parent.flow_style:
            mark = self._dashes.pop()
        return Entry(key=None, value=self._value(event), line=mark.line, column=mark.column)

    def _is_explicit(self, mark: Any) -> bool:
        """Whether the key is written behind `?`."""
        text, at = self._text, mark.index
        while at and text[at - 1] == " ":
            at -= 1
        if not at or text[at - 1] != "?":
            return False
        return at == 1 or text[at - 2] in " \n{[,-:"

    def _item(self, event: Any, end: Any) -> dict[str, Any]:
        start, stop = event.start_mark, (end or event).end_mark
        covered = self._text[start.index : stop.index].rstrip()
        return {
            "start": start.index,
            "end": start.index + len(covered),
            "stop": stop.index,
            "line": start.line,
            "column": start.column,
            "end_line": start.line + covered.count("\n"),
            "prefix": "" if isinstance(event, yaml.AliasEvent) else _prefix(event),
        }


def _prefix(event: Any) -> str:
    words = []
    if event.anchor:
        words.append(f"&{event.anchor}")
    tag = event.tag
    if tag and tag != "!":
        short = tag.removeprefix(TAG_PREFIX)
        words.append(f"!!{short}" if short != tag else tag if tag.startswith("!") else f"!<{tag}>")
    elif tag == "!":
        words.append("!")
    return "".join(f"{word} " for word in words)


def is_multiline(item: Item) -> bool:
    """Whether it is written over several lines."""
    return item.end_line > item.line
