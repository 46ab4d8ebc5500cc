"""What every format gets: the findings of one run, the texts they stand in, and the rules behind them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.span import Span, split_lines
from orchestrator.vocabulary import Path

TOOL: Final = "orchestrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """What a format may tell of the rule behind a finding."""

    code: str
    name: str
    """Such as `slow-joiner`."""
    severity: Severity
    """What it is without anybody's settings."""
    summary: str
    """One sentence."""
    page: str
    """The whole page, as Markdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The findings of one run over some files."""

    findings: tuple[Diagnostic, ...]
    """In the order in which they are told."""
    files: tuple[str, ...]
    """Every file that was checked, as the user named it."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """file -> its text. Holds included files too."""
    rules: Mapping[str, RuleInfo] = field(default_factory=dict)
    """code -> its rule, for the codes of `findings`; one may be missing (rules that users bring along)."""
    version: str = ""
    """Of the orchestrator."""
    failed: frozenset[Diagnostic] = frozenset()
    """Those of `findings` that fail the run."""
    directory: str = ""
    """The absolute path that relative names of files start from."""
    root: str = ""
    """The absolute path of the repository, from where other tools want the names of files."""

    def name_of(self, code: str) -> str:
        """The rule's name; the code itself where no rule is known."""
        rule = self.rules.get(code)
        return code if rule is None else rule.name

    def location(self, file: str) -> str:
        """The file as other tools want it: from the repository's root, with forward slashes.

        A file outside of the repository keeps its absolute path; `<stdin>` and the like stay as they are.
        """
        if file.startswith("<") or not self.root:
            return file.replace(os.sep, "/")
        whole = os.path.normpath(os.path.join(self.directory, file))  # noqa: PTH118 - a string, no file asked
        try:
            inside = os.path.commonpath((whole, self.root)) == self.root
        except ValueError:  # two drives
            inside = False
        return (os.path.relpath(whole, self.root) if inside else whole).replace(os.sep, "/")

    def line(self, span: Span) -> str:
        """The text of the line where `span` begins; empty where the file's text is not known."""
        lines = split_lines(self.sources.get(span.file, ""))
        return lines[span.line - 1] if 0 < span.line <= len(lines) else ""


_RANKS: Final[Mapping[Severity, int]] = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


def rank(severity: Severity) -> int:
    """A number that grows with the severity."""
    return _RANKS[severity]


def dotted(path: Path) -> str:
    """A model path as one word: `nodes.feed.sockets.ticks.bind[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def identities(report: Report, digest: Callable[[str], str]) -> tuple[str, ...]:
    """A word per finding that stays the same while lines move: of file, code and model path.

    Findings without a model path are told apart by their message, equal ones by their number.
    """
    seen: Counter[str] = Counter()
    words: list[str] = []
    for finding in report.findings:
        where = dotted(finding.path) or finding.message
        key = f"{report.location(finding.span.file)}\0{finding.code}\0{where}"
        seen[key] += 1
        words.append(digest(key if seen[key] == 1 else f"{key}\0{seen[key]}"))
    return tuple(words)


def short_digest(text: str) -> str:
    """32 hexadecimal digits."""
    from hashlib import sha256

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
