"""What the operations work on, and how they read their arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from orchestrator.projects.record import Record
from orchestrator.runtime.api.changer import Changer
from orchestrator.runtime.hub import Hub
from orchestrator.runtime.supervisor import Supervisor
from orchestrator.wire.api import ApiError


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One running project."""

    supervisor: Supervisor
    hub: Hub
    record: Callable[[], Record]
    """What its lock file tells, now."""
    changer: Changer
    last_lines: Callable[[str], tuple[str, ...]]
    """unit -> the last lines of its output, when it last failed."""


def texts(args: dict[str, Any], key: str) -> list[str]:
    """A list of texts among the arguments; empty when it is not there."""
    found = args.get(key, [])
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise ApiError(f"`{key}` is a list of texts")
    return found


def flag(args: dict[str, Any], key: str) -> bool:
    """A truth value among the arguments; false when it is not there."""
    found = args.get(key, False)
    if not isinstance(found, bool):
        raise ApiError(f"`{key}` is true or false")
    return found


def text(args: dict[str, Any], key: str, default: str) -> str:
    """A text among the arguments."""
    found = args.get(key, default)
    if not isinstance(found, str):
        raise ApiError(f"`{key}` is a text")
    return found


def units(context: Context, words: Iterable[str]) -> list[str]:
    """The units that words mean: a unit, a node (all its replicas), or an instance within a shared process.

    Raises ApiError for a word that means none.
    """
    plan = context.supervisor.plan
    by_word: dict[str, list[str]] = {}
    for unit in plan.units:
        meanings = {unit.unit, *(i.instance for i in unit.instances), *(i.node for i in unit.instances)}
        for word in (*meanings, *({unit.node} - meanings)):
            by_word.setdefault(word, []).append(unit.unit)
    found: dict[str, None] = {}
    for word in words:
        if word not in by_word:
            near = get_close_matches(word, by_word, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the nodes are {', '.join(_nodes(plan))}"
            raise ApiError(f"there is no node {word[:100]!r} in {plan.topology}", hint)
        found.update(dict.fromkeys(by_word[word]))
    return list(found)


def _nodes(plan: Any) -> list[str]:
    return list(dict.fromkeys(i.node for unit in plan.units for i in unit.instances))
