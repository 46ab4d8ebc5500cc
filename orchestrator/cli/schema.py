"""`orchestrator schema`: the JSON Schema of topology files, for editors and other checkers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from orchestrator.errors import ExitCode, UsageError

HELP = "Print the JSON Schema (draft-07) of topology files, as editors read it."
EXAMPLE = """
orchestrator schema
orchestrator schema -o topology.schema.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="OUT", help="write it to this file instead")
    parser.add_argument("--policies", action="store_true", help="the schema of files of policies instead")


def run(args: argparse.Namespace) -> int:
    """0, or 2 when the file cannot be written."""
    from orchestrator.spec.schema import NAME, POLICIES, schema_text

    text = schema_text(POLICIES if args.policies else NAME)
    if args.output is None or args.output == "-":
        sys.stdout.write(text)
        return ExitCode.OK
    try:
        Path(args.output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{args.output} cannot be written: {error.strerror}") from error
    return ExitCode.OK
