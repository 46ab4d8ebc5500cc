"""`orchestrator completion`: the script that lets a shell complete verbs, options and names."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from orchestrator.errors import ExitCode

HELP = "Print the script that completes verbs, options, files and node names."
EXAMPLE = """
bash, in ~/.bashrc:  eval "$(orchestrator completion bash)"
zsh, in ~/.zshrc:    eval "$(orchestrator completion zsh)"
fish, once:          orchestrator completion fish \\
                       > ~/.config/fish/completions/orchestrator.fish
orchestrator completion bash | less    # look at it first
"""
SHELLS: Final = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")


def run(args: argparse.Namespace) -> int:
    """0."""
    sys.stdout.write(script(args.shell))
    return ExitCode.OK


def script(shell: str) -> str:
    """The script for one of SHELLS."""
    from importlib.resources import files

    return files("orchestrator.cli").joinpath(f"completion_script.{shell}").read_text(encoding="utf-8")
