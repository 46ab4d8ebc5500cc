"""The command line: arguments, printing, exit codes. One file per verb; only the chosen one is imported."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Final

from orchestrator.cli.verbs import VERBS, module_of, parser_of
from orchestrator.errors import ExitCode, OrchestratorError

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Errors of writing where no more goes in: a full disk behind `>`."""


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
        args = parser_of(verb, module).parse_args(words[1:])
    except SystemExit as end:  # argparse has printed help or an error
        return end.code if isinstance(end.code, int) else ExitCode.USAGE
    return int(module.run(args))


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
