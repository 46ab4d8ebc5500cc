"""The baseline: findings that are known and left for later, in a file, so that the rest can be enforced.

An entry is known by file, code and model path, not by line, so it outlives every edit above it.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orchestrator.app.rulebook import is_fixed
from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.report import dotted
from orchestrator.errors import UsageError
from orchestrator.span import Span, split_lines

if TYPE_CHECKING:
    from orchestrator.app.check import Checked

VERSION: Final = 1
FIXED: Final = "ZMQ905"
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One known finding."""

    file: str
    """The topology file, seen from the baseline's directory, with forward slashes."""
    code: str
    path: str
    """Such as `nodes.feed.sockets.out`; empty for a finding about the text, which its message tells apart."""
    message: str
    """For whoever reads the baseline."""

    @property
    def key(self) -> _Key:
        """What makes it the same finding as before."""
        return self.file, self.code, self.path or self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A baseline as it was read."""

    file: str
    entries: tuple[Entry, ...] = ()
    text: str = ""

    def name_of(self, file: str) -> str:
        """A topology file as entries name it."""
        if file.startswith("<"):
            return file
        directory = os.path.dirname(os.path.abspath(self.file))  # noqa: PTH100, PTH120
        return os.path.relpath(os.path.abspath(file), directory).replace(os.sep, "/")  # noqa: PTH100


def read(file: str) -> Baseline:
    """Read a baseline. Raises UsageError when there is none, or it is none."""
    remedy = "write one: orchestrator validate --write-baseline"
    try:
        text = Path(file).read_text(encoding="utf-8")
    except FileNotFoundError as failure:
        raise UsageError(f"there is no baseline {file}", remedy) from failure
    except (OSError, UnicodeDecodeError) as failure:
        raise UsageError(f"the baseline {file} can't be read: {failure}", remedy) from failure
    try:
        data = json.loads(text)
    except json.JSONDecodeError as failure:
        place = f"{file}:{failure.lineno}:{failure.colno}"
        raise UsageError(f"{place}: this baseline is no JSON: {failure.msg}", remedy) from failure
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION or not isinstance(data.get("findings"), list):
        raise UsageError(f"{file} is no baseline of version {VERSION}", remedy)
    return Baseline(file=file, text=text, entries=tuple(_entry(file, item) for item in data["findings"]))


def _entry(file: str, item: Any) -> Entry:
    if isinstance(item, dict):
        words = [item.get(key, "") for key in ("file", "code", "path", "message")]
        if all(isinstance(word, str) for word in words) and words[0] and words[1]:
            return Entry(file=words[0], code=words[1], path=words[2], message=words[3])
    raise UsageError(
        f"{file}: {json.dumps(item)[:60]} is no entry of a baseline",
        "write it anew: orchestrator validate --write-baseline",
    )


def hide_known(results: Sequence[Checked], baseline: Baseline) -> tuple[list[Checked], list[Diagnostic]]:
    """The results without what the baseline knows, and a note for each entry that is not found any more.

    Only files that were read whole, and rules that were asked for, can tell that an entry is not needed.
    """
    left = Counter(entry.key for entry in baseline.entries)
    told: list[Checked] = []
    for result in results:
        name = baseline.name_of(result.file)
        findings = []
        for finding in result.findings:
            key = _new(name, finding).key
            if left[key] > 0 and not is_fixed(finding):
                left[key] -= 1
            else:
                findings.append(finding)
        told.append(replace(result, findings=tuple(findings), known=len(result.findings) - len(findings)))
    return told, list(_stale(baseline, left, results))


def _stale(baseline: Baseline, left: Counter[_Key], results: Iterable[Checked]) -> Iterator[Diagnostic]:
    judged = {baseline.name_of(r.file): r.policy for r in results if r.topology is not None}
    directory = Path(baseline.file).parent
    places = _places(baseline)
    for entry, span in zip(baseline.entries, places, strict=True):
        if left[entry.key] <= 0:
            continue
        policy = judged.get(entry.file)
        gone = policy is None and not (directory / entry.file).exists()
        if gone or (policy is not None and policy.judges(entry.code)):
            left[entry.key] -= 1
            where = f"`{entry.path}` of {entry.file}" if entry.path else entry.file
            yield Diagnostic(
                code=FIXED,
                severity=Severity.NOTE,
                message=f"{entry.code} at {where} is not found any more",
                span=span,
                help="take the entry out, or write the baseline anew: --write-baseline",
            )


def _places(baseline: Baseline) -> list[Span]:
    """Where the entries stand: one per line, as they are written; else the first line, for all of them."""
    lines = split_lines(baseline.text)
    found = [(n, line) for n, line in enumerate(lines, 1) if line.lstrip().startswith('{"file"')]
    if len(found) != len(baseline.entries):
        return [Span(baseline.file, 1, 1, 1, 1)] * len(baseline.entries)
    return [
        Span(baseline.file, n, len(line) - len(line.lstrip()) + 1, n, len(line.rstrip(", ")) + 1)
        for n, line in found
    ]


def write(file: str, results: Sequence[Checked]) -> int:
    """Write what was found as the baseline, and return how many entries it has.

    Errors of reading never get into it. Entries about files that were not checked, or could not be read, and
    about rules that were not asked for, stay. Raises UsageError when the file can't be written.
    """
    old = read(file) if Path(file).exists() else Baseline(file=file)
    entries = [*_kept(old, results)]
    for result in results:
        if result.topology is not None:
            name = old.name_of(result.file)
            entries += [_new(name, finding) for finding in result.findings if not is_fixed(finding)]
    lines = ",\n".join(f"    {_line(entry)}" for entry in sorted(entries, key=lambda e: (*e.key, e.message)))
    body = f"[\n{lines}\n  ]" if lines else "[]"
    text = f'{{\n  "version": {VERSION},\n  "findings": {body}\n}}\n'
    try:
        Path(file).write_bytes(text.encode())
    except OSError as failure:
        raise UsageError(
            f"{file} can't be written: {failure.strerror}", "name another --baseline"
        ) from failure
    return len(entries)


def _kept(old: Baseline, results: Iterable[Checked]) -> Iterator[Entry]:
    judged = {old.name_of(r.file): r for r in results}
    for entry in old.entries:
        result = judged.get(entry.file)
        if result is None:
            if (Path(old.file).parent / entry.file).exists():
                yield entry
        elif result.topology is None or not result.policy.judges(entry.code):
            yield entry


def _new(name: str, finding: Diagnostic) -> Entry:
    return Entry(file=name, code=finding.code, path=dotted(finding.path), message=finding.message)


def _line(entry: Entry) -> str:
    data = {"file": entry.file, "code": entry.code, "path": entry.path, "message": entry.message}
    line = json.dumps(data, ensure_ascii=False)
    return json.dumps(data) if re.search("[\ud800-\udfff]", line) else line
