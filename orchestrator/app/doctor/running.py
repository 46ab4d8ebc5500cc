"""What runs: nodes that are not ready, and links that are not up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.app.doctor.types import Check, Topic
from orchestrator.client import Client
from orchestrator.errors import OrchestratorError
from orchestrator.projects import places
from orchestrator.projects.find import Project


def running(project: Project) -> Iterator[Check]:
    """Ask the supervisor of a project that runs."""
    topic = Topic(name=f"running {project.name}")
    try:
        with Client(project.run_dir / places.API) as client:
            status, links = client.call("status"), client.call("links")
    except OrchestratorError as error:
        yield topic.error(error.message, error.remedy or "see `orchestrator list`")
        return
    yield from units(topic, status)
    yield from linked(topic, links)


def units(topic: Topic, status: dict[str, Any]) -> Iterator[Check]:
    """The nodes of a project: `status` is the API's answer."""
    late = [
        u for u in status["units"] if u["state"] != "ready" and not (u["settled"] and u["state"] == "exited")
    ]
    for unit in late:
        why = f": {unit['reason']}" if unit["reason"] else ""
        yield topic.warning(
            f"`{unit['unit']}` is {unit['state']}{why}",
            f"`orchestrator ps {status['project']}` shows its last lines",
        )
    if not late:
        yield topic.ok(
            f"{len(status['units'])} of {len(status['units'])} processes are ready or have ended well"
        )


def linked(topic: Topic, found: dict[str, Any]) -> Iterator[Check]:
    """The links of a project: `found` is the API's answer."""
    for link in found["links"]:
        if link["state"] == "unknown":
            yield topic.note(f"{name(link)}: {link['reason']}")
        elif not link["up"]:
            remedy = link["remedy"] or "`orchestrator ps --links` follows it"
            yield topic.warning(f"{name(link)} is {link['state']}: {link['reason']}", remedy)
    for stranger in found["strangers"]:
        end = stranger["socket"]
        yield topic.warning(
            f"{stranger['who']} is connected to {end['instance']}.{end['socket']}, and no link declares it",
            "end it, or declare it: a node, or an endpoint with `external: true` that the socket binds",
        )
    if found["up"] == found["declared"]:
        yield topic.ok(f"{found['up']} of {found['declared']} links are up")


def name(link: dict[str, Any]) -> str:
    """`source.out -> sink.in`; the address where a program outside binds."""
    connector, binder = link["connector"], link["binder"]
    to = f"{binder['instance']}.{binder['socket']}" if binder else link["address"]
    return f"{connector['instance']}.{connector['socket']} -> {to}"
