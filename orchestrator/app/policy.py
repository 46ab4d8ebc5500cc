"""What is told of the findings of a file: settings and command line together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from orchestrator.app.rulebook import is_fixed, is_fixed_code, known
from orchestrator.app.settings import NEVER, Settings, find, read
from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.report import rank
from orchestrator.diagnostics.selection import Layer, Selection, Selector, closest, nearest, selector
from orchestrator.errors import UsageError
from orchestrator.rules.checks import ON_REQUEST
from orchestrator.rules.hosts import HOST_CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the command line says. It is stronger than any file of settings."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    fail_on: str | None = None
    baseline: str | None = None
    config: str | None = None
    """The only file of settings to read."""
    isolated: bool = False
    """Read none."""
    host_check: bool = False
    """Look at this host too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for the files of one directory."""

    selection: Selection = field(default_factory=lambda: Selection((), ON_REQUEST))
    severities: tuple[tuple[Selector, Severity], ...] = ()
    per_file: tuple[tuple[str, tuple[Selector, ...]], ...] = ()
    """Patterns of absolute paths, and what is ignored there."""
    fail_on: Severity | None = Severity.ERROR
    """None: nothing fails the run."""
    baseline: str | None = None
    host_check: bool = False
    """Whether findings that depend on this host are looked for."""

    def wants(self, code: str) -> bool:
        """Whether findings of this rule are told at all."""
        return (self.host_check or code not in HOST_CODES) and self.selection.wants(code)

    def apply(self, findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """The findings that are told, with the severities they are told with, in the same order."""
        return tuple(
            self._graded(finding)
            for finding in findings
            if is_fixed(finding) or (self.wants(finding.code) and not self._ignores(finding))
        )

    def fails(self, finding: Diagnostic) -> bool:
        """Whether this finding alone fails the run."""
        return self.fail_on is not None and rank(finding.severity) >= rank(self.fail_on)

    def _graded(self, finding: Diagnostic) -> Diagnostic:
        if not self.severities or is_fixed(finding):
            return finding
        chosen = closest((which for which, _ in self.severities), finding.code)
        if chosen is None:
            return finding
        # of equals the later one counts, as `closest` has it
        severity = [severity for which, severity in self.severities if which is chosen][-1]
        return replace(finding, severity=severity)

    def _ignores(self, finding: Diagnostic) -> bool:
        return any(
            _fits(finding.span.file, pattern) and any(which.matches(finding.code) for which in ignored)
            for pattern, ignored in self.per_file
        )


PLAIN: Final = Policy()
"""Where nobody says anything."""


class Policies:
    """The policy of each file. Reads every file of settings once."""

    def __init__(self, overrides: Overrides | None = None) -> None:
        self._overrides = overrides or Overrides()
        self._of_directory: dict[str, str | None] = {}
        self._of_settings: dict[str | None, Policy] = {}
        self.files: set[str] = set()
        """Files of settings that were read."""

    def of(self, file: str) -> Policy:
        """What holds for a topology file. Raises UsageError for a mistake in the settings."""
        source = self._source(file)
        if source not in self._of_settings:
            if source is not None:
                self.files.add(source)
            settings = Settings() if source is None else read(source)
            self._of_settings[source] = _policy(settings, self._overrides)
        return self._of_settings[source]

    def _source(self, file: str) -> str | None:
        if self._overrides.isolated:
            return None
        if self._overrides.config is not None:
            return self._overrides.config
        here = os.getcwd() if file.startswith("<") else os.path.dirname(os.path.abspath(file))  # noqa: PTH100, PTH109, PTH120
        if here not in self._of_directory:
            self._of_directory[here] = find(here)
        return self._of_directory[here]


def _policy(settings: Settings, overrides: Overrides) -> Policy:
    if settings.file is None and overrides == Overrides():
        return PLAIN
    ours = _FromSettings(settings)
    theirs = _Words()
    fail_on = overrides.fail_on or settings.fail_on or Severity.ERROR.value
    return Policy(
        selection=Selection(
            (
                Layer(
                    select=None if settings.select is None else ours.selectors(settings.select, "select"),
                    extend=ours.selectors(settings.extend_select, "extend-select"),
                    ignore=ours.ignored(settings.ignore, "ignore"),
                ),
                Layer(
                    select=None if overrides.select is None else theirs.selectors(overrides.select, "select"),
                    extend=theirs.selectors(overrides.extend_select, "extend-select"),
                    ignore=theirs.ignored(overrides.ignore, "ignore"),
                ),
            ),
            ON_REQUEST,
        ),
        severities=(*ours.severities(settings.severity), *theirs.severities(overrides.severity)),
        per_file=tuple(
            (os.path.join(settings.directory, pattern), ours.ignored(words, "per-file-ignores", pattern))  # noqa: PTH118
            for pattern, words in settings.per_file_ignores.items()
        ),
        fail_on=None if fail_on == NEVER else Severity(fail_on),
        baseline=overrides.baseline or settings.baseline,
        host_check=overrides.host_check,
    )


class _Words:
    """Words of the command line, looked up."""

    def selectors(self, words: Iterable[str], *path: str) -> tuple[Selector, ...]:
        return tuple(self._selector(word, *path) for word in words)

    def ignored(self, words: Iterable[str], *path: str) -> tuple[Selector, ...]:
        found = self.selectors(words, *path)
        for which in found:
            self._refuse_fixed(which, "ignored", *path)
        return found

    def severities(self, wanted: Mapping[str, Severity]) -> tuple[tuple[Selector, Severity], ...]:
        found = tuple((self._selector(word, "severity"), level) for word, level in wanted.items())
        for which, level in found:
            if level is not Severity.ERROR:
                self._refuse_fixed(which, "made less than errors", "severity")
        return found

    def _selector(self, word: str, *path: str) -> Selector:
        found = selector(word, known())
        if found is None:
            near = nearest(word, known())
            hint = f"did you mean {near}? " if near else ""
            raise self.mistake(
                f"there is no rule {word!r}",
                f"{hint}`orchestrator explain --all` lists every code",
                word,
                *path,
            )
        return found

    def _refuse_fixed(self, which: Selector, what: str, *path: str) -> None:
        codes = [code for code in known() if which.matches(code)]
        if which.prefix and all(map(is_fixed_code, codes)):
            raise self.mistake(
                f"{which.word} can't be {what}: without an error of reading mended there is no topology",
                "mend it",
                which.word,
                *path,
            )

    def mistake(self, message: str, remedy: str, _word: str, *path: str) -> UsageError:
        return UsageError(f"--{path[0]}: {message}", remedy)


class _FromSettings(_Words):
    """Words of a file of settings, looked up; a mistake names its place."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def mistake(self, message: str, remedy: str, word: str, *path: str) -> UsageError:
        return self._settings.mistake(message, remedy, *path, word=word)


def _fits(file: str, pattern: str) -> bool:
    """Whether a path fits an absolute pattern, whose `*` stands for any characters, `/` too."""
    from fnmatch import fnmatchcase

    whole = os.path.abspath(file).replace(os.sep, "/")  # noqa: PTH100
    pattern = pattern.replace(os.sep, "/")
    return fnmatchcase(whole, pattern) or fnmatchcase(whole, pattern.replace("**/", ""))
