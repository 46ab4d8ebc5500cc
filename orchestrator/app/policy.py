"""What is told of the findings of a file: settings and command line together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from orchestrator.app.own.packages import are_there
from orchestrator.app.rulebook import is_fixed, is_fixed_code, known, looks_ours, looks_own
from orchestrator.app.settings import NEVER, Settings, find, read
from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.report import rank
from orchestrator.diagnostics.selection import Layer, Selection, Selector, closest, nearest, selector
from orchestrator.errors import UsageError
from orchestrator.rules.checks import ON_REQUEST
from orchestrator.rules.hosts import HOST_CODES
from orchestrator.rules.imports import IMPORT_CODES

if TYPE_CHECKING:
    from orchestrator.rules.own.declaring import OwnRule


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
    imports: bool = False
    """Import the Python nodes too."""
    rules: tuple[str, ...] = ()
    """Python files with rules of the user's, beside those that the settings name."""
    policies: tuple[str, ...] = ()
    """YAML files with policies, beside those that the settings name."""
    python_of_settings: bool = True
    """Whether the Python files that settings name are run."""


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
    imports: bool = False
    """Whether Python nodes are imported, to see whether they fit."""
    own: tuple[OwnRule, ...] = ()
    """Rules of the user's, and of installed packages."""
    unheard: tuple[str, ...] = ()
    """Files of rules that are named and were not run: their codes are not known."""
    isolated: bool = False
    """Whether there may be settings that name rules, and nobody has looked."""

    @property
    def known(self) -> Mapping[str, str]:
        """code -> name of every rule there is, the user's own too."""
        return {**known(), **{rule.code: rule.name for rule in self.own}} if self.own else known()

    def may_be_own(self, word: str) -> bool:
        """Whether a word that is no rule of `known` may be one of the user's that was not loaded."""
        return (self.isolated and looks_own(word)) or (bool(self.unheard) and not looks_ours(word))

    def judges(self, code: str) -> bool:
        """Whether a rule is there and asked for, so that no finding means that there is none."""
        return code in self.known and self.wants(code)

    def wants(self, code: str) -> bool:
        """Whether findings of this rule are told at all."""
        if (not self.host_check and code in HOST_CODES) or (not self.imports and code in IMPORT_CODES):
            return False
        return self.selection.wants(code)

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
_HARMLESS: Final = Overrides(python_of_settings=False)
"""Says nothing either where there are no settings."""


class Policies:
    """The policy of each file. Reads every file of settings once."""

    def __init__(self, overrides: Overrides | None = None) -> None:
        self._overrides = overrides or Overrides()
        self._of_directory: dict[str, str | None] = {}
        self._of_settings: dict[str | None, Policy] = {}
        self.files: set[str] = {*self._overrides.rules, *self._overrides.policies}
        """Files of settings that were read, and those of rules and policies."""

    def of(self, file: str) -> Policy:
        """What holds for a topology file. Raises UsageError for a mistake in the settings."""
        source = self._source(file)
        if source not in self._of_settings:
            if source is not None:
                self.files.add(source)
            settings = Settings() if source is None else read(source)
            self.files.update(map(settings.beside, (*settings.rules, *settings.policies)))
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
    own = own_rules(settings, overrides)
    if settings.file is None and not own and overrides in (Overrides(), _HARMLESS):
        return PLAIN
    unheard = () if overrides.python_of_settings else settings.rules
    base = Policy(own=own, unheard=unheard, isolated=overrides.isolated)
    ours = _FromSettings(base, settings)
    theirs = _Words(base)
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
        imports=overrides.imports,
        own=own,
        unheard=unheard,
        isolated=overrides.isolated,
    )


def own_rules(settings: Settings, overrides: Overrides) -> tuple[OwnRule, ...]:
    """Rules of installed packages, of settings and of the command line. Raises UsageError for broken ones.

    With `isolated` only those of the command line count. Nothing is imported where there are none.
    """
    of_settings = _files_of(settings, "rules") if overrides.python_of_settings else []
    python = [*of_settings, *overrides.rules]
    policies = [*_files_of(settings, "policies"), *overrides.policies]
    packages = not overrides.isolated and are_there()
    if not (python or policies or packages):
        return ()
    from orchestrator.app.own.loading import Asked, load

    return load(Asked(python=tuple(python), policies=tuple(policies), packages=packages))


def _files_of(settings: Settings, key: str) -> list[str]:
    """The files that settings name; a missing one is a mistake there."""
    files: tuple[str, ...] = getattr(settings, key)
    for file in files:
        if not os.path.exists(settings.beside(file)):  # noqa: PTH110
            raise settings.mistake(
                f"there is no file `{settings.beside(file)}`", "paths start at the settings", key, word=file
            )
    return [settings.beside(file) for file in files]


class _Words:
    """Words of the command line, looked up."""

    def __init__(self, policy: Policy) -> None:
        self._known = policy.known
        self._may_be_own = policy.may_be_own
        self._knows_all = not policy.unheard

    def selectors(self, words: Iterable[str], *path: str) -> tuple[Selector, ...]:
        found = (self._selector(word, *path) for word in words)
        return tuple(one for one in found if one is not None)

    def ignored(self, words: Iterable[str], *path: str) -> tuple[Selector, ...]:
        found = self.selectors(words, *path)
        for which in found:
            self._refuse_fixed(which, "ignored", *path)
        return found

    def severities(self, wanted: Mapping[str, Severity]) -> tuple[tuple[Selector, Severity], ...]:
        pairs = ((self._selector(word, "severity"), level) for word, level in wanted.items())
        found = tuple((which, level) for which, level in pairs if which is not None)
        for which, level in found:
            if level is not Severity.ERROR:
                self._refuse_fixed(which, "made less than errors", "severity")
        return found

    def _selector(self, word: str, *path: str) -> Selector | None:
        """What a word means; None where it may be a rule that was not loaded."""
        found = selector(word, self._known)
        if (found is None or not (found.is_whole or self._knows_all)) and self._may_be_own(word):
            return None
        if found is None:
            near = nearest(word, self._known)
            hint = f"did you mean {near}? " if near else ""
            raise self.mistake(
                f"there is no rule {word!r}",
                f"{hint}`orchestrator explain --all` lists every code",
                word,
                *path,
            )
        return found

    def _refuse_fixed(self, which: Selector, what: str, *path: str) -> None:
        codes = [code for code in self._known if which.matches(code)]
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

    def __init__(self, policy: Policy, settings: Settings) -> None:
        super().__init__(policy)
        self._settings = settings

    def mistake(self, message: str, remedy: str, word: str, *path: str) -> UsageError:
        return self._settings.mistake(message, remedy, *path, word=word)


def _fits(file: str, pattern: str) -> bool:
    """Whether a path fits an absolute pattern, whose `*` stands for any characters, `/` too."""
    from fnmatch import fnmatchcase

    whole = os.path.abspath(file).replace(os.sep, "/")  # noqa: PTH100
    pattern = pattern.replace(os.sep, "/")
    return fnmatchcase(whole, pattern) or fnmatchcase(whole, pattern.replace("**/", ""))
