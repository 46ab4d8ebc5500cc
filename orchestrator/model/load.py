"""The whole way from a file, or from data, to a Topology."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import cast

from orchestrator.diagnostics import Diagnostic, has_errors, in_order
from orchestrator.model.build import build
from orchestrator.model.nodes import Functions
from orchestrator.model.types import Topology
from orchestrator.source import Document, collector_paused, read_document
from orchestrator.spec import validate
from orchestrator.vocabulary import JsonValue

PYTHON_FILE = "<python>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came of loading. `topology` is None when `diagnostics` hold an error."""

    topology: Topology | None
    diagnostics: tuple[Diagnostic, ...]
    """In the order of their places."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """file -> its text, for excerpts."""


def load(file: str, *, text: str | None = None, environ: Mapping[str, str] | None = None) -> Loaded:
    """Read a topology file and everything it includes.

    `text` stands in for the content of `file` (`<stdin>`, an editor's buffer). `environ` is where `${VAR}`
    comes from; by default the process's environment. Never raises for what a user wrote.
    """
    with collector_paused():
        reading = read_document(file, text=text, environ=os.environ if environ is None else environ)
        if reading.document is None:
            return Loaded(topology=None, diagnostics=in_order(reading.diagnostics), sources=reading.sources)
        loaded = _finish(reading.document, {}, list(reading.diagnostics))
    return Loaded(topology=loaded.topology, diagnostics=loaded.diagnostics, sources=reading.sources)


def from_data(
    data: Mapping[str, object], functions: Functions | None = None, directory: str | None = None
) -> Loaded:
    """A topology built in code: the same keys as in a file, as plain data. Its places are all `<python>`.

    `functions` gives the callables behind `run` (node name -> callable); those nodes need no `run` in `data`.
    `directory` is where relative paths start from; by default the current one.
    """
    functions = functions or {}
    document = Document(
        file=PYTHON_FILE,
        directory=os.path.abspath(directory or FilePath.cwd()),  # noqa: PTH100
        data=_with_targets(data, functions),
    )
    return _finish(document, functions, [])


def _with_targets(data: Mapping[str, object], functions: Functions) -> dict[str, JsonValue]:
    plain = cast("dict[str, JsonValue]", _plain(data))
    result: dict[str, JsonValue] = {"version": 1, **plain}
    nodes = result.get("nodes")
    if isinstance(nodes, dict):
        for name, node in nodes.items():
            if name in functions and isinstance(node, dict):
                node.setdefault(
                    "run", "python:function"
                )  # the schema wants a name; the function is what runs
    return result


def _plain(value: object) -> object:
    """As YAML would have it: dicts, lists and scalars. Other objects stay; the schema refuses them."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return str(value)
    return value


def _finish(document: Document, functions: Functions, findings: list[Diagnostic]) -> Loaded:
    findings.extend(validate(document))
    topology = None
    if not has_errors(findings):
        topology, more = build(document, functions)
        findings.extend(more)
    return Loaded(topology=topology, diagnostics=in_order(findings))
