"""The topologies that are shipped: each is clean and drawn, runs, outlives a kill and ends."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from up_support import CLI, Up

pytestmark = pytest.mark.integration

StartUp = Callable[..., Up]
_PACKAGED = Path(str(files("orchestrator"))) / "topologies"
SHIPPED = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[2] / "topologies"
"""Those of the installed package, where that has them: a wheel has to run its own."""
ALL = sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CLI, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)


def end(up: Up, code: int = 130) -> None:
    assert up.stop(signal.SIGINT) == code, up.errors


def test_all_of_them_are_here() -> None:
    assert set(ALL) == {
        "forwarder",
        "pair-line",
        "pipeline",
        "publish-subscribe",
        "queue",
        "quickstart",
        "request-reply",
        "router-dealer",
        "secured",
    }


@pytest.mark.parametrize("name", ALL)
def test_checked_and_drawn(name: str, tmp_path: Path) -> None:
    checked = run("validate", SHIPPED / f"{name}.yaml")
    assert checked.returncode == 0, checked.stdout
    assert "no findings" in checked.stdout
    drawn = run("render", SHIPPED / f"{name}.yaml", "-o", tmp_path / "out.dot")
    assert drawn.returncode == 0, drawn.stderr
    assert "digraph" in (tmp_path / "out.dot").read_text()


def test_quickstart_trades_and_replaces_a_killed_strategy(start_up: StartUp) -> None:
    up = start_up(None, file=SHIPPED / "quickstart.yaml")
    up.wait_ready()
    up.wait_line("gateway", "strategy-0: ")
    up.wait_line("gateway", "strategy-1: ")
    pid = [e["pid"] for e in up.seen if e.get("unit") == "strategy-1" and e.get("state") == "running"][-1]
    subprocess.run(["kill", "-KILL", str(pid)], check=True)
    up.wait_state("strategy-1", "backoff", reason=lambda text: "SIGKILL" in text)
    up.wait_state("strategy-1", "ready", attempt=2)
    up.wait_line("gateway", "strategy-1: ")
    end(up)
    assert up.states("gateway")[-1] == "stopped"


def test_request_reply(start_up: StartUp) -> None:
    up = start_up(None, file=SHIPPED / "request-reply.yaml")
    up.wait_line("client-0", "'by': 'clock'")
    up.wait_line("client-1", "'by': 'clock'")
    end(up)


def test_queue_spreads_requests_over_every_service(start_up: StartUp) -> None:
    up = start_up(None, file=SHIPPED / "queue.yaml")
    for service in ("clock-0", "clock-1", "clock-2"):
        up.wait_line("client-0", f"'by': '{service}'")
    end(up)


def test_publish_subscribe_filters_by_topic(start_up: StartUp) -> None:
    up = start_up(None, file=SHIPPED / "publish-subscribe.yaml")
    up.wait_line("thermometer", "temperature: ")
    up.wait_line("outdoors", "humidity: ")
    up.wait_line("outdoors", "wind: ")
    end(up)
    assert all(line.startswith("temperature: ") for line in up.lines("thermometer"))
    assert not any(line.startswith("temperature: ") for line in up.lines("outdoors"))


def test_forwarder_passes_messages_on_and_subscriptions_back(start_up: StartUp) -> None:
    up = start_up(None, file=SHIPPED / "forwarder.yaml")
    up.wait_line("everything", "pears: ")
    up.wait_line("apples-only", "apples: ")
    up.wait_line("everything", "apples: ")
    end(up)
    assert all(line.startswith("apples: ") for line in up.lines("apples-only"))


def test_pipeline_ends_by_itself_with_the_work_shared_evenly(start_up: StartUp) -> None:
    up = start_up(None, file=SHIPPED / "pipeline.yaml")
    assert up.finish() == 0, up.story()
    shares = re.findall(r"worker-\d: (\d+) jobs", "\n".join(up.lines("sink")))
    assert shares == ["20", "20", "20"]
    assert up.states("ventilator")[-1] == "exited"


def test_router_dealer_answers_each_client(start_up: StartUp) -> None:
    up = start_up(None, file=SHIPPED / "router-dealer.yaml")
    up.wait_line("client-0", "'square': 4")
    up.wait_line("client-1", "'square': 4")
    end(up)


def test_pair_line_passes_each_number_through_every_step(start_up: StartUp) -> None:
    up = start_up(None, file=SHIPPED / "pair-line.yaml")
    for number in ("1", "11", "21"):
        up.wait_line("third", number)
    end(up)
    assert up.lines("third")[:3] == ["1", "11", "21"]
