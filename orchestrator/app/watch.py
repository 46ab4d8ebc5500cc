"""Run something again whenever a file changes that it has read. Looks at times of modification; no daemon."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from typing import Final

INTERVAL_S: Final = 0.25
"""How often to look: well under what a person notices, and next to nothing for the processor."""

_KINDS: Final = (".yaml", ".yml", ".toml", ".env")
Stamp = object


def watch(
    run: Callable[[Collection[str]], Collection[str]],
    *,
    rounds: int | None = None,
    sleep: Callable[[float], None] | None = None,
) -> None:
    """Call `run` at once, and again after every change of what it returned: the paths it depends on.

    It is given the paths that changed. A directory has changed when a file in it that may matter appears or
    disappears. Ends after so many `rounds`, by default never: KeyboardInterrupt ends it.
    """
    sleep = sleep or time.sleep
    before: dict[str, Stamp] = {}
    changed: list[str] = []
    while True:
        # what was there before the run counts: a change during it must not get lost
        began_ns = time.time_ns()
        before = {path: before.get(path, _MISSING) for path in run(changed)}
        before = {path: _since(path, began_ns) if old is _MISSING else old for path, old in before.items()}
        if rounds is not None:
            rounds -= 1
            if rounds <= 0:
                return
        changed = []
        while not changed:
            sleep(INTERVAL_S)
            now = {path: stamp(path) for path in before}
            changed = sorted(path for path in before if now[path] != before[path])
        before = now


_MISSING: Final = object()


def _since(path: str, began_ns: int) -> Stamp:
    """The stamp of a path that is new; one that no later stamp equals when it was written during the run."""
    try:
        written = os.stat(path).st_mtime_ns > began_ns and not os.path.isdir(path)  # noqa: PTH112, PTH116
    except OSError:
        written = False
    return _MISSING if written else stamp(path)


def stamp(path: str) -> Stamp:
    """What differs after a change of the file, or of what the directory holds; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - runs for every file, four times a second
        if not os.path.isdir(path):  # noqa: PTH112
            return found.st_mtime_ns, found.st_size, found.st_ino
        return frozenset(
            entry.name for entry in os.scandir(path) if entry.name.endswith(_KINDS) or entry.is_dir()
        )
    except OSError:
        return None
