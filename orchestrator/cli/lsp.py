"""`orchestrator lsp`: the language server, for editors to start."""

from __future__ import annotations

import argparse
import os

from orchestrator.errors import ExitCode, UsageError

HELP = "Speak the Language Server Protocol with an editor on stdin and stdout."
EXAMPLE = """
orchestrator lsp          # for an editor to start
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stdio", action="store_true", help="the way it speaks anyway; some editors ask for it"
    )
    parser.add_argument(
        "--own-rules", action="store_true", help="run the Python files that settings name as rules"
    )


def run(args: argparse.Namespace) -> int:
    """0 when the editor has said goodbye."""
    try:
        from orchestrator.lsp.server import make_server
    except ImportError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        raise UsageError(
            "the language server needs pygls, which is not installed", "pip install 'zmq-orchestrator[lsp]'"
        ) from error
    with os.fdopen(os.dup(0), "rb") as incoming, os.fdopen(os.dup(1), "wb") as outgoing:
        os.dup2(2, 1)  # whatever prints must not end up between the protocol's messages
        make_server(own_rules=args.own_rules).start_io(incoming, outgoing)
    return ExitCode.OK
