"""The OpenTelemetry spans of a node instance: made when the environment asks for it, sent off at its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestrator.errors import RunError
from orchestrator.host.failures import from_error
from orchestrator.supervision.events import FailureCause

if TYPE_CHECKING:
    from orchestrator.sdk.reports.telemetry import Telemetry
    from orchestrator.sdk.socket import Socket
    from orchestrator.wire.launch import InstanceLaunch


class Spanning:
    """Nothing, as long as no spans are wanted."""

    def __init__(self) -> None:
        self._telemetry: Telemetry | None = None

    def fit(self, sockets: Iterable[Socket], launch: InstanceLaunch, topology: str) -> None:
        """Have the sockets make spans, if they are wanted. Raises Failure when that cannot be set up."""
        if not _may_be_wanted():
            return
        from orchestrator.sdk.reports.telemetry import is_wanted, make_telemetry

        if not is_wanted():
            return
        from orchestrator.sdk.spans import instrument

        try:
            self._telemetry = make_telemetry(launch.instance, launch.node, topology)
        except RunError as error:
            raise from_error(FailureCause.SETUP, error, permanent=True) from error
        for socket in sockets:
            instrument(socket, self._telemetry)

    def close(self) -> None:
        """Send off the last spans; that takes no longer than `telemetry.FLUSH_S`. Idempotent."""
        telemetry, self._telemetry = self._telemetry, None
        if telemetry is not None:
            telemetry.close()


def _may_be_wanted() -> bool:
    """Whether there is any variable of OpenTelemetry's: most processes load nothing to find out."""
    import os

    return any(name.startswith("OTEL_") for name in os.environ)
