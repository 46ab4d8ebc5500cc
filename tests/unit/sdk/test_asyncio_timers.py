"""Timers on asyncio's own loop: what they raise, those that take too long, and the end of a node that has nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from orchestrator.sdk import Node, every
from orchestrator.sdk.context import NodeContext
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.reports.rejects import Rejects
from orchestrator.sdk.running.runners import make_runner
from orchestrator.sdk.sockets import Sockets
from orchestrator.wire.qos import OnError


@pytest.fixture
def control() -> Iterator[NodeControl]:
    made = NodeControl()
    yield made
    made.close()


def run(control: NodeControl, target: Any) -> Any:
    """Run it to its end; the node itself."""
    context = NodeContext(name="n", node="n", replica=0, params={}, sockets=Sockets(()), control=control)
    runner = make_runner(target, context)
    runner.setup()
    try:
        runner.run()
    finally:
        runner.teardown()
    return getattr(runner, "node", None)


class Failing(Node):
    def setup(self) -> None:
        self.calls = 0

    @every("5ms")
    async def tick(self) -> None:
        self.calls += 1
        await asyncio.sleep(0)
        if self.calls == 3:
            self.stop()
        raise ValueError("no price")


def test_an_error_ends_the_node(control: NodeControl) -> None:
    with pytest.raises(ValueError, match="no price"):
        run(control, Failing)


def test_or_is_passed_over(control: NodeControl, capsys: pytest.CaptureFixture[str]) -> None:
    control.rejects = Rejects("n", on_error=OnError.SKIP)
    assert run(control, Failing).calls == 3
    assert capsys.readouterr().err.count("Traceback") == 1


def test_one_that_takes_too_long_is_not_begun_again(control: NodeControl) -> None:
    class Slow(Node):
        running = most = 0

        @every("5ms")
        async def tick(self) -> None:
            self.running += 1
            self.most = max(self.most, self.running)
            await asyncio.sleep(0.03)
            self.running -= 1
            self.stop()

    assert run(control, Slow).most == 1
    told = {name: value for _, name, _, _, value in control.progress.meters.told()}
    assert told["timer_ticks_skipped"] >= 2


@pytest.mark.parametrize("kind", ["function", "generator", "async", "async generator", "class"])
def test_a_node_of_timers_alone_ends_when_it_is_asked_to_finish(control: NodeControl, kind: str) -> None:
    @every("5ms")
    def plain() -> None:
        control.finish()

    @every("5ms")
    def generator() -> Iterator[None]:
        while True:
            control.finish()
            yield None

    @every("5ms")
    async def aplain() -> None:
        control.finish()

    closed: list[bool] = []

    @every("5ms")
    async def agenerator() -> AsyncIterator[None]:
        try:
            while True:
                control.finish()
                yield None
        finally:
            closed.append(True)

    class Whole(Node):
        @every("5ms")
        async def tick(self) -> None:
            control.finish()

    forms: dict[str, Any] = {
        "function": plain,
        "generator": generator,
        "async": aplain,
        "async generator": agenerator,
        "class": Whole,
    }
    run(control, forms[kind])
    assert bool(closed) == (kind == "async generator")
