"""How long a stop takes: of 200 Python nodes, and of three programs that ignore SIGTERM."""

from __future__ import annotations

from running import Running, ignoring_sigterm, python_nodes
from support import Row, ms

GRACE_S = 1.0


def measure() -> list[Row]:
    with Running(python_nodes(200)) as run:
        run.wait_ready()
        many = run.stop()
    with Running(ignoring_sigterm(3, GRACE_S)) as run:
        run.wait_ready()
        stubborn = run.stop()
    return [
        Row("stop of 200 Python nodes", ms(many), "-", "-", "< 500 ms"),
        Row(
            "stop of 3 that ignore SIGTERM / one grace period",
            ms(stubborn),
            ms(GRACE_S),
            f"{stubborn / GRACE_S:.2f}x",
            "about 1x",
        ),
    ]
