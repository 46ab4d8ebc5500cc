"""Whatever comes over the API socket: an answer or an end of the connection, and the supervisor goes on."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import sys
import threading
from pathlib import Path

import pytest
from up_support import until

from orchestrator.wire import api

pytestmark = pytest.mark.integration

LAB = """
version: 1
name: lab
nodes:
  source: {command: [sleep, infinity]}
"""


@pytest.fixture
def lab(desk):
    desk.write(LAB)
    desk.run("up", "-d", "topology.yaml")
    yield desk
    before = desk.status()
    assert before["up"]
    assert before["units"][0]["restarts"] == 0
    desk.run("down")


def ask(line, data, answers=1):
    line.sendall(data)
    read = line.makefile("rb")
    return [json.loads(read.readline()) for _ in range(answers)]


def test_nonsense_is_answered_and_the_connection_goes_on(lab):
    with lab.api("lab") as line:
        for nonsense in (b"\n", b"\xff\xfe\n", b"[]\n", b'{"do": "status"}\n', b"[" * 5000 + b"\n"):
            assert "message" in ask(line, nonsense)[0]["error"]
        answer = ask(line, b'{"api": 1, "id": "x", "do": "make_coffee"}\n')[0]
        assert answer["id"] == "x"
        assert "there is no operation 'make_coffee'" in answer["error"]["message"]
        assert ask(line, api.request(2, "status", {}))[0]["result"]["up"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_client_that_has_gone_leaves_no_stream_behind(lab):
    sockets = Path(f"/proc/{lab.status()['pid']}/fd")

    def count():
        found = 0
        for fd in sockets.iterdir():
            with contextlib.suppress(FileNotFoundError):  # it has been closed meanwhile
                found += str(fd.readlink()).startswith("socket:")
        return found

    before = count()
    lines = [lab.api("lab") for _ in range(5)]
    for line in lines:
        assert ask(line, api.request(1, "follow", {}))[0]["item"] == {"event": "following"}
    assert count() > before
    for line in lines:
        line.close()
    until(lambda: count() <= before, what=lambda: f"{count()} sockets, {before} before")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it may be taken for gone")
def test_a_client_that_asks_no_more_still_gets_its_answers(lab):
    with lab.api("lab") as line:
        line.sendall(api.request(1, "follow", {}))
        line.shutdown(socket.SHUT_WR)
        read = line.makefile("rb")
        assert b"following" in read.readline()
        lab.run("kill", "source", "--signal", "CONT")
        assert b"asked to kill source" in read.readline()


@pytest.mark.parametrize(
    "args",
    [
        {"units": "source"},
        {"units": [1]},
        {"units": []},
        {"units": ["source"], "reason": 5},
        {"units": ["nope"]},
        {"units": ["x" * 100_000]},
        {"units": [{"a": 1}]},
    ],
)
def test_arguments_of_another_kind_are_refused(lab, args):
    with lab.api("lab") as line:
        assert "error" in ask(line, api.request(1, "stop", args))[0]


def test_an_endless_line_ends_the_connection_alone(lab):
    with lab.api("lab") as line:
        line.setblocking(True)
        with contextlib.suppress(OSError):
            line.sendall(b"x" * (api.MAX_LINE + (1 << 20)))
        try:
            answer = line.recv(1 << 16)
        except ConnectionError:  # it was let go while it still sent
            answer = b""
        assert answer == b"" or b"at most" in answer


def test_random_bytes_and_broken_requests_change_nothing(lab):
    chance, before = random.Random(20), lab.status()
    good = api.request(1, "status", {"units": ["source"]})
    for _ in range(300):
        data = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data) - 1)] = chance.randrange(256)
        with lab.api("lab") as line:
            line.sendall(bytes(data) if chance.random() < 0.8 else chance.randbytes(200))
            if chance.random() < 0.5:
                line.shutdown(socket.SHUT_WR)
                while line.recv(1 << 16):
                    pass
    after = lab.status()
    assert (after["pid"], after["up"]) == (before["pid"], True)
    assert [unit["pid"] for unit in after["units"]] == [unit["pid"] for unit in before["units"]]


def test_a_hundred_connections_that_say_nothing_keep_nobody_out_for_long(lab):
    idle = [lab.api("lab") for _ in range(60)]
    with lab.api("lab") as line:
        assert ask(line, api.request(1, "hello", {}))[0]["result"]["project"] == "lab"
    for line in idle:
        line.close()
    lab.run("status")


def test_a_client_that_never_reads_its_stream_holds_nobody_up(lab):
    with lab.api("lab") as sleeper:
        sleeper.sendall(b"".join(api.request(n, "watch", {}) for n in range(60)))
        for _ in range(5):
            lab.run("restart", "source")
    before = lab.status()
    assert before["units"][0]["restarts"] == 5
    lab.run("down")
    lab.run("up", "-d", "topology.yaml")


def test_commands_from_many_sides_are_all_carried_out(lab):
    answers = []

    def restart() -> None:
        with lab.api("lab") as line:
            answers.append(ask(line, api.request(1, "restart", {"units": ["source"]}))[0])

    threads = [threading.Thread(target=restart) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("result" in answer for answer in answers)
    assert len(answers) == 20
    lab.until_unit("source", state="ready")
    lab.run("down")
    lab.run("up", "-d", "topology.yaml")


def test_the_socket_is_the_users_own(lab):
    directory = lab.runtime / "orchestrator"
    assert directory.stat().st_mode & 0o077 == 0
    assert (directory / "lab").stat().st_mode & 0o077 == 0
