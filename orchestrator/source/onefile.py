"""One file by itself: its text, its tree, its data, and what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Final

import yaml

from orchestrator.diagnostics import Diagnostic
from orchestrator.source.codes import NOT_A_MAPPING, TOO_DEEP
from orchestrator.source.compose import MAX_DEPTH, TooDeepError, compose
from orchestrator.source.convert import Converter
from orchestrator.source.document import Document
from orchestrator.source.files import look_over, read_text
from orchestrator.source.findings import error
from orchestrator.source.syntax import explain_syntax
from orchestrator.source.tree import Tree
from orchestrator.span import Span
from orchestrator.vocabulary import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What came of reading. `document` is None when the main file could not be understood."""

    document: Document | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OneFile:
    """One file by itself. `data` is None when it could not be understood."""

    tree: Tree
    data: dict[str, JsonValue] | None
    diagnostics: tuple[Diagnostic, ...]


def directory_of(file: str) -> str:
    """The absolute directory of a file; the current one for `<stdin>` and `<python>`."""
    if file.startswith("<"):
        return str(FilePath.cwd())
    return os.path.dirname(os.path.abspath(file))  # noqa: PTH100, PTH120 - resolves no symlinks


def read_one(
    file: str,
    text: str | None,
    variables: Mapping[str, str],
    instead: Mapping[str, str] | None = None,
) -> OneFile:
    """Read one file without its includes. `instead` as in `read_document`."""
    tree, data, findings = _read(file, text, variables, instead)
    if isinstance(data, dict):
        return OneFile(tree, data, tuple(findings))
    if data is not None or not findings:
        findings.append(_not_a_mapping(tree, data))
    return OneFile(tree, None, tuple(findings))


def read_list(file: str, what: str) -> Reading:
    """Read a file that is a list, of `what` (policies), and no topology: no variables, no includes.

    Its document is None when it could not be understood.
    """
    tree, data, findings = _read(file, None, None, None)
    if not isinstance(data, list) and (data is not None or not findings):
        findings.append(_not_a_list(tree, data, what))
    document = None
    if not findings:
        document = Document(file=file, directory=directory_of(file), data=data, tree=tree)
    return Reading(document=document, diagnostics=tuple(findings), sources={file: tree.text})


def read_mapping(file: str, what: str, variables: Mapping[str, str]) -> Reading:
    """Read a file that is a mapping and no topology but `what` (an experiment): no includes.

    Its document is None when it could not be understood.
    """
    tree, data, findings = _read(file, None, variables, None)
    if not isinstance(data, dict) and (data is not None or not findings):
        findings.append(_not_a_mapping(tree, data, what, f"{what} begins with `version: 1` and `name: …`"))
    document = None
    if not findings:
        document = Document(file=file, directory=directory_of(file), data=data, tree=tree)
    return Reading(document=document, diagnostics=tuple(findings), sources={file: tree.text})


def _read(
    file: str, text: str | None, variables: Mapping[str, str] | None, instead: Mapping[str, str] | None
) -> tuple[Tree, JsonValue, list[Diagnostic]]:
    """The tree, the data (None for none at all), and what is wrong with them."""
    read = read_text(file, instead) if text is None else look_over(text, file)
    tree = Tree(file, read.text, None)
    if read.diagnostic is not None:
        return tree, None, [read.diagnostic]
    try:
        root = compose(read.text)
    except TooDeepError as problem:
        return tree, None, [too_deep(file, problem)]
    except yaml.YAMLError as problem:
        return tree, None, [explain_syntax(problem, file, read.text)]
    tree = Tree(file, read.text, root)
    converter = Converter(tree, variables)
    return tree, converter.convert(), converter.findings


def too_deep(file: str, problem: TooDeepError) -> Diagnostic:
    """The finding about a file that is nested too deep."""
    span = Span(file, problem.line + 1, problem.column + 1, problem.line + 1, problem.column + 2)
    return error(
        TOO_DEEP,
        f"nested more than {MAX_DEPTH} levels deep",
        span,
        help="a topology needs nine; look for a missing bracket",
    )


def _not_a_list(tree: Tree, data: JsonValue, what: str) -> Diagnostic:
    message, span = f"`{tree.file}` is empty", tree.top()
    if tree.root is not None and data is not None:
        held = "a mapping" if isinstance(data, dict) else "a single value"
        message, span = f"`{tree.file}` holds {held}, not a list of {what}", tree.span(tree.root)
    return error(NOT_A_MAPPING, message, span, help="begin each one with `- ` at the start of a line")


_TOPOLOGY_HELP: Final = "start with `version: 1`, `name: …` and `nodes: …`; `orchestrator init` writes one"


def _not_a_mapping(
    tree: Tree, data: JsonValue, wanted: str = "a topology", help_: str = _TOPOLOGY_HELP
) -> Diagnostic:
    if tree.root is None or data is None:
        message, span = f"`{tree.file}` is empty", tree.top()
    else:
        what = "a list" if isinstance(data, list) else "a single value"
        message, span = f"`{tree.file}` holds {what}, not {wanted}", tree.span(tree.root)
    return error(NOT_A_MAPPING, message, span, help=help_)
