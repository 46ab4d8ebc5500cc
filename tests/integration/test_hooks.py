"""Hooks of a running topology: commands, webhooks, and those that hang, flood, fail, or are cut off."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from up_support import CLI, Up, marked, until

from orchestrator.runtime.hooks.webhooks import HookFailedError, send


class Receiver:
    """An http server on a free port that notes what is posted, and answers as `/status/NNN` says."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, str], Any]] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.posted.append((self.path, dict(self.headers), body))
                if self.path == "/hang":
                    receiver.released.wait(30)
                self.send_response(int(self.path.rpartition("/")[2]) if "/status/" in self.path else 200)
                self.send_header("Location", "/elsewhere")
                with suppress(BrokenPipeError):  # it may have given up
                    self.end_headers()
                    self.wfile.write(b"thank you\n")

            def log_message(self, *_: object) -> None:
                pass

        self.released = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    try:
        yield found
    finally:
        found.close()


def test_a_receiver_that_is_silent_is_told_so_whoever_notices_first(receiver: Receiver) -> None:
    with pytest.raises(HookFailedError, match=r"^no answer within 0.05 s, its `timeout`$"):
        send(f"{receiver.url}/hang", {}, b"{}", 0.05)


TOPOLOGY = """\
version: 1
name: hooked
hooks:
  - on: [starting, restarting, crashed]
    nodes: [a]
    command: [sh, -c, 'cat >> told.jsonl; echo "$ORCHESTRATOR_EVENT $ORCHESTRATOR_UNIT $ORCHESTRATOR_PROJECT" >> told']
  - {on: ready, nodes: [b], command: [sh, -c, 'sleep 998 & exec sleep 999'], timeout: 300ms}
  - {on: ready, nodes: [b], command: [sh, -c, 'while :; do echo flood; done']}
  - {on: ready, nodes: [b], command: [sh, -c, 'echo why >&2; exit 3']}
  - {on: ready, nodes: [b], command: [./nowhere]}
  - {on: up, webhook: '${URL}/T0/secret?key=secret', headers: {Authorization: 'Bearer secret'}, max_runs: 1}
  - {on: ready, nodes: [b], webhook: '${URL}/status/503'}
  - {on: ready, nodes: [b], webhook: '${URL}/status/307'}
  - {on: ready, nodes: [b], webhook: '${URL}/hang', timeout: 300ms}
  - {on: down, command: [sh, -c, 'sleep 0.2; echo down >> told']}
  - {on: crashed, nodes: [a], command: [sleep, '993'], timeout: 1h}
nodes:
  a: {command: [sleep, '1000'], restart: {policy: always, backoff: {initial: 10ms}}}
  b: {command: [sleep, '1000']}
"""

FAILURES = {
    "hook 2 (sh)": "ended after 0.3 s, its `timeout`",
    "hook 3 (sh)": "ended: it wrote more than 1 MiB",
    "hook 4 (sh)": "exit code 3",
    "hook 7 (127.0.0.1)": "was answered 503",
    "hook 8 (127.0.0.1)": "was answered 307",
    "hook 9 (127.0.0.1)": "no answer within 0.3 s, its `timeout`",
}


def test_hooks_are_told_and_harm_nobody(
    start_up: Callable[..., Up], tmp_path: Path, receiver: Receiver
) -> None:
    up = start_up(TOPOLOGY, env={"URL": receiver.url})
    up.wait_ready()
    (pid,) = [e["pid"] for e in up.seen if e.get("unit") == "a" and e.get("state") == "ready"]
    os.kill(pid, signal.SIGKILL)
    up.wait_state("a", "ready", attempt=2)  # nobody waits for the hook that hangs
    wanted = {*FAILURES, "hook 5 (nowhere)", "hook 6 (127.0.0.1)"}
    while wanted - {e.get("hook") for e in up.seen}:
        up.wait_for(event="hook")
    assert up.stop() == 0
    ended = {e["hook"]: e for e in up.seen if e["event"] == "hook"}
    assert {name: ended[name]["failure"] for name in FAILURES} == FAILURES
    assert "nowhere" in ended["hook 5 (nowhere)"]["failure"]
    assert ended["hook 4 (sh)"]["last_lines"] == ["why"]
    assert "secret" not in json.dumps(up.seen)
    told = (tmp_path / "told").read_text().splitlines()
    assert told == ["starting a hooked", "crashed a hooked", "restarting a hooked", "down"]
    first = json.loads((tmp_path / "told.jsonl").read_text().splitlines()[0])
    assert (first["version"], first["event"], first["attempt"]) == (1, "starting", 1)
    posted = {path: (headers, body) for path, headers, body in receiver.posted}
    headers, body = posted["/T0/secret?key=secret"]
    assert headers["Authorization"] == "Bearer secret"
    assert (body["event"], body["topology"]) == ("up", "hooked")
    assert "/elsewhere" not in posted  # no redirection is followed
    assert len([path for path, *_ in receiver.posted if path.startswith("/T0")]) == 1  # max_runs


def test_hooks_die_with_a_supervisor_that_is_killed(start_up: Callable[..., Up]) -> None:
    text = """\
version: 1
name: hooked
hooks:
  - {on: ready, command: [sh, -c, 'setsid sleep 997 & exec sleep 996'], timeout: 1h}
nodes:
  a: {command: [sleep, '1000']}
"""
    up = start_up(text)
    run_dir = Path(up.wait_for(event="topology_starting")["run_dir"])
    up.wait_ready()
    deadline = time.monotonic() + 20
    while len(up.leftovers()) < 5 and time.monotonic() < deadline:  # with the supervisor and its zygote
        time.sleep(0.01)
    up.send(signal.SIGKILL)
    assert up.finish() == -signal.SIGKILL
    until(lambda: not up.leftovers(), what=lambda: f"left: {up.leftovers()}")
    shutil.rmtree(run_dir)  # the next `up` would
    Path(f"{run_dir}.lock").unlink()


def test_hooks_die_with_a_killed_supervisor_whose_nodes_go_on(start_up: Callable[..., Up]) -> None:
    text = """\
version: 1
name: hooked-kept
hooks:
  - {on: ready, command: [sh, -c, 'setsid sleep 995 & exec sleep 994'], timeout: 1h}
nodes:
  a: {command: [sleep, '1000']}
"""
    up = start_up(text, "--keep")
    up.wait_ready()
    until(lambda: len(up.leftovers()) >= 5, what=lambda: f"runs: {up.leftovers()}")
    up.send(signal.SIGKILL)
    assert up.finish() == -signal.SIGKILL

    def commands() -> list[str]:
        return [name for _, name in marked(up.mark) if "sleep 99" in name]

    until(lambda: not commands(), what=lambda: f"left: {commands()}")
    assert any("sleep 1000" in name for _, name in marked(up.mark))
    done = subprocess.run(
        [*CLI, "down", "hooked-kept"], env={**os.environ, "TEST_MARK": up.mark}, check=False, timeout=60
    )
    assert done.returncode == 0
