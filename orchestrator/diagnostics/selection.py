"""Which rules are asked for. Pure: words and known codes in, verdicts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

ALL: Final = "ALL"
_EXACT: Final = 1000
"""Weight of a whole code: more than any prefix has characters."""

Known = Mapping[str, str]
"""code -> name of every rule there is."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Some rules by one word: a code, the beginning of codes, a name, or `ALL`."""

    word: str
    """As the user wrote it."""
    prefix: str
    """What the codes begin with; empty for all."""
    weight: int
    """How closely it looks: the closer word wins over the wider one."""

    @property
    def is_whole(self) -> bool:
        """Whether it means exactly one rule, whose code then is `prefix`."""
        return self.weight == _EXACT

    def matches(self, code: str) -> bool:
        """Whether the rule `code` is meant."""
        return code == self.prefix if self.is_whole else code.startswith(self.prefix)


def selector(word: str, known: Known) -> Selector | None:
    """What `word` selects, or None where no rule is meant by it. Case does not matter; `131` is `ZMQ131`."""
    wanted = word.strip().upper()
    if wanted == ALL:
        return Selector(word, "", 0)
    if wanted.isdecimal() and len(wanted) == 3:
        wanted = f"ZMQ{wanted}"
    if wanted in known:
        return Selector(word, wanted, _EXACT)
    for code, name in known.items():
        if name.upper() == wanted:
            return Selector(word, code, _EXACT)
    if wanted and any(code.startswith(wanted) for code in known):
        return Selector(word, wanted, len(wanted))
    return None


def nearest(word: str, known: Known) -> str | None:
    """The code or name that was most likely meant."""
    from difflib import get_close_matches

    codes = get_close_matches(word.strip().upper(), known, n=1)
    names = get_close_matches(word.strip().lower(), known.values(), n=1)
    return next(iter([*names, *codes] if "-" in word else [*codes, *names]), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one place says: a configuration file, the command line."""

    select: tuple[Selector, ...] | None = None
    """Only these; forgets what earlier layers say. None: what they say stands."""
    extend: tuple[Selector, ...] = ()
    """These too."""
    ignore: tuple[Selector, ...] = ()
    """Not these."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The layers together, later ones stronger. Within one the closer word wins, and `ignore` when equal."""

    layers: tuple[Layer, ...] = ()
    on_request: frozenset[str] = frozenset()
    """Codes of rules that are off unless selected."""

    def wants(self, code: str) -> bool:
        """Whether findings of this rule are to be told."""
        wanted, strongest = code not in self.on_request, (-1, 0, False)
        for rank, layer in enumerate(self.layers):
            if layer.select is not None:
                wanted, strongest = False, (-1, 0, False)
            for weight, ignores in _verdicts(layer, code):
                if (rank, weight, ignores) > strongest:
                    wanted, strongest = not ignores, (rank, weight, ignores)
        return wanted


def _verdicts(layer: Layer, code: str) -> Iterator[tuple[int, bool]]:
    for chosen in (*(layer.select or ()), *layer.extend):
        if chosen.matches(code):
            yield chosen.weight, False
    for ignored in layer.ignore:
        if ignored.matches(code):
            yield ignored.weight, True


def closest(selectors: Iterable[Selector], code: str) -> Selector | None:
    """The one that looks most closely at `code`; the later one of equals."""
    found = None
    for candidate in selectors:
        if candidate.matches(code) and (found is None or candidate.weight >= found.weight):
            found = candidate
    return found
