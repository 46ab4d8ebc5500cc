"""`orchestrator explain`: the page of a rule, offline."""

from __future__ import annotations

import argparse
import sys

from orchestrator.errors import ExitCode, UsageError

HELP = "Print the page of a rule: what it finds, why, and what to write instead."
EXAMPLE = """
orchestrator explain ZMQ101
orchestrator explain --all    # every code, its severity, its first line
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "codes", nargs="*", metavar="CODE", help="a code such as ZMQ101 (101 will do), or a rule's name"
    )
    parser.add_argument("--all", action="store_true", help="list every code instead")


def run(args: argparse.Namespace) -> int:
    """0, or 2 when a code is not known."""
    if args.all:
        sys.stdout.write(_overview())
        return ExitCode.OK
    if not args.codes:
        raise UsageError("explain needs a code", "orchestrator explain ZMQ101, or --all for the list")
    sys.stdout.write("\n".join([_page(word) for word in args.codes]))
    return ExitCode.OK


def _page(word: str) -> str:
    from orchestrator.rules import page, rule_of

    rule = rule_of(word)
    text = page(word if rule is not None else _code_named(word))
    if text is None:
        raise UsageError(f"there is no rule {word!r}", _nearest(word))
    return text


def _code_named(name: str) -> str:
    """The code of the rule with this name, else an empty string."""
    from orchestrator.rules.catalogue import MODULES

    names = {module.partition("_")[2].replace("_", "-"): module for module in MODULES}
    return names.get(name.strip().lower(), "").partition("_")[0].upper()


def _nearest(word: str) -> str:
    from difflib import get_close_matches

    from orchestrator.rules.catalogue import MODULES, codes

    names = [module.partition("_")[2].replace("_", "-") for module in MODULES]
    wanted = f"ZMQ{int(word):03}" if word.isdecimal() else word
    near = get_close_matches(wanted.upper(), codes(), n=2) or get_close_matches(word.lower(), names, n=2)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return f"{hint}`orchestrator explain --all` lists every code"


def _overview() -> str:
    from orchestrator.rules.catalogue import MODULES, load

    rules = [load(module) for module in MODULES]
    width = max(len(rule.severity) for rule in rules)
    return "".join(f"{rule.code}  {rule.severity:<{width}}  {rule.summary}\n" for rule in rules)
