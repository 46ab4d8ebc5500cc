"""`tap`, `send`, `request`, `pub`, `record`, `replay` on one running topology, which nobody disturbs."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from project_support import Desk
from up_support import until

pytestmark = pytest.mark.integration

TOPOLOGY = """
version: 1
name: lab
defaults: {heartbeat: {interval: 100ms}}
messages:
  Tick: {codec: json, envelope: true}
  Order: {codec: msgpack}
nodes:
  feed:
    run: lab_nodes:feed
    sockets:
      ticks: {type: PUB, bind: auto, message: Tick, topics: [A, B]}
  strategy:
    run: lab_nodes:strategy
    sockets:
      ticks: {type: SUB, connect: feed.ticks, message: Tick, subscribe: [""]}
      orders: {type: PUSH, connect: gateway.orders, message: Order}
  gateway:
    run: lab_nodes:Gateway
    sockets:
      orders: {type: PULL, bind: auto, message: Order}
      ask: {type: REP, bind: auto, message: Order}
      route: {type: ROUTER, bind: auto, message: Order}
      news: {type: SUB, bind: auto, codec: text, subscribe: [a, b]}
"""
NODES = """
import time
from orchestrator.sdk import Node

def feed(node):
    n = 0
    while node.sleep(0.002):
        n += 1
        node.sockets.ticks.send({"n": n, "price": n % 100}, topic="AB"[n % 2])

def strategy(node):
    last = 0
    for message in node.sockets.ticks:
        n = message["n"]
        if last and n != last + 1:
            print("jump from", last, "to", n, flush=True)
        last = n
        if n % 10 == 0:
            node.sockets.orders.send({"n": n, "side": "buy"})

class Gateway(Node):
    def on_orders(self, message):
        if "own" in message:
            print("order", message["own"], time.time(), flush=True)
    def on_ask(self, message):
        if message == "slow":
            time.sleep(1)
        return {"you": message}
    def on_route(self, message, peer):
        self.sockets.route.send({"routed": message}, peer=peer)
    def on_news(self, message, topic):
        print("news", topic, message, flush=True)
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    directory = tmp_path_factory.mktemp("lab")
    desk = Desk(directory)
    (directory / "lab_nodes.py").write_text(NODES)
    desk.write(TOPOLOGY)
    try:
        desk.run("up", "-d", "topology.yaml")
        yield desk
        desk.run("down")
        desk.prove_clean()
    finally:
        desk.end()


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def tap(lab: Desk, *words: str) -> list[dict[str, Any]]:
    return rows(lab.run("tap", *words, "--format", "json"))


def logged(lab: Desk, node: str, word: str) -> list[str]:
    lines = lab.run("logs", node, "--bare").stdout.splitlines()
    return [line for line in lines if line.startswith(word)]


def threads(lab: Desk, unit: str) -> int:
    return len(list(Path(f"/proc/{lab.unit(unit)['pid']}/task").iterdir()))


# ------------------------------------------------------------------ tap


def test_publications_are_seen_decoded_and_chosen(lab: Desk) -> None:
    found = tap(lab, "feed.ticks", "--topic", "A", "--count", "5")
    numbers = [row["message"]["n"] for row in found]
    assert numbers == list(range(numbers[0], numbers[0] + 10, 2))
    assert {row["topic"] for row in found} == {"A"}
    assert [row["envelope"]["sequence"] for row in found] == [n // 2 for n in numbers]
    assert {row["socket"] for row in tap(lab, "strategy.ticks", "--count", "2")} == {"feed.ticks"}
    [row] = tap(lab, "feed.ticks", "--match", "price=50", "--match", "n>1", "--count", "1")
    assert row["message"]["price"] == 50
    raw = lab.run("tap", "feed.ticks", "--raw", "--count", "2").stdout.splitlines()
    assert [json.loads(line)["n"] for line in raw]
    done = lab.run("tap", "feed.ticks", "--hex", "--for", "300ms")
    assert "|{" in done.stdout
    assert "messages" in done.stderr
    assert "did not come" not in done.stderr
    [row] = rows(lab.run("tap", "feed.ticks", "--rate", "--for", "1.2s", "--format", "json"))
    assert 50 < row["messages"] < 700
    assert row["missing"] == 0
    assert set(row["topics"]) == {"A", "B"}


def test_other_patterns_are_copied_by_their_nodes_while_somebody_asks(lab: Desk) -> None:
    before = threads(lab, "gateway")
    watching = lab.start("tap", "gateway.ask", "--count", "4", "--format", "json", stderr=subprocess.PIPE)
    until(lambda: threads(lab, "gateway") > before, what=lambda: "the node never began to copy")
    for n in (1, 2):
        lab.run("request", "gateway.ask", json.dumps({"n": n}))
    found = [json.loads(line) for line in watching.communicate(timeout=60)[0].splitlines()]
    assert [(row["way"], row["message"]) for row in found] == [
        ("received", {"n": 1}),
        ("sent", {"you": {"n": 1}}),
        ("received", {"n": 2}),
        ("sent", {"you": {"n": 2}}),
    ]
    until(lambda: threads(lab, "gateway") == before, what=lambda: "the node never left off copying")
    for name in ("strategy.orders", "gateway.orders"):
        assert {row["message"]["side"] for row in tap(lab, name, "--count", "2")} == {"buy"}


def test_a_tap_that_reads_nothing_holds_up_nobody(lab: Desk) -> None:
    slow = [lab.start("tap", name, stdout=subprocess.DEVNULL) for name in ("feed.ticks", "gateway.orders")]
    try:
        time.sleep(0.5)
        for each in slow:
            each.send_signal(signal.SIGSTOP)
        numbers = [row["message"]["n"] for row in tap(lab, "strategy.ticks", "--count", "700")]
        assert numbers == list(range(numbers[0], numbers[0] + 700))
    finally:
        for each in slow:
            each.kill()
            each.wait()
    assert logged(lab, "strategy", "jump") == []


def test_a_tap_goes_on_when_the_process_is_replaced(lab: Desk) -> None:
    before = threads(lab, "gateway")
    asks = lab.start("tap", "gateway.ask", "--count", "2", "--format", "json", stderr=subprocess.PIPE)
    until(lambda: threads(lab, "gateway") > before, what=lambda: "the node never began to copy")
    tap(lab, "feed.ticks", "--match", "n>1000", "--count", "1")
    ticks = lab.start("tap", "feed.ticks", "--match", "n<1000", "--count", "1", stderr=subprocess.PIPE)
    lab.run("restart", "gateway", "feed")
    until(lambda: lab.status()["up"], what=lambda: "it did not come up again")

    def asked() -> bool:
        lab.run("request", "gateway.ask", "hello")
        return asks.poll() is not None

    until(asked, what=lambda: "no copy came of the new process")
    assert json.loads(asks.communicate()[0].splitlines()[0])["message"] == "hello"
    assert "feed.ticks" in ticks.communicate(timeout=60)[0]


# ------------------------------------------------------------------ send, request, pub


def test_messages_requests_and_publications_get_there(lab: Desk) -> None:
    (lab.directory / "more").write_text('{"own": 3}\n{"own": 4}\n')
    assert lab.run("send", "gateway.orders", "{own: 1}", '{"own": 2}', "@more").stdout == (
        "4 messages sent to gateway.orders\n"
    )
    assert lab.run("pub", "gateway.news", "--topic", "abc", "hello, world").returncode == 0
    until(lambda: bool(logged(lab, "gateway", "news")), what=lambda: "the publication never came")
    assert logged(lab, "gateway", "news") == ["news abc hello, world"]
    assert [line.split()[1] for line in logged(lab, "gateway", "order ")][:4] == ["1", "2", "3", "4"]
    [reply] = rows(lab.run("request", "gateway.route", "[1]", "--format", "json"))
    assert (reply["reply"], reply["socket"]) == ({"routed": [1]}, "gateway.route")
    assert lab.run("request", "gateway.ask", "{a: b}").stdout == '{"you": {"a": "b"}}\n'


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("request", "gateway.ask", "slow", "--timeout", "200ms"), 1, "has not answered within 0.2 s"),
        (("pub", "gateway.news", "--topic", "x", "hi"), 2, "subscribes to 'a', 'b'"),
        (("pub", "strategy.ticks", "1"), 2, "connects to feed.ticks and does not bind"),
        (("send", "strategy.ticks", "1"), 2, "takes what is published"),
        (("send", "gateway.orders", "{a: ["), 2, "neither JSON nor YAML"),
        (("tap", "gateway.ordrs"), 2, "did you mean 'gateway.orders'?"),
        (("replay", "topology.yaml"), 2, "no MCAP file"),
    ],
)
def test_what_cannot_be_is_said(lab: Desk, words: tuple[str, ...], code: int, said: str) -> None:
    assert said in lab.run(*words, code=code).stderr


# ------------------------------------------------------------------ record, replay


def recorded(path: Path, topic: str) -> list[tuple[int, Any]]:
    """What another library reads in a file."""
    from mcap.reader import make_reader

    with path.open("rb") as stream:
        found = make_reader(stream, validate_crcs=True).iter_messages(topics=[topic])
        return [(message.log_time, json.loads(message.data)) for _, _, message in found]


def test_a_recording_holds_what_was_on_the_links(lab: Desk) -> None:
    path = lab.directory / "all.mcap"
    done = lab.run("record", "-o", str(path), "--for", "1s", "--format", "json")
    assert rows(done)[0]["not_recorded"] == 0
    ticks = sorted(recorded(path, "feed.ticks/A") + recorded(path, "feed.ticks/B"))
    numbers = [message["n"] for _, message in ticks]
    assert len(numbers) > 50
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    shown = rows(lab.run("replay", str(path), "strategy.orders", "--show", "--format", "json"))
    assert {row["codec"] for row in shown} == {"msgpack"}
    assert "is there already" in lab.run("record", "-o", str(path), code=2).stderr


def test_a_recorder_that_is_killed_leaves_a_file_that_can_be_read(lab: Desk) -> None:
    path = lab.directory / "cut.mcap"
    recorder = lab.start("record", "feed.ticks", "-o", str(path))
    until(lambda: path.exists() and path.stat().st_size > 20_000, what=lambda: "nothing was written")
    recorder.kill()
    recorder.wait()
    done = lab.run("replay", str(path), "--show", "--format", "json")
    assert "was not ended" in done.stderr
    numbers = [json.loads(row["payload"])["n"] for row in rows(done)]
    assert len(numbers) > 100
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def orders(path: Path) -> list[int]:
    """The orders that the strategy has sent, one for each tenth tick that it got."""
    import msgpack
    from mcap.reader import make_reader

    with path.open("rb") as stream:
        found = make_reader(stream).iter_messages()
        return [msgpack.unpackb(message.data)["n"] for _, _, message in found]


def test_a_replay_is_what_was_recorded_at_any_speed(lab: Desk) -> None:
    first = lab.directory / "first.mcap"
    lab.run("record", "feed.ticks", "-o", str(first), "--count", "300")
    before = sorted(recorded(first, "feed.ticks/A") + recorded(first, "feed.ticks/B"))
    tenths = [message["n"] for _, message in before if message["n"] % 10 == 0]
    assert "its place is taken" in lab.run("replay", str(first), code=2).stderr
    lab.run("stop", "feed")
    try:
        for speed, factor in (("2x", 2.0), ("max", None)):
            again = lab.directory / f"{speed}.mcap"
            watching = lab.start("record", "strategy.orders", "-o", str(again), "--count", str(len(tenths)))
            until(again.exists, what=lambda: "the recorder never began")
            [told] = rows(lab.run("replay", str(first), "--speed", speed, "--format", "json"))
            assert watching.wait(60) == 0
            assert told["messages"] == 300
            assert orders(again) == tenths
            took = (before[-1][0] - before[0][0]) / 1e9
            if factor is None:
                assert told["seconds"] < took / 3
            else:  # no message comes before its time; how late one may be is the machine's affair
                assert told["seconds"] >= took / factor - 0.01
                assert told["seconds"] <= took / factor + told["behind_s"] + 0.5
    finally:
        lab.run("start", "feed")
        until(lambda: lab.status()["up"], what=lambda: "feed did not come back")


def test_a_part_of_a_recording(lab: Desk) -> None:
    path = lab.directory / "part.mcap"
    lab.run("record", "feed.ticks", "-o", str(path), "--for", "600ms")
    shown = rows(
        lab.run("replay", str(path), "--show", "--format", "json", "--from", "200ms", "--until", "400ms")
    )
    whole = rows(lab.run("replay", str(path), "--show", "--format", "json"))
    began = whole[0]["time"]
    assert shown == [row for row in whole if 0.2 <= row["time"] - began < 0.4]
    assert 0 < len(shown) < len(whole)


def test_what_was_received_is_sent_there_again(lab: Desk) -> None:
    path = lab.directory / "orders.mcap"
    recorder = lab.start("record", "gateway.orders", "-o", str(path), "--format", "json")
    until(path.exists, what=lambda: "the recorder never began")
    lab.run("send", "gateway.orders", "{own: 911}", "{own: 912}")
    until(lambda: len(logged(lab, "gateway", "order 91")) == 2, what=lambda: "they never came")
    recorder.send_signal(signal.SIGINT)
    recorder.wait(60)
    lab.run("replay", str(path), "--speed", "max")
    again = ["911", "912", "911", "912"]
    until(
        lambda: [line.split()[1] for line in logged(lab, "gateway", "order 91")] == again,
        what=lambda: str(logged(lab, "gateway", "order")),
    )


# ------------------------------------------------------------------ bench


def bench(lab: Desk, *words: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lab.run("bench", *words, "--format", "json", code=code).stdout)
    return found


def test_links_are_measured(lab: Desk) -> None:
    heard = bench(lab, "feed.ticks", "--for", "500ms")
    assert heard["messages"] > 20
    assert (heard["lost"], heard["samples"]) == (0, heard["messages"])
    assert 0 < heard["times_s"]["p50"] < 1
    asked = bench(lab, "gateway.ask", "[1]", "--count", "1200", "--yes")
    assert (asked["messages"], asked["lost"], asked["samples"]) == (1200, 0, 1100)
    assert (
        asked["times_s"]["min"]
        < asked["times_s"]["p50"]
        <= asked["times_s"]["p99"]
        <= asked["times_s"]["max"]
    )
    assert 0 < asked["tool_s"]["min"] < asked["times_s"]["max"]
    routed = bench(lab, "gateway.route", "[1]", "--count", "400", "--parallel", "4", "--yes")
    assert (routed["messages"], routed["lost"]) == (400, 0)
    sent = bench(lab, "gateway.orders", "{n: 1}", "--count", "5000", "--yes")
    assert (sent["messages"], sent["lost"]) == (5000, 0)


def test_what_may_not_be_measured_unasked(lab: Desk) -> None:
    assert "if it may: --yes" in lab.run("bench", "gateway.ask", "1", code=2).stderr
    slow = bench(lab, "gateway.ask", "slow", "--yes", "--count", "2", "--timeout", "300ms", code=1)
    assert (slow["messages"], slow["lost"]) == (0, 2)


# ------------------------------------------------------------------ secured links

SECURED = """
version: 1
name: vault
defaults: {heartbeat: {interval: 100ms}}
security: {curve: {keys: keys, links: all}}
nodes:
  feed:
    run: lab_nodes:feed
    sockets:
      ticks: {type: PUB, bind: auto, codec: json, topics: [A, B]}
  reader:
    run: vault_nodes:Reader
    sockets:
      ticks: {type: SUB, connect: feed.ticks, codec: json, subscribe: [""]}
      ask: {type: REP, bind: auto, codec: json}
"""
READER = """
from orchestrator.sdk import Node

class Reader(Node):
    last = None
    def on_ticks(self, message):
        self.last = message["n"]
    def on_ask(self, message):
        return {"last": self.last, "you": message}
"""


def test_secured_links_let_the_tools_of_their_user_in(desk: Desk) -> None:
    (desk.directory / "lab_nodes.py").write_text(NODES)
    (desk.directory / "vault_nodes.py").write_text(READER)
    desk.write(SECURED)
    desk.run("keys", "init")
    desk.run("up", "-d", "topology.yaml")
    try:
        numbers = [row["message"]["n"] for row in tap(desk, "feed.ticks", "--count", "3")]
        assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
        assert json.loads(desk.run("request", "reader.ask", "1").stdout)["you"] == 1
        path = desk.directory / "r.mcap"
        desk.run("record", "feed.ticks", "-o", str(path), "--count", "20")
        desk.run("stop", "feed")
        [told] = rows(desk.run("replay", str(path), "--speed", "max", "--format", "json"))
        assert told["messages"] == 20
        last = max(message["n"] for topic in "AB" for _, message in recorded(path, f"feed.ticks/{topic}"))
        until(
            lambda: json.loads(desk.run("request", "reader.ask", "1").stdout)["last"] == last,
            what=lambda: "the replay never came through",
        )
        for key in (desk.directory / "keys").glob("*.key_secret"):
            key.unlink()
        refused = desk.run("request", "reader.ask", "1", code=1)
        assert "asks for a CURVE key, and none that it lets in can be read" in refused.stderr
    finally:
        desk.run("down", code=None)
