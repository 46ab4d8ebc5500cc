"""Runs in a process of its own: DOT text in, one drawing out. A Graphviz that crashes takes only this along.

Started by path, `python -P draw_child.py PROGRAM LAYOUT FORMAT`, so it imports nothing of the orchestrator.
PROGRAM is `pygraphviz` (the library inside the wheel) or `graphviz` (the program `dot` on the PATH). DOT
comes on stdin. On success the first line of stdout is a JSON object with the numbers of `nodes` and `edges`
that were really drawn and whether there are `fonts`, and the drawing follows. Exit code 69 means that PROGRAM
cannot be used here, or not for FORMAT; stderr says why.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable

UNAVAILABLE = 69
"""EX_UNAVAILABLE of sysexits.h(3head)."""


class UnavailableError(Exception):
    """The program, or its output in this format, does not exist here."""


def with_pygraphviz(dot: str, layout: str, wanted: str) -> bytes:
    """Draw by the Graphviz that the pygraphviz wheel bundles."""
    try:
        import pygraphviz
    except ImportError as missing:
        raise UnavailableError(f"pygraphviz cannot be imported: {missing}") from missing
    drawing = pygraphviz.AGraph(string=dot).draw(format=wanted, prog=layout)
    if not drawing:
        raise UnavailableError(f"pygraphviz draws no {wanted}")
    return bytes(drawing)


def with_graphviz(dot: str, layout: str, wanted: str) -> bytes:
    """Draw by `dot` from the PATH."""
    try:
        import graphviz
    except ImportError as missing:
        raise UnavailableError(f"graphviz cannot be imported: {missing}") from missing
    try:
        return bytes(graphviz.pipe(layout, wanted, dot.encode(), quiet=True))
    except graphviz.ExecutableNotFound as missing:
        raise UnavailableError("no program `dot` on the PATH") from missing
    except graphviz.CalledProcessError as failure:
        complaint = (failure.stderr or b"").decode(errors="replace").strip()
        raise RuntimeError(complaint or f"`{layout}` ended with {failure.returncode}") from failure


Draw = Callable[[str, str, str], bytes]
PROGRAMS: dict[str, Draw] = {"pygraphviz": with_pygraphviz, "graphviz": with_graphviz}


def counts(svg: bytes) -> dict[str, int]:
    """How many nodes and edges an SVG by Graphviz shows; none for what is no SVG."""
    pattern = '<g id="[^"]*" class="{}\\b'
    return {f"{kind}s": len(re.findall(pattern.format(kind).encode(), svg)) for kind in ("node", "edge")}


def has_fonts(draw: Draw) -> bool:
    """Whether text comes out as text: without any font every character is the same box."""
    dot = 'digraph { node [fontname="Helvetica"]; iiiiiiiiiiii; wwwwwwwwwwww }'
    lines = draw(dot, "dot", "plain").decode().splitlines()
    return len({line.split()[4] for line in lines if line.startswith("node ")}) != 1


def main(program: str, layout: str, wanted: str) -> int:
    """Draw what stdin holds."""
    dot = sys.stdin.buffer.read().decode()
    draw = PROGRAMS[program]
    try:
        drawing = draw(dot, layout, wanted)
        facts = {**counts(drawing), "fonts": wanted == "svg" or has_fonts(draw)}
    except UnavailableError as reason:
        sys.stderr.write(f"{reason}\n")
        return UNAVAILABLE
    except Exception as failure:  # noqa: BLE001 - whatever they raise is one failed drawing
        sys.stderr.write(f"{failure}\n")
        return 1
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + drawing)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
