"""Each declared link beside what was seen of it.

Three witnesses, the best first: the connector's monitor knows its address and its handshakes; the binder's
monitor knows how many peers have finished the handshake, not who they are; the kernel knows who is connected
to whom, not whether they understand each other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from orchestrator.planning.reachable import reachable
from orchestrator.supervision.links.types import (
    BIND,
    Declared,
    End,
    EndpointSeen,
    LinkReport,
    LinkState,
    Observed,
    Process,
)
from orchestrator.supervision.links.words import failure, missing, telling

RECENT_S: Final = 30.0
"""A failure at a binder that is older is nobody's: whoever it was has given up, or has come in."""
_HANDSHAKE_S: Final = 1.0
"""A connection may take so long to finish its handshake before that is worth a word."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    state: LinkState
    reason: str = ""
    remedy: str | None = None
    since: float | None = None


class Judge:
    """Judges the links of one plan at one moment."""

    def __init__(self, links: tuple[Declared, ...], observed: Observed) -> None:
        self._links = links
        self._seen = observed
        self._told = Counter[tuple[str, str]]()
        """Binder -> peers that the connectors' own monitors account for."""
        self._silent = Counter[tuple[str, str]]()
        """Binder -> links whose connector has no monitor, and runs."""
        for link in links:
            if link.binder is not None:
                own = self._own(link)
                self._told[link.binder.key] += own.peers if own is not None else 0
                if not self._is_watched(link.connector) and link.connector.unit in observed.running:
                    self._silent[link.binder.key] += 1

    def reports(self) -> tuple[LinkReport, ...]:
        """One for each link, in their order."""
        return tuple(self._report(link) for link in self._links)

    def _report(self, link: Declared) -> LinkReport:
        own, verdict = self._own(link), self._verdict(link)
        since_s = None if verdict.since is None else max(0.0, round(self._seen.now - verdict.since, 3))
        return LinkReport(
            declared=link,
            state=verdict.state,
            reason=verdict.reason,
            remedy=verdict.remedy,
            since_s=since_s,
            handshakes=None if own is None else own.ok,
            failed={} if own is None else dict(own.failed),
        )

    # ------------------------------------------------------------------ the witnesses

    def _is_watched(self, end: End) -> bool:
        return end.key in self._seen.sockets

    def _own(self, link: Declared) -> EndpointSeen | None:
        """What the connector's monitor counted at the link's address."""
        seen = self._seen.sockets.get(link.connector.key)
        if seen is None or link.address is None:
            return None
        return seen.get(link.address) or seen.get(reachable(link.address))

    def _at_binder(self, link: Declared) -> EndpointSeen | None:
        """What the binder's monitor counted of all its peers; None where it has none, or none ever came."""
        seen = self._seen.sockets.get(link.binder.key) if link.binder is not None else None
        return None if seen is None else seen.get(BIND)

    def _intruder(self, link: Declared) -> Process | None:
        """Who listens at the link's address without belonging to the binder's unit."""
        tables, binder = self._seen.tables, link.binder
        if tables is None or binder is None or link.address is None:
            return None
        there = tables.listeners.get(link.address, ())
        is_path = link.address.startswith("ipc://")
        if not is_path and any(process.unit == binder.unit for process in there):
            return None
        return next((process for process in there if process.unit != binder.unit), None)

    def _is_connected(self, link: Declared) -> bool | None:
        """Whether the kernel knows of a connection; None where it does not tell."""
        tables, address = self._seen.tables, link.address
        if tables is None or address is None or address in tables.blind:
            return None
        return any(p.unit == link.connector.unit for p in tables.connections.get(address, ()))

    # ------------------------------------------------------------------ the verdict

    def _verdict(self, link: Declared) -> _Verdict:
        gone = missing(link, self._seen.states, self._seen.running)
        if gone is not None:
            return _Verdict(LinkState.DOWN, gone)
        if link.address is not None and link.address.startswith("inproc://"):
            return _Verdict(LinkState.UP)
        intruder = self._intruder(link)
        if intruder is not None:
            return _stolen(link, intruder)
        if self._is_watched(link.connector):
            return self._by_connector(link)
        if link.binder is not None and self._is_watched(link.binder):
            return self._by_binder(link)
        return self._by_kernel(link)

    def _by_connector(self, link: Declared) -> _Verdict:
        own = self._own(link)
        if own is None:
            where = link.address or "an address that is not known yet"
            return _Verdict(LinkState.DOWN, f"`{link.connector.unit}` has not begun to connect to {where}")
        if own.peers:
            return _Verdict(LinkState.UP, since=own.changed_at)
        if own.standby:
            return _Verdict(
                LinkState.UP, "stands by: connected when another server fails", since=own.changed_at
            )
        if own.row:
            theirs = self._at_binder(link)
            recent = theirs if theirs is not None and theirs.row and self._is_recent(theirs) else None
            kind = telling((own, recent)) or "broken"
            return _Verdict(LinkState.FAILING, *failure(link, kind), since=own.changed_at)
        if own.open and self._seen.now - own.changed_at > _HANDSHAKE_S:
            return _silent(link, own.changed_at)
        return _Verdict(
            LinkState.DOWN,
            f"nobody accepts connections at {link.address}",
            self._how_to_listen(link),
            own.changed_at,
        )

    def _by_binder(self, link: Declared) -> _Verdict:
        """Peers beyond those that other monitors account for are taken for the connectors without one."""
        assert link.binder is not None
        theirs, connected = self._at_binder(link), self._is_connected(link)
        peers = 0 if theirs is None else theirs.peers
        others = peers - self._told[link.binder.key]
        if connected is not False and others >= self._silent[link.binder.key]:
            return _Verdict(LinkState.UP, since=theirs.changed_at if theirs is not None else None)
        if connected and others > 0:
            return _Verdict(LinkState.UP)
        kind = self._refused(link, theirs)
        if kind is not None:
            return _Verdict(LinkState.FAILING, *failure(link, kind))
        if connected:
            return _silent(link, None)
        if connected is None and others > 0:
            missed = self._silent[link.binder.key] - others
            return _Verdict(LinkState.UNKNOWN, f"{missed} of those who should be connected is not")
        return _not_connected(link, self._broken(link, theirs))

    def _broken(self, link: Declared, theirs: EndpointSeen | None) -> int:
        """Connections that broke off at the binder since the connector's process began, if the last one is
        of that time: probes do the same, so it proves nothing."""
        if theirs is None or (theirs.failed_at or 0.0) < self._seen.began.get(link.connector.unit, 0.0):
            return 0
        return theirs.failed.get("broken", 0)

    def _refused(self, link: Declared, theirs: EndpointSeen | None) -> str | None:
        """The failure at the binder that is the connector's, as far as can be told: none from before its
        process, and no connection that merely broke off (as a probe's does) but of late."""
        if theirs is None or theirs.failed_at is None:
            return None
        if theirs.failed_at < self._seen.began.get(link.connector.unit, 0.0):
            return None
        kind = telling((theirs,))
        return kind if kind != "broken" or (theirs.row and self._is_recent(theirs)) else None

    def _by_kernel(self, link: Declared) -> _Verdict:
        match self._is_connected(link):
            case True:
                return _Verdict(LinkState.UP)
            case False:
                return _not_connected(link)
            case _:
                return _Verdict(LinkState.UNKNOWN, "neither program tells, and the kernel does not either")

    def _is_recent(self, seen: EndpointSeen | None) -> bool:
        return seen is not None and seen.failed_at is not None and self._seen.now - seen.failed_at < RECENT_S

    def _how_to_listen(self, link: Declared) -> str | None:
        if link.binder is None:
            return "start the program outside of the topology that binds it, or correct the address"
        if self._is_watched(link.binder):
            return None
        return f"see what `{link.binder.unit}` says: it runs, and has not bound the address"


def _stolen(link: Declared, intruder: Process) -> _Verdict:
    assert link.binder is not None
    by = f"unit `{intruder.unit}`" if intruder.unit is not None else intruder.text
    user = f" of user {intruder.user}" if intruder.user and intruder.unit is None else ""
    return _Verdict(
        LinkState.FAILING,
        f"{link.address} is held by {by}{user}, not by `{link.binder.unit}`",
        f"end it, or give {link.binder.ref} another address; then restart `{link.binder.unit}`",
    )


def _silent(link: Declared, since: float | None) -> _Verdict:
    there = f"`{link.binder.unit}`" if link.binder is not None else f"the program at {link.address}"
    return _Verdict(
        LinkState.FAILING,
        f"connected, but {there} does not finish the handshake",
        "it may be frozen, or not speak ZeroMQ there",
        since,
    )


def _not_connected(link: Declared, broken: int = 0) -> _Verdict:
    where = link.address or "an address that is not known yet"
    also = (
        f"; {broken} connection{'s' if broken > 1 else ''} there broke off in the handshake" if broken else ""
    )
    return _Verdict(
        LinkState.DOWN,
        f"`{link.connector.unit}` is not connected to {where}{also}",
        f"see what `{link.connector.unit}` says: it may connect to another address than the file's",
    )
