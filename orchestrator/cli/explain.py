"""`orchestrator explain`: the page of a rule, offline, and that of a Python node. Rules of the user's have
pages too."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from orchestrator.cli.choosing import add_own_rules_arguments
from orchestrator.errors import ExitCode, OrchestratorError, UsageError

if TYPE_CHECKING:
    from orchestrator.rules.own.declaring import OwnRule

HELP = "Print the page of a rule: what it finds, and why. Or that of a Python node."
EXAMPLE = """
orchestrator explain ZMQ101
orchestrator explain nodes:Strategy stock:source    # params, sockets, timers
orchestrator explain --all    # every code, its severity, its first line
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "codes",
        nargs="*",
        metavar="CODE",
        help="a code such as ZMQ101 (101 will do), a rule's name, module:name, stock:NAME",
    )
    parser.add_argument("--all", action="store_true", help="list every code instead")
    add_own_rules_arguments(parser)
    parser.add_argument("--config", metavar="FILE", help="the settings that name rules of your own")
    parser.add_argument("--isolated", action="store_true", help="no settings, and no rules of packages")


def run(args: argparse.Namespace) -> int:
    """0, or 2 when a code is not known, or a node cannot be imported."""
    if args.all:
        sys.stdout.write(_overview(_own(args)))
        return ExitCode.OK
    if not args.codes:
        raise UsageError("explain needs a code", "orchestrator explain ZMQ101, or --all for the list")
    sys.stdout.write("\n".join([_page(word, args) for word in args.codes]))
    return ExitCode.OK


def _page(word: str, args: argparse.Namespace) -> str:
    if ":" in word:
        return _node(word)
    from orchestrator.rules import page, rule_of

    rule = rule_of(word)
    text = page(word if rule is not None else _code_named(word))
    if text is not None:
        return text
    own = _own(args)  # loaded only for a word that is none of ours
    for mine in own:
        if word.strip().upper() in (mine.code, mine.name.upper()):
            return mine.whole_page()
    raise UsageError(f"there is no rule {word!r}", _nearest(word, own))


def _node(word: str) -> str:
    from orchestrator.sdk.inspecting.describing import node_page

    try:
        return node_page(word, os.getcwd())  # noqa: PTH109
    except OrchestratorError as error:
        raise UsageError(f"{word}: {error.message}", error.remedy) from error


def _own(args: argparse.Namespace) -> tuple[OwnRule, ...]:
    """Those that would hold for a topology in the current directory."""
    from orchestrator.app.check import STDIN
    from orchestrator.app.policy import Overrides, Policies

    if args.config is not None and args.isolated:
        raise UsageError("--config and --isolated exclude each other", "leave one of them out")
    asked = Overrides(
        rules=tuple(args.rules), policies=tuple(args.policy), config=args.config, isolated=args.isolated
    )
    return Policies(asked).of(STDIN).own


def _code_named(name: str) -> str:
    """The code of the rule with this name, else an empty string."""
    from orchestrator.rules.catalogue import MODULES

    names = {module.partition("_")[2].replace("_", "-"): module for module in MODULES}
    return names.get(name.strip().lower(), "").partition("_")[0].upper()


def _nearest(word: str, own: tuple[OwnRule, ...]) -> str:
    from difflib import get_close_matches

    from orchestrator.rules.catalogue import MODULES, codes

    all_codes = [*codes(), *(mine.code for mine in own)]
    names = [module.partition("_")[2].replace("_", "-") for module in MODULES]
    wanted = f"ZMQ{int(word):03}" if word.isdecimal() else word
    near = get_close_matches(wanted.upper(), all_codes, n=2) or get_close_matches(word.lower(), names, n=2)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return f"{hint}`orchestrator explain --all` lists every code"


def _overview(own: tuple[OwnRule, ...]) -> str:
    from orchestrator.rules.catalogue import MODULES, load

    rows = [(rule.code, rule.severity, rule.summary) for rule in map(load, MODULES)]
    rows += [(mine.code, mine.severity, mine.title) for mine in own]
    code_width, width = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
    return "".join(f"{code:<{code_width}}  {level:<{width}}  {text}\n" for code, level, text in rows)
