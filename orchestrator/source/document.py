"""The result of reading: plain data whose values can be found again in the files they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from yaml.nodes import Node, ScalarNode

from orchestrator.source.compose import PLAIN
from orchestrator.source.tree import Tree
from orchestrator.span import NOWHERE, Span, Written, split_lines
from orchestrator.vocabulary import JsonValue, Path


@dataclass(frozen=True, slots=True)
class Owner:
    """Where a definition stands that an included file brought in."""

    tree: Tree
    key: Node
    value: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One topology as plain data: the main file with its includes merged in.

    `data` is what YAML means by the text, variables replaced. A value that is a `Broken` string has its
    finding already. `sources` holds every file's text, for excerpts.
    """

    file: str
    """The main file as the user named it, `<stdin>`, or `<python>`."""
    directory: str
    """Absolute: what relative paths of the main file start from."""
    data: JsonValue
    sources: Mapping[str, str] = field(default_factory=dict)
    tree: Tree | None = None
    owners: Mapping[tuple[str, str], Owner] = field(default_factory=dict)
    """(section, name) -> owner, for nodes, messages and endpoints of included files."""
    directories: Mapping[str, str] = field(default_factory=dict)
    """file -> absolute directory that its relative paths start from."""

    renamed: Mapping[Path, str] = field(default_factory=dict)
    """Path with a key as it was probably meant -> that key as it is written: `sockets` for `socket`."""

    def place(self, path: Path) -> Span:
        """The span of the value at `path`, or of its nearest parent; `(*path, KEY)` is the key itself."""
        tree, start, rest = self._origin(path)
        return NOWHERE if tree is None else tree.place(rest, start)

    def inside(self, path: Path, value: str, start: int, end: int) -> Span:
        """The span of value[start:end] in the scalar at `path`; the whole scalar where it can't be told."""
        tree, node, rest = self._origin(path)
        if tree is None:
            return NOWHERE
        found = tree.find(rest, node)
        if found is None or not found[1]:
            return tree.place(rest, node)
        return tree.inside(found[0], value, start, end)

    def written(self, path: Path) -> str | None:
        """The scalar at `path` as it stands in the file; None for what is no scalar or holds a variable."""
        found = self.scalar(path)
        return None if found is None else found.text

    def scalar(self, path: Path) -> Written | None:
        """`written`, and whether it stands there without quotes."""
        tree, node, rest = self._origin(path)
        found = None if tree is None else tree.find(rest, node)
        if found is None or not found[1] or not isinstance(found[0], ScalarNode) or "${" in found[0].value:
            return None
        return Written(found[0].value, found[0].tag == PLAIN)

    def raw(self, path: Path) -> str | None:
        """The characters of the scalar at `path`, quotes included, or with `KEY` at its end of that key.

        None for what is no scalar, holds a variable, has a tag or an anchor, or more than one line.
        """
        tree, node, rest = self._origin(path)
        found = None if tree is None else tree.find(rest, node)
        if tree is None or found is None or not found[1] or not isinstance(found[0], ScalarNode):
            return None
        node = found[0]
        raw = tree.text[node.start_mark.index : node.end_mark.index]
        is_quoted = len(raw) > 1 and raw[0] in "'\"" and raw[-1] == raw[0]
        if "${" in node.value or len(split_lines(raw)) > 1 or not (is_quoted or raw == node.value):
            return None
        return raw or None

    def is_list(self, path: Path) -> bool:
        """Whether a list stands at `path`."""
        value: object = self.data
        for part in path:
            if isinstance(value, dict) and isinstance(part, str):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return False
        return isinstance(value, list)

    def directory_of(self, path: Path) -> str:
        """The absolute directory of the file in which the value at `path` stands."""
        owner = self.owners.get((str(path[0]), str(path[1]))) if len(path) > 1 and self.owners else None
        return self.directory if owner is None else self.directories[owner.tree.file]

    def _origin(self, path: Path) -> tuple[Tree | None, Node | None, Path]:
        if self.renamed:
            path = tuple(self.renamed.get(path[: depth + 1], part) for depth, part in enumerate(path))
        if self.owners and len(path) > 1:
            owner = self.owners.get((str(path[0]), str(path[1])))
            if owner is not None:
                rest = path[2:]
                return (owner.tree, owner.key, ()) if rest == ("\0key",) else (owner.tree, owner.value, rest)
        return self.tree, None, path
