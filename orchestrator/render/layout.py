"""Getting a drawing out of Graphviz, which crashes, hangs and loses edges: what is tried, in which order.

Decides only; running a program once is `programs.draw`, which tests replace.

Measured with Graphviz 2.43: edge labels together with clusters crash half of random 100-node graphs
unless `newrank=true`; `splines=ortho` takes 36 s for 1,000 nodes, and is asked for nowhere here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from orchestrator.errors import OrchestratorError, PlatformError, RunError
from orchestrator.render.dot import FULL, Detail
from orchestrator.render.formats import Format
from orchestrator.render.programs import Draw, Drawing, NoDrawing, Program, Trouble, draw

ATTEMPTS: tuple[tuple[Detail, float], ...] = (
    (FULL, 20.0),
    (Detail(edge_labels=False, splines="polyline"), 6.0),
    (Detail(edge_labels=False, clusters=False, splines="line"), 6.0),
    (Detail(edge_labels=False, clusters=False, ports=False, splines="line", layout="osage"), 15.0),
)
"""From the best picture to one that always comes out, each with its time limit in seconds."""

MOST_LABELLED_EDGES = 500
"""Beyond it nobody finds a link's words any more, and placing them takes most of the time (1,000 nodes:
5.6 s, and 1.1 s without). What travels on a link is still in its tooltip."""

WriteDot: TypeAlias = Callable[[Detail, int | None], str]
"""Gives the DOT text for a detail and, for pixels, a resolution in dots per inch."""

_DPI = (60, 144)
"""The least that is legible, and enough for dense screens and paper."""
_MOST_PIXELS = 60e6
_CONVERSION_TIMEOUT_S = 60.0
_PROBE = "digraph { a -> b }"
_PROBE_TIMEOUT_S = 5.0

_INSTALL = (
    "install Graphviz: `pip install pygraphviz` brings it on Linux, macOS and Windows where a wheel exists; "
    "else `apt install graphviz` (Debian, Ubuntu), `dnf install graphviz` (Fedora), `brew install graphviz` "
    "(macOS), `winget install graphviz` (Windows). The formats dot and mmd need none"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A drawing that shows everything, and what had to be left out to get it."""

    data: bytes
    detail: Detail
    fonts: bool
    """False where text was drawn as empty boxes."""


def lay_out(write_dot: WriteDot, wanted: Format, *, nodes: int, edges: int, run: Draw = draw) -> Laid:
    """Draw, and draw more simply where that fails.

    Raises PlatformError where there is no Graphviz for this format, RunError where none of them could draw
    it.
    """
    usable = list(Program)
    failures: list[_Failure] = []
    for detail, timeout_s in ATTEMPTS if edges <= MOST_LABELLED_EDGES else ATTEMPTS[1:]:
        for program in tuple(usable):
            result = run(
                program, write_dot(detail, None), layout=detail.layout, wanted="svg", timeout_s=timeout_s
            )
            outcome = _complete(result, nodes, edges)
            if isinstance(outcome, Drawing) and wanted is not Format.SVG:
                outcome = _converted(program, outcome.data, write_dot, detail, wanted, run)
            if isinstance(outcome, Drawing):
                return Laid(data=outcome.data, detail=detail, fonts=outcome.fonts)
            failures.append(_Failure(program=program, what=outcome))
            if outcome.trouble is Trouble.UNAVAILABLE or not _draws_anything(program, run):
                usable.remove(program)
            elif outcome.trouble is Trouble.TIMEOUT:
                break  # the other program has the same algorithms: ask for less at once
    raise _error(wanted, failures)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    program: Program
    what: NoDrawing


def _converted(
    program: Program, svg: bytes, write_dot: WriteDot, detail: Detail, wanted: Format, run: Draw
) -> Drawing | NoDrawing:
    """What was drawn as SVG, and counted there, in the format that is wanted."""
    dot = write_dot(detail, resolution(svg) if wanted is Format.PNG else None)
    return run(program, dot, layout=detail.layout, wanted=wanted, timeout_s=_CONVERSION_TIMEOUT_S)


def resolution(svg: bytes) -> int:
    """Dots per inch for the pixels of a picture: fewer for big ones, which take 12 s and more at 144 dpi."""
    size = re.search(rb'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    if size is None:
        return _DPI[1]
    points = float(size[1]) * float(size[2])
    return min(_DPI[1], max(_DPI[0], int(72 * (_MOST_PIXELS / max(1.0, points)) ** 0.5)))


def _complete(result: Drawing | NoDrawing, nodes: int, edges: int) -> Drawing | NoDrawing:
    if isinstance(result, NoDrawing) or (result.nodes >= nodes and result.edges >= edges):
        return result
    reason = f"drew {result.nodes} of {nodes} nodes and {result.edges} of {edges} edges"
    return NoDrawing(trouble=Trouble.INCOMPLETE, reason=reason)


def _draws_anything(program: Program, run: Draw) -> bool:
    """Whether it is worth asking a program that failed once more: it manages two nodes and one edge."""
    result = run(program, _PROBE, layout="dot", wanted=Format.SVG, timeout_s=_PROBE_TIMEOUT_S)
    return isinstance(_complete(result, 2, 1), Drawing)


def _error(wanted: Format, failures: Iterable[_Failure]) -> OrchestratorError:
    failures = tuple(failures)
    reasons = "; ".join(dict.fromkeys(f"{f.program.spoken}: {f.what.reason}" for f in failures))
    if all(f.what.trouble is Trouble.UNAVAILABLE for f in failures):
        return PlatformError(f"no Graphviz here can draw {wanted} ({reasons})", _INSTALL)
    return RunError(
        f"Graphviz could not draw this topology ({reasons})",
        f"write the formats dot or mmd, which need no layout, or another Graphviz: {_INSTALL}",
    )
