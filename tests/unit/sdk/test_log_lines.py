"""Lines of `self.log` carry the trace of the message that is being handled."""

from __future__ import annotations

import pytest

from orchestrator.sdk.context import NodeContext
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.sockets import Sockets
from orchestrator.sdk.tracing import Work, current_work
from orchestrator.wire.envelope import Trace


def test_a_line_in_and_out_of_work(capsys: pytest.CaptureFixture[str]) -> None:
    control = NodeControl()
    context = NodeContext(
        name="log-lines", node="log-lines", replica=0, params={}, sockets=Sockets(()), control=control
    )
    token = current_work.set(Work(Trace(bytes(range(16)), bytes(8), 1)))
    try:
        context.log.info("bought %d", 3)
        try:
            raise ValueError("no price")
        except ValueError:
            context.log.exception("not bought")
    finally:
        current_work.reset(token)
        control.close()
    context.log.info("quiet")
    first, second, *trace, last = capsys.readouterr().err.splitlines()
    assert first.startswith("bought 3 [trace=000102030405060708090a0b0c0d0e0f span=")
    assert second.startswith("not bought [trace=000102030405060708090a0b0c0d0e0f span=")
    assert trace[0] == "Traceback (most recent call last):"
    assert last == "quiet"
