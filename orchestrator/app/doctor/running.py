"""What runs: nodes that are not ready, links that are not up, unreadable messages, a clock that was set."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from orchestrator.app import losses
from orchestrator.app.doctor import observed
from orchestrator.app.doctor.types import Check, Topic
from orchestrator.client import Client
from orchestrator.errors import OrchestratorError
from orchestrator.kernel.births import began, state
from orchestrator.projects import places
from orchestrator.projects.find import Project

_PATIENCE_S: Final = 2.5
_PAUSE_S: Final = 0.25
"""How long nodes that have just begun may take to tell of their links (docs/protocol.md, BEAT)."""
YOUNG_S: Final = 10.0
"""A node that has been in its state for less is given time."""
_MUCH_WAITING: Final = 0.2
"""Of the time since its process began, spent in sends that wait for room."""
_MANY: Final = 3
"""Restarts after which a node that is ready for a moment is not taken for a healthy one."""
_STEP_S: Final = 2.0
_START_S: Final = 60.0
"""No command takes so long from its start to that of the supervision."""


def running(project: Project, sleep: Callable[[float], None] = time.sleep) -> Iterator[Check]:
    """Ask the supervisor of a project that runs."""
    topic, pid = Topic(name=f"running {project.name}"), project.record.pid
    if state(pid) in ("T", "t"):
        yield topic.error(
            f"its supervisor (process {pid}) is halted: nothing is watched, and nothing restarted",
            f"`kill -CONT {pid}`; a debugger may hold it",
            pid=pid,
        )
        return
    try:
        with Client(project.run_dir / places.API) as client:
            status, links = _ask(client.call, sleep)
    except OrchestratorError as error:
        yield topic.error(error.message, error.remedy or "see `orchestrator list`", pid=pid)
        return
    yield from units(topic, status)
    yield from observed.links(topic, status, links)
    yield from lost(topic, status, links)
    yield from traffic(topic, status)
    yield from clock(topic, project, began(pid))


def _ask(
    call: Callable[[str], dict[str, Any]], sleep: Callable[[float], None]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Status and links; where nodes have just begun, when they have told of their links, or have had time."""
    left = _PATIENCE_S
    while True:
        status, links = call("status"), call("links")
        if left <= 0 or not observed.unsettled(status, links, YOUNG_S):
            return status, links
        sleep(_PAUSE_S)
        left -= _PAUSE_S


def units(topic: Topic, status: dict[str, Any]) -> Iterator[Check]:
    """The nodes of a project: `status` is the API's answer."""
    told = [check for unit in status["units"] for check in _unit(topic, status["project"], unit)]
    yield from told
    if not told:
        count = len(status["units"])
        what = "the process is ready or has" if count == 1 else f"all {count} processes are ready or have"
        yield topic.ok(f"{what} ended well")


def _unit(topic: Topic, project: str, unit: dict[str, Any]) -> Iterator[Check]:
    now, age_s = unit["state"], unit["state_age_s"] or 0.0
    fact = f"`{unit['unit']}` is {now}" + (f": {unit['reason']}" if unit["reason"] else "")
    look = f"`orchestrator ps {project}` shows its last lines"
    name, pid = unit["unit"], unit["pid"]
    if now in ("failed", "backoff"):
        yield topic.error(fact, look, subject=name, pid=pid)
    elif now == "stopped" and unit["attempt"]:
        yield topic.note(fact, f"`orchestrator start -t {project} {name}`", subject=name)
    elif now in ("stopped", "starting", "running", "stopping"):
        young = topic.note(fact, subject=name, pid=pid)
        yield young if age_s < YOUNG_S else topic.warning(fact, look, subject=name, pid=pid)
    elif now == "ready" and unit["restarts"] >= _MANY and age_s < YOUNG_S and unit["last_exit"]:
        yield topic.warning(
            f"`{name}` is ready for {age_s:.0f} s, and has been replaced {unit['restarts']} times; "
            f"the process before: {unit['last_exit']}",
            look,
            subject=name,
            pid=pid,
        )


def lost(topic: Topic, status: dict[str, Any], links: dict[str, Any]) -> Iterator[Check]:
    """Messages that did not arrive, or too late."""
    for loss in (*losses.of_links(links), *losses.of_sockets(links, status)):
        make = topic.note if loss.agreed else topic.warning
        yield make(loss.fact, loss.remedy, subject=loss.subject)


def traffic(topic: Topic, status: dict[str, Any]) -> Iterator[Check]:
    """Messages that arrived and could not be read or handled, and sends that wait for room."""
    for entry in status["traffic"]:
        name = f"{entry['instance']}.{entry['socket']}"
        if entry["undecodable"]:
            yield topic.warning(
                f"{name} could not decode {entry['undecodable']} messages",
                "compare its codec and message with what its peers send",
                subject=name,
            )
        if entry.get("failed"):
            yield topic.warning(
                f"{name} passed over {entry['failed']} messages at which its own code raised",
                f"`orchestrator logs {entry['instance']}` has the traceback of each kind",
                subject=name,
            )
        waited = entry.get("blocked_s", 0.0) / max(entry.get("seconds", 0.0), 1.0)
        if waited > _MUCH_WAITING:
            yield topic.warning(
                f"sends on {name} have waited for room for {waited:.0%} of the time",
                "whoever reads is slower: give it replicas, or see what holds it up",
                subject=name,
            )


def clock(topic: Topic, project: Project, began: float | None) -> Iterator[Check]:
    """Whether the clock was set while the project ran: the kernel counts from the boot, the supervisor wrote
    what the clock said. `began`: when the supervisor's process did, by the clock as it is now."""
    if began is None:
        return
    late_s = project.record.since - began
    if late_s > -_STEP_S and (late_s < _START_S or project.record.file == "<python>"):
        return
    yield topic.warning(
        f"the clock was set by about {-late_s:+.0f} s since it began: times in logs do not compare",
        "let NTP slew the clock instead of stepping it: chrony, systemd-timesyncd",
    )
