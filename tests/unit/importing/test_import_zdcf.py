"""ZDCF (RFC 17): devices become stock nodes, options those of today."""

from __future__ import annotations

import pytest

from orchestrator.app.check import check_file
from orchestrator.importing.draft import Draft
from orchestrator.importing.emit import count_open, emit
from orchestrator.importing.errors import SourceError
from orchestrator.importing.jsontext import read_json
from orchestrator.importing.telling import told
from orchestrator.importing.zdcf import read_zdcf
from orchestrator.importing.zpl import read_zpl

RFC_17 = """\
version = 1.0
apps
    listener
        context
            iothreads = 1
            verbose = 1
        devices
            main
                type = zmq_queue
                sockets
                    frontend
                        option
                            hwm = 1000
                            swap = 25000000
                        bind = tcp://lo:5555
                    backend
                        bind = tcp://lo:5556
"""


def zpl(text: str) -> Draft:
    return read_zdcf(read_zpl(text, "f.zpl"), "f.zpl", "fallback")


def json(devices: str) -> Draft:
    text = f'{{"version": "1.0", "apps": {{"app": {{"devices": {devices}}}}}}}'
    return read_zdcf(read_json(text, "f.json"), "f.json", "fallback")


def test_the_example_of_the_rfc_becomes_a_queue() -> None:
    draft = zpl(RFC_17)
    (node,) = draft.nodes
    assert (draft.name, node.name, node.use) == ("listener", "main", "queue")
    frontend, backend = node.sockets
    assert (frontend.type, frontend.bind, frontend.options) == (
        "ROUTER",
        ("tcp://lo:5555",),
        {"sndhwm": 1000, "rcvhwm": 1000},
    )
    assert (backend.type, backend.bind) == ("DEALER", ("tcp://lo:5556",))
    assert [str(one) for one in told(draft, "f.zpl")] == [
        "f.zpl:4: main: `context` is left out: a node has no settings for its context",
        "f.zpl:14: main.frontend: `option.swap` is left out: libzmq dropped ZMQ_SWAP in 3.0: what exceeds the "
        "high-water mark is not kept on disk",
    ]
    assert check_file("x.yaml", text=emit(draft), environ={}).ok


@pytest.mark.parametrize(
    ("kind", "use", "types"),
    [
        ("zmq_queue", "queue", ("ROUTER", "DEALER")),
        ("ZMQ_FORWARDER", "forwarder", ("XSUB", "XPUB")),
        ("zmq_streamer", "streamer", ("PULL", "PUSH")),
    ],
)
def test_built_in_devices_are_stock_nodes(kind: str, use: str, types: tuple[str, str]) -> None:
    sockets = '{"frontend": {"bind": "tcp://127.0.0.1:1024"}, "backend": {"bind": "tcp://127.0.0.1:1025"}}'
    draft = json(f'{{"d": {{"type": "{kind}", "sockets": {sockets}}}}}')
    (node,) = draft.nodes
    assert node.use == use
    assert tuple(socket.type for socket in node.sockets) == types
    assert count_open(draft) == 0
    assert check_file("x.yaml", text=emit(draft), environ={}).ok


def test_what_another_device_runs_is_open() -> None:
    draft = json('{"d": {"type": "acme_filter", "sockets": {"in": {"type": "SUB", "connect": "tcp://h:1"}}}}')
    assert "`acme_filter`" in draft.nodes[0].open_program
    assert count_open(draft) == 2
    found = check_file("x.yaml", text=emit(draft), environ={})
    assert [f.message for f in found.findings if str(f.severity) == "error"] == [
        "`command` of the node `d` has no value",
        "`subscribe` of the socket `d.in` has no value",
    ]


def test_devices_of_one_application_share_a_process() -> None:
    nodes = json('{"a": {"type": "x"}, "app": {"type": "x"}}').nodes
    assert [node.process for node in nodes] == ["app-2", "app-2"]


def test_devices_of_the_same_name_are_told_apart_by_their_applications() -> None:
    text = '{"version": 1, "apps": {"a": {"devices": {"d": {}}}, "b": {"devices": {"d": {}}}}}'
    draft = read_zdcf(read_json(text, "f"), "f", "both")
    assert [node.name for node in draft.nodes] == ["a-d", "b-d"]
    assert draft.name == "both"


def test_options_of_libzmq_2_get_their_names_of_today() -> None:
    options = '{"identity": "me", "recovery_ivl": "10", "rate": 100, "sndbuf": 0, "mcast_loop": 1, "nope": 2}'
    (node,) = json(
        f'{{"d": {{"type": "x", "sockets": {{"s": {{"type": "XREQ", "option": {options}}}}}}}}}'
    ).nodes
    (socket,) = node.sockets
    assert socket.type == "DEALER"
    assert socket.options == {"routing_id": "me", "recovery_ivl": 10000, "rate": 100}
    assert {left.name: left.why for left in socket.left} == {
        "option.mcast_loop": "libzmq dropped ZMQ_MCAST_LOOP in 3.0",
        "option.nope": "libzmq has no such option",
    }


def test_values_may_be_lists() -> None:
    sockets = (
        '{"s": {"type": "SUB", "connect": ["tcp://a:1", "tcp://b:1"], "option": {"subscribe": ["x", "y"]}}}'
    )
    (node,) = json(f'{{"d": {{"type": "x", "sockets": {sockets}}}}}').nodes
    assert node.sockets[0].connect == ("tcp://a:1", "tcp://b:1")
    assert node.sockets[0].subscribe == ("x", "y")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"apps": {}}', "f.json:1:1: the file does not say which version of ZDCF it is"),
        ('{"version": "2.0"}', "f.json:1:13: this is version 2.0 of ZDCF, and only 1.x can be read"),
        ('{"version": "new"}', "f.json:1:13: `new` is no version"),
        ('{"version": true}', "f.json:1:13: `True` is no version"),
        ('{"version": 1, "apps": 5}', "f.json:1:24: `apps` holds `5`, not properties"),
        (
            '{"version": 1, "apps": {"a": {"context": {"x": 1}}}}',
            "the application `a` has settings and no device",
        ),
        (
            '{"version": 1, "apps": {"a": {"devices": {"d": {"sockets": {"s": {"type": "SUBB"}}}}}}}',
            "`SUBB` is no socket type",
        ),
        (
            '{"version": 1, "apps": {"a": {"devices": {"d": {"sockets": {"s": {"option": {"hwm": "x"}}}}}}}}',
            "the option hwm of a.d.s is `x`, not a whole number",
        ),
        (
            '{"version": 1, "apps": {"a": {"devices": {"d": {"sockets": {"s": {"bind": 5}}}}}}}',
            "the bind of a.d.s holds `5`, not a text",
        ),
    ],
)
def test_errors_say_where(text: str, message: str) -> None:
    with pytest.raises(SourceError) as error:
        read_zdcf(read_json(text, "f.json"), "f.json", "n")
    assert message in error.value.message
    assert error.value.message.startswith("f.json:1")
    assert error.value.remedy
