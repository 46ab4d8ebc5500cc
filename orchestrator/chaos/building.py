"""An experiment's document that the schema has accepted becomes an Experiment, and is held against the
topology.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, cast

from orchestrator.chaos.types import (
    ANY,
    Across,
    Aim,
    Cut,
    Delay,
    Expect,
    Experiment,
    Fault,
    Fill,
    Freeze,
    Heartbeats,
    Hold,
    Kill,
    Slow,
    Throttle,
    What,
)
from orchestrator.model.codes import NOT_A_NUMBER, NOT_FOR_THIS_NODE, UNKNOWN_ADDRESS, UNKNOWN_NODE
from orchestrator.model.links import links
from orchestrator.model.parts import Data, Findings, did_you_mean, listing
from orchestrator.model.profiles import select_profiles
from orchestrator.model.quantities import parse_duration, parse_size
from orchestrator.model.types import Link, Topology
from orchestrator.source import Document
from orchestrator.supervision.words import signal_number
from orchestrator.vocabulary import Path

_KINDS: Final = ("kill", "freeze", "slow", "heartbeats", "cut", "hold", "delay", "throttle", "fill")


def build(document: Document, findings: Findings) -> Experiment:
    """The experiment with every default filled in. Findings are about numbers and signals."""
    data = cast("Data", document.data)
    general = data.get("expect", {})
    expect = _expect(general, Expect())
    return Experiment(
        name=data["name"],
        file=document.file,
        topology=os.path.normpath(os.path.join(os.path.dirname(document.file), data["topology"])),  # noqa: PTH118, PTH120
        faults=tuple(
            _fault(fault, ("faults", index), document, expect, findings)
            for index, fault in enumerate(data["faults"])
        ),
        profiles=tuple(data.get("profiles", ())),
        seed=None if "seed" not in data else int(data["seed"]),
        ready_within_s=parse_duration(data.get("ready_within", "60s")),
        topology_survives=general.get("topology_survives", True),
        no_message_lost=general.get("no_message_lost", False),
        description=data.get("description"),
    )


def _expect(data: Data, base: Expect) -> Expect:
    return replace(
        base,
        ready_again_within_s=_seconds(data, "ready_again_within", base.ready_again_within_s),
        others_untouched=data.get("others_untouched", base.others_untouched),
    )


def _seconds(data: Data, key: str, default: float) -> float:
    return parse_duration(data[key]) if key in data else default


def _fault(data: Data, path: Path, document: Document, expect: Expect, findings: Findings) -> Fault:
    kind = next(kind for kind in _KINDS if kind in data)
    return Fault(
        what=_what(kind, data[kind], (*path, kind), document, findings),
        after_s=_seconds(data, "after", 0.0),
        every_s=_seconds(data, "every", 1.0),
        times=int(data.get("times", 1)),
        expect=_expect(data.get("expect", {}), expect),
        span=document.place((*path, kind)),
        path=path,
    )


def _what(kind: str, data: Data, path: Path, document: Document, findings: Findings) -> What:
    for_s = _seconds(data, "for", 0.0)
    match kind:
        case "kill":
            return Kill(aim=_aim(data), signum=_signal(data, path, findings))
        case "freeze":
            return Freeze(aim=_aim(data), for_s=for_s)
        case "slow":
            share = float(data.get("share", 0.2))
            if share != share:  # .nan passes every bound of the schema
                findings.error(NOT_A_NUMBER, "`share` must be a number", (*path, "share"))
            return Slow(aim=_aim(data), for_s=for_s, share=share, period_s=_seconds(data, "period", 0.1))
        case "heartbeats":
            return Heartbeats(aim=_aim(data), for_s=for_s, by_s=parse_duration(data["by"]))
        case "cut":
            return Cut(across=_across(data), for_s=for_s)
        case "hold":
            return Hold(across=_across(data), for_s=for_s)
        case "delay":
            by_s, jitter_s = parse_duration(data["by"]), _seconds(data, "jitter", 0.0)
            return Delay(across=_across(data), for_s=for_s, by_s=by_s, jitter_s=jitter_s)
        case "throttle":
            return Throttle(across=_across(data), for_s=for_s, rate=parse_size(data["rate"]))
        case _:
            return Fill(
                directory=os.path.normpath(os.path.join(document.directory, data["where"])),  # noqa: PTH118
                for_s=for_s,
                leave=parse_size(data.get("leave", "0B")),
                at_most=parse_size(data.get("at_most", "1GiB")),
            )


def _aim(data: Data) -> Aim:
    replica = data.get("replica", ANY)
    return Aim(node=data["node"], replica=replica if isinstance(replica, str) else int(replica))


def _across(data: Data) -> Across:
    return Across(link=data["link"], source=data.get("from"))


def _signal(data: Data, path: Path, findings: Findings) -> int:
    name = data.get("signal", "SIGKILL")
    number = signal_number(name)
    if number is None:
        remedy = "for example SIGKILL, SIGTERM or SIGSEGV"
        findings.error(NOT_FOR_THIS_NODE, f"`{name}` is no signal here", (*path, "signal"), remedy=remedy)
    return number or 9


# ---------------------------------------------------------------------- against the topology


@dataclass(frozen=True, slots=True)
class _Known:
    """What can be named."""

    topology: Topology
    links: tuple[Link, ...]


def check_against(experiment: Experiment, topology: Topology, findings: Findings) -> None:
    """Add a finding for every fault that is aimed at nothing. Raises UsageError for an unknown profile."""
    known = _Known(select_profiles(topology, experiment.profiles), tuple(links(topology)))
    for fault in experiment.faults:
        what, path = fault.what, (*fault.path, fault.kind)
        match what:
            case Kill() | Freeze() | Slow() | Heartbeats():
                _check_aim(what.aim, path, known, findings)
            case Cut() | Hold() | Delay() | Throttle():
                _check_across(what.across, path, known, findings)
            case Fill() if not os.path.isdir(what.directory):  # noqa: PTH112
                remedy = "make it first: a file system of its own, mounted there"
                findings.error(
                    UNKNOWN_ADDRESS,
                    f"there is no directory {what.directory}",
                    (*path, "where"),
                    remedy=remedy,
                )
            case _:
                pass


def _check_aim(aim: Aim, path: Path, known: _Known, findings: Findings) -> None:
    nodes = known.topology.nodes
    if aim.node == ANY:
        return
    if aim.node not in nodes:
        _unknown_node(aim.node, (*path, "node"), nodes, findings)
    elif isinstance(aim.replica, int) and aim.replica >= nodes[aim.node].replicas:
        count = nodes[aim.node].replicas
        findings.error(
            NOT_FOR_THIS_NODE,
            f"`{aim.node}` has no replica {aim.replica}",
            (*path, "replica"),
            remedy="it has one, number 0" if count == 1 else f"it has {count}, numbers 0 to {count - 1}",
        )


def _unknown_node(name: str, path: Path, nodes: Mapping[str, object], findings: Findings) -> None:
    findings.error(
        UNKNOWN_NODE,
        f"there is no node `{name}`",
        path,
        remedy=did_you_mean(name, nodes, f"nodes are {listing(nodes)}, or write `any`"),
        fix=findings.other_name(path, name, nodes),
    )


def _check_across(across: Across, path: Path, known: _Known, findings: Findings) -> None:
    topology = known.topology
    found = [link for link in known.links if leads_to(link, across.link)]
    names = [
        *dict.fromkeys(link.binder.ref for link in known.links if link.binder and link.connector),
        *(name for name, endpoint in topology.endpoints.items() if endpoint.external),
    ]
    if not found:
        exists = topology.socket(across.link) is not None or across.link in topology.endpoints
        fact = "nothing connects to" if exists else "there is no socket or endpoint"
        remedy = did_you_mean(across.link, names, f"links lead to {listing(names)}" if names else "")
        findings.error(UNKNOWN_ADDRESS, f"{fact} `{across.link}`", (*path, "link"), remedy=remedy or None)
        return
    if across.source is not None and not any(comes_from(link, across.source) for link in found):
        ends = dict.fromkeys(link.connector.ref for link in found if link.connector)
        findings.error(
            UNKNOWN_ADDRESS,
            f"`{across.source}` does not connect to `{across.link}`",
            (*path, "from"),
            remedy=did_you_mean(across.source, ends, f"{listing(ends)} do"),
        )
    elif all(link.address.startswith(("inproc://", "udp://", "pgm://", "epgm://", "ws")) for link in found):
        findings.error(
            NOT_FOR_THIS_NODE,
            f"no forwarder can stand between the ends of {found[0].address}",
            (*path, "link"),
            remedy="links over tcp and ipc can be disturbed",
        )


def leads_to(link: Link, name: str) -> bool:
    """Whether a link with a connector has `name` (`node.socket` or an endpoint) at its other end."""
    if link.connector is None:
        return False
    if link.endpoint is not None and link.endpoint.name == name:
        return True
    return link.binder is not None and link.binder.ref == name


def comes_from(link: Link, source: str | None) -> bool:
    """Whether a link's connector is of `source`: a node, or `node.socket`; None is everybody."""
    return link.connector is not None and source in (None, link.connector.node, link.connector.ref)
