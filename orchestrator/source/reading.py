"""The way from a file to a Document: variables, the file itself, what it includes."""

from __future__ import annotations

import os
from collections.abc import Mapping

from orchestrator.diagnostics import Diagnostic
from orchestrator.source.dotenv import parse_dotenv
from orchestrator.source.files import read_text
from orchestrator.source.include import include_all
from orchestrator.source.onefile import Reading, directory_of, read_one

STDIN = "<stdin>"


def read_document(
    file: str,
    *,
    text: str | None = None,
    environ: Mapping[str, str],
    instead: Mapping[str, str] | None = None,
) -> Reading:
    """Read a topology file with all that it includes.

    `text` stands in for the file's content (`<stdin>`, an editor's buffer). Variables come from `environ`,
    then from `.env` next to the file. `instead`: real path -> what is read in the place of that file's
    content, be it this one, an included one or `.env`. Never raises for what a user wrote: that becomes
    findings.
    """
    directory = directory_of(file)
    variables, dotenv_findings, sources = _variables(directory, environ, instead)
    main = read_one(file, text, variables, instead)
    sources[file] = main.tree.text
    findings = [*dotenv_findings, *main.diagnostics]
    if main.data is None:
        return Reading(document=None, diagnostics=tuple(findings), sources=sources)
    document = include_all(main.tree, main.data, directory, variables, findings, sources, instead)
    return Reading(document=document, diagnostics=tuple(findings), sources=sources)


def _variables(
    directory: str, environ: Mapping[str, str], instead: Mapping[str, str] | None
) -> tuple[dict[str, str], tuple[Diagnostic, ...], dict[str, str]]:
    """The variables of the environment and `.env`, where the environment wins."""
    file = os.path.join(directory, ".env")  # noqa: PTH118
    if not os.path.isfile(file):  # noqa: PTH113
        return dict(environ), (), {}
    shown = os.path.relpath(file)
    shown = file if shown.startswith("..") else shown
    read = read_text(file, instead)
    if read.diagnostic is not None:
        return dict(environ), (read.diagnostic,), {}
    parsed = parse_dotenv(read.text, shown)
    return {**parsed.values, **environ}, parsed.diagnostics, {shown: read.text}
