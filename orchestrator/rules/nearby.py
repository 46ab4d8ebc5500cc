"""Who may have been meant by a connect that meets nobody."""

from __future__ import annotations

from orchestrator.model.resolution import Unbound
from orchestrator.model.sites import Site
from orchestrator.rules.context import RuleContext
from orchestrator.transport.compatibility import compatible
from orchestrator.transport.endpoint import HostKind, ParsedEndpoint, Transport
from orchestrator.transport.reach import LOCAL_HOSTS, Reach, host_reach


def fitting_connectors(unbound: Unbound) -> tuple[Site, Site] | None:
    """Two sockets that could talk to each other, and both connect."""
    for index, one in enumerate(unbound.connects):
        for other in unbound.connects[index + 1 :]:
            if compatible(one.socket.type, other.socket.type) and one.socket is not other.socket:
                return one, other
    return None


def is_elsewhere(site: Site) -> bool:
    """Whether an address is on another host, as far as its text tells."""
    parsed = site.parsed
    return (
        parsed is not None and parsed.host_kind not in LOCAL_HOSTS and parsed.host_kind is not HostKind.NONE
    )


def nearest_bind(context: RuleContext, site: Site) -> Site | None:
    """The bind that was most likely meant: of a fitting type, and an address that differs little."""
    wanted = site.parsed
    if wanted is None:
        return None
    best: tuple[float, Site] | None = None
    for bind in context.resolution.binds:
        if bind.parsed is None or bind.socket is site.socket:
            continue
        distance = _distance(wanted, bind.parsed)
        if distance is None:
            continue
        if not compatible(site.socket.type, bind.socket.type):
            distance += 10
        if not context.resolution.of(bind.socket):
            distance -= 0.5
        if best is None or distance < best[0]:
            best = (distance, bind)
    return best[1] if best is not None and best[0] < 4 else None


def _distance(wanted: ParsedEndpoint, bound: ParsedEndpoint) -> float | None:
    """How many characters differ, roughly; None where the two have nothing in common."""
    if wanted.transport is not bound.transport:
        return None
    if wanted.transport in (Transport.IPC, Transport.INPROC):
        return _edits(wanted.path, bound.path)
    if wanted.port is None or bound.port is None:
        return None
    if wanted.port == bound.port:
        return min(2.0, _edits(wanted.host, bound.host))
    if host_reach(wanted, bound) is Reach.NO:
        return None
    return _edits(str(wanted.port), str(bound.port))


def _edits(one: str, other: str) -> float:
    import difflib  # only for an address that leads nowhere

    if abs(len(one) - len(other)) > 3:
        return 99.0
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks())
    return float(max(len(one), len(other)) - same)
