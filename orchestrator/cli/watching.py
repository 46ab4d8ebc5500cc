"""`validate --watch`: the same run on every change, on a screen of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from typing import Final

from orchestrator.errors import OrchestratorError

_CLEAR: Final = "\x1b[2J\x1b[3J\x1b[H"


def watch_files(run: Callable[[], Collection[str]], *, rounds: int | None = None) -> None:
    """Run until Ctrl-C (KeyboardInterrupt). `run` prints its findings and returns the files it depends on.

    A mistake that stops a run ends the watch when it is the first; later ones are told and waited out, for
    settings are edited too.
    """
    from orchestrator.app.watch import watch

    known: set[str] = set()

    def again(changed: Collection[str]) -> Collection[str]:
        if sys.stdout.isatty():
            sys.stdout.write(_CLEAR)
        elif changed:
            sys.stderr.write(f"changed: {', '.join(map(_shown, changed))}\n")
        try:
            known.update(run())
        except OrchestratorError as error:
            if not known:
                raise
            sys.stderr.write(
                f"error: {error.message}\n" + (f"help: {error.remedy}\n" if error.remedy else "")
            )
        sys.stdout.flush()
        sys.stderr.write("Watching for changes; Ctrl-C ends.\n")
        sys.stderr.flush()
        return known

    watch(again, rounds=rounds)


def _shown(path: str) -> str:
    """The path from here, unless it leads out."""
    near = os.path.relpath(path)
    return path if near.startswith("..") else near
