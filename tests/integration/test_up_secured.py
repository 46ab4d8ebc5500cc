"""A secured topology as a user runs it: keys made, used, replaced while it runs, and seen nowhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq
from test_topologies import SHIPPED
from up_support import CLI, Up, marked, until

from orchestrator.transport.certificates import Pair, new_pair, read_pair

pytestmark = pytest.mark.integration
StartUp = Callable[..., Up]
CONSOLE_NODE = f"""
  console:
    command: [{sys.executable}, console.py]
    sockets:
      requests: {{type: REQ, connect: clock.questions, message: Question}}
"""
CONSOLE = """
import os, pathlib, time, zmq, zmq.auth
keys = pathlib.Path(os.environ["ORCHESTRATOR_KEYS"])
socket = zmq.Context().socket(zmq.REQ)
socket.curve_serverkey, _ = zmq.auth.load_certificate(keys / "clock.key")
socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(keys / "console.key_secret")
socket.connect(os.environ["ORCHESTRATOR_SOCKET_REQUESTS"])
while True:
    socket.send_json({"format": "%H"})
    print(socket.recv_json(), flush=True)
    time.sleep(0.2)
"""


def run(*words: str | Path) -> str:
    done = subprocess.run([*CLI, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def file(tmp_path: Path) -> Path:
    for name in ("secured.yaml", "patterns.py"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    text = (tmp_path / "secured.yaml").read_text().replace("allow: [client]", "allow: [client, console]")
    text = text.replace("\nnodes:", "\ndefaults: {heartbeat: {interval: 200ms}}\nnodes:")
    (tmp_path / "secured.yaml").write_text(f"{text}\n{CONSOLE_NODE}")
    (tmp_path / "console.py").write_text(CONSOLE)
    return tmp_path / "secured.yaml"


def secrets(keys: Path) -> list[str]:
    return [read_pair(str(path)).secret for path in keys.glob("*.key_secret")]


def shown(pid: int) -> Iterator[bytes]:
    """What other users, or those who look at a process, see of it."""
    for name in ("cmdline", "environ", "comm"):
        yield Path(f"/proc/{pid}/{name}").read_bytes()


def knock(address: str, server: Pair, own: Pair) -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as raw:
        raw.linger = 0
        monitor = raw.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_AUTH)
        raw.curve_serverkey = server.public.encode()
        raw.curve_publickey, raw.curve_secretkey = own.public.encode(), own.secret.encode()
        raw.connect(address)
        assert monitor.poll(10_000), "it is refused"
        raw.disable_monitor()
        monitor.close(0)


def test_a_secured_topology(start_up: StartUp, file: Path) -> None:
    run("keys", "init", file)
    keys = file.parent / "keys"
    up = start_up(None, file=file)
    start = up.wait_for(event="topology_starting")
    up.wait_line("client-0", "'by': 'clock'")
    up.wait_line("console", "'by': 'clock'")
    look = lambda: json.loads(run("ps", "--links", "--format", "json", "-t", file))  # noqa: E731
    until(lambda: look()["up"] == look()["declared"] == 3, what=lambda: str(look()))
    links = look()

    address = next(link["address"] for link in links["links"])
    stranger = new_pair({})
    knock(address, read_pair(str(keys / "clock.key_secret")), stranger)
    up.wait_line("clock", f"has its key {stranger.public}")
    turned_away = lambda: "clock.questions has turned peers away: 1 auth" in run("ps", "--links", "-t", file)  # noqa: E731
    until(turned_away, what=lambda: run("ps", "--links", "-t", file))

    run("keys", "rotate", file, "--grace", "1h")
    up.wait_line("clock", "is open with the new key, too")
    up.wait_line("client-0", "with the new keys")
    up.wait_line("client-0", "'by': 'clock'")
    up.wait_line("client-1", "'by': 'clock'")
    attempts = {e["attempt"] for e in up.seen if e["event"] == "state" and e.get("attempt")}
    assert attempts == {1}, "nobody started anew"

    assert len(every := secrets(keys)) == 6
    processes = marked(up.mark)
    assert len(processes) >= 6, "supervisor, zygote, four nodes"
    for pid, name in processes:
        for seen in shown(pid):
            assert not any(secret.encode() in seen for secret in every), name
    kept = Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local/state"))
    files = [*Path(start["run_dir"]).rglob("*"), *kept.rglob("secured*/**/*")]
    looked = [path for path in files if path.is_file()]
    assert len(looked) >= 2, "the launches, the logs"
    for path in looked:
        assert not any(secret.encode() in path.read_bytes() for secret in every), path
    clock = next(e["pid"] for e in up.seen if e.get("unit") == "clock" and e.get("pid"))
    assert int(Path(f"/proc/{clock}/coredump_filter").read_text(), 16) == 0, "no memory in a core dump"
    assert up.stop() == 0
    told = "\n".join(json.dumps(event) for event in up.seen)
    assert not any(secret in told for secret in every)
    until(lambda: not marked(up.mark), what=lambda: str(marked(up.mark)))
