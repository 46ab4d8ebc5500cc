"""What a run measures, for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/

The numbers are those of the API's `status`, read when they are asked for; nothing is measured in between.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from orchestrator.errors import RunError, UsageError
from orchestrator.runtime.heard import BREAKER_STATES
from orchestrator.runtime.link_metrics import of_links
from orchestrator.runtime.meters import families
from orchestrator.vocabulary import NodeState

if TYPE_CHECKING:
    from prometheus_client.core import Metric

DEFAULT_HOST: Final = "127.0.0.1"
_ANSWER_S: Final = 5.0
"""How long a scrape waits for the supervisor; Prometheus gives up after 10 s by default."""
_HELP_INSTALL: Final = "install it: pip install 'zmq-orchestrator[metrics]'"

Status = dict[str, Any]


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of `9464`, `:9464`, `0.0.0.0:9464` or `[::1]:9464`; without a host this machine alone.

    Raises UsageError.
    """
    host, _, port = text.rpartition(":")
    if not port.isdigit() or not 0 <= int(port) <= 65535 or (":" in host and not host.startswith("[")):
        raise UsageError(f"--metrics {text}: no address", "write it as 9464, or as HOST:PORT")
    return host.strip("[]") or DEFAULT_HOST, int(port)


class MetricsServer:
    """Answers `GET /metrics` in a thread of its own.

    `status` gives what is to be told, on the loop's thread.
    """

    def __init__(self, host: str, port: int, status: Callable[[], Any]) -> None:
        self._host = host
        self._port = port
        self._status = status
        self._thread: threading.Thread | None = None

    def open(self) -> str:
        """Bind and begin to serve; the URL. Raises RunError when it cannot."""
        try:
            from prometheus_client import CollectorRegistry, start_http_server
        except ImportError as error:
            raise RunError("metrics need the package prometheus_client", _HELP_INSTALL) from error
        self._loop = asyncio.get_running_loop()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        try:
            self._server, self._thread = start_http_server(self._port, self._host, registry)
        except OSError as error:
            raise RunError(
                f"metrics cannot be served at {self._host}:{self._port}: {error.strerror}",
                "choose another address: --metrics HOST:PORT; port 0 takes a free one",
            ) from error
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._server.server_port}/metrics"

    def close(self) -> None:
        """Stop serving. Idempotent."""
        if self._thread is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._thread = None

    def collect(self) -> Iterator[Metric]:
        """Called on the server's thread for every scrape."""
        asked = asyncio.run_coroutine_threadsafe(self._status(), self._loop)
        try:
            status = asked.result(_ANSWER_S)
        except concurrent.futures.TimeoutError:
            asked.cancel()
            return
        yield from metrics(status)


def metrics(status: Status) -> Iterator[Metric]:
    """A status as metrics. docs/reference/metrics.md lists them."""
    yield from _of_topology(status)
    yield from _of_units(status)
    yield from _of_sockets(status)
    yield from of_links(status)
    yield from families(status["project"], status.get("meters", ()))


def _of_topology(status: Status) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    units = status["units"]
    for name, told, value in (
        ("up", "1 while every node is ready or has ended as it should.", float(status["up"])),
        ("start_time_seconds", "When its supervisor started, in seconds since 1970.", status["since"]),
        ("processes", "Processes that the topology has.", float(len(units))),
        ("processes_ready", "Processes that are ready.", float(sum(u["state"] == "ready" for u in units))),
    ):
        family = GaugeMetricFamily(f"orchestrator_topology_{name}", told, labels=["project"])
        family.add_metric([status["project"]], value)
        yield family


_GAUGES: Final = (
    ("heartbeat_age_seconds", "Since its last answer to a heartbeat.", "heartbeat_age_s"),
    ("heartbeat_round_trip_seconds", "How long its last answer to a heartbeat took.", "round_trip_s"),
    ("state_age_seconds", "Since it came into its state.", "state_age_s"),
    ("memory_bytes", "Proportional set size, child processes included.", "memory_bytes"),
)
_COUNTERS: Final = (
    ("restarts", "How often its process was replaced.", "restarts"),
    ("cpu_seconds", "CPU time of its present process, child processes included.", "cpu_s"),
)


def _of_units(status: Status) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    labels = ["project", "node", "unit"]
    state = GaugeMetricFamily(
        "orchestrator_unit_state", "1 for the state it is in.", labels=[*labels, "state"]
    )
    for unit in status["units"]:
        for one in NodeState:
            state.add_metric([*_who(status, unit), one.value], float(unit["state"] == one.value))
    yield state
    for name, told, key in _GAUGES:
        gauge = GaugeMetricFamily(f"orchestrator_unit_{name}", told, labels=labels)
        _add(gauge, status, key)
        yield gauge
    for name, told in (
        ("up", "Declared links that are up."),
        ("declared", "Links that are declared for it."),
    ):
        gauge = GaugeMetricFamily(f"orchestrator_unit_links_{name}", told, labels=labels)
        for unit in status["units"]:
            if unit.get("links") is not None:
                gauge.add_metric(_who(status, unit), float(unit["links"][name]))
        yield gauge
    for name, told, key in _COUNTERS:
        counter = CounterMetricFamily(f"orchestrator_unit_{name}", told, labels=labels)
        _add(counter, status, key)
        yield counter


def _add(family: Any, status: Status, key: str) -> None:
    for unit in status["units"]:
        value = unit.get(key)
        if value is not None:
            family.add_metric(_who(status, unit), float(value))


def _who(status: Status, unit: Mapping[str, Any]) -> list[str]:
    return [status["project"], unit["node"], unit["unit"]]


_TRAFFIC: Final = (
    ("received_messages", "Messages that came in."),
    ("received_bytes", "Bytes that came in, of all frames."),
    ("sent_messages", "Messages that went out."),
    ("sent_bytes", "Bytes that went out, of all frames."),
    ("dropped_messages", "Messages that could not be delivered."),
    ("undecodable_messages", "Messages that came in and could not be decoded."),
    ("failed_messages", "Messages that came in and at which the node's own code raised."),
    ("blocked_seconds", "How long sends have waited for room."),
)


def _of_sockets(status: Status) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily

    for name, told in _TRAFFIC:
        labels = ["project", "node", "instance_name", "socket"]
        family = CounterMetricFamily(f"orchestrator_socket_{name}", told, labels=labels)
        key = name.removesuffix("_messages").replace("blocked_seconds", "blocked_s")
        for row in status["traffic"]:
            who = [status["project"], row["node"], row["instance"], row["socket"]]
            family.add_metric(who, float(row.get(key, 0)))
        yield family
    yield from _of_requests(status)


_REQUESTS: Final = (
    ("requests", "Requests that it made, each counted once.", "requests", "requests"),
    ("request_retries", "Attempts after the first.", "requests", "retries"),
    ("request_timeouts", "Attempts without a reply in their time.", "requests", "timeouts"),
    ("requests_failed", "Requests that ended with an exception.", "requests", "failed"),
    ("stale_replies", "Replies for which nobody waited any more.", "requests", "stale"),
    ("server_switches", "How often another server was taken.", "requests", "switched"),
    ("breaker_openings", "How often its circuit breaker has opened.", "requests", "opened"),
    ("expired_requests", "Requests that it got after their deadline.", "replies", "expired"),
    ("duplicate_requests", "Requests that it got again.", "replies", "duplicates"),
    ("error_replies", "Error replies that it sent.", "replies", "errors"),
)


def _of_requests(status: Status) -> Iterator[Metric]:
    """Only of sockets that make or answer requests which are counted."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    labels = ["project", "node", "instance_name", "socket"]
    rows = [
        ([status["project"], row["node"], row["instance"], row["socket"]], row) for row in status["traffic"]
    ]
    for name, told, side, key in _REQUESTS:
        counter = CounterMetricFamily(f"orchestrator_socket_{name}", told, labels=labels)
        for who, row in rows:
            if row.get(side) is not None:
                counter.add_metric(who, float(row[side][key]))
        yield counter
    waiting = GaugeMetricFamily(
        "orchestrator_socket_requests_open", "Requests that wait for their reply.", labels=labels
    )
    state = GaugeMetricFamily(
        "orchestrator_socket_breaker_state", "1 for the state it is in.", labels=[*labels, "state"]
    )
    for who, row in rows:
        if row.get("requests") is not None:
            waiting.add_metric(who, float(row["requests"]["open"]))
        if row.get("breaker") is not None:
            for one in BREAKER_STATES:
                state.add_metric([*who, one], float(row["breaker"] == one))
    yield waiting
    yield state
