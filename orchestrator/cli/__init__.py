"""The command line: arguments, printing, exit codes. One file per verb; only the chosen one is imported.

A verb is a module with `HELP` (one line), `EXAMPLE` (command lines), `add_arguments(parser)` and
`run(args) -> int`.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Final, NoReturn

from orchestrator.errors import ExitCode, OrchestratorError

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


_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Errors of writing where no more goes in: a full disk behind `>`."""

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


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code. Never lets a traceback of the user's doing out."""
    words = list(sys.argv[1:] if argv is None else argv)
    _open_closed_streams()
    try:
        code = _run(words)
        sys.stdout.flush()
        return code
    except OrchestratorError as error:
        return _complain(error)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has had enough; the interpreter must not complain again at its end
        _discard_output()
        return ExitCode.OK
    except OSError as error:
        if error.filename is None and error.errno in _NO_ROOM:
            _discard_output()
            return _complain(
                OrchestratorError(f"the output can't be written: {error.strerror}", "make room where it goes")
            )
        from orchestrator.cli.crash import report

        return report()
    except Exception:  # noqa: BLE001 - the last line of defence: a fault of this program is reported as one
        from orchestrator.cli.crash import report

        return report()


def _discard_output() -> None:
    """Let what is still buffered for standard output go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_closed_streams() -> None:
    """Let what was started without a standard stream (`<&-`, `>&-`) read and write nothing.

    Its number is taken, too: else the next socket would get it, and with it all that is meant for the stream.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(_overview())
        return ExitCode.OK if words else ExitCode.USAGE
    if words[0] == "__complete":
        from orchestrator.cli.completion_answer import answer

        return answer(words[1:])
    if words[0] in ("-V", "--version"):
        from importlib.metadata import version

        sys.stdout.write(f"orchestrator {version('zmq-orchestrator')}\n")
        return ExitCode.OK
    verb = words[0]
    if verb not in VERBS:
        sys.stderr.write(_unknown(verb))
        return ExitCode.USAGE
    module = module_of(verb)
    try:
        args = _parser(verb, module).parse_args(words[1:])
    except SystemExit as end:  # argparse has printed help or an error
        return end.code if isinstance(end.code, int) else ExitCode.USAGE
    return int(module.run(args))


def _parser(verb: str, module: ModuleType) -> Parser:
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


def _overview() -> str:
    width = max(len(verb) for verb in VERBS)
    verbs = "\n".join(f"  {verb:<{width}}  {text}" for verb, text in VERBS.items())
    return (
        "usage: orchestrator VERB …\n\n"
        "One YAML file describes programs that talk over ZeroMQ: checked, drawn,\n"
        "started, supervised.\n\n"
        f"verbs:\n{verbs}\n\n"
        "  orchestrator VERB --help    its arguments and an example\n"
        "  orchestrator --version\n\n"
        "example:\n  orchestrator init && orchestrator up topology.yaml\n"
    )


def _unknown(verb: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(verb, VERBS, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"the verbs are {', '.join(VERBS)}"
    return f"error: there is no verb {verb!r}\nhelp: {hint}\n"


def _complain(error: OrchestratorError) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"error: {error.message}\n")
    if error.remedy:
        sys.stderr.write(f"help: {error.remedy}\n")
    return error.exit_code
