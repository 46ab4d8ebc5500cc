"""All rules of the user's that hold for a file, each known by a code and a name of its own."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from orchestrator.app.own.policy_files import rules_of_policies
from orchestrator.app.own.python_files import quiet, rules_of_file
from orchestrator.app.rulebook import known
from orchestrator.diagnostics import Diagnostic
from orchestrator.model.types import Topology
from orchestrator.rules.own.applying import OwnRuleError, apply
from orchestrator.rules.own.declaring import OwnRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rules are asked for."""

    python: tuple[str, ...] = ()
    """Files, as they are to be called."""
    policies: tuple[str, ...] = ()
    packages: bool = True


def load(asked: Asked) -> tuple[OwnRule, ...]:
    """The rules: of packages, Python files, policies. Raises OwnRuleError for what can't be used."""
    rules: list[OwnRule] = []
    if asked.packages:
        from orchestrator.app.own.packages import rules_of_packages

        rules += rules_of_packages()
    for file in dict.fromkeys(asked.python):
        rules += rules_of_file(file)
    for file in dict.fromkeys(asked.policies):
        rules += rules_of_policies(file)
    once = tuple({_identity(rule): rule for rule in rules}.values())  # one may be imported into two files
    _refuse_repetition(once)
    return _with_free_names(once)


def judge(rules: Iterable[OwnRule], topology: Topology) -> list[Diagnostic]:
    """What the rules find. Raises OwnRuleError for one that fails; what they print goes to standard error."""
    with quiet():
        return [finding for rule in rules for finding in apply(rule, topology)]


def _identity(rule: OwnRule) -> tuple[str, str, int]:
    return rule.code, os.path.realpath(rule.file), rule.line


def _refuse_repetition(rules: Iterable[OwnRule]) -> None:
    """Codes, and names that were chosen, select rules: each means one."""
    ours = {name: code for code, name in known().items()}
    codes: dict[str, OwnRule] = {}
    names: dict[str, OwnRule] = {}
    for rule in rules:
        other = codes.setdefault(rule.code, rule)
        if other is not rule:
            raise OwnRuleError(
                f"{rule.place}: the code {rule.code} is taken by the rule at {other.place}",
                "give one of the two another code",
            )
        if not rule.is_named:
            continue
        other = names.setdefault(rule.name, rule)
        if other is not rule or rule.name in ours:
            taker = ours.get(rule.name) or f"{other.code} at {other.place}"
            raise OwnRuleError(
                f"{rule.place}: the name {rule.name} is taken by {taker}",
                f"give {rule.code} another one, or none",
            )


def _with_free_names(rules: tuple[OwnRule, ...]) -> tuple[OwnRule, ...]:
    """A name that nobody has chosen, and that another rule has too, gives way to the code."""
    count = Counter((*known().values(), *(rule.name for rule in rules)))
    return tuple(
        replace(rule, name=rule.code) if count[rule.name] > 1 and not rule.is_named else rule
        for rule in rules
    )
