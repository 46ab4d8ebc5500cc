"""Ignore comments: what they say, what they hide, and what is wrong with them. Pure; YAML is not known here.

# orchestrator: ignore[ZMQ131, bind-localhost] reason
# orchestrator: ignore-file[ZMQ131] reason
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.diagnostics import Diagnostic, Edit, Fix, Severity
from orchestrator.diagnostics.selection import Known, nearest, selector
from orchestrator.span import Span

UNUSED: Final = "ZMQ901"
NO_REASON: Final = "ZMQ902"
SYNTAX: Final = "ZMQ903"
UNKNOWN: Final = "ZMQ904"

_WORDS: Final = ("ignore", "ignore-file")
_LIKE: Final = (
    *_WORDS,
    "noqa",
    "disable",
    "skip",
    "nolint",
    "suppress",
    "allow",
    "ignores",
    "ignore-next-line",
)
"""First words of a comment that was probably meant as an ignore comment. Others are prose."""
_FORM: Final = re.compile(r"(?P<word>[A-Za-z_-]+)[ \t]*(?:\[(?P<codes>[^\]]*)\])?(?P<rest>.*)")
_SEPARATORS: Final = " \t:;,.-\N{EN DASH}\N{EM DASH}"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that begins with `# orchestrator:`."""

    span: Span
    """From `#` to the end of the line."""
    text: str
    """What follows `orchestrator:`, without the spaces before it."""
    column: int
    """Where `text` begins, from 1."""
    line: int | None
    """The line it speaks of: its own, or, when it stands alone, the next that holds anything."""
    alone: bool
    """Whether nothing stands before it on its line."""
    before: int
    """The column after the last character before it that is no space."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment that is understood."""

    comment: Comment
    codes: tuple[str, ...]
    words: tuple[str, ...]
    """The codes as they are written; of the same length."""
    whole_file: bool

    def hides(self, finding: Diagnostic) -> str | None:
        """The code by which it hides the finding, if it does."""
        if finding.code not in self.codes or finding.span.file != self.comment.span.file:
            return None
        return finding.code if self.whole_file or finding.span.line == self.comment.line else None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What came of reading one comment: an ignore, findings about it, both, or nothing (prose)."""

    ignore: Ignore | None = None
    findings: tuple[Diagnostic, ...] = ()


def parse(
    comment: Comment,
    known: Known,
    refused: Callable[[str], bool],
    may_be_elsewhere: Callable[[str], bool] = lambda _: False,
) -> Parsed:
    """Understand a comment. `refused` says of a code that it can't be ignored.

    `may_be_elsewhere` says of a word that no known rule has that it may be one that was not loaded.
    """
    form = _FORM.match(comment.text)
    if form is None or not _meant(form["word"]):
        return Parsed()
    if form["word"] not in _WORDS or form["codes"] is None or not form["codes"].strip(" \t,"):
        return Parsed(findings=(_syntax(comment, form["word"]),))
    if not form["rest"].strip(_SEPARATORS):
        return Parsed(findings=(_no_reason(comment),))
    codes: list[str] = []
    words: list[str] = []
    findings: list[Diagnostic] = []
    for found in re.finditer(r"[^,\s][^,]*", form["codes"]):
        word = found.group().strip()
        span = _part(comment, form.start("codes") + found.start(), len(word))
        chosen = selector(word, known)
        if (chosen is None or not chosen.is_whole) and may_be_elsewhere(word):
            continue
        if chosen is None or not chosen.is_whole:
            findings.append(_unknown(word, span, known, is_block=chosen is not None))
        elif refused(chosen.prefix):
            findings.append(_refused(word, span))
        else:
            codes.append(chosen.prefix)
            words.append(word)
    ignore = Ignore(comment, tuple(codes), tuple(words), form["word"] == "ignore-file") if codes else None
    return Parsed(ignore, tuple(findings))


def hide(
    findings: Iterable[Diagnostic], ignores: Collection[Ignore], refused: Callable[[Diagnostic], bool]
) -> tuple[list[Diagnostic], set[tuple[Ignore, str]]]:
    """The findings that are left, and which codes of which comments have hidden something."""
    left: list[Diagnostic] = []
    used: set[tuple[Ignore, str]] = set()
    for finding in findings:
        hiding = [] if refused(finding) else [ignore for ignore in ignores if ignore.hides(finding)]
        used.update((ignore, finding.code) for ignore in hiding)
        if not hiding:
            left.append(finding)
    return left, used


def unused(
    ignores: Iterable[Ignore], used: Collection[tuple[Ignore, str]], wants: Callable[[str], bool]
) -> Iterator[Diagnostic]:
    """A finding per comment with codes that hide nothing, though their rules were asked for."""
    for ignore in ignores:
        idle = [
            word
            for code, word in zip(ignore.codes, ignore.words, strict=True)
            if (ignore, code) not in used and wants(code)
        ]
        if idle:
            yield _unused(ignore, idle)


def _unused(ignore: Ignore, idle: list[str]) -> Diagnostic:
    where = "in this file" if ignore.whole_file else "here"
    kept = [word for word in ignore.words if word not in idle]
    return Diagnostic(
        code=UNUSED,
        severity=Severity.WARNING,
        message=f"there is no finding {' or '.join(idle)} to ignore {where}",
        span=ignore.comment.span,
        help="remove " + (f"{' and '.join(idle)} from the comment" if kept else "the comment"),
        fix=_narrowed(ignore, kept) if kept else _removed(ignore.comment),
    )


def _removed(comment: Comment) -> Fix:
    span = comment.span
    if comment.alone:
        gone = Span(span.file, span.line, 1, span.line + 1, 1)
    else:
        gone = Span(span.file, span.line, comment.before, span.line, span.end_column)
    return Fix(title="Remove the ignore comment", edits=(Edit(gone, ""),), safe=True)


def _narrowed(ignore: Ignore, kept: list[str]) -> Fix:
    text = ignore.comment.text
    start, end = text.index("[") + 1, text.index("]")
    span = _part(ignore.comment, start, end - start)
    return Fix(title=f"Ignore {', '.join(kept)} only", edits=(Edit(span, ", ".join(kept)),), safe=True)


def _meant(word: str) -> bool:
    if word in _LIKE:
        return True
    from difflib import get_close_matches

    return bool(get_close_matches(word.lower(), _WORDS, n=1, cutoff=0.75))


def _part(comment: Comment, start: int, length: int) -> Span:
    """The place of text[start : start + length] of a comment."""
    first = comment.column + start
    return Span(comment.span.file, comment.span.line, first, comment.span.line, first + length)


def _warning(code: str, message: str, span: Span, remedy: str) -> Diagnostic:
    return Diagnostic(code=code, severity=Severity.WARNING, message=message, span=span, help=remedy)


def _syntax(comment: Comment, word: str) -> Diagnostic:
    fact = f"`{word}` is no word of ignore comments" if word not in _WORDS else "this comment names no code"
    return _warning(
        SYNTAX,
        f"{fact}, so it ignores nothing",
        comment.span,
        "write `# orchestrator: ignore[ZMQ131] reason`, or `ignore-file[…]` for the whole file",
    )


def _no_reason(comment: Comment) -> Diagnostic:
    return _warning(
        NO_REASON,
        "this comment gives no reason, so it ignores nothing",
        comment.span,
        "say after the brackets why the finding does not matter here",
    )


def _unknown(word: str, span: Span, known: Known, *, is_block: bool) -> Diagnostic:
    if is_block:
        return _warning(
            UNKNOWN,
            f"`{word}` is no single rule, and a comment ignores single rules only",
            span,
            "write whole codes; a settings file can ignore blocks (`per-file-ignores`)",
        )
    near = nearest(word, known)
    hint = f"did you mean {near}? " if near else ""
    return _warning(
        UNKNOWN,
        f"there is no rule `{word}` to ignore",
        span,
        f"{hint}`orchestrator explain --all` lists them",
    )


def _refused(word: str, span: Span) -> Diagnostic:
    return _warning(
        UNKNOWN,
        f"`{word}` can't be ignored",
        span,
        "mend it: errors of reading, and findings about comments, stand whatever a comment says",
    )
