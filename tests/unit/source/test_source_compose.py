"""The two parsers make the same tree."""

from __future__ import annotations

from typing import Any

import pytest
from yaml.nodes import CollectionNode

from orchestrator.source.compose import PurePythonLoader, TooDeepError, compose

TEXT = """\
version: 1
nodes: &all
  feed: {run: "a:b", list: ['x', y, 010, !!str 3]}
  block: |
    two
    lines
again: *all
"""


def flat(node: Any) -> list[object]:
    """A tree as comparable values: tags, values, places."""
    marks = (node.start_mark.line, node.start_mark.column)
    if not isinstance(node, CollectionNode):
        return [node.tag, node.value, *marks]
    children = [half for item in node.value for half in (item if isinstance(item, tuple) else (item,))]
    return [node.tag, *marks, [flat(child) for child in children]]


def test_without_libyaml_the_tree_is_the_same() -> None:
    assert flat(compose(TEXT, loader=PurePythonLoader)) == flat(compose(TEXT))


def test_without_libyaml_depth_has_its_limit_too() -> None:
    with pytest.raises(TooDeepError):
        compose("- " * 300 + "x", loader=PurePythonLoader)
