"""`orchestrator chaos`: faults on purpose, and whether what must hold held."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from orchestrator.cli.targets import add_format_argument
from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode

if TYPE_CHECKING:
    from orchestrator.chaos.reading import Read
    from orchestrator.chaos.verdict import Finding, Happened, Verdict

HELP = "Do harm to a topology on purpose, and judge whether it holds."
EXAMPLE = """
orchestrator chaos workers-die.yaml
orchestrator chaos workers-die.yaml --seed 42 --format json
"""
_GREEN, _RED, _YELLOW = "32", "31", "33"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the experiment; it names the topology")
    parser.add_argument(
        "--seed", type=_seed, metavar="N", help="what is chosen by chance is the same for the same number"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would happen when, and start nothing"
    )
    add_format_argument(parser)
    add_colour_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 when everything held; 1 when something did not, or the files have errors; 130 on Ctrl-C."""
    from orchestrator.chaos.reading import read_experiment

    read = read_experiment(args.file, os.environ)
    if not read.ok:
        _tell_findings(read, args)
        return ExitCode.FINDINGS
    seed = _chosen_seed(read, args.seed)
    if args.dry_run:
        return _foretell(read, seed, args)
    return _run(read, seed, args)


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 1 << 32:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to {(1 << 32) - 1}")
    return number


def _chosen_seed(read: Read, asked: int | None) -> int:
    import secrets

    assert read.experiment is not None
    written = read.experiment.seed
    return asked if asked is not None else secrets.randbits(32) if written is None else written


def _tell_findings(read: Read, args: argparse.Namespace) -> None:
    from orchestrator.diagnostics.text import TextFormat

    colour = wants_colour(args.color, sys.stderr)
    sys.stderr.write(TextFormat(read.sources, colour=colour).findings(read.findings) + "\n")


def _foretell(read: Read, seed: int, args: argparse.Namespace) -> int:
    from orchestrator.chaos.foretelling import foretold, target_of
    from orchestrator.chaos.verdict import VERSION

    assert read.experiment is not None and read.topology is not None
    found = foretold(read.experiment, read.topology, os.environ, seed)
    if args.format == "json":
        faults = [
            {"number": a.number, "at_s": round(a.at_s, 3), "kind": a.fault.kind, "target": target_of(a)}
            for a in found
        ]
        data = {"version": VERSION, "experiment": read.experiment.name, "seed": seed, "faults": faults}
        sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{read.experiment.name}: {read.experiment.topology}, seed {seed}\n")
        for a in found:
            sys.stdout.write(f"{a.at_s:8.2f} s  {a.fault.kind} {target_of(a)}\n")
    return ExitCode.OK


def _run(read: Read, seed: int, args: argparse.Namespace) -> int:
    from orchestrator.chaos.running import Laboratory
    from orchestrator.chaos.verdict import fields

    assert read.experiment is not None and read.topology is not None
    printer = _Printer(colour=wants_colour(args.color, sys.stdout), silent=args.format == "json")
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    printer.begin(read, seed)
    with Laboratory(
        read.experiment, read.topology, environ=os.environ, seed=seed, tell=printer.happened
    ) as laboratory:
        verdict = laboratory.run()
    if args.format == "json":
        sys.stdout.write(json.dumps(fields(verdict), indent=2, ensure_ascii=False) + "\n")
    else:
        printer.end(verdict)
    return ExitCode.OK if verdict.held else ExitCode.FINDINGS


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


class _Printer:
    """The verdict as it comes about, line by line."""

    def __init__(self, *, colour: bool, silent: bool) -> None:
        self._colour = colour
        self._silent = silent

    def begin(self, read: Read, seed: int) -> None:
        assert read.experiment is not None
        self._write(f"{read.experiment.name}: {read.experiment.topology}, seed {seed}\n")

    def happened(self, fault: Happened) -> None:
        self._write(f"{fault.at_s:8.2f} s  {fault.what}\n")
        for finding in fault.findings:
            self._finding(finding)

    def end(self, verdict: Verdict) -> None:
        if verdict.left_out:
            self._write(f"left out: {verdict.left_out}, for the topology had ended\n")
        if verdict.findings:
            self._write("the whole\n")
        for finding in verdict.findings:
            self._finding(finding)
        found = [f for fault in verdict.faults for f in fault.findings] + list(verdict.findings)
        broken = sum(finding.held is False for finding in found)
        word = self._paint("held", _GREEN) if verdict.held else self._paint(f"did not hold: {broken}", _RED)
        self._write(f"{len(verdict.faults)} faults, {len(found)} expectations: {word}\n")

    def _finding(self, finding: Finding) -> None:
        colour, word = {
            True: (_GREEN, "held"),
            False: (_RED, "FAILED"),
            None: (_YELLOW, "unknown"),
        }[finding.held]
        self._write(
            f"            {self._paint(f'{word:<7}', colour)}  {finding.expectation}: {finding.told}\n"
        )

    def _write(self, text: str) -> None:
        if not self._silent:
            sys.stdout.write(text)
            sys.stdout.flush()

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text
