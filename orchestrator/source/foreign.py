"""YAML that is no topology (docker compose files): plain values, each with its place. Merge keys are merged.

Scalars are read as YAML 1.2 reads them; `${VAR}` stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from orchestrator.source.compose import PLAIN, QUOTED, TooDeepError, compose
from orchestrator.source.convert import MAX_EXPANDED
from orchestrator.source.scalars import TAG_PREFIX, resolve_plain, resolve_tagged
from orchestrator.source.syntax import explain_syntax

ForeignData: TypeAlias = "str | int | float | bool | list[Foreign] | dict[str, Foreign] | None"

_MERGE: Final = "<<"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A value of somebody else's file, and where it begins. Lines and columns count from 1."""

    data: ForeignData
    line: int
    column: int
    file: str = ""
    """As the user named it; empty where there is but one."""
    key_line: int = 0
    """The line of the key that it is the value of, if it is one."""

    @property
    def begins(self) -> int:
        """The line where a reader finds it: that of its key, or its own."""
        return self.key_line or self.line


class ForeignError(Exception):
    """A text that can't be read; what it says is meant for the user."""

    def __init__(self, message: str, line: int, column: int, remedy: str | None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.remedy = remedy


def read_foreign(text: str, file: str = "") -> Foreign | None:
    """The value of the only document in a YAML text; None when there is none. Raises ForeignError.

    `file`: what the places say.
    """
    try:
        root = compose(text)
    except TooDeepError as problem:
        raise ForeignError(
            "nested too deep", problem.line + 1, problem.column + 1, "look for a missing bracket"
        ) from None
    except yaml.YAMLError as problem:
        found = explain_syntax(problem, "", text)
        raise ForeignError(found.message, found.span.line, found.span.column, found.help) from None
    return None if root is None else _Reader(file).read(root)


class _Reader:
    def __init__(self, file: str) -> None:
        self._file = file
        self._open: set[int] = set()
        self._count = 0

    def read(self, node: Node, key_line: int = 0) -> Foreign:
        """The value of a node; `key_line` is that of its key."""
        mark = node.start_mark
        self._count += 1
        if self._count > MAX_EXPANDED:
            raise _error(
                f"with its aliases written out, this file has more than {MAX_EXPANDED:,} values",
                node,
                "aliases of aliases multiply; use fewer of them",
            )
        if isinstance(node, ScalarNode):
            return Foreign(_scalar(node), mark.line + 1, mark.column + 1, self._file, key_line)
        if id(node) in self._open:
            raise _error("this value contains itself", node, "move the anchor to a value outside of it")
        self._open.add(id(node))
        data = self._collection(node)
        self._open.discard(id(node))
        return Foreign(data, mark.line + 1, mark.column + 1, self._file, key_line)

    def _collection(self, node: Node) -> list[Foreign] | dict[str, Foreign]:
        if isinstance(node, MappingNode):
            _check_tag(node, "map")
            return self._mapping(node)
        assert isinstance(node, SequenceNode)
        _check_tag(node, "seq")
        return [self.read(item) for item in node.value]

    def _mapping(self, node: MappingNode) -> dict[str, Foreign]:
        own: dict[str, Foreign] = {}
        merged: dict[str, Foreign] = {}
        for key, value in node.value:
            name = _key(key)
            if name == _MERGE and key.tag == PLAIN:
                for source in self._sources(value):
                    merged = {**source, **merged}
            elif name in own:
                raise _error(f"the key `{name}` stands twice in this mapping", key, "remove one of them")
            else:
                own[name] = self.read(value, key.start_mark.line + 1)
        return {**merged, **own} if merged else own

    def _sources(self, node: Node) -> list[dict[str, Foreign]]:
        """What `<<` merges, the first one winning (https://yaml.org/type/merge.html)."""
        read = self.read(node)
        sources = read.data if isinstance(read.data, list) else [read]
        found = [source.data for source in sources if isinstance(source.data, dict)]
        if len(found) != len(sources):
            raise _error("`<<` merges mappings, and this is none", node, "name a mapping: `<<: *anchor`")
        return found


def _key(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        raise _error("a key is a mapping or a list", node, "keys are plain texts")
    return str(node.value)


def _scalar(node: ScalarNode) -> str | int | float | bool | None:
    text: str = node.value
    if node.tag == QUOTED:
        return text
    if node.tag == PLAIN:
        return resolve_plain(text)
    try:
        return resolve_tagged(node.tag, text)
    except ValueError:
        raise _unknown_tag(node) from None


def _check_tag(node: Node, kind: str) -> None:
    if node.tag not in (PLAIN, QUOTED, TAG_PREFIX + kind):
        raise _unknown_tag(node)


def _unknown_tag(node: Node) -> ForeignError:
    tag = node.tag.replace(TAG_PREFIX, "!!")
    return _error(f"the tag `{tag}` is not understood here", node, "remove it, or write the value itself")


def _error(message: str, node: Node, remedy: str) -> ForeignError:
    return ForeignError(message, node.start_mark.line + 1, node.start_mark.column + 1, remedy)
