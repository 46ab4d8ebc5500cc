"""The formats that graphs have, by name, and their choice by a file's suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from orchestrator.export.dot import to_dot
from orchestrator.export.gexf import to_gexf
from orchestrator.export.graphml import to_graphml
from orchestrator.export.node_link import to_node_link

if TYPE_CHECKING:
    from orchestrator.graph.plain import PlainGraph

FORMATS: Final[Mapping[str, Callable[[PlainGraph], str]]] = {
    "json": to_node_link,
    "graphml": to_graphml,
    "gexf": to_gexf,
    "dot": to_dot,
}
"""Name -> what writes it. The names are suffixes of files as well."""


def format_of_file(path: str) -> str | None:
    """The format that a file's suffix names; None for a suffix that names none."""
    suffix = PurePath(path).suffix.removeprefix(".").lower()
    return "dot" if suffix == "gv" else suffix if suffix in FORMATS else None
