"""The nodes of line.yaml."""

from __future__ import annotations

from orchestrator.sdk import NodeContext, Socket


def source(node: NodeContext, out: Socket, rate: float) -> None:
    """So many numbers a second."""
    number = 0
    while node.sleep(1 / rate):
        number += 1
        out.send({"number": number})


def double(numbers: dict[str, int]) -> dict[str, int]:
    """What is returned goes to the one sending socket."""
    return {"number": 2 * numbers["number"]}


def swallow(results: dict[str, int]) -> None:
    """The end of the line."""
