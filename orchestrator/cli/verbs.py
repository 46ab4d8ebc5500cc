"""The verbs of the command line, and what reads the words behind each.

A verb is a module with `HELP` (one line), `EXAMPLE` (command lines), `add_arguments(parser)` and
`run(args) -> int`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Final, NoReturn

from orchestrator.errors import ExitCode

VERBS: Final[Mapping[str, str]] = {
    "validate": "check topology files and report every finding",
    "up": "start every node of a topology and supervise it",
    "down": "stop a running topology",
    "ps": "show the processes of a running topology",
    "logs": "show what processes write, and wrote",
    "events": "show what happened to a topology, and what happens",
    "top": "watch a running topology on the whole screen",
    "status": "tell by exit code whether a topology is ready",
    "list": "list the topologies that run",
    "start": "start nodes that were stopped or have failed",
    "stop": "stop nodes; the others go on",
    "restart": "replace the processes of nodes",
    "kill": "send a signal to nodes",
    "plan": "tell what a changed file would change of what runs",
    "apply": "make what runs what a changed file describes",
    "scale": "change the number of replicas of nodes that run",
    "attach": "see a running topology as if it ran here",
    "wait": "wait until a topology is ready, or has ended",
    "tap": "show the messages on a live link",
    "send": "send messages to a socket",
    "request": "ask a service, and print its reply",
    "pub": "publish messages to a subscriber",
    "bench": "measure a live link: latency, throughput, loss",
    "record": "record the messages of live links into a file",
    "replay": "play a recording to a running topology",
    "chaos": "do harm to a topology on purpose, and judge what holds",
    "doctor": "check this machine, and what runs on it, with remedies",
    "keys": "make, replace and show the CURVE keys of nodes",
    "render": "draw a topology",
    "init": "write a topology and a node that run at once",
    "new": "write a node and its test",
    "import": "propose a topology from what is there already",
    "diff": "tell what changed between two topologies, and what that breaks",
    "graph": "write the graph for other tools, or tell its numbers",
    "fmt": "lay topology files out in one way",
    "config": "print the resolved topology, and what it takes from outside",
    "explain": "print the page of a rule",
    "schema": "print the JSON Schema of topology files",
    "lsp": "speak with an editor: live findings, completion",
    "completion": "print the script that completes verbs, options and names",
}
"""verb -> what it does, in the order of `--help`."""

_MODULES: Final[Mapping[str, str]] = {"list": "listing", "import": "importing"}
"""verb -> its module, for words that Python keeps for itself or that would hide a builtin here."""


def module_of(verb: str) -> ModuleType:
    """The module of a verb, imported."""
    return import_module(f"orchestrator.cli.{_MODULES.get(verb, verb)}")


class Parser(argparse.ArgumentParser):
    """argparse with suggestions for words that do not exist, and this project's exit code for usage."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        sys.stderr.write(f"error: {message}\n")
        raise SystemExit(ExitCode.USAGE)


def parser_of(verb: str, module: ModuleType) -> Parser:
    """What reads the command line of a verb."""
    parser = Parser(
        prog=f"orchestrator {verb}",
        description=module.HELP,
        epilog="example:\n" + "\n".join(f"  {line}" for line in module.EXAMPLE.strip().splitlines()),
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(
            prog, max_help_position=28, width=80
        ),
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return parser
