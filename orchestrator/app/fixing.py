"""Fix what is found: round after round, never to the worse. Only texts change here; see `rewriting`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from orchestrator.app.check import Checked, check_file
from orchestrator.app.inputs import STDIN_ARGUMENT
from orchestrator.app.policy import Policies
from orchestrator.app.rewriting import Change
from orchestrator.app.validate import Outcome
from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.fixing import apply, is_wanted
from orchestrator.source.codes import NOT_TEXT

MAX_ROUNDS: Final = 10
"""What one fix uncovers, the next round fixes; fixes that undo each other must come to an end."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A fix that would have made things worse, or no better."""

    finding: Diagnostic
    reason: str


@dataclass(slots=True, kw_only=True)
class Fixed:
    """What came of fixing."""

    changes: list[Change] = field(default_factory=list)
    findings: int = 0
    """How many are ended."""
    left_out: list[LeftOut] = field(default_factory=list)


def fix_all(
    outcome: Outcome,
    policies: Policies,
    *,
    unsafe: bool = False,
    stdin_name: str | None = None,
    told: Callable[[Checked], Checked] = lambda result: result,
) -> Fixed:
    """Fix every file of an outcome that is not settled, and put what is left to find into the outcome.

    `stdin_name` is how the outcome names standard input, where that is among its files; what such a text
    includes is left alone. `told`: a result without the findings that are not to be told, nor fixed.
    """
    fixer = _Fixer(outcome.results, policies, unsafe, stdin_name, told)
    for file in [result.file for result in outcome.results]:
        fixer.fix(file)
    outcome.results = list(fixer.results.values())
    for result in outcome.results:
        outcome.sources |= result.sources
    return Fixed(changes=fixer.changes(), findings=fixer.findings, left_out=fixer.left_out)


def without_known() -> Callable[[Checked], Checked]:
    """What leaves out of a result the findings that its baseline knows."""
    from orchestrator.app.baseline import Baseline, hide_known, read

    baselines: dict[str, Baseline] = {}

    def told(result: Checked) -> Checked:
        file = result.policy.baseline
        if file is None:
            return result
        if file not in baselines:
            baselines[file] = read(file)
        [left], _ = hide_known([result], baselines[file])
        return left

    return told


def _edited(finding: Diagnostic) -> tuple[str, ...]:
    """The files that the fix of a finding edits."""
    return tuple(dict.fromkeys(edit.span.file for edit in finding.fix.edits)) if finding.fix else ()


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What would be if some fixes were applied."""

    texts: Mapping[str, str]
    results: Mapping[str, Checked]
    """Main file -> what a check finds; of those only that a changed text has part in."""
    objection: str | None
    """Why these fixes must not be applied."""


class _Fixer:
    def __init__(
        self,
        results: Sequence[Checked],
        policies: Policies,
        unsafe: bool,
        stdin_name: str | None,
        told: Callable[[Checked], Checked],
    ) -> None:
        self.results = {result.file: result for result in results}
        self.findings = 0
        self.left_out: list[LeftOut] = []
        self._policies = policies
        self._unsafe = unsafe
        self._stdin_name = stdin_name
        self._told = told
        self._texts: dict[str, str] = {}
        """Key -> text, of the texts that are changed."""
        self._names: dict[str, str] = {}
        """Key -> what findings call the file."""
        self._before: dict[str, str] = {}
        """Key -> text as it was read."""
        self._refused: set[Hashable] = set()
        self._know(results)

    def fix(self, file: str) -> None:
        """Apply the fixes of what is found from one main file on."""
        seen = {self._state({})}
        for _ in range(MAX_ROUNDS):
            result = self._told(self.results[file])
            wanted = [finding for finding in result.findings if self._is_wanted(finding, file)]
            made = apply(self._editable(self.results[file]), wanted)
            for finding in made.impossible:
                self._leave_out(finding, "its edits do not fit the text")
            accepted = self._best(file, [], list(made.done), seen)
            if not accepted:
                return
            attempt = self._attempt(file, accepted, seen)
            self._texts = dict(attempt.texts)
            self.results |= attempt.results
            self._know(attempt.results.values())
            self.findings += len(accepted)
            seen.add(self._state(self._texts))

    def changes(self) -> list[Change]:
        """The texts that are not as they were read, in the order of reading."""
        return [
            Change(file=self._names[key], before=before, after=self._texts[key])
            for key, before in self._before.items()
            if self._texts.get(key, before) != before
        ]

    def _know(self, results: Iterable[Checked]) -> None:
        """Remember the texts that were read, and how they are called."""
        for result in results:
            for file, text in result.sources.items():
                key = self._key(file)
                self._names.setdefault(key, STDIN_ARGUMENT if key == STDIN_ARGUMENT else file)
                self._before.setdefault(key, text)

    def _key(self, file: str) -> str:
        """What tells one text from another, whatever names lead to it."""
        return STDIN_ARGUMENT if file == self._stdin_name else os.path.realpath(file)

    def _is_wanted(self, finding: Diagnostic, file: str) -> bool:
        if not is_wanted(finding, unsafe=self._unsafe) or _likeness(finding) in self._refused:
            return False
        return file != self._stdin_name or all(edited == file for edited in _edited(finding))

    def _editable(self, result: Checked) -> dict[str, str]:
        """The texts of a result. What is no text has no places that would be worth anything."""
        broken = {finding.span.file for finding in result.findings if finding.code == NOT_TEXT}
        return {file: text for file, text in result.sources.items() if file not in broken}

    def _leave_out(self, finding: Diagnostic, reason: str) -> None:
        self._refused.add(_likeness(finding))
        self.left_out.append(LeftOut(finding, reason))

    def _best(
        self, file: str, good: list[Diagnostic], more: list[Diagnostic], seen: set[Hashable]
    ) -> list[Diagnostic]:
        """`good` and those of `more` that can be applied with them; halves until the guilty stand alone."""
        if not more:
            return good
        objection = self._attempt(file, [*good, *more], seen).objection
        if objection is None:
            return [*good, *more]
        if len(more) == 1:
            self._leave_out(more[0], objection)
            return good
        half = len(more) // 2
        return self._best(file, self._best(file, good, more[:half], seen), more[half:], seen)

    def _attempt(self, file: str, fixes: list[Diagnostic], seen: set[Hashable]) -> _Attempt:
        made = apply(self._editable(self.results[file]), fixes)
        new = {self._key(name): text for name, text in made.texts.items()}
        texts = {**self._texts, **new}
        if self._state(texts) in seen:
            return _Attempt(texts, {}, "other fixes would undo it")
        results: dict[str, Checked] = {}
        for name, before in self.results.items():
            if any(self._key(source) in new for source in before.sources):
                after = results[name] = self._check(name, texts)
                objection = _objection(before, after, fixes if name == file else ())
                if objection is not None:
                    return _Attempt(texts, results, objection)
        return _Attempt(texts, results, None)

    def _check(self, file: str, texts: Mapping[str, str]) -> Checked:
        if file != self._stdin_name:
            return check_file(file, policies=self._policies, instead=texts)
        text = texts.get(STDIN_ARGUMENT, self._before[STDIN_ARGUMENT])
        return check_file(file, text=text, policies=self._policies, instead=texts)

    def _state(self, texts: Mapping[str, str]) -> Hashable:
        return frozenset((key, text) for key, text in texts.items() if text != self._before[key])


def _objection(before: Checked, after: Checked, fixes: Iterable[Diagnostic]) -> str | None:
    """Why a file must not become what it would be: an error that was not there, a finding that stays."""
    ended = list(fixes)
    had = Counter(map(_sameness, before.findings))
    has = Counter(map(_sameness, after.findings))
    for same, times in Counter(map(_sameness, ended)).items():
        if has[same] > had[same] - times:
            return "the finding would still be there"
    new = next(_new_errors(before.findings, after.findings, ended), None)
    return None if new is None else f"there would be a new error: {new.span}: {new.message} [{new.code}]"


def _new_errors(
    before: Iterable[Diagnostic], after: Iterable[Diagnostic], ended: Iterable[Diagnostic]
) -> Iterator[Diagnostic]:
    """Errors that were not there: more of that code than are left, and more of it at that place.

    Either alone may mean nothing: names in the place, and those in the message, may be what was fixed.
    """
    old = [finding for finding in before if finding.severity is Severity.ERROR]
    new = [finding for finding in after if finding.severity is Severity.ERROR]
    left = Counter(finding.code for finding in old)
    left.subtract(finding.code for finding in ended if finding.severity is Severity.ERROR)
    there, now = Counter(map(_place, old)), Counter(map(_place, new))
    codes = Counter(finding.code for finding in new)
    for finding in new:
        if codes[finding.code] > left[finding.code] and now[_place(finding)] > there[_place(finding)]:
            yield finding


def _place(finding: Diagnostic) -> Hashable:
    """Code and place in the model. Without the numbers of items: an item that goes moves the others."""
    return finding.code, tuple(part for part in finding.path if isinstance(part, str))


def _sameness(finding: Diagnostic) -> Hashable:
    return _place(finding), finding.message


def _likeness(finding: Diagnostic) -> Hashable:
    """What a finding has in common with itself after other edits have moved it."""
    edits = finding.fix.edits if finding.fix else ()
    return finding.code, finding.path, finding.message, tuple(edit.text for edit in edits)
