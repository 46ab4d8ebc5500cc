"""What a plan tells a socket: quality of service, security, how many peers it will have."""

from __future__ import annotations

import pytest

from orchestrator.model.load import load
from orchestrator.planning import Plan, build
from orchestrator.planning.changes import changes
from orchestrator.wire.launch import InstanceLaunch, SocketLaunch
from orchestrator.wire.qos import Mechanism, OnError, Security


def plan(text: str) -> Plan:
    loaded = load("/srv/t.yaml", text="version: 1\nname: t\n" + text, environ={})
    assert loaded.topology is not None, [d.message for d in loaded.diagnostics]
    return build(loaded.topology, run_dir="/run/x", environ={})


def instance(found: Plan, name: str) -> InstanceLaunch:
    return next(i for unit in found.units for i in unit.instances if i.instance == name)


def socket(found: Plan, name: str) -> SocketLaunch:
    node, _, wanted = name.partition(".")
    return next(s for s in instance(found, node).sockets if s.name == wanted)


LINE = """\
messages: {{Tick: {{codec: acme.fast, envelope: true}}}}
nodes:
  feed:
    run: m:Feed
    on_error: dead-letter
    dead_letter: bad
    sockets:
      ticks: {{type: PUB, bind: {bind}, message: Tick, wait_for: all}}
      bad: {{type: PUSH, bind: auto, codec: json}}
  reader:
    run: m:Reader
    replicas: {readers}
    sockets:
      ticks: {{type: SUB, connect: feed.ticks, subscribe: [""], message: Tick}}
  other:
    run: m:Other
    sockets:
      ticks: {{type: SUB, connect: feed.ticks, subscribe: [""], message: Tick}}
"""


def test_what_the_file_says_comes_to_the_sockets() -> None:
    found = plan(LINE.format(bind="auto", readers=3))
    feed = instance(found, "feed")
    assert (feed.on_error, feed.dead_letter) == (OnError.DEAD_LETTER, "bad")
    ticks = socket(found, "feed.ticks")
    assert (ticks.codec, ticks.qos.envelope, ticks.security) == ("acme.fast", True, None)
    assert socket(found, "feed.bad").codec == "json"


@pytest.mark.parametrize("bind", ["auto", '["tcp://127.0.0.1:5555", "ipc:///tmp/x"]'])
def test_peers_are_counted_by_sockets_not_by_addresses(bind: str) -> None:
    found = plan(LINE.format(bind=bind, readers=3))
    assert socket(found, "feed.ticks").expected_peers == 4
    assert socket(found, "reader-2.ticks").expected_peers == 1
    assert socket(found, "feed.bad").expected_peers == 0


def test_a_binder_with_replicas_is_met_once_each_however_it_is_named() -> None:
    by_name = "nodes: {a: {run: m:A, replicas: 3, sockets: {s: {type: PULL, bind: 'tcp://127.0.0.1:7000'}}}, \
b: {run: m:B, sockets: {s: {type: PUSH, connect: %s}}}}"
    one_by_one = "['tcp://127.0.0.1:7000', 'tcp://127.0.0.1:7001', 'tcp://127.0.0.1:7002']"
    for connect in ("a.s", one_by_one):
        found = plan(by_name % connect)
        assert (socket(found, "b.s").expected_peers, socket(found, "a-1.s").expected_peers) == (3, 1)


def test_more_peers_are_no_reason_to_replace_a_process() -> None:
    found = changes(plan(LINE.format(bind="auto", readers=2)), plan(LINE.format(bind="auto", readers=3)))
    assert (found.added, found.replaced) == (("reader-2",), {})


SECURED = """\
security: {{curve: {{keys: k, links: {links}}}}}
nodes:
  a:
    run: m:A
    sockets:
      far: {{type: PUB, bind: ["tcp://*:5555", "ipc:///tmp/a"]}}
      near: {{type: PUSH, bind: "tcp://127.0.0.1:5556"}}
      here: {{type: PUSH, bind: auto}}
  b:
    run: m:B
    sockets:
      far: {{type: SUB, connect: "ipc:///tmp/a", subscribe: [""]}}
      near: {{type: PULL, connect: a.near}}
      here: {{type: PULL, connect: a.here, security: null}}
      out: {{type: REQ, connect: [bank, "tcp://10.0.0.9:80"]}}
endpoints:
  bank: {{address: "tcp://10.0.0.5:443", external: true}}
"""


def secured(links: str) -> set[str]:
    found = plan(SECURED.format(links=links))
    every = [(i, s) for unit in found.units for i in unit.instances for s in i.sockets]
    return {f"{i.instance}.{s.name}" for i, s in every if s.security is not None}


def test_which_links_are_secured() -> None:
    far = {"a.far", "b.far", "b.out"}
    assert secured("remote") == far  # b.far meets a socket that is secured for another address of it
    assert secured("all") == far | {"a.near", "b.near", "a.here"}
    assert secured("chosen") == set()


def test_raw_tcp_is_never_secured() -> None:
    text = "security: {curve: {}}\nnodes:\n  a: {run: m:A, sockets: {s: {type: STREAM, bind: 'tcp://*:1'}}}\n"
    assert socket(plan(text), "a.s").security is None


def test_who_is_who() -> None:
    found = plan(SECURED.format(links="all"))
    assert socket(found, "a.far").security == Security(
        mechanism=Mechanism.CURVE, keys="/srv/k", name="a", server=True
    )
    assert socket(found, "b.near").security == Security(
        mechanism=Mechanism.CURVE, keys="/srv/k", name="b", server_names=("a",)
    )
    out = socket(found, "b.out").security
    assert out is not None and out.server_names == ("bank",)


def test_a_socket_chooses_for_itself() -> None:
    found = plan("""\
security: {plain: {users: users}}
nodes:
  a:
    run: m:A
    sockets:
      p: {type: PUSH, bind: auto, security: {mechanism: plain, allow: [b]}}
      c: {type: PUSH, bind: auto, security: curve}
  b:
    run: m:B
    replicas: 2
    sockets:
      p: {type: PULL, connect: a.p, security: plain}
""")
    assert socket(found, "a.p").security == Security(
        mechanism=Mechanism.PLAIN, keys="/srv/users", name="a", server=True, allow=("b",)
    )
    assert socket(found, "a.c").security == Security(
        mechanism=Mechanism.CURVE, keys="/srv/keys", name="a", server=True
    )
    assert socket(found, "b-1.p").security == Security(
        mechanism=Mechanism.PLAIN, keys="/srv/users", name="b", server_names=("a",)
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wait_for: all", "wait_for: 2"),
        ("wait_for: all", "wait_for: all, delivery: lossless"),
        ("wait_for: all", "wait_for: all, batch: {}"),
        ("wait_for: all", "wait_for: all, security: curve"),
        ("on_error: dead-letter", "on_error: skip"),
        ("envelope: true", "envelope: true, compression: gzip"),
    ],
)
def test_a_promise_is_made_at_the_start_of_a_process(old: str, new: str) -> None:
    text = LINE.format(bind="auto", readers=1)
    assert old in text
    found = changes(plan(text), plan(text.replace(old, new)))
    assert found.replaced["feed"] == ("its sockets or parameters",)
