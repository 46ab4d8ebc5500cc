"""Which variables a file takes from the environment, and where. Looks at the text; replaces nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from orchestrator.source.compose import TooDeepError, compose
from orchestrator.source.tree import Tree
from orchestrator.source.variables import VariableReference, references
from orchestrator.span import Span


@dataclass(frozen=True, slots=True)
class VariableUse:
    """One `${…}` and its place."""

    reference: VariableReference
    span: Span
    keys: tuple[str, ...] = ()
    """The keys that lead to the value it stands in."""


def variable_uses(sources: Mapping[str, str]) -> tuple[VariableUse, ...]:
    """Every use of a variable in these files (file -> text), in order.

    `.env` and texts that are no YAML have none.
    """
    yamls = {file: text for file, text in sources.items() if "${" in text and PurePath(file).name != ".env"}
    return tuple(use for file, text in yamls.items() for use in _uses(file, text))


def _uses(file: str, text: str) -> Iterator[VariableUse]:
    try:
        root = compose(text)
    except (yaml.YAMLError, TooDeepError):
        return
    if root is not None:
        tree = Tree(file, text, root)
        for node, keys in _scalars(root, (), set()):
            for found in references(node.value):
                yield VariableUse(found, tree.inside(node, node.value, found.start, found.end), keys)


def _scalars(
    node: Node, keys: tuple[str, ...], seen: set[int]
) -> Iterator[tuple[ScalarNode, tuple[str, ...]]]:
    """Every scalar that is a value, with the keys above it, in the order of the file; aliases repeat none."""
    if isinstance(node, ScalarNode):
        if "${" in node.value:
            yield node, keys
        return
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, SequenceNode):
        for item in node.value:
            yield from _scalars(item, keys, seen)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _scalars(value, (*keys, str(key.value)), seen)
