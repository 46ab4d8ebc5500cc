"""The whole way from a file, or from data, to a Topology."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Final, cast

from orchestrator.diagnostics import Diagnostic, has_errors, in_order
from orchestrator.model.build import build_anyway
from orchestrator.model.nodes import Functions
from orchestrator.model.plain import Plain
from orchestrator.model.types import Topology
from orchestrator.source import Document, collector_paused, read_document
from orchestrator.source.codes import (
    INCLUDE_CIRCLE,
    INCLUDE_KEY,
    INCLUDE_UNREADABLE,
    KEY_NOT_TEXT,
    MERGE_KEY,
    NOT_A_MAPPING,
    NOT_TEXT,
    SYNTAX,
    TAB,
)
from orchestrator.spec import examine
from orchestrator.vocabulary import JsonValue

PYTHON_FILE = "<python>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came of loading. `topology` is None when `diagnostics` hold an error."""

    topology: Topology | None
    """What can be run."""
    meant: Topology | None = None
    """What can be checked further: `topology`, or, where there are errors, what the file probably meant.

    None where a guess would be too bold, so that rules would report what is not so.
    """
    diagnostics: tuple[Diagnostic, ...]
    """In the order of their places."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """file -> its text, for excerpts."""


def load(
    file: str,
    *,
    text: str | None = None,
    environ: Mapping[str, str] | None = None,
    instead: Mapping[str, str] | None = None,
) -> Loaded:
    """Read a topology file and everything it includes.

    `text` stands in for the content of `file` (`<stdin>`, an editor's buffer). `environ` is where `${VAR}`
    comes from; by default the process's environment. `instead`: real path -> what is read in the place of
    that file's content, be it this one, an included one or `.env`. Never raises for what a user wrote.
    """
    with collector_paused():
        variables = os.environ if environ is None else environ
        reading = read_document(file, text=text, environ=variables, instead=instead)
        if reading.document is None:
            return Loaded(topology=None, diagnostics=in_order(reading.diagnostics), sources=reading.sources)
        loaded = _finish(reading.document, {}, list(reading.diagnostics))
    return replace(loaded, sources=reading.sources)


def from_data(
    data: Mapping[str, object], functions: Functions | None = None, directory: str | None = None
) -> Loaded:
    """A topology built in code: the same keys as in a file, as plain data. Its places are all `<python>`.

    `functions` gives the callables behind `run` (node name -> callable); those nodes need no `run` in `data`.
    `directory` is where relative paths start from; by default the current one.
    """
    functions = functions or {}
    plain = Plain()
    copied = cast("dict[str, JsonValue]", plain.copy(data))
    if plain.findings:
        return Loaded(topology=None, diagnostics=in_order(plain.findings))
    document = Document(
        file=PYTHON_FILE,
        directory=os.path.abspath(directory or FilePath.cwd()),  # noqa: PTH100
        data=_with_targets(copied, functions),
    )
    return _finish(document, functions, [])


def _with_targets(data: dict[str, JsonValue], functions: Functions) -> dict[str, JsonValue]:
    result: dict[str, JsonValue] = {"version": 1, **data}
    nodes = result.get("nodes")
    if isinstance(nodes, dict):
        for name, node in nodes.items():
            if name in functions and isinstance(node, dict):
                node.setdefault("run", "python:function")  # for the schema; the function is what runs
    return result


def _finish(document: Document, functions: Functions, findings: list[Diagnostic]) -> Loaded:
    complete = not any(finding.code in _INCOMPLETE for finding in findings)
    verdict = examine(document, broken=bool(findings))
    findings.extend(verdict.diagnostics)
    if verdict.meant is None or not complete:
        return Loaded(topology=None, diagnostics=in_order(findings))
    built = build_anyway(verdict.meant, functions)
    findings.extend(built.diagnostics)
    return Loaded(
        topology=None if has_errors(findings) else built.topology,
        meant=built.topology if built.sound else None,
        diagnostics=in_order(findings),
    )


_INCOMPLETE: Final = frozenset(
    {
        SYNTAX,
        TAB,
        NOT_TEXT,
        NOT_A_MAPPING,
        MERGE_KEY,
        KEY_NOT_TEXT,
        INCLUDE_UNREADABLE,
        INCLUDE_CIRCLE,
        INCLUDE_KEY,
    }
)
"""Findings after which names may be missing that the user has written: no word about missing names then."""
