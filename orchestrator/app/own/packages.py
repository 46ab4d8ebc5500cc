"""Rules of installed packages: the entry point group `orchestrator.rules`.

An entry point names a module (all of its rules count), a rule, or a list of rules.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from orchestrator.rules.own.declaring import OwnRule

GROUP: Final = "orchestrator.rules"


@cache
def are_there() -> bool:
    """Whether any installed package may register rules.

    Looks into the files itself: `importlib.metadata` takes 30 ms to say no, and nearly always it is no.
    """
    return any(map(_may_hold, sys.path))


def _may_hold(entry: str) -> bool:
    try:
        names = os.listdir(entry or ".")  # noqa: PTH208
    except NotADirectoryError:
        return True  # a zip file: for importlib.metadata to say
    except OSError:
        return False
    return any(
        _registers(os.path.join(entry, name, "entry_points.txt"))  # noqa: PTH118
        for name in names
        if name.endswith((".dist-info", ".egg-info"))
    )


def _registers(file: str) -> bool:
    try:
        with open(file, "rb") as opened:  # noqa: PTH123
            return GROUP.encode() in opened.read()
    except OSError:
        return False


@cache
def rules_of_packages() -> tuple[OwnRule, ...]:
    """The rules of all installed packages, by name. Raises OwnRuleError for one that can't be loaded."""
    from importlib.metadata import entry_points

    found = sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value))
    rules = (rule for entry in dict.fromkeys(found) for rule in _load(entry))
    return tuple({id(rule): rule for rule in rules}.values())


def _load(entry: EntryPoint) -> tuple[OwnRule, ...]:
    from types import ModuleType

    from orchestrator.app.own.python_files import quiet, rules_in
    from orchestrator.rules.own.applying import OwnRuleError, told
    from orchestrator.rules.own.declaring import OwnRule

    dist = entry.dist
    package = f"the package {dist.name} {dist.version}" if dist is not None else "a package"
    what = f"{package} (entry point {entry.name} = {entry.value})"
    remedy = "mend or remove that package, or go without its rules: --isolated"
    try:
        with quiet():
            loaded = entry.load()
    except (Exception, SystemExit) as problem:
        # somebody's code: whatever it raises is told as theirs
        raise OwnRuleError(f"{what}: its rules can't be loaded: {told(problem)}", remedy) from problem
    if isinstance(loaded, ModuleType):
        loaded = rules_in(loaded)
    rules = tuple(loaded) if isinstance(loaded, list | tuple) else (loaded,)
    if not rules or not all(isinstance(rule, OwnRule) for rule in rules):
        raise OwnRuleError(f"{what} names no module with rules, no rule and no list of them", remedy)
    return rules
