"""Where in a command line the cursor stands: which arguments the next word can belong to.

Reads the arguments that a parser declares and nothing else; parses no value and runs no action, so that a
line that is not finished, or wrong, is walked as well.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_OPEN: Final = (argparse.ZERO_OR_MORE, argparse.ONE_OR_MORE, argparse.REMAINDER, argparse.PARSER)
_REPEATED: Final = (argparse._AppendAction, argparse._CountAction, argparse._ExtendAction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What fits where the cursor stands."""

    values_of: tuple[argparse.Action, ...]
    """The word can be a value of these."""
    lead: str = ""
    """What stands before the value in the same word: `--theme=`, `-f`."""
    options: tuple[argparse.Action, ...] = ()
    """The word can be one of these options: not those that were given and can't be repeated or combined."""


@dataclass(slots=True)
class _Walk:
    parser: argparse.ArgumentParser
    pending: argparse.Action | None = None
    """The option whose values may go on."""
    taken: int = 0
    """How many values it has."""
    position: int = 0
    """How many words without a dash there were."""
    only_positional: bool = False
    """Whether there was a `--`."""
    seen: set[argparse.Action] = field(default_factory=set)

    @property
    def must_take(self) -> bool:
        """Whether the next word is the option's value, whatever it looks like to people."""
        if self.pending is None:
            return False
        nargs = self.pending.nargs
        if isinstance(nargs, int):
            return self.taken < nargs
        return self.taken == 0 and nargs in (None, argparse.ONE_OR_MORE)

    @property
    def may_take(self) -> bool:
        """Whether the next word can be the option's value."""
        if self.pending is None:
            return False
        return self.must_take or self.pending.nargs in _OPEN or (self.pending.nargs == "?" and not self.taken)

    def option(self, word: str) -> argparse.Action | None:
        """The option of exactly this spelling."""
        return self.parser._option_string_actions.get(word)

    def positional(self) -> argparse.Action | None:
        """The argument that the next word without a dash belongs to."""
        at = self.position
        for action in self.parser._get_positional_actions():
            size = 1 if action.nargs in (None, "?") else action.nargs
            if not isinstance(size, int) or at < size:
                return action
            at -= size
        return None


def place(parser: argparse.ArgumentParser, words: Sequence[str], current: str) -> Place:
    """Where `current`, a word that may still grow, stands after the finished `words`."""
    walk = _Walk(parser)
    for word in words:
        _step(walk, word)
    positional = walk.positional()
    if walk.pending is not None and walk.must_take:
        return Place(values_of=(walk.pending,))
    if positional is not None and positional.nargs == argparse.REMAINDER and walk.position:
        return Place(values_of=(positional,))
    if current.startswith("-") and not walk.only_positional:
        return _at_option(walk, current)
    values = [walk.pending] if walk.pending is not None and walk.may_take else []
    values += [positional] if positional is not None else []
    return Place(values_of=tuple(values), options=() if walk.only_positional else _offered(walk))


def _step(walk: _Walk, word: str) -> None:
    looks_like_option = word.startswith("-") and word != "-" and not walk.only_positional
    if walk.must_take or (walk.may_take and not looks_like_option):
        walk.taken += 1
    elif not looks_like_option:
        _step_positional(walk, word)
    elif word == "--":
        walk.only_positional, walk.pending = True, None
    else:
        _step_option(walk, word)


def _step_positional(walk: _Walk, word: str) -> None:
    action = walk.positional()
    walk.pending = None
    walk.position += 1
    if isinstance(action, argparse._SubParsersAction) and word in action.choices:
        walk.parser, walk.position, walk.seen = action.choices[word], 0, set()


def _step_option(walk: _Walk, word: str) -> None:
    walk.pending, walk.taken = None, 0
    name, equals, _ = word.partition("=")
    action = walk.option(name if word.startswith("--") else word)
    if action is not None:
        walk.seen.add(action)
        walk.pending = None if equals or action.nargs == 0 else action
    elif not word.startswith("--"):
        value_of = _step_cluster(walk, word)
        walk.pending = value_of[0] if value_of is not None and not value_of[1] else None


def _step_cluster(walk: _Walk, word: str) -> tuple[argparse.Action, str] | None:
    """`-qfjson`: notes what is in it; the option that takes the rest as its value, and that rest."""
    for at, letter in enumerate(word[1:], start=2):
        action = walk.option(f"-{letter}")
        if action is None:
            return None
        walk.seen.add(action)
        if action.nargs != 0:
            return action, word[at:]
    return None


def _at_option(walk: _Walk, current: str) -> Place:
    name, equals, _ = current.partition("=")
    if current.startswith("--"):
        if not equals:
            return Place(values_of=(), options=_offered(walk))
        action = walk.option(name)
        return Place(values_of=() if action is None or action.nargs == 0 else (action,), lead=name + equals)
    offered = _offered(walk)
    if len(current) > 2 and walk.option(current) is None:
        value_of = _step_cluster(walk, current)
        if value_of is not None:
            action, value = value_of
            return Place(values_of=(action,), lead=current.removesuffix(value) if value else current)
    return Place(values_of=(), options=offered)


def _offered(walk: _Walk) -> tuple[argparse.Action, ...]:
    barred = {action for action in walk.seen if not isinstance(action, _REPEATED)}
    for group in walk.parser._mutually_exclusive_groups:
        if walk.seen.intersection(group._group_actions):
            barred.update(group._group_actions)
    return tuple(a for a in walk.parser._actions if a.option_strings and a not in barred)
