"""Which way edges run in a layout from left to right. A layout without circles needs no guess of Graphviz.

One-way links that close a circle run backwards, seen from the nodes that stand first in the file. A two-way
link has an arrow at both ends, so that either may be its tail: it is turned round where that avoids a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from orchestrator.render.picture import Arrows, Edge


def oriented(edges: Sequence[Edge], order: Sequence[str]) -> tuple[Edge, ...]:
    """The same edges in the same order, turned and marked. `order`: the ids of all shapes, as in the file."""
    run = _Run(edge for edge in edges if edge.arrows is Arrows.FORWARD)
    closing = run.closing(order)
    run = _Run(e for e in edges if e.arrows is Arrows.FORWARD and (e.tail.id, e.head.id) not in closing)
    return tuple(
        replace(edge, backwards=(edge.tail.id, edge.head.id) in closing)
        if edge.arrows is Arrows.FORWARD
        else _turned(edge, run)
        for edge in edges
    )


def _turned(edge: Edge, run: _Run) -> Edge:
    if run.leads(edge.head.id, edge.tail.id):
        edge = replace(edge, tail=edge.head, head=edge.tail)
    run.add(edge.tail.id, edge.head.id)
    return edge


class _Run:
    """What stands left of what, as far as it is settled. A shape is never left of itself."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._next: dict[str, dict[str, None]] = {}
        for edge in edges:
            self.add(edge.tail.id, edge.head.id)

    def add(self, tail: str, head: str) -> None:
        if tail != head:
            self._next.setdefault(tail, {})[head] = None

    def leads(self, start: str, goal: str) -> bool:
        """Whether there is a way from one shape to another. Linear in the edges."""
        seen = {start}
        waiting = [start]
        while waiting:
            for follower in self._next.get(waiting.pop(), ()):
                if follower == goal:
                    return True
                if follower not in seen:
                    seen.add(follower)
                    waiting.append(follower)
        return False

    def closing(self, order: Sequence[str]) -> set[tuple[str, str]]:
        """The (tail, head) that lead back to where a walk in depth, begun in this order, has come from."""
        found: set[tuple[str, str]] = set()
        done: set[str] = set()
        for start in order:
            if start in done:
                continue
            path: dict[str, Iterator[str]] = {start: iter(self._next.get(start, ()))}
            while path:
                here = next(reversed(path))
                follower = next(path[here], None)
                if follower is None:
                    done.add(here)
                    del path[here]
                elif follower in path:
                    found.add((here, follower))
                elif follower not in done:
                    path[follower] = iter(self._next.get(follower, ()))
        return found
