"""Where values stand in one file: walks the composed YAML tree on demand, and remembers what it found."""

from __future__ import annotations

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from orchestrator.span import Span
from orchestrator.vocabulary import Path

KEY = "\0key"
"""The last part of a path that means the key itself, not its value."""


class Tree:
    """The nodes of one file with their marks."""

    def __init__(self, file: str, text: str, root: Node | None) -> None:
        self.file = file
        self.text = text
        self.root = root
        self._entries: dict[int, dict[str, tuple[Node, Node]]] = {}

    def entries(self, node: MappingNode) -> dict[str, tuple[Node, Node]]:
        """Key text -> key node and value node. Of keys that stand twice, the first counts."""
        known = self._entries.get(id(node))
        if known is None:
            known = {}
            for key, value in node.value:
                if isinstance(key, ScalarNode):
                    known.setdefault(key.value, (key, value))
            self._entries[id(node)] = known
        return known

    def find(self, path: Path, start: Node | None = None) -> tuple[Node, bool] | None:
        """The node at `path` or its nearest parent, and whether it is the very one. None in an empty file."""
        node = self.root if start is None else start
        if node is None:
            return None
        wants_key = len(path) > 0 and path[-1] == KEY
        last = len(path) - 2 if wants_key else -1
        for depth, part in enumerate(path[:-1] if wants_key else path):
            child = self._child(node, part, 0 if depth == last else 1)
            if child is None:
                return node, False
            node = child
        return node, True

    def _child(self, node: Node, part: str | int, half: int) -> Node | None:
        if isinstance(node, MappingNode) and isinstance(part, str):
            found = self.entries(node).get(part)
            return None if found is None else found[half]
        if isinstance(node, SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
            item: Node = node.value[part]
            return item
        return None

    def place(self, path: Path, start: Node | None = None) -> Span:
        """The span at `path`, or of its nearest parent."""
        found = self.find(path, start)
        return self.top() if found is None else self.span(found[0])

    def top(self) -> Span:
        return Span(self.file, 1, 1, 1, 1)

    def span(self, node: Node) -> Span:
        """The stretch a node covers, without the blank lines that YAML counts to the end of blocks."""
        start = node.start_mark
        end_line, end_column = self._end(node)
        return Span(self.file, start.line + 1, start.column + 1, end_line + 1, end_column + 1)

    def _end(self, node: Node) -> tuple[int, int]:
        """Line and column (from 0) behind a node's last character; marks of blocks point at what follows."""
        first = node.start_mark
        while isinstance(node, CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            child = last[1] if isinstance(last, tuple) else last
            if child.start_mark.index <= node.start_mark.index and child is not node.value[0]:
                break  # an alias: its node stands elsewhere
            node = child
        end = node.end_mark
        if end.column > 0 or end.line == first.line:
            return end.line, end.column
        covered = self.text[first.index : end.index].rstrip()
        line = first.line + covered.count("\n")
        newline = covered.rfind("\n")
        return line, len(covered) - newline - 1 if newline >= 0 else first.column + len(covered)

    def inside(self, node: Node, value: str, start: int, end: int) -> Span:
        """The span of value[start:end] within a scalar; of the whole scalar where that can't be told.

        The stretch is looked up in the source text as it stands there, so that quotes, folding and
        indentation need no arithmetic; escapes within the stretch itself defeat it.
        """
        whole = self.span(node)
        piece = value[start:end]
        first, last = node.start_mark.index, node.end_mark.index
        raw = self.text[first:last]
        if not isinstance(node, ScalarNode) or not piece or raw.count(piece) != value.count(piece):
            return whole
        at = -1
        for _ in range(value.count(piece, 0, start) + 1):
            at = raw.find(piece, at + 1 if at < 0 else at + len(piece))
        line = whole.line + raw.count("\n", 0, at)
        column = whole.column + at if line == whole.line else at - raw.rfind("\n", 0, at)
        end_line = line + piece.count("\n")
        width = len(piece) - piece.rfind("\n") - 1
        return Span(self.file, line, column, end_line, column + width if end_line == line else width + 1)
