"""The arguments that say which findings are told, and which of them fail the run."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from orchestrator.cli.completion_kinds import Joined, Kind, takes
from orchestrator.diagnostics import Severity
from orchestrator.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.app.policy import Overrides

FAIL_ON: Final = (*(severity.value for severity in Severity), "never")


def add_choosing_arguments(parser: argparse._ActionsContainer) -> None:
    """`--select`, `--ignore`, `--severity`, `--fail-on`, `--config` and their kin."""
    parser.add_argument(
        "--select",
        action="append",
        metavar="CODES",
        help="only these: ZMQ131,ZMQ2,slow-joiner (or ALL)",
    )
    parser.add_argument(
        "--extend-select", action="append", default=[], metavar="CODES", help=argparse.SUPPRESS
    )
    parser.add_argument("--ignore", action="append", default=[], metavar="CODES", help="not these")
    severity = parser.add_argument(
        "--severity",
        action="append",
        default=[],
        metavar="CODE=LEVEL",
        help="make it an error, a warning, a note",
    )
    takes(severity, Joined((Kind.CODE,), tuple(level.value for level in Severity)))
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        metavar="LEVEL",
        help="exit 1 from error (default), warning, note, never",
    )
    parser.add_argument("--config", metavar="FILE", help="settings; --isolated: none at all")
    parser.add_argument("--isolated", action="store_true", help=argparse.SUPPRESS)


def add_own_rules_arguments(parser: argparse._ActionsContainer, *, brief: bool = False) -> None:
    """`--rules` and `--policy`."""
    told = (
        "rules of your own; --policy FILE: in YAML" if brief else "rules of your own, in Python; repeatable"
    )
    parser.add_argument("--rules", action="append", default=[], metavar="FILE", help=told)
    parser.add_argument(
        "--policy",
        action="append",
        default=[],
        metavar="FILE",
        help=argparse.SUPPRESS if brief else "rules of your own, in YAML; repeatable",
    )


def add_host_argument(parser: argparse._ActionsContainer) -> None:
    """`--host-check`."""
    parser.add_argument(
        "--host-check", action="store_true", help="look at this host too; --import: at nodes' code"
    )


def add_import_argument(parser: argparse._ActionsContainer) -> None:
    """`--import`."""
    parser.add_argument("--import", dest="imports", action="store_true", help=argparse.SUPPRESS)


def add_baseline_arguments(parser: argparse._ActionsContainer) -> None:
    """`--baseline` and `--write-baseline`."""
    parser.add_argument("--baseline", metavar="FILE", help="known findings, not told again; --write-baseline")
    parser.add_argument("--write-baseline", action="store_true", help=argparse.SUPPRESS)


def overrides(args: argparse.Namespace) -> Overrides:
    """What the arguments say. Raises UsageError for a form that is not known."""
    from orchestrator.app.policy import Overrides

    if args.config is not None and args.isolated:
        raise UsageError("--config and --isolated exclude each other", "leave one of them out")
    return Overrides(
        select=None if args.select is None else _words(args.select, "--select"),
        extend_select=_words(args.extend_select, "--extend-select"),
        ignore=_words(args.ignore, "--ignore"),
        severity=dict(_level(word) for word in args.severity),
        fail_on=args.fail_on,
        baseline=args.baseline,
        host_check=args.host_check,
        imports=getattr(args, "imports", False),
        config=args.config,
        isolated=args.isolated,
        rules=tuple(args.rules),
        policies=tuple(args.policy),
    )


def _words(lists: Iterable[str], flag: str) -> tuple[str, ...]:
    words = tuple(word.strip() for text in lists for word in text.split(",") if word.strip())
    if not words and any(True for _ in lists):
        raise UsageError(f"{flag}: no code", "such as ZMQ131,slow-joiner; `orchestrator explain --all`")
    return words


def _level(word: str) -> tuple[str, Severity]:
    code, equals, level = word.partition("=")
    if not equals or level not in tuple(Severity):
        raise UsageError(f"--severity {word}: no severity", "write CODE=error, CODE=warning or CODE=note")
    return code.strip(), Severity(level)
