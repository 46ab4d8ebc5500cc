"""The whole life of a node in a world of lists: setup, its loop, teardown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.sdk.errors import Stopped
from orchestrator.sdk.forms.receiving import Receiver, receivers_of
from orchestrator.sdk.lists.worlds import World
from orchestrator.sdk.node import Node
from orchestrator.sdk.reports.rejects import Rejects
from orchestrator.sdk.running.periods import Period, periods_of
from orchestrator.sdk.running.runners import make_runner
from orchestrator.sdk.tracing import current_work
from orchestrator.vocabulary import JsonValue
from orchestrator.wire.qos import OnError

Answers = Mapping[str, Callable[[Any], Any]]
"""socket -> what answers its requests."""


class Life:
    """One node. Its methods raise what the node raises."""

    def __init__(
        self,
        target: object,
        world: World,
        *,
        name: str,
        params: Mapping[str, JsonValue] | None,
        replica: int,
        on_error: str,
        dead_letter: str | None,
        answers: Answers | None,
    ) -> None:
        """Raises the errors that would keep the node from starting."""
        self._world = world
        self._rejects = world.control.rejects = Rejects(name, on_error=OnError(on_error))
        self._rejects.watch(world.fakes, dead_letter)
        for socket, answer in (answers or {}).items():
            world.socket(socket).answer = answer
        runner: Any = make_runner(target, world.context(name, params or {}, replica))
        self._runner = runner
        if world.control.is_async:
            from orchestrator.sdk.lists.manual_loop import ManualLoop

            runner.use_loop(lambda: ManualLoop(world))

    @property
    def node(self) -> Node | None:
        """The node itself; None for a function."""
        node: Node | None = getattr(self._runner, "node", None)
        return node

    def live(self) -> None:
        """From setup to teardown."""
        self._runner.setup()
        try:
            self._work()
        except Stopped:
            pass
        finally:
            self._runner.teardown()
            self._rejects.samples.flush()

    def _work(self) -> None:
        runner, node = self._runner, self.node
        if self._world.control.is_async or (node is not None and type(node).run is not Node.run):
            runner.run()
        elif node is not None:
            serve(self._world, receivers_of(node), periods_of(node))
        elif runner.receivers or runner.plan.period is not None:
            seconds = runner.plan.period
            serve(self._world, runner.receivers, [] if seconds is None else [runner.period(seconds)])
        else:
            runner.run()


def serve(world: World, receivers: list[Receiver], periods: list[Period]) -> None:
    """What the dispatcher does, without libzmq."""
    control = world.control
    control.dispatching = True
    for period in periods:
        period.start()
    while not control.stopping:
        busy = False
        for receiver in receivers:
            found = receiver.socket.take()
            if found is None:
                continue
            busy = True
            receiver.route(receiver.call(*found), found[1])
            current_work.set(None)
            if control.stopping:
                return
        control.run_due(idle=True)
        if not busy:
            world.pass_time(None, timers=True)
