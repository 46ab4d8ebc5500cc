"""The programs that can lay a picture out, each run in a child process with a time limit. I/O lives here."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

_CHILD = Path(__file__).with_name("draw_child.py")
_UNAVAILABLE = 69
"""As in the child; Graphviz itself says `Format: "pdf" not recognized`."""
_REASON_LENGTH = 300


class Program(StrEnum):
    """In the order they are tried: what `pip install` brought goes before what the system has."""

    BUNDLED = "pygraphviz"
    """The Graphviz inside pygraphviz' wheel."""
    SYSTEM = "graphviz"
    """`dot` from the PATH, through the graphviz package."""

    @property
    def spoken(self) -> str:
        return "pygraphviz" if self is Program.BUNDLED else "`dot` from the PATH"


class Trouble(StrEnum):
    """How a drawing failed."""

    UNAVAILABLE = "unavailable"
    """The program does not exist here, or not for this format."""
    FAILED = "failed"
    TIMEOUT = "timeout"
    INCOMPLETE = "incomplete"
    """It drew less than it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What a program drew."""

    data: bytes
    nodes: int
    edges: int
    """Counted in SVG only; 0 in other formats."""
    fonts: bool = True
    """False where the program has no font to write with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDrawing:
    """That a program drew nothing, and why, in words."""

    trouble: Trouble
    reason: str


class Draw(Protocol):
    """The seam between deciding what to try and trying it."""

    def __call__(
        self, program: Program, dot: str, *, layout: str, wanted: str, timeout_s: float
    ) -> Drawing | NoDrawing: ...


def draw(program: Program, dot: str, *, layout: str, wanted: str, timeout_s: float) -> Drawing | NoDrawing:
    """Run one program once. Its whole process group is dead when this returns."""
    command = [sys.executable, "-P", str(_CHILD), program.value, layout, wanted]
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",
        )
    except OSError as failure:
        return NoDrawing(trouble=Trouble.UNAVAILABLE, reason=f"no child process could be started: {failure}")
    try:
        output, complaints = child.communicate(dot.encode(), timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _kill(child)
        return NoDrawing(trouble=Trouble.TIMEOUT, reason=f"gave no drawing within {timeout_s:g} s")
    except BaseException:  # Ctrl-C among them: nothing may be left that still computes
        _kill(child)
        raise
    return _judged(child.returncode, output, complaints.decode(errors="replace"))


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kill the child and the `dot` that it may have started."""
    if os.name == "posix":
        # EPERM is macOS' word for a group of which only zombies are left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    else:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(child.pid)], capture_output=True, check=False)
    child.kill()
    child.communicate()


def _judged(code: int, output: bytes, complaints: str) -> Drawing | NoDrawing:
    reason = _in_short(complaints)
    if code == _UNAVAILABLE or (code != 0 and "not recognized" in reason):
        return NoDrawing(trouble=Trouble.UNAVAILABLE, reason=reason)
    if code < 0:
        return NoDrawing(trouble=Trouble.FAILED, reason=f"crashed ({_signal_name(-code)})")
    head, newline, data = output.partition(b"\n")
    if code != 0 or not newline:
        return NoDrawing(trouble=Trouble.FAILED, reason=reason or f"ended with exit code {code}")
    try:
        facts = json.loads(head)
    except ValueError:  # a sitecustomize or a library that prints
        return NoDrawing(trouble=Trouble.FAILED, reason=f"wrote {head[:60]!r} where its drawing should be")
    return Drawing(data=data, nodes=facts["nodes"], edges=facts["edges"], fonts=facts["fonts"])


def _in_short(complaints: str) -> str:
    """What a program complained about, without the remarks on fonts that every run makes."""
    lines = (line for line in complaints.splitlines() if not line.startswith("Fontconfig"))
    words = " ".join(" ".join(lines).split())
    return words if len(words) <= _REASON_LENGTH else words[: _REASON_LENGTH - 1] + "…"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
