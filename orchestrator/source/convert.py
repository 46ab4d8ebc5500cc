"""A composed tree to plain data. Everything that YAML allows and a topology does not is found here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from orchestrator.diagnostics import Diagnostic, Related
from orchestrator.source.codes import (
    ALIAS_BOMB,
    ALIAS_CIRCLE,
    DUPLICATE_KEY,
    KEY_NOT_TEXT,
    MERGE_KEY,
    TAG,
    UNDEFINED_VARIABLE,
    VARIABLE_SYNTAX,
)
from orchestrator.source.compose import PLAIN, QUOTED
from orchestrator.source.findings import error
from orchestrator.source.scalars import TAG_PREFIX, Scalar, resolve_plain, resolve_tagged
from orchestrator.source.tree import Tree
from orchestrator.source.variables import substitute
from orchestrator.vocabulary import JsonValue

MAX_EXPANDED: Final = 200_000
"""How many values a file may have once its aliases are written out. Only then does MAX_EXPANSION count."""
MAX_EXPANSION: Final = 10
"""How many times its own values a file may grow by its aliases."""

_MAPPING_TAGS: Final = (PLAIN, QUOTED, TAG_PREFIX + "map")
_SEQUENCE_TAGS: Final = (PLAIN, QUOTED, TAG_PREFIX + "seq")


class Broken(str):
    """A value that already has its finding: nothing more is to be said about it."""

    __slots__ = ()


class Converter:
    """Turns one file's tree into plain data, and collects findings on the way."""

    def __init__(self, tree: Tree, variables: Mapping[str, str] | None) -> None:
        """`variables`: what `${NAME}` stands for; None where it means nothing."""
        self._tree = tree
        self._variables = variables
        self.findings: list[Diagnostic] = []

    def convert(self) -> JsonValue:
        """The data of the whole file; None for an empty one, and after a finding about aliases."""
        root = self._tree.root
        if root is None or ("*" in self._tree.text and not self._aliases_are_fine(root)):
            return None
        return self._value(root)

    def _value(self, node: Node) -> JsonValue:
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if isinstance(node, MappingNode):
            return self._mapping(node)
        if node.tag not in _SEQUENCE_TAGS:
            return self._unknown_tag(node)
        return [self._value(item) for item in node.value]

    def _mapping(self, node: MappingNode) -> JsonValue:
        if node.tag not in _MAPPING_TAGS:
            return self._unknown_tag(node)
        data: dict[str, JsonValue] = {}
        for key, value in node.value:
            name = self._key(key)
            if name is None:
                continue
            if name in data:
                self._duplicate(node, key)
            else:
                data[name] = self._value(value)
        return data

    def _key(self, node: Node) -> str | None:
        if isinstance(node, ScalarNode):
            name: str = node.value
            if node.tag == QUOTED or node.tag == TAG_PREFIX + "str":
                return name
            if name == "<<" and node.tag == PLAIN:
                self._refuse_merge_key(node)
                return None
            if node.tag == PLAIN and type(resolve_plain(name)) is str:
                return name
            shown = f"the key `{name}` is not text" if name else "a key is empty"
            remedy = f"put it in quotes: `{name!r}:`" if name else "write a name in front of the `:`"
        else:
            shown, remedy = (
                "a key is a mapping or a list",
                "keys are plain names here; put the value behind a name",
            )
        self.findings.append(error(KEY_NOT_TEXT, shown, self._tree.span(node), help=remedy))
        return None

    def _refuse_merge_key(self, node: Node) -> None:
        self.findings.append(
            error(
                MERGE_KEY,
                "`<<` merges nothing: YAML 1.2 has no merge keys",
                self._tree.span(node),
                help="put what nodes share under `defaults`, or repeat whole values with `key: *name`",
            )
        )

    def _duplicate(self, node: MappingNode, key: ScalarNode) -> None:
        first = self._tree.entries(node)[key.value][0]
        self.findings.append(
            error(
                DUPLICATE_KEY,
                f"the key `{key.value}` stands twice in this mapping",
                self._tree.span(key),
                help="remove or rename one of them; other tools would silently take the last",
                related=(Related("it stands here first", self._tree.span(first)),),
            )
        )

    def _scalar(self, node: ScalarNode) -> JsonValue:
        text: str = node.value
        tag = node.tag
        if "${" in text and self._variables is not None:
            replaced = self._substituted(node, self._variables)
            if replaced is None:
                return Broken(text)
            text = replaced
        if tag == QUOTED:
            return text
        if tag == PLAIN:
            return resolve_plain(text)
        return self._tagged(node, text)

    def _substituted(self, node: ScalarNode, variables: Mapping[str, str]) -> str | None:
        result = substitute(node.value, variables)
        for problem in result.errors:
            code = UNDEFINED_VARIABLE if problem.undefined else VARIABLE_SYNTAX
            span = self._tree.inside(node, node.value, problem.start, problem.end)
            self.findings.append(error(code, problem.message, span, help=problem.help))
        return None if result.errors else result.text

    def _tagged(self, node: ScalarNode, text: str) -> Scalar:
        kind = node.tag.removeprefix(TAG_PREFIX)
        if not node.tag.startswith(TAG_PREFIX) or kind not in ("str", "int", "float", "bool", "null"):
            return self._unknown_tag(node)
        try:
            return resolve_tagged(node.tag, text)
        except ValueError:
            self.findings.append(
                error(
                    TAG,
                    f"`{text}` is no {kind}, as the tag `!!{kind}` says it is",
                    self._tree.span(node),
                    help="remove the tag, or write a value that fits it",
                )
            )
            return Broken(text)

    def _unknown_tag(self, node: Node) -> Broken:
        tag = node.tag.replace(TAG_PREFIX, "!!")
        self.findings.append(
            error(
                TAG,
                f"the tag `{tag}` means nothing in a topology",
                self._tree.span(node),
                help="remove it; known are `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!map`, `!!seq`",
            )
        )
        return Broken("")

    def _aliases_are_fine(self, root: Node) -> bool:
        """Whether no alias stands inside its own anchor, and the tree has a bearable size written out."""
        sizes: dict[int, int] = {}
        open_nodes: set[int] = set()

        def size(node: Node) -> int:
            known = sizes.get(id(node))
            if known is not None:
                return known
            if id(node) in open_nodes:
                raise _CircleError(node)
            open_nodes.add(id(node))
            total = 1
            if isinstance(node, SequenceNode):
                total += sum(size(item) for item in node.value)
            elif isinstance(node, MappingNode):
                total += sum(size(key) + size(value) for key, value in node.value)
            open_nodes.discard(id(node))
            sizes[id(node)] = total
            return total

        try:
            expanded = size(root)
        except _CircleError as circle:
            self.findings.append(
                error(
                    ALIAS_CIRCLE,
                    "this value contains itself: an alias stands inside the value that its anchor names",
                    self._tree.span(circle.node),
                    help="move the anchor (`&name`) to a value that the alias (`*name`) is no part of",
                )
            )
            return False
        if expanded > MAX_EXPANDED and expanded > MAX_EXPANSION * len(sizes):
            self.findings.append(
                error(
                    ALIAS_BOMB,
                    f"with its aliases written out this file has {expanded:,} values; it is not read",
                    self._tree.span(root),
                    help="aliases of aliases multiply; use fewer of them",
                )
            )
            return False
        return True


class _CircleError(Exception):
    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node
