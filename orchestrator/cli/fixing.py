"""`validate --fix` and `--diff`: its arguments, where texts and diffs go, what is said of them."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.terminal import wants_colour
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.app.fixing import Fixed
    from orchestrator.app.policy import Policies
    from orchestrator.app.rewriting import Change
    from orchestrator.app.validate import Outcome
    from orchestrator.diagnostics import Diagnostic

_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}


def add_fix_arguments(parser: argparse._ActionsContainer) -> None:
    """`--fix`, `--unsafe-fixes` and `--diff`."""
    parser.add_argument("--fix", action="store_true", help="apply safe fixes; --unsafe-fixes: others too")
    parser.add_argument("--unsafe-fixes", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--diff", action="store_true", help="show what --fix would change, change nothing")


def refuse_mixtures(args: argparse.Namespace) -> None:
    """Raise UsageError for arguments that do not go together."""
    if args.unsafe_fixes and not (args.fix or args.diff):
        raise UsageError("--unsafe-fixes without --fix or --diff", "say which of the two")
    if args.watch and (args.fix or args.diff):
        flag = "--diff" if args.diff else "--fix"
        raise UsageError(f"--watch and {flag} do not go together", "leave one of them out")
    if args.diff:
        others = {
            "--format": args.format is not None,
            "--output": bool(args.output),
            "--statistics": args.statistics,
            "--write-baseline": args.write_baseline,
        }
        for flag in (flag for flag, given in others.items() if given):
            raise UsageError(
                f"--diff shows a diff and no findings, so {flag} does not go with it", "leave it out"
            )


class Stdin:
    """Standard input, kept as it was read."""

    def __init__(self) -> None:
        self.text = ""

    def read(self) -> str:
        """Read it to its end. What is not UTF-8 becomes surrogates, and those it again in `bytes_of`."""
        self.text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
        return self.text


def fix(
    args: argparse.Namespace, outcome: Outcome, policies: Policies, stdin: Stdin, stdin_name: str
) -> Fixed | None:
    """Fix what `args` ask for, if they do. With `--diff`, nothing is written."""
    if not (args.fix or args.diff):
        return None
    from orchestrator.app.fixing import fix_all, without_known

    told = (lambda result: result) if args.write_baseline else without_known()
    name = stdin_name if "-" in args.files else None
    fixed = fix_all(outcome, policies, unsafe=args.unsafe_fixes, stdin_name=name, told=told)
    if args.diff:
        _show_diff(args, fixed.changes, stdin)
    else:
        _write(fixed.changes, stdin if name is not None else None)
    return fixed


@contextlib.contextmanager
def findings_aside(args: argparse.Namespace) -> Iterator[None]:
    """Standard output is for the fixed text when standard input is fixed; then findings go to stderr."""
    if args.fix and not args.diff and "-" in args.files:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    else:
        yield


def tell(args: argparse.Namespace, fixed: Fixed | None, *, to_people: bool) -> None:
    """Say which fixes are left out, and how many findings are fixed."""
    if fixed is None:
        return
    from orchestrator.diagnostics.text import harmless

    for left in fixed.left_out:
        where = f"{left.finding.span}: {left.finding.code}"
        sys.stderr.write(f"{harmless(f'{where}: its fix is left out: {left.reason}')}\n")
    if args.quiet or not fixed.findings:
        return
    count, files = fixed.findings, len(fixed.changes)
    verb = "Would fix" if args.diff else "Fixed"
    stream = sys.stdout if to_people and not args.diff else sys.stderr
    stream.write(f"{verb} {_count(count, 'finding')} in {_count(files, 'file')}.\n")


def exit_code_of_diff(fixed: Fixed) -> ExitCode:
    """1 when there is something to fix."""
    return ExitCode.FINDINGS if fixed.changes else ExitCode.OK


def fixable(args: argparse.Namespace, findings: Iterable[Diagnostic]) -> str | None:
    """`2 fixable with --fix (1 more with --unsafe-fixes).` None when nothing is, or all is done already."""
    fixes = [finding.fix for finding in findings if finding.fix is not None]
    safe = 0 if args.fix else sum(fix.safe for fix in fixes)
    unsafe = 0 if args.unsafe_fixes else sum(not fix.safe for fix in fixes)
    if safe:
        return f"{safe} fixable with --fix{f' ({unsafe} more with --unsafe-fixes)' if unsafe else ''}."
    return f"{unsafe} fixable with --fix --unsafe-fixes." if unsafe else None


def _write(changes: Sequence[Change], stdin: Stdin | None) -> None:
    """Fixed files to their places, standard input to standard output, changed or not."""
    from orchestrator.app.rewriting import rewrite

    rewrite(change for change in changes if change.file != "-")
    if stdin is not None:
        text = stdin.text
        for change in changes:
            if change.file == "-":
                text = stdin.text.removesuffix(change.before) + change.after
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()


def _show_diff(args: argparse.Namespace, changes: Iterable[Change], stdin: Stdin) -> None:
    from orchestrator.app.rewriting import diff

    colour = wants_colour(args.color, sys.stdout)
    sys.stdout.flush()
    for change in changes:
        raw = stdin.text if change.file == "-" else Path(change.file).read_bytes().decode("utf-8")
        for line in diff(change, raw):
            shown = _painted(line) if colour else line
            sys.stdout.buffer.write(shown.encode("utf-8", "surrogateescape"))  # CRLF stays as it is
    sys.stdout.buffer.flush()


def _painted(line: str) -> str:
    style = "\x1b[1m" if line.startswith(("---", "+++")) else _COLOURS.get(line[0])
    return line if style is None else f"{style}{line.removesuffix(chr(10))}\x1b[0m\n"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
