"""Processes that were seen, as a draft: nodes, links, and what stays open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.app.check import check_file
from orchestrator.importing.draft import NodeDraft
from orchestrator.importing.emit import count_open, emit
from orchestrator.importing.naming import name_of
from orchestrator.importing.observed import Answer, Listener, Outgoing, Place, Seen, reaches
from orchestrator.importing.running import draft_of
from orchestrator.vocabulary import SocketType

TCP = Place("127.0.0.1", 5555)
IPC = Place(path="/run/x/ticks.ipc")
FEED = Seen(pid=10, argv=("python3", "feed.py"), cwd="/app", listening=(Listener(TCP), Listener(IPC)))
SINK = Seen(pid=11, argv=("./sink", "--fast"), cwd="/app", outgoing=(Outgoing(TCP), Outgoing(IPC)))


def asked(type_: SocketType | None, *, is_zmtp: bool = True, says: str = "It speaks.") -> Answer:
    return Answer(type=type_, says=says, is_zmtp=is_zmtp)


def socket_lines(node: NodeDraft) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    return {socket.name: (socket.type, socket.bind or socket.connect) for socket in node.sockets}


def test_connections_between_them_are_links() -> None:
    feed, sink = draft_of((FEED, SINK), "d").nodes
    assert (feed.name, feed.command, feed.cwd) == ("feed", ("python3", "feed.py"), "/app")
    assert socket_lines(feed) == {
        "port-5555": (None, ("tcp://127.0.0.1:5555",)),
        "ticks-ipc": (None, ("ipc:///run/x/ticks.ipc",)),
    }
    assert socket_lines(sink) == {
        "to-feed-port-5555": (None, ("feed.port-5555",)),
        "to-feed-ticks-ipc": (None, ("feed.ticks-ipc",)),
    }


def test_without_asking_every_type_is_open_and_nothing_else() -> None:
    draft = draft_of((FEED, SINK), "d", directory="/app")
    assert count_open(draft) == 4
    found = check_file("d.yaml", text=emit(draft), environ={})
    assert {f.code for f in found.findings if str(f.severity) == "error"} == {"ZMQ032"}


def test_with_all_answers_the_topology_is_whole() -> None:
    answers = {TCP: asked(SocketType.PULL), IPC: asked(SocketType.REP)}
    feed, sink = draft_of((FEED, SINK), "d", answers=answers).nodes
    assert [socket.type for socket in feed.sockets] == ["PULL", "REP"]
    assert [socket.type for socket in sink.sockets] == ["PUSH", None]
    assert "one of DEALER, REQ" in sink.sockets[1].open_type


def test_a_lone_peer_follows_from_its_other_end() -> None:
    answers = {TCP: asked(SocketType.PUSH)}
    seen = (replace(FEED, listening=(Listener(TCP),)), replace(SINK, outgoing=(Outgoing(TCP, 3),)))
    draft = draft_of(seen, "d", answers=answers, directory="/app")
    (socket,) = draft.nodes[1].sockets
    assert socket.type == "PULL"
    assert socket.notes == ("3 connections.", "Only PULL can be linked to PUSH.")
    assert count_open(draft) == 0
    assert check_file("d.yaml", text=emit(draft), environ={}).ok


def test_what_is_not_zeromq_is_no_socket() -> None:
    answers = {TCP: asked(None, is_zmtp=False, says="it does not speak ZMTP."), IPC: asked(SocketType.PAIR)}
    feed, sink = draft_of((FEED, SINK), "d", answers=answers).nodes
    assert list(socket_lines(feed)) == ["ticks-ipc"]
    assert (
        "It listens at tcp://127.0.0.1:5555, which is no socket here: it does not speak ZMTP." in feed.notes
    )
    assert list(socket_lines(sink)) == ["to-feed-ticks-ipc"]
    assert any("tcp://127.0.0.1:5555" in note for note in sink.notes)


def test_a_socket_that_several_hold_belongs_to_the_first() -> None:
    workers = [replace(FEED, pid=pid, listening=(Listener(TCP),)) for pid in (20, 21)]
    first, second = draft_of(workers, "d").nodes
    assert list(socket_lines(first)) == ["port-5555"]
    assert second.sockets == ()
    assert second.notes == ("Process 21.", "It holds tcp://127.0.0.1:5555 as well, which feed has.")


def test_connections_to_others_say_who_listens_there() -> None:
    outgoing = (Outgoing(Place("10.0.0.1", 80)), Outgoing(Place("::1", 81), 1, "process 5 (redis)"))
    (node,) = draft_of((replace(SINK, outgoing=outgoing),), "d").nodes
    assert socket_lines(node) == {
        "to-port-80": (None, ("tcp://10.0.0.1:80",)),
        "to-port-81": (None, ("tcp://[::1]:81",)),
    }
    assert node.sockets[1].notes == ("There listens process 5 (redis).",)
    assert node.sockets[1].options == {"ipv6": True}


@pytest.mark.parametrize(
    "path",
    [
        "/run/systemd/journal/stdout",
        "/var/run/dbus/system_bus_socket",
        "/run/dbus/system_bus_socket",
        "/run/user/1000/bus",
        "@/tmp/.X11-unix/X0",
        "@/tmp/dbus-abcdef",
    ],
)
def test_sockets_of_the_system_are_no_sockets(path: str) -> None:
    (node,) = draft_of((replace(SINK, outgoing=(Outgoing(Place(path=path)),)),), "d").nodes
    assert node.sockets == ()
    assert node.notes[1] == f"It is connected to {path}, too, which is the system's."


def test_a_title_in_place_of_the_command_line_is_no_command() -> None:
    seen = Seen(pid=1, argv=(), cwd="/", title="nginx: master process", program="/usr/sbin/nginx")
    draft = draft_of((seen,), "d")
    assert draft.nodes[0].name == "nginx"
    assert draft.nodes[0].command is None
    assert "/usr/sbin/nginx" in draft.nodes[0].open_program
    assert count_open(draft) == 1


def test_a_node_of_a_running_topology_is_not_started_as_its_parent() -> None:
    argv = ("python3", "-P", "-m", "orchestrator.engines.zygote", "--fd", "4")
    draft = draft_of((replace(SINK, argv=argv, outgoing=()),), "d")
    (node,) = draft.nodes
    assert (node.name, node.command) == ("node", None)
    assert "its file says which" in node.open_program


def test_words_of_a_command_line_mean_themselves() -> None:
    (node,) = draft_of((replace(SINK, argv=("x", "${HOME}", "${{ run.dir }}"), outgoing=()),), "d").nodes
    assert node.command == ("x", "$${HOME}", "$${{ run.dir }}")


@pytest.mark.parametrize(
    ("outgoing", "listening", "arrives"),
    [
        (Place("127.0.0.1", 1), Place("0.0.0.0", 1), True),
        (Place("127.0.0.1", 1), Place("::", 1), True),
        (Place("127.0.0.1", 1), Place("127.0.0.1", 2), False),
        (Place("127.0.0.1", 1), Place("10.0.0.1", 1), False),
        (Place("127.0.0.1", 1), Place("127.0.0.1", 1, namespace=7), False),
        (Place(path="/a"), Place(path="/a"), True),
        (Place(path="/a"), Place(path="/b"), False),
    ],
)
def test_who_reaches_whom(outgoing: Place, listening: Place, arrives: bool) -> None:
    assert reaches(outgoing, listening) is arrives


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (("python3", "-u", "src/feed.py", "--x"), "feed"),
        (("/usr/bin/python3.11", "-m", "market.feed"), "feed"),
        (("python", "-W", "ignore", "a.py"), "a"),
        (("python", "-c", "print(1)"), "python"),
        (("java", "-cp", "x.jar", "-jar", "/opt/gate.jar"), "gate"),
        (("node", "/srv/server.js"), "server"),
        (("./gateway", "-l"), "gateway"),
        (("nginx: master process nginx",), "nginx"),
        (("bash",), "bash"),
        (("",), "node"),
        (("/", ""), "node"),
        (("ü",), "node"),
    ],
)
def test_names_are_what_a_person_would_say(argv: tuple[str, ...], name: str) -> None:
    assert name_of(argv) == name
