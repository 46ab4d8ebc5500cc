"""What the terminal can show, and the arguments that overrule it."""

from __future__ import annotations

import argparse
import os
from typing import TextIO


def add_colour_arguments(parser: argparse._ActionsContainer, *, brief: bool = False) -> None:
    """`--color` and `--no-color`; brief: in one line of the help."""
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        metavar="WHEN" if brief else None,
        default="auto",
        help="colours: on a terminal (auto), always, never",
    )
    parser.add_argument(
        "--no-color",
        dest="color",
        action="store_const",
        const="never",
        help=argparse.SUPPRESS if brief else "the same as never",
    )


def wants_colour(choice: str, stream: TextIO) -> bool:
    """Whether to colour what goes to `stream` (https://no-color.org, https://force-color.org)."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
