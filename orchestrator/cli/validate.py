"""`orchestrator validate`: every finding about every file, in one run."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from orchestrator.cli.brief import brief
from orchestrator.cli.choosing import (
    add_baseline_arguments,
    add_choosing_arguments,
    add_host_argument,
    add_import_argument,
    add_own_rules_arguments,
    overrides,
)
from orchestrator.cli.fixing import (
    Stdin,
    add_fix_arguments,
    exit_code_of_diff,
    findings_aside,
    fix,
    refuse_mixtures,
    tell,
)
from orchestrator.cli.outputs import FOR_PEOPLE, add_output_arguments, chosen, show, write_files
from orchestrator.cli.terminal import add_colour_arguments
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.app.fixing import Fixed
    from orchestrator.app.inputs import Inputs
    from orchestrator.app.policy import Policies
    from orchestrator.app.validate import Outcome
    from orchestrator.cli.outputs import Outputs

HELP = "Check topology files and report every finding."
EXAMPLE = """
orchestrator validate topology.yaml
orchestrator validate topologies/ --output sarif=report.sarif
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser)
    group.add_argument(
        "files", nargs="+", metavar="FILE", help="files, folders, '**/*.yaml', - (--stdin-filename)"
    )
    add_output_arguments(group)
    add_choosing_arguments(group)
    add_own_rules_arguments(group, brief=True)
    add_host_argument(group)
    add_import_argument(group)
    add_baseline_arguments(group)
    add_fix_arguments(group)
    group.add_argument("--stdin-filename", metavar="NAME", help=argparse.SUPPRESS)
    group.add_argument("-w", "--watch", action="store_true", help="again on every change, until Ctrl-C")
    group.add_argument("-q", "--quiet", action="store_true", help="no summary; --statistics: counts by rule")
    group.add_argument("--statistics", action="store_true", help=argparse.SUPPRESS)
    add_colour_arguments(group, brief=True)


def run(args: argparse.Namespace) -> int:
    """0 when no finding is severe enough to fail the run, else 1; 130 when a watch is ended by Ctrl-C.

    With `--diff`: 1 when there is something to fix.
    """
    outputs = _outputs(args)
    if args.watch:
        from orchestrator.cli.watching import watch_files

        watch_files(lambda: _once(args, outputs)[1])  # ends by KeyboardInterrupt
    return _once(args, outputs)[0]


def _outputs(args: argparse.Namespace) -> Outputs:
    """Where things go. Raises UsageError for arguments that do not go together."""
    outputs = chosen(args, os.environ)
    refuse_mixtures(args)
    if args.statistics and outputs.shown not in FOR_PEOPLE:
        raise UsageError(
            f"--statistics is for people, and --format {outputs.shown} is not", "leave one of them out"
        )
    if args.stdin_filename is not None and "-" not in args.files:
        raise UsageError("--stdin-filename without standard input", "name - as a file")
    if args.watch and ("-" in args.files or args.write_baseline):
        what = "--write-baseline" if args.write_baseline else "standard input"
        raise UsageError(f"--watch and {what} do not go together", "leave one of them out")
    return outputs


def _once(args: argparse.Namespace, outputs: Outputs) -> tuple[ExitCode, set[str]]:
    """One run: its exit code, and the files whose change would be worth another."""
    from orchestrator.app.inputs import expand
    from orchestrator.app.policy import Policies
    from orchestrator.app.validate import files_read

    policies, inputs = Policies(overrides(args)), expand(args.files)
    outcome, fixed = _check(args, inputs, policies)
    if args.diff and fixed is not None:
        tell(args, fixed, to_people=False)
        return exit_code_of_diff(fixed), set()
    with findings_aside(args):
        _report(args, outputs, outcome, inputs)
        tell(args, fixed, to_people=outputs.shown in FOR_PEOPLE)
    code = ExitCode.FINDINGS if outcome.failed else ExitCode.OK
    return code, files_read(outcome, inputs, policies)


def _report(args: argparse.Namespace, outputs: Outputs, outcome: Outcome, inputs: Inputs) -> None:
    if outputs.shown in FOR_PEOPLE:
        from orchestrator.cli.showing import show_findings, show_summary

        show_findings(args, outputs.shown, outcome)
        if not args.quiet:
            show_summary(args, outcome, inputs.skipped)
    if outputs.need_report:
        from orchestrator.app.report import make

        report = make(outcome)
        show(outputs, report)
        write_files(outputs, report)


def _check(args: argparse.Namespace, inputs: Inputs, policies: Policies) -> tuple[Outcome, Fixed | None]:
    from orchestrator.app.check import STDIN
    from orchestrator.app.validate import check_all, settle, write_baselines

    stdin, stdin_name = Stdin(), args.stdin_filename or STDIN
    outcome = check_all(inputs, policies, stdin_name=stdin_name, read_stdin=stdin.read)
    fixed = fix(args, outcome, policies, stdin, stdin_name)
    if args.write_baseline:
        for file, entries in write_baselines(outcome).items():
            sys.stderr.write(f"wrote {file}: {entries} finding{'' if entries == 1 else 's'}\n")
    settle(outcome)
    return outcome, fixed
