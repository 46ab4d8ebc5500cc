"""`orchestrator validate`, whole process, beside the imports that any checker of YAML has to pay."""

from __future__ import annotations

import tempfile
from pathlib import Path

from support import CLI, PYTHON, Row, interleaved, ms, wall

GOAL_RATIO = 2.0


def topology(nodes: int, padding: int = 0) -> str:
    """A legal topology: a chain of PUSH/PULL stages. `padding` adds comment and label lines, to reach real sizes."""
    lines = ["version: 1", "name: chain", "messages:", "  Item: {codec: json}", "nodes:"]
    for n in range(nodes):
        lines += [
            f"  stage{n}:",
            "    command: [sleep, infinity]",
            f"    description: Stage {n} of the chain",
            "    labels:",
            f"      row: r{n // 10}",
            f"      column: c{n % 10}",
            "    sockets:",
        ]
        lines += (
            [f"      out: {{type: PUSH, bind: 'tcp://127.0.0.1:{10000 + n}', message: Item}}"]
            if n < nodes - 1
            else []
        )
        lines += [f"      in: {{type: PULL, connect: stage{n - 1}.out, message: Item}}"] if n else []
        lines += [
            "    restart:",
            "      policy: on-failure",
            "      max_restarts: 3",
            "    stop:",
            "      grace: 2s",
        ]
        lines += [f"    x-note-{i}: line {i} of stage {n}" for i in range(padding)]
    return "\n".join(lines) + "\n"


def measure(rounds: int = 9) -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        small, large = Path(scratch, "small.yaml"), Path(scratch, "large.yaml")
        small.write_text(topology(20))
        large.write_text(topology(1000, padding=1))
        size = large.read_text().count("\n")
        ours, peer = interleaved(
            rounds,
            lambda: wall([*CLI, "validate", str(small)]),
            lambda: wall([PYTHON, "-c", "import yaml, jsonschema"]),
        )
        (big,) = interleaved(max(3, rounds // 3), lambda: wall([*CLI, "validate", str(large)]))
    return [
        Row(
            "validate, 20 nodes, whole process / import yaml, jsonschema",
            ms(ours),
            ms(peer),
            f"{ours / peer:.2f}x",
            "<= 2.0x",
        ),
        Row(
            f"validate, 1,000 nodes ({size} lines) / the same imports",
            ms(big),
            ms(peer),
            f"{big / peer:.2f}x",
            "< 600 ms",
        ),
    ]
