"""What the rules about ports share: the fixed tcp ports that sockets of this topology bind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.model.sites import Site
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import ParsedEndpoint, Transport


@dataclass(frozen=True, slots=True)
class PortRange:
    """The ports of one `bind`, all replicas together."""

    site: Site
    first: int
    last: int

    def __str__(self) -> str:
        return f"port {self.first}" if self.first == self.last else f"ports {self.first} to {self.last}"


def bound_ports(context: RuleContext) -> Iterator[PortRange]:
    """Every bind of tcp with a fixed port, once per `bind` entry."""
    for site in context.resolution.binds:
        ports = [
            spot.port
            for spot in site.spots
            if isinstance(spot, ParsedEndpoint)
            and spot.transport is Transport.TCP
            and spot.port is not None
            and not spot.wildcard_port
        ]
        if ports:
            yield PortRange(site, min(ports), max(ports))
