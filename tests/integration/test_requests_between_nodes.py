"""Requests between real node processes: servers that die, answer late, fail; breakers; failover."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.sdk import Node, Socket
from orchestrator.sdk.errors import BreakerOpen, DeadlineExceeded, RequestError, RequestFailed, Timeout
from orchestrator.vocabulary import CodecName
from orchestrator.wire.control import Kind
from orchestrator.wire.qos import Breaker, Failover, OnError, QoS, Retry

from .host_support import Child, Supervisor, instance, socket, supervisor, to, until

pytestmark = pytest.mark.integration
QUICK = Retry(timeout_s=0.3, attempts=5, initial_s=0.02, max_s=0.1)


@pytest.fixture
def sup(tmp_path: Path) -> Iterator[Supervisor]:
    with supervisor(tmp_path) as playing:
        yield playing


def at(sup: Supervisor, name: str) -> str:
    return f"ipc://{sup.directory}/{name}"


def serve(sup: Supervisor, target: Any, *, name: str = "server", kind: str = "REP", **changes: Any) -> Child:
    qos = changes.pop("qos", QoS(envelope=True))
    child = sup.start(
        instance(
            name, target, socket("in", kind, binds=(at(sup, name),), codec=CodecName.JSON, qos=qos), **changes
        )
    )
    sup.heard(Kind.READY, name)
    return child


def ask(sup: Supervisor, target: Any, qos: QoS, *, servers: tuple[str, ...] = ("server",), kind: str = "REQ",
        name: str = "client", peers: tuple[str, ...] = ("REP",)) -> Child:  # fmt: skip
    from orchestrator.vocabulary import SocketType

    return sup.start(
        instance(
            name,
            target,
            socket(
                "ask",
                kind,
                connects=tuple(t for s in servers for t in to(at(sup, s))),
                codec=CodecName.JSON,
                qos=qos,
                peer_types=tuple(SocketType(p) for p in peers),
            ),
        )
    )


def said(child: Child, number: int) -> list[Any]:
    """The first lines that it printed, as JSON."""
    lines: Callable[[], list[str]] = lambda: child.out.splitlines()  # noqa: E731
    until(lambda: len(lines()) >= number, f"{number} lines; {child.out} {child.err}", 10)
    return [json.loads(line) for line in lines()]


def counted(sup: Supervisor, who: str, socket: str, side: str, **wanted: int) -> dict[str, Any]:
    def told() -> Any:
        beats = [m for m in sup.messages if m.kind is Kind.BEAT and m.who == who]
        found = beats[-1].body["sockets"][socket].get(side, {}) if beats else {}
        return found if all(found.get(key, 0) >= number for key, number in wanted.items()) else None

    def look() -> Any:
        sup.hear()
        return told()

    return until(look, f"{who}.{socket}: {side} {wanted}", 5)


class Doubler(Node):
    def on_in(self, message: dict[str, Any]) -> Any:
        if message.get("die"):
            flag = Path(message["die"])
            if not flag.exists():
                flag.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        if message.get("slow_once"):
            flag = Path(message["slow_once"])
            if not flag.exists():
                flag.touch()
                self.sleep(0.45)
            with flag.open("a") as log:
                log.write("handled\n")
        if "refuse" in message:
            raise RequestError(message["refuse"], "as you wish")
        return {"twice": 2 * message["n"], "by": self.name}


@pytest.mark.parametrize("envelope", [True, False])
def test_a_server_that_dies_in_mid_request_is_asked_again(sup: Supervisor, envelope: bool) -> None:
    flag = str(sup.directory / "died")

    def client(node: Any, ask: Socket):
        print(json.dumps(ask.request({"n": 1, "die": flag})), flush=True)
        print(json.dumps(ask.request({"n": 2})), flush=True)
        while node.sleep(1):
            pass

    qos = QoS(envelope=envelope)
    first = serve(sup, Doubler, qos=qos)
    asking = ask(sup, client, QoS(envelope=envelope, retry=QUICK))
    assert first.wait() == -signal.SIGKILL
    sup.messages.clear()
    serve(sup, Doubler, qos=qos)
    assert [line["twice"] for line in said(asking, 2)] == [2, 4]
    counts = counted(sup, "client", "ask", "requests", requests=2, retries=1)
    assert counts["timeouts"] == counts["retries"]
    assert counts.get("failed", 0) == 0


def test_a_late_reply_is_used_and_the_request_is_handled_once(sup: Supervisor) -> None:
    flag = sup.directory / "slow"

    def client(node: Any, ask: Socket):
        print(json.dumps(ask.request({"n": 1, "slow_once": str(flag)})), flush=True)
        print(json.dumps(ask.request({"n": 5})), flush=True)
        while node.sleep(1):
            pass

    serve(sup, Doubler)
    asking = ask(sup, client, QoS(envelope=True, retry=QUICK))
    assert [line["twice"] for line in said(asking, 2)] == [2, 10]
    assert flag.read_text() == "handled\n"
    counted(sup, "server", "in", "replies", duplicates=1)
    counted(sup, "client", "ask", "requests", timeouts=1, stale=1)


@pytest.mark.parametrize("kind", ["REP", "ROUTER"])
def test_failures_of_a_handler_reach_the_caller(sup: Supervisor, kind: str) -> None:
    def client(node: Any, ask: Socket):
        for message in ({"n": 1, "refuse": "no-such-order"}, {}, [1], {"n": 4}):
            try:
                print(json.dumps(ask.request(message)), flush=True)
            except RequestFailed as failed:
                print(json.dumps([failed.code, failed.text, bool(failed.request)]), flush=True)
        while node.sleep(1):
            pass

    serve(sup, Doubler, kind=kind, on_error=OnError.SKIP)
    asking = ask(sup, client, QoS(envelope=True), kind="DEALER" if kind == "ROUTER" else "REQ", peers=(kind,))
    assert said(asking, 4) == [
        ["no-such-order", "as you wish", True],
        ["failed", "KeyError: 'n'", True],
        ["failed", "AttributeError: 'list' object has no attribute 'get'", True],
        {"twice": 8, "by": "server"},
    ]
    counted(sup, "server", "in", "replies", errors=3)


def test_the_breaker_opens_and_closes(sup: Supervisor) -> None:
    back = sup.directory / "server is back"

    def client(node: Any, ask: Socket):
        for _ in range(2):
            with contextlib.suppress(Timeout):
                ask.request({"n": 1})
        try:
            ask.request({"n": 2})
        except BreakerOpen as refused:
            print(json.dumps(round(refused.retry_in_s, 1)), flush=True)
        while not back.exists():
            node.sleep(0.02)
        node.sleep(0.5)
        print(json.dumps(ask.request({"n": 3})), flush=True)
        while node.sleep(1):
            pass

    retry = Retry(timeout_s=0.1, attempts=1)
    asking = ask(sup, client, QoS(envelope=True, retry=retry, breaker=Breaker(failures=2, reset_s=0.5)))
    assert said(asking, 1) == [0.5]
    assert counted(sup, "client", "ask", "requests", opened=1)["breaker"] in ("open", "half-open")
    serve(sup, Doubler)
    back.touch()
    assert said(asking, 2)[1]["twice"] == 6
    until(lambda: counted(sup, "client", "ask", "requests")["breaker"] == "closed", "closed", 5)
    counted(sup, "server", "in", "replies", expired=2)  # those nobody waited for any more


@pytest.mark.parametrize("failover", list(Failover))
@pytest.mark.parametrize("envelope", [True, False])
def test_another_server_is_asked_when_one_is_dead(
    sup: Supervisor, failover: Failover, envelope: bool
) -> None:
    def client(node: Any, ask: Socket):
        while node.sleep(0.01):
            print(json.dumps(ask.request({"n": 1})["by"]), flush=True)

    qos = QoS(envelope=envelope)
    first = serve(sup, Doubler, name="first", qos=qos)
    serve(sup, Doubler, name="second", qos=qos)
    asking = ask(
        sup, client, QoS(envelope=envelope, retry=QUICK, failover=failover), servers=("first", "second")
    )
    until(lambda: "first" in asking.out, "the first answers")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    there = len(asking.out.splitlines())
    until(lambda: len(asking.out.splitlines()) > there + 5, f"the second goes on; {asking.err}", 5)
    assert said(asking, 1)[-3:] == ["second"] * 3
    if failover is Failover.SEQUENTIAL:
        assert set(said(asking, 1)[:there]) == {"first"}
        assert counted(sup, "client", "ask", "requests", switched=1)["switched"] == 1
        links = [
            m.body["links"]
            for m in sup.messages
            if m.kind is Kind.BEAT and m.who == "client" and "links" in m.body
        ]
        assert links[0]["ask"][at(sup, "second")].get("standby") or "standby" in str(links[0])


def test_many_requests_wait_side_by_side_on_asyncio(sup: Supervisor) -> None:
    import asyncio

    class Slow(Node):
        async def on_in(self, message: dict[str, Any]) -> Any:
            return {"n": message["n"]}

    async def client(node: Any, ask: Socket):
        replies = await asyncio.gather(*(ask.request({"n": n}) for n in range(50)))
        print(json.dumps([r["n"] for r in replies]), flush=True)
        try:
            await ask.request({}, timeout=1)
        except RequestFailed as failed:
            print(json.dumps(failed.code), flush=True)
        await asyncio.sleep(30)

    serve(sup, Slow, kind="ROUTER", on_error=OnError.SKIP)
    asking = ask(sup, client, QoS(envelope=True, retry=QUICK), kind="DEALER", peers=("ROUTER",))
    assert said(asking, 2) == [list(range(50)), "failed"]


def test_the_deadline_goes_along_the_chain(sup: Supervisor) -> None:
    class Middle(Node):
        def on_in(self, message: dict[str, Any]) -> Any:
            try:
                return self.sockets.ask.request({"n": 1})
            except DeadlineExceeded:
                print(json.dumps("given up"), flush=True)
                raise RequestError("too-late") from None

    def client(node: Any, ask: Socket):
        try:
            ask.request({}, timeout=0.3)
        except Timeout:
            print(json.dumps("timeout"), flush=True)
        while node.sleep(1):
            pass

    middle = sup.start(
        instance(
            "server",
            Middle,
            socket("in", "REP", binds=(at(sup, "server"),), codec=CodecName.JSON, qos=QoS(envelope=True)),
            socket(
                "ask",
                "REQ",
                connects=to(at(sup, "nobody")),
                codec=CodecName.JSON,
                qos=QoS(envelope=True, retry=Retry(timeout_s=20)),
            ),
        )
    )
    sup.heard(Kind.READY, "server")
    asking = ask(sup, client, QoS(envelope=True))
    assert said(asking, 1) == ["timeout"]
    assert said(middle, 1) == ["given up"]


def test_a_caller_that_ends_leaves_a_server_that_answers(sup: Supervisor) -> None:
    """The end of its stream is no request, and a REP has to answer what it gets."""

    def client(ask: Socket) -> None:
        print(json.dumps(ask.request({"n": 4}, timeout=3)), flush=True)

    serve(sup, Doubler)
    for name in ("one", "two", "three"):
        asking = ask(sup, client, QoS(envelope=True), name=name)
        assert said(asking, 1)[0]["twice"] == 8
        assert asking.wait() == 0


def test_a_dealer_asks_and_hears_other_messages_too(sup: Supervisor) -> None:
    """What a ROUTER sends by itself, or in reply to what was no request, goes to the handler."""

    class Chatty(Node):
        def on_in(self, message: Any, peer: Any) -> Any:
            if message == "hello":
                peer.reply("welcome")
                peer.reply("news")
                return None
            peer.reply({"to": message})  # the reply
            return "more"  # nobody waits for it: stale

    class Client(Node):
        def setup(self) -> None:
            self.sockets.ask.send("hello")
            print(json.dumps(self.sockets.ask.request(7)), flush=True)

        def on_ask(self, message: Any) -> None:
            print(json.dumps(message), flush=True)

    serve(sup, Chatty, kind="ROUTER")
    asking = ask(sup, Client, QoS(envelope=True, retry=QUICK), kind="DEALER", peers=("ROUTER",))
    assert said(asking, 3) == [{"to": 7}, "welcome", "news"]
    counted(sup, "client", "ask", "requests", stale=1)


def test_a_handler_on_asyncio_asks_on_the_socket_whose_message_it_handles(sup: Supervisor) -> None:
    class Client(Node):
        async def setup(self) -> None:
            print(json.dumps(await self.sockets.ask.request(0)), flush=True)
            self.sockets.ask.send("hello")

        async def on_ask(self, message: str) -> None:
            print(json.dumps([message, await self.sockets.ask.request(1)]), flush=True)
            try:
                await self.sockets.ask.request("x", timeout=0.05)
            except Timeout:
                print(json.dumps("timeout"), flush=True)
            self.stop()

    def silent(message: Any, peer: Any) -> None:
        if message != "x":
            peer.reply("welcome" if message == "hello" else message + 1)

    serve(sup, silent, kind="ROUTER")
    asking = ask(sup, Client, QoS(envelope=True), kind="DEALER", peers=("ROUTER",))
    assert said(asking, 3) == [1, ["welcome", 2], "timeout"]
    assert asking.wait() == 0
