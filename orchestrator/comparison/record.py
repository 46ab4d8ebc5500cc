"""Where changes are written down, with their class and places."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.comparison.classes import KINDS, Class
from orchestrator.comparison.leaves import Leaf, hidden, shown_value
from orchestrator.comparison.types import Change
from orchestrator.model.types import Topology
from orchestrator.source import KEY
from orchestrator.vocabulary import JsonValue, Path


class Record:
    """Collects the changes from one topology to another."""

    def __init__(self, old: Topology, new: Topology, classes: Mapping[str, Class]) -> None:
        self.old = old
        self.new = new
        self.changes: list[Change] = []
        self._classes = classes

    def add(
        self,
        key: str,
        subject: str,
        message: str,
        *,
        old_path: Path | None = None,
        new_path: Path | None = None,
        old: JsonValue = None,
        new: JsonValue = None,
        names: bool = True,
    ) -> None:
        """Write down one change. `names`: its places are those of the keys, not of the values."""
        suffix = (KEY,) if names else ()
        self.changes.append(
            Change(
                key=key,
                severity=self._classes.get(key, KINDS[key].usual),
                subject=subject,
                message=message,
                path=new_path or old_path or (),
                old=old,
                new=new,
                old_place=None if old_path is None else self.old.locate((*old_path, *suffix)),
                new_place=None if new_path is None else self.new.locate((*new_path, *suffix)),
            )
        )

    def gone(self, key: str, subject: str, message: str, path: Path) -> None:
        """Something is not there any more."""
        self.add(key, subject, message, old_path=path)

    def came(self, key: str, subject: str, message: str, path: Path) -> None:
        """Something is new."""
        self.add(key, subject, message, new_path=path)

    def leaf(self, kind: str, subject: str, word: str, old: JsonValue, new: JsonValue, path: Path) -> None:
        """A value under `word` is different."""
        self.from_leaf(kind, subject, Leaf((word,), old, new), path[:-1], path[:-1])

    def from_leaf(self, kind: str, subject: str, leaf: Leaf, old_path: Path, new_path: Path) -> None:
        """A leaf below these paths is different."""
        self.add(
            kind,
            subject,
            leaf.told,
            old_path=(*old_path, *leaf.path),
            new_path=(*new_path, *leaf.path),
            old=hidden(leaf.old, leaf.path),
            new=hidden(leaf.new, leaf.path),
            names=False,
        )

    def shown(self, value: JsonValue) -> str:
        """A value in a sentence."""
        return shown_value(value, ())
