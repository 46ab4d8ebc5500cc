"""`include`: other files whose nodes, messages and endpoints join the main file's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from yaml.nodes import MappingNode

from orchestrator.diagnostics import Diagnostic, Related
from orchestrator.source.codes import (
    DEFINED_TWICE,
    INCLUDE_CIRCLE,
    INCLUDE_KEY,
    INCLUDE_UNREADABLE,
    UNREADABLE,
)
from orchestrator.source.convert import Broken
from orchestrator.source.document import Document, Owner
from orchestrator.source.findings import error
from orchestrator.source.onefile import directory_of, read_one
from orchestrator.source.tree import KEY, Tree
from orchestrator.span import Span
from orchestrator.vocabulary import JsonValue

SECTIONS: Final = ("messages", "endpoints", "nodes")
"""What an included file adds to."""
_ALLOWED: Final = frozenset({"version", "name", "description", "include", *SECTIONS})
"""`version`, `name` and `description` are an included file's own, for when it is used by itself."""


def include_all(
    tree: Tree,
    data: dict[str, JsonValue],
    directory: str,
    variables: Mapping[str, str],
    findings: list[Diagnostic],
    sources: dict[str, str],
    instead: Mapping[str, str] | None = None,
) -> Document:
    """Merge everything that the main file includes, however deep, into one Document.

    `instead` as in `read_document`.
    """
    if "include" not in data:
        return Document(file=tree.file, directory=directory, data=data, sources=sources, tree=tree)
    joiner = _Joiner(tree, data, directory, variables, findings, sources, instead)
    joiner.follow(tree, data, (os.path.realpath(tree.file),))
    return Document(
        file=tree.file,
        directory=directory,
        data=joiner.data,
        sources=sources,
        tree=tree,
        owners=joiner.owners,
        directories=joiner.directories,
    )


class _Joiner:
    def __init__(
        self,
        tree: Tree,
        data: dict[str, JsonValue],
        directory: str,
        variables: Mapping[str, str],
        findings: list[Diagnostic],
        sources: dict[str, str],
        instead: Mapping[str, str] | None,
    ) -> None:
        self._main = tree
        self._variables = variables
        self._findings = findings
        self._sources = sources
        self._instead = instead
        self._done: set[str] = set()
        self.data = data
        self.owners: dict[tuple[str, str], Owner] = {}
        self.directories = {tree.file: directory}

    def follow(self, tree: Tree, data: dict[str, JsonValue], chain: tuple[str, ...]) -> None:
        """Read what `tree` includes. `chain`: real paths of the files that led here, `tree` last."""
        listed = data.get("include")
        if isinstance(listed, str) and not isinstance(listed, Broken):
            listed = [listed]
        if not isinstance(listed, list):  # the schema has words for it
            return
        for index, name in enumerate(listed):
            if isinstance(name, str) and name and not isinstance(name, Broken):
                path = ("include", index) if isinstance(data["include"], list) else ("include",)
                self._follow_one(name, tree.place(path), tree, chain)

    def _follow_one(self, name: str, span: Span, tree: Tree, chain: tuple[str, ...]) -> None:
        file = _beside(tree.file, name)
        real = os.path.realpath(file)
        if real in chain:
            self._circle(name, span, chain[chain.index(real) :])
            return
        if real in self._done:
            return
        self._done.add(real)
        one = read_one(file, None, self._variables, self._instead)
        self._sources[file] = one.tree.text
        self.directories[file] = directory_of(file)
        for finding in one.diagnostics:
            self._findings.append(_unreadable(finding, name, span) if finding.code == UNREADABLE else finding)
        if one.data is not None:
            self._check_keys(one.tree, one.data)
            self._join(one.tree, one.data)
            self.follow(one.tree, one.data, (*chain, real))

    def _check_keys(self, tree: Tree, data: dict[str, JsonValue]) -> None:
        for key in data:
            if key not in _ALLOWED and not key.startswith("x-"):
                self._findings.append(
                    error(
                        INCLUDE_KEY,
                        f"an included file can't hold `{key}`",
                        tree.place((key, KEY)),
                        help="it may hold `nodes`, `messages`, `endpoints` and `include`",
                    )
                )

    def _join(self, tree: Tree, data: dict[str, JsonValue]) -> None:
        for section in SECTIONS:
            new = data.get(section)
            old = self.data.setdefault(section, {}) if new is not None else None
            found = tree.find((section,))
            if not isinstance(new, dict):
                if new is not None:
                    self._wrong_section(tree, section)
                continue
            if not isinstance(old, dict) or found is None or not isinstance(found[0], MappingNode):
                continue
            entries = tree.entries(found[0])
            for name, value in new.items():
                if name in old:
                    self._twice(section, name, tree)
                else:
                    old[name] = value
                    self.owners[section, name] = Owner(tree, *entries[name])

    def _wrong_section(self, tree: Tree, section: str) -> None:
        self._findings.append(
            error(
                INCLUDE_KEY,
                f"`{section}` must be a mapping of names",
                tree.place((section,)),
                help=f"write `{section}:` and under it one `name:` per entry",
            )
        )

    def _twice(self, section: str, name: str, tree: Tree) -> None:
        owner = self.owners.get((section, name))
        first = self._main.place((section, name, KEY)) if owner is None else owner.tree.span(owner.key)
        self._findings.append(
            error(
                DEFINED_TWICE,
                f"the {section[:-1]} `{name}` is defined in two files",
                tree.place((section, name, KEY)),
                help="rename one of them, or remove one",
                related=(Related("it is defined here first", first),),
            )
        )

    def _circle(self, name: str, span: Span, circle: tuple[str, ...]) -> None:
        way = " → ".join(os.path.basename(file) for file in (*circle, circle[0]))  # noqa: PTH119
        self._findings.append(
            error(
                INCLUDE_CIRCLE,
                f"`{name}` includes itself: {way}",
                span,
                help="remove one of these includes; what is included once is there for all files",
            )
        )


def _beside(file: str, name: str) -> str:
    """`name` as seen from the directory of `file`, in the way the user named `file`."""
    if os.path.isabs(name) or file.startswith("<"):  # noqa: PTH117
        return name
    return os.path.normpath(os.path.join(os.path.dirname(file), name))  # noqa: PTH118, PTH120


def _unreadable(finding: Diagnostic, name: str, span: Span) -> Diagnostic:
    return error(
        INCLUDE_UNREADABLE,
        f"can't include `{name}`: {finding.message}",
        span,
        help="includes are looked for next to the file that names them",
    )
