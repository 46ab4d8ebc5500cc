"""What reports mean for hooks, how often they run, and commands beside the units of an engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator.engines import PASSING, SpawnRequest
from orchestrator.engines.fake import FakeEngine, Killed, Spawned, Written
from orchestrator.model.types import Heartbeat, Hook, Restart, TcpProbe
from orchestrator.runtime.hooks.commands import MOST_BYTES, SharedEngine
from orchestrator.runtime.hooks.happenings import Where, data_of, events_of, variables
from orchestrator.runtime.hooks.hooks import Hooks, shown_name
from orchestrator.runtime.hooks.limits import Window
from orchestrator.runtime.hooks.line import MOST_WAITING, Line, Waiting
from orchestrator.runtime.reports import HookEnded, Report, StateChanged, TopologyEnded, TopologyReady
from orchestrator.span import NOWHERE
from orchestrator.supervision.actions import Announce
from orchestrator.supervision.events import ProbeFailed, ProbePurpose
from orchestrator.supervision.testing import World, make_health, make_plan, make_unit
from orchestrator.vocabulary import HookEvent, NodeKind, NodeState, RestartPolicy, Stream

WHERE = Where(topology="t", project="p", run_dir="/run/p")


def changed(old: NodeState, new: NodeState, reason: str = "", *, attempt: int = 1) -> StateChanged:
    return StateChanged(time=0.0, unit="a", node="a", old=old, new=new, reason=reason, attempt=attempt, pid=7)


def words(world: World) -> list[list[str]]:
    """What each announcement means for hooks."""
    return [
        [event.value for event in events_of(changed(a.old, a.new, a.reason, attempt=a.attempt))]
        for a in world.actions(Announce)
    ]


def hook(*events: HookEvent, **settings: object) -> Hook:
    base = Hook(events=events, nodes=None, command=("page",), webhook=None, span=NOWHERE, path=("hooks", 0))
    return replace(base, **settings)  # type: ignore[arg-type]


# ---------------------------------------------------------------------- events, from the machine's own words


def test_life_and_crash_of_a_unit() -> None:
    world = World(make_plan(make_unit("a", restart=Restart(max_restarts=1))))
    world.start()
    world.exits("a", 3)
    world.advance(1)
    world.exits("a", 3)
    assert words(world) == [
        ["starting"],
        [],
        ["ready"],
        ["crashed"],
        ["starting", "restarting"],
        [],
        ["ready"],
        ["crashed", "failed"],
    ]


def test_a_frozen_and_a_stalled_unit_are_unhealthy() -> None:
    world = World(make_plan(make_unit("a", heartbeat=Heartbeat(stall_s=5.0))), frozen={"a": 1000.0})
    world.start()
    world.advance(4)
    assert ["unhealthy"] in words(world)
    world = World(make_plan(make_unit("a", heartbeat=Heartbeat(stall_s=5.0))))
    world.start()
    world.stalled = {"a": 9.0}
    world.advance(9)
    assert ["unhealthy"] in words(world)


def test_failed_health_checks_are_unhealthy() -> None:
    health = make_health(TcpProbe(targets=("80",)), retries=1)
    world = World(make_plan(make_unit("a", python=False, health=health)))
    world.start()
    world.send(ProbeFailed(unit="a", attempt=1, purpose=ProbePurpose.HEALTH, reason="no"))
    assert ["unhealthy"] in words(world)


def test_a_stop_is_not_unhealthy_and_a_task_that_runs_again_has_not_crashed() -> None:
    always = Restart(policy=RestartPolicy.ALWAYS)
    world = World(make_plan(make_unit("a", python=False, kind=NodeKind.TASK, restart=always)))
    world.start()
    world.exits("a", 0)
    assert words(world)[-1] == ["finished"]
    world = World(make_plan(make_unit("a")))
    world.start()
    world.stop()
    assert words(world)[-2:] == [[], ["stopped"]]


def test_events_of_the_topology() -> None:
    ready = TopologyReady(time=0.0, topology="t", units=1, seconds=0.5)
    ended = TopologyEnded(time=0.0, topology="t", failed=False, reason="")
    assert events_of(ready) == (HookEvent.UP,)
    assert events_of(ended) == (HookEvent.DOWN,)
    assert events_of(replace(ended, failed=True)) == (HookEvent.DOWN, HookEvent.TOPOLOGY_FAILED)


def test_what_a_hook_is_told() -> None:
    report = changed(NodeState.READY, NodeState.FAILED, "exit code 3\nin \0 words")
    data = data_of(report, HookEvent.FAILED, WHERE, skipped=2)
    assert data["text"] == "t: a: failed: exit code 3 in \0 words"
    assert data["skipped"] == 2
    environment = variables(data, WHERE)
    assert environment["ORCHESTRATOR_REASON"] == "exit code 3\nin \ufffd words"
    assert environment["ORCHESTRATOR_EVENT"] == "failed"
    assert environment["ORCHESTRATOR_PID"] == "7"
    assert "ORCHESTRATOR_LAST_LINES" not in environment
    ended = data_of(TopologyEnded(time=0.0, topology="t", failed=True, reason="why"), HookEvent.DOWN, WHERE)
    assert "ORCHESTRATOR_NODE" not in variables(ended, WHERE)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"command": ("/opt/page.sh", "--token=x")}, "hook 1 (page.sh)"),
        ({"command": None, "webhook": "https://me:secret@hooks.example.com/T0/secret"}, "hook 1 (hooks.example.com)"),
        ({"command": None, "webhook": "https://[::1"}, "hook 1 (webhook)"),
    ],
)  # fmt: skip
def test_names_show_no_secret(settings: dict[str, object], name: str) -> None:
    assert shown_name(hook(HookEvent.UP, **settings), 0) == name


# ---------------------------------------------------------------------- limits


def test_a_window_lets_so_many_pass() -> None:
    window = Window(2, 10.0)
    assert [window.allows(now) for now in (0, 1, 2, 9.9, 10, 10.5, 11, 11.5)] == [
        True, True, False, False, True, False, True, False,
    ]  # fmt: skip


def test_events_are_told_in_order_one_at_a_time_and_left_out_ones_are_counted() -> None:
    told: list[Waiting] = []
    now = 0.0

    async def run(waiting: Waiting) -> None:
        await asyncio.sleep(0)
        told.append(waiting)

    async def main() -> None:
        nonlocal now
        line = Line(hook(HookEvent.FAILED, HookEvent.READY, max_runs=2), run, clock=lambda: now)
        for number in range(4):
            line.offer(changed(NodeState.STOPPED, NodeState.READY, str(number)), (HookEvent.READY,), "a")
        assert line.task is not None
        await line.task
        now = 60.0
        line.offer(changed(NodeState.READY, NodeState.FAILED), (HookEvent.CRASHED, HookEvent.FAILED), "a")
        assert line.task is not None
        await line.task
        assert line.task is None

    asyncio.run(main())
    assert [(w.event.value, w.skipped) for w in told] == [("ready", 0), ("ready", 0), ("failed", 2)]


def test_a_line_never_grows_beyond_its_bound_and_asks_for_its_nodes_only() -> None:
    told: list[Waiting] = []

    async def run(waiting: Waiting) -> None:
        told.append(waiting)

    async def main() -> None:
        line = Line(hook(HookEvent.READY, nodes=("a",), max_runs=10_000), run)
        line.offer(changed(NodeState.STOPPED, NodeState.READY), (HookEvent.READY,), "b")
        assert line.task is None
        for _ in range(3 * MOST_WAITING):
            line.offer(changed(NodeState.STOPPED, NodeState.READY), (HookEvent.READY,), "a")
        assert line.task is not None
        await line.task

    asyncio.run(main())
    assert len(told) == MOST_WAITING


def test_the_end_of_the_topology_is_told_in_any_case() -> None:
    told: list[Waiting] = []

    async def run(waiting: Waiting) -> None:
        told.append(waiting)

    async def main() -> None:
        line = Line(hook(HookEvent.READY, HookEvent.TOPOLOGY_FAILED, max_runs=3), run)
        for _ in range(5):
            line.offer(changed(NodeState.STOPPED, NodeState.READY), (HookEvent.READY,), "a")
        ended = TopologyEnded(time=0.0, topology="t", failed=True, reason="")
        line.offer(ended, events_of(ended), None)
        assert line.task is not None
        await line.task

    asyncio.run(main())
    assert [(w.event.value, w.skipped) for w in told] == [("topology-failed", 5)]


# ---------------------------------------------------------------------- commands


class Nobody:
    """A supervisor that is told of nothing."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: self.heard.append(name)


def requests(engine: FakeEngine) -> list[SpawnRequest]:
    """All commands that were asked for, in order."""
    return [c.request for c in engine.calls if isinstance(c, Spawned) and c.request.unit.startswith(PASSING)]


def hook_of(engine: FakeEngine) -> tuple[str, int]:
    """The first command: its unit and attempt."""
    return requests(engine)[0].unit, 1


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def with_hooks(
    drive: Callable[[FakeEngine, Hooks], object], *hooks: Hook, closing_s: float = 5.0
) -> tuple[FakeEngine, list[HookEnded], Nobody]:
    """`drive` something with an engine and hooks on it; what became of them."""
    engine, told, nobody = FakeEngine(), [], Nobody()

    def tell(report: Report) -> None:
        assert isinstance(report, HookEnded)
        told.append(report)

    async def main() -> None:
        shared = SharedEngine(engine)
        held = Hooks(
            hooks,
            shared,
            where=WHERE,
            directory="/dir",
            environ={"PATH": "/bin"},
            tell=tell,
            closing_s=closing_s,
        )
        await shared.start(nobody)  # type: ignore[arg-type]
        held.hear(changed(NodeState.RUNNING, NodeState.READY))
        await settle()
        drive(engine, held)
        await settle()
        await shared.close()

    asyncio.run(main())
    return engine, told, nobody


def test_a_command_gets_the_event_and_is_told_of_to_nobody_else() -> None:
    def drive(engine: FakeEngine, _: Hooks) -> None:
        engine.spawn_succeeds(*hook_of(engine))
        engine.emit(*hook_of(engine), b"hello\n")
        engine.exits(*hook_of(engine))

    engine, told, nobody = with_hooks(drive, hook(HookEvent.READY, command=("page", "${{ run.dir }}")))
    (request,) = requests(engine)
    assert request.argv == ("page", "/run/p")
    assert request.cwd == "/dir"
    assert request.env["ORCHESTRATOR_UNIT"] == "a"
    assert request.env["PATH"] == "/bin"
    (written,) = [call for call in engine.calls if isinstance(call, Written)]
    assert json.loads(written.data)["event"] == "ready"
    assert Killed(*hook_of(engine)) in engine.calls  # what it may have left behind
    assert [(t.failure, t.last_lines, t.hook) for t in told] == [(None, ("hello",), "hook 1 (page)")]
    assert nobody.heard == []
    assert engine.closed


@pytest.mark.parametrize(
    ("drive", "failure"),
    [
        (lambda engine: engine.spawn_fails(*hook_of(engine), "no such program", permanent=True), "no such program"),
        (lambda engine: engine.breaks("the engine broke"), "the engine broke"),
    ],
)  # fmt: skip
def test_a_command_that_cannot_be(drive: Callable[[FakeEngine], None], failure: str) -> None:
    _, told, _ = with_hooks(lambda engine, _: drive(engine), hook(HookEvent.READY))
    assert [t.failure for t in told] == [failure]


def test_commands_of_a_supervisor_before_this_one_are_its_heirs_business() -> None:
    def drive(engine: FakeEngine, _: Hooks) -> None:
        engine.spawn_succeeds("hook:00000000:1", 1)
        engine.emit("hook:00000000:1", 1, b"x\n")
        engine.exits("hook:00000000:1", 1)
        engine.spawn_succeeds(*hook_of(engine))
        engine.exits(*hook_of(engine))

    _, told, nobody = with_hooks(drive, hook(HookEvent.READY))
    assert nobody.heard == ["spawned", "output", "exited"]
    assert [t.failure for t in told] == [None]


def test_exit_codes_signals_and_floods() -> None:
    def bad(engine: FakeEngine, _: Hooks) -> None:
        engine.spawn_succeeds(*hook_of(engine))
        engine.exits(*hook_of(engine), code=3)

    def flood(engine: FakeEngine, _: Hooks) -> None:
        engine.obedient = True
        engine.spawn_succeeds(*hook_of(engine))
        for _ in range(1 + MOST_BYTES // 65536):
            engine.emit(*hook_of(engine), b"x" * 65535 + b"\n", Stream.STDERR)

    assert [t.failure for t in with_hooks(bad, hook(HookEvent.READY))[1]] == ["exit code 3"]
    (told,) = with_hooks(flood, hook(HookEvent.READY))[1]
    assert told.failure == "ended: it wrote more than 1 MiB"
    assert sum(map(len, told.last_lines)) <= 8192


def test_one_that_hangs_is_ended_at_its_time_out() -> None:
    def drive(engine: FakeEngine, _: Hooks) -> None:
        engine.obedient = True
        engine.spawn_succeeds(*hook_of(engine))

    _, told, _ = with_hooks(drive, hook(HookEvent.READY, timeout_s=0.001))
    assert [t.failure for t in told] == ["ended after 0.001 s, its `timeout`"]


def test_what_still_runs_when_the_topology_has_ended_gets_a_bounded_time() -> None:
    def drive(engine: FakeEngine, hooks: Hooks) -> None:
        engine.obedient = True
        engine.spawn_succeeds(*hook_of(engine))
        hooks.hear(changed(NodeState.RUNNING, NodeState.READY))  # this one waits, and is forgotten

    engine, told, _ = with_hooks(drive, hook(HookEvent.READY), closing_s=0.001)
    assert [t.failure for t in told] == ["ended: the topology was down for 0.001 s"]
    assert len(requests(engine)) == 1
    assert engine.closed
