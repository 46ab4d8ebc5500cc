"""What a zygote does once so that none of its children has to: import, and run through a node's start.

A page of memory that a child writes to is copied for it, and CPython writes to whatever it touches:
reference counts, the counters by which it specialises code, the method cache. Code that has run often enough
before the fork is left alone after it. Measured: a tenth less memory per node.

Nothing here makes a ZeroMQ context or a thread: neither survives a fork.
"""

from __future__ import annotations

import os
import pickle
import sys
from functools import cache

import zmq

import orchestrator.codecs.json  # the codecs that most nodes use, ready before the fork
import orchestrator.codecs.msgpack
import orchestrator.codecs.plain  # noqa: F401
from orchestrator.codecs import make_codec
from orchestrator.host.counts import SocketCount
from orchestrator.host.holes import fill
from orchestrator.host.interrupt import Interrupter
from orchestrator.host.supervisor import SupervisorWatch
from orchestrator.sdk.context import NodeContext
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.resolve import resolve
from orchestrator.sdk.running.runners import make_runner
from orchestrator.sdk.sockets import Sockets
from orchestrator.sdk.testing import drive
from orchestrator.vocabulary import CodecName, SocketType
from orchestrator.wire.control import Kind, decode, encode
from orchestrator.wire.launch import HostLaunch, InstanceLaunch, SocketLaunch

TIMES = 10
"""CPython specialises a function after its eighth call (PEP 659)."""


@cache
def rehearse() -> None:
    """Import and exercise, once. To be called in the zygote, before `gc.freeze`."""
    launch = _launch()
    # The method cache (Objects/typeobject.c) is full of what the imports looked up; each child would evict
    # entry after entry, and write to the name that goes and to the one that comes.
    getattr(sys, "_clear_type_cache", _nothing)()
    for _ in range(TIMES):
        _import_once()
        _start_once(launch)
    fill()


def _nothing() -> None:
    """Other interpreters than CPython have no such cache."""


def _start_once(launch: HostLaunch) -> None:
    read = pickle.loads(pickle.dumps(launch))
    for kind in (Kind.HELLO, Kind.BOUND, Kind.BEAT):
        decode(encode(kind, read.unit, {"addresses": {"in": ["ipc:///x"]}}))
    decode(encode(Kind.READY, read.unit))
    SupervisorWatch(os.getpid(), 1.0)
    Interrupter(grace_s=5.0, on_stop=lambda: None, interruptible=lambda: False)
    _count_peers()
    control = NodeControl()
    try:
        context = NodeContext(name="n", node="n", replica=0, params={}, sockets=Sockets(()), control=control)
        make_runner(lambda: None, context)
        for name in (CodecName.RAW, CodecName.TEXT, CodecName.JSON, CodecName.MSGPACK):
            codec = make_codec(name)
            codec.decode(codec.encode_nothing())
    finally:
        control.close()
    drive(
        lambda message: message,
        sockets={"in": "PULL", "out": "PUSH"},
        feed={"in": [{}]},
        codecs={"in": "json"},
    )


def _count_peers() -> None:
    count = SocketCount()
    count.expect("ipc:///x", 0.0)
    for event, address in (
        (zmq.EVENT_CONNECTED, "ipc:///x"),
        (zmq.EVENT_HANDSHAKE_SUCCEEDED, "ipc:///x"),
        (zmq.EVENT_ACCEPTED, "ipc:///y"),
        (zmq.EVENT_HANDSHAKE_SUCCEEDED, "ipc:///y"),
        (zmq.EVENT_DISCONNECTED, "ipc:///x"),
    ):
        count.note(int(event), 9, address, 0.0)
    count.told(0.0)


def _import_once() -> None:
    resolve("orchestrator.host.blank:node")
    del sys.modules["orchestrator.host.blank"]


def _launch() -> HostLaunch:
    sockets = (
        SocketLaunch(name="in", type=SocketType.PULL, binds=("ipc:///x",), codec=CodecName.JSON),
        SocketLaunch(name="out", type=SocketType.PUB, codec=CodecName.MSGPACK, topics=("a",)),
    )
    instance = InstanceLaunch(instance="n", node="n", replica=0, target="m:f", sockets=sockets)
    return HostLaunch(
        unit="n",
        attempt=1,
        instances=(instance,),
        topology="t",
        directory="/",
        run_dir="/",
        control="ipc:///x",
        token="t",
        supervisor_pid=os.getpid(),
        heartbeat_interval_s=1.0,
        liveness=3,
        stall_s=None,
    )
