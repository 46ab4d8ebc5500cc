"""A graph's numbers as text for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orchestrator.graph.stats import Stats

VERSION: Final = 1
"""Grows when something that is there today changes or goes."""
_MOST_NAMES: Final = 8
_MOST_ROWS: Final = 10


def to_json(stats: Stats) -> str:
    """The numbers as JSON; docs/reference/graph.md lists the keys."""
    data = {
        "version": VERSION,
        "nodes": stats.nodes,
        "instances": stats.instances,
        "endpoints": stats.endpoints,
        "links": stats.links,
        "patterns": dict(stats.patterns),
        "components": [list(part) for part in stats.components],
        "longest_path": [list(step) for step in stats.longest_path],
        "articulation_points": list(stats.articulation_points),
        "fan": {name: {"in": fan.fan_in, "out": fan.fan_out} for name, fan in stats.fans.items()},
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def to_text(stats: Stats) -> str:
    """The numbers in a few lines; long lists are cut and say so."""
    return "\n".join([*_head(stats), "", *_fans(stats)]) + "\n"


def _head(stats: Stats) -> Iterable[str]:
    replicas = f" ({stats.instances} with replicas)" if stats.instances != stats.nodes else ""
    patterns = ", ".join(f"{count} {pattern}" for pattern, count in stats.patterns.items())
    yield f"nodes                {stats.nodes}{replicas}"
    yield f"endpoints outside    {stats.endpoints}"
    yield f"links                {stats.links}{f': {patterns}' if patterns else ''}"
    yield f"components           {len(stats.components)}"
    if len(stats.components) > 1:
        for part in stats.components[:_MOST_ROWS]:
            yield f"  {len(part):>3}  {_names(part)}"
        if len(stats.components) > _MOST_ROWS:
            yield f"  and {len(stats.components) - _MOST_ROWS} more"
    steps = " → ".join(_step(step) for step in stats.longest_path)
    yield f"longest path         {max(0, len(stats.longest_path) - 1)} steps{f': {steps}' if steps else ''}"
    yield f"articulation points  {_names(stats.articulation_points) or 'none'}"


def _step(step: tuple[str, ...]) -> str:
    return step[0] if len(step) == 1 else f"({_names(step, ' ⇄ ')})"


def _names(names: tuple[str, ...], joint: str = ", ") -> str:
    more = len(names) - _MOST_NAMES
    return joint.join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _fans(stats: Stats) -> Iterable[str]:
    busiest = sorted(stats.fans.items(), key=lambda item: -(item[1].fan_in + item[1].fan_out))
    width = max([len(name) for name, _ in busiest[:_MOST_ROWS]] + [4])
    yield f"{'node':<{width}}  fan-in  fan-out"
    for name, fan in busiest[:_MOST_ROWS]:
        yield f"{name:<{width}}  {fan.fan_in:>6}  {fan.fan_out:>7}"
    if len(busiest) > _MOST_ROWS:
        yield f"and {len(busiest) - _MOST_ROWS} more; the busiest stand first"
