"""YAML text to a tree of nodes with marks: libyaml where PyYAML was built with it, else PyYAML's own parser.

No value is interpreted here: a node's tag is PLAIN, QUOTED, or the explicit tag that stands in the file.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml
from yaml.composer import Composer
from yaml.nodes import Node
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML without libyaml
    CParser = None  # type: ignore[assignment,misc]

PLAIN: Final = "?"
QUOTED: Final = "!"
MAX_DEPTH: Final = 100
"""How deep mappings and lists may be nested. A topology needs nine; composing recurses on C's stack."""

_BRACKETS: Final = re.compile(r"[\[{]+|[\]}]+")
_LEADING: Final = re.compile(rf"^[ \t?:-]{{{MAX_DEPTH // 2},}}", re.MULTILINE)


class TooDeepError(Exception):
    """Nested deeper than MAX_DEPTH. `line` and `column` count from 0."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__(line, column)
        self.line = line
        self.column = column


class _NoResolver:
    """Stands in for PyYAML's resolver: tells plain from quoted, and takes no time."""

    def resolve(self, kind: type[Node], value: object, implicit: object) -> str:
        return PLAIN if implicit is True or (type(implicit) is tuple and implicit[0]) else QUOTED

    def descend_resolver(self, parent: object, index: object) -> None: ...

    def ascend_resolver(self) -> None: ...


class PurePythonLoader(_NoResolver, Reader, Scanner, Parser, Composer):
    """For PyYAML without libyaml: the same tree, fifteen times slower."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)


def _loader_class() -> Any:
    if CParser is None:
        return PurePythonLoader
    return type("LibyamlLoader", (_NoResolver, CParser), {})


_LOADER: Final[Any] = _loader_class()


def compose(text: str, *, loader: Any = _LOADER) -> Node | None:
    """The root node of the only document in `text`; None when there is none.

    Raises yaml.YAMLError for what is not YAML, and TooDeepError.
    """
    if _may_be_deep(text):
        _check_depth(text, loader)
    node: Node | None = loader(text).get_single_node()
    return node


def _may_be_deep(text: str) -> bool:
    """A quick upper bound: brackets in strings count too, and each column of indentation as a level."""
    if _LEADING.search(text):
        return True
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for run in _BRACKETS.findall(text):
        if run[0] in "[{":
            depth += len(run)
            if depth > MAX_DEPTH:
                return True
        else:
            depth = max(0, depth - len(run))
    return False


def _check_depth(text: str, loader: Any) -> None:
    """Walk the events, which needs no stack: composing a tree recurses in C and would overflow."""
    parser = loader(text)
    depth = 0
    while parser.check_event():
        event = parser.get_event()
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark: Any = event.start_mark
                raise TooDeepError(mark.line, mark.column)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
