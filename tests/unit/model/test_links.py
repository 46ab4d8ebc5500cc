"""Who meets whom: every kind of address, replicas, expressions, directories, processes."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.model.links import links, resolve
from orchestrator.model.load import load
from orchestrator.model.resolution import Missing, Resolution
from orchestrator.model.types import Topology


def topology(nodes: str, endpoints: str = "") -> Topology:
    """One line per node: `name [key=value …]: socket TYPE bind|connect ADDRESS[, ADDRESS]; …`."""
    text = f"version: 1\nname: test\n{endpoints}nodes:\n"
    for line in filter(None, map(str.strip, nodes.splitlines())):
        head, _, sockets = line.partition(": ")
        name, *settings = head.split()
        program = "run: m:F" if any(s.startswith("process=") for s in settings) else "command: ./x"
        text += f"  {name}:\n    {program}\n" + "".join(f"    {s.replace('=', ': ')}\n" for s in settings)
        text += "    sockets:\n" if sockets else ""
        for number, socket in enumerate(filter(None, map(str.strip, sockets.split(";")))):
            socket_name, kind, verb, addresses = socket.split(" ", 3)
            listed = ", ".join(f'"{a.strip()}"' for a in addresses.split(","))
            extra = ', subscribe: [""]' if kind == "SUB" else ""
            text += f"      {socket_name or number}: {{type: {kind}, {verb}: [{listed}]{extra}}}\n"
    loaded = load("test.yaml", text=text, environ={})
    assert loaded.meant is not None, (loaded.diagnostics, text)
    return loaded.meant


def resolved(nodes: str, endpoints: str = "") -> Resolution:
    return resolve(topology(nodes, endpoints))


def pairs(nodes: str, endpoints: str = "") -> list[str]:
    """`binder < connector` for every link."""
    found = []
    for link in links(topology(nodes, endpoints)):
        outside = f"[{link.endpoint.name}]" if link.endpoint else ""
        binder = link.binder.ref if link.binder else outside
        connector = link.connector.ref if link.connector else outside
        found.append(f"{binder} < {connector}")
    return found


def test_a_socket_is_named() -> None:
    assert pairs("a: o PUSH bind tcp://*:5555\nb: i PULL connect a.o") == ["a.o < b.i"]


def test_localhost_is_loopback_and_a_star_is_met_by_any_host() -> None:
    assert pairs("a: o PUSH bind tcp://127.0.0.1:5\nb: i PULL connect tcp://localhost:5") == ["a.o < b.i"]
    assert pairs("a: o PUSH bind tcp://*:5\nb: i PULL connect tcp://10.1.2.3:5") == ["a.o < b.i"]


def test_a_name_may_be_an_address_and_is_not_judged() -> None:
    found = resolved("a: o PUSH bind tcp://10.0.0.1:5\nb: i PULL connect tcp://db.example.org:5")
    assert [m.certain for m in found.meetings] == [False]
    assert found.is_sound


def test_what_is_certain_goes_before_what_is_possible() -> None:
    nodes = "a: o PUSH bind tcp://10.0.0.1:5\nc: o PUSH bind tcp://db.example.org:5\n"
    assert pairs(nodes + "b: i PULL connect tcp://db.example.org:5") == ["c.o < b.i"]


def test_several_addresses_give_several_links() -> None:
    nodes = "a: o PUSH bind tcp://*:5, ipc:///tmp/a\nb: i PULL connect a.o"
    assert pairs(nodes) == ["a.o < b.i", "a.o < b.i"]
    assert [link.address for link in links(topology(nodes))] == ["tcp://*:5", "ipc:///tmp/a"]


def test_parallel_links_and_links_to_oneself_are_kept() -> None:
    assert pairs("a: o PUSH bind tcp://*:5; i PULL connect a.o, tcp://localhost:5") == [
        "a.o < a.i",
        "a.o < a.i",
    ]


def test_auto_is_met_by_name_only() -> None:
    found = resolved("a: o PUSH bind auto\nb: i PULL connect a.o")
    assert [m.link.address for m in found.meetings] == ["auto"]
    assert found.is_sound


def test_external_endpoints_at_either_end() -> None:
    endpoints = "endpoints:\n  x: {address: 'tcp://10.0.0.5:9', type: PUB, external: true}\n"
    assert pairs("a: i SUB connect x", endpoints) == ["[x] < a.i"]
    assert pairs("a: i SUB connect tcp://10.0.0.5:9", endpoints) == ["[x] < a.i"]
    assert pairs("a: o SUB bind x", endpoints) == ["a.o < [x]"]


def test_shared_addresses_are_what_they_name() -> None:
    endpoints = "endpoints:\n  x: {address: 'tcp://127.0.0.1:9'}\n"
    assert pairs("a: o PUSH bind x\nb: i PULL connect x\nc: i PULL connect tcp://localhost:9", endpoints) == [
        "a.o < b.i",
        "a.o < c.i",
    ]


def test_replicas_take_a_range_of_ports() -> None:
    nodes = "a replicas=3: o PUSH bind tcp://127.0.0.1:5\n"
    found = resolved(nodes + "b: i PULL connect tcp://127.0.0.1:7")
    assert [(m.per_binder, m.per_connector) for m in found.meetings] == [(1, 1)]
    found = resolved(nodes + "b: i PULL connect tcp://127.0.0.1:8")
    assert [u.reason for u in found.unbound] == [Missing.NOBODY]


def test_replicas_are_counted_at_both_ends() -> None:
    found = resolved("a replicas=3: o PUSH bind tcp://127.0.0.1:5\nb replicas=2: i PULL connect a.o")
    assert [(m.per_binder, m.per_connector) for m in found.meetings] == [(2, 3)]


def test_replica_index_pairs_copies_off() -> None:
    nodes = (
        "a replicas=3: o PUSH bind ipc:///tmp/a-${{ replica.index }}\n"
        "b replicas=3: i PULL connect ipc:///tmp/a-${{ replica.index }}"
    )
    assert [(m.per_binder, m.per_connector) for m in resolved(nodes).meetings] == [(1, 1)]


def test_replicas_of_a_path_get_their_index() -> None:
    nodes = "a replicas=2: o PUSH bind ipc:///tmp/a\nb: i PULL connect ipc:///tmp/a-1\nc: i PULL connect ipc:///tmp/a"
    found = resolved(nodes)
    assert [m.link.connector.ref for m in found.meetings if m.link.connector] == ["b.i"]
    assert [s.socket.ref for u in found.unbound for s in u.connects] == ["c.i"]


def test_a_range_that_leaves_the_ports_is_broken() -> None:
    found = resolved("a replicas=3: o PUSH bind tcp://*:65534")
    assert "65536" in found.broken[0].problem.reason


def test_expressions() -> None:
    nodes = "a: o PUSH bind ipc://${{ run.dir }}/a\n"
    assert pairs(nodes + "b: i PULL connect ipc://${{ run.dir }}/a") == ["a.o < b.i"]
    assert pairs(nodes + "b: i PULL connect ${{ nodes.a.sockets.o.address }}") == ["a.o < b.i"]
    assert resolved(nodes + "b: i PULL connect ipc://${{ run.dir }}/b").unbound


def test_relative_paths_start_from_each_working_directory() -> None:
    same = "a: o PUSH bind ipc://x.ipc\nb: i PULL connect ipc://x.ipc"
    assert pairs(same) == ["a.o < b.i"]
    found = resolved("a cwd=one: o PUSH bind ipc://x.ipc\nb cwd=two: i PULL connect ipc://x.ipc")
    assert [u.reason for u in found.unbound] == [Missing.OTHER_DIRECTORY]
    found = resolved("a cwd=one: o PUSH bind ipc://../x.ipc\nb cwd=two: i PULL connect ipc://../x.ipc")
    assert len(found.meetings) == 1


def test_inproc_lives_in_one_process() -> None:
    apart = "a: o PUSH bind inproc://x\nb: i PULL connect inproc://x"
    assert [(x.connect.socket.ref, x.bind.socket.ref) for x in resolved(apart).across] == [("b.i", "a.o")]
    together = "a process=p: o PUSH bind inproc://x\nb process=p: i PULL connect inproc://x"
    assert pairs(together) == ["a.o < b.i"]
    assert pairs(
        together.replace("inproc://x\n", "inproc://x\n").replace("connect inproc://x", "connect a.o")
    ) == ["a.o < b.i"]
    assert resolved(apart.replace("connect inproc://x", "connect a.o")).across


def test_inproc_inside_each_replica() -> None:
    found = resolved("a replicas=3: o DEALER bind inproc://x; i REP connect inproc://x")
    assert [(m.per_binder, m.per_connector) for m in found.meetings] == [(1, 1)]
    assert found.is_sound


def test_clashes_are_told_in_groups() -> None:
    found = resolved(
        "a: o PUB bind tcp://*:5\nb: o PUB bind tcp://127.0.0.1:5\nc: o PUB bind tcp://10.0.0.1:5"
    )
    assert [(c.first.socket.ref, [s.socket.ref for s in c.others]) for c in found.clashes] == [
        ("a.o", ["b.o", "c.o"])
    ]


def test_ranges_of_replicas_clash_with_single_ports() -> None:
    found = resolved("a replicas=4: o PUB bind tcp://127.0.0.1:5\nb: o PUB bind tcp://127.0.0.1:8")
    assert [(c.first.socket.ref, [s.socket.ref for s in c.others]) for c in found.clashes] == [
        ("a.o", ["b.o"])
    ]
    assert not resolved("a replicas=4: o PUB bind tcp://127.0.0.1:5\nb: o PUB bind tcp://127.0.0.1:9").clashes


def test_wildcard_ports_do_not_clash() -> None:
    assert resolved("a: o PUB bind tcp://*:*\nb: o PUB bind tcp://*:*").is_sound


def test_a_target_that_connects_itself() -> None:
    found = resolved("a: o PUSH connect b.i\nb: i PULL connect a.o")
    assert [u.reason for u in found.unbound] == [Missing.TARGET_CONNECTS] * 2


def test_each_broken_address_is_in_one_place() -> None:
    endpoints = "endpoints:\n  x: {address: 'tcp://*.5'}\n"
    found = resolved("a: o PUB bind tcp://*.5570\nb: i SUB connect a.o\nc: i SUB connect x", endpoints)
    assert len(found.broken) == 2
    assert not (found.unbound or found.meetings or found.clashes)


def test_unknown_names_are_left_to_the_model() -> None:
    top = topology("a: o PUB bind tcp://*:5\nb: i SUB connect a.o")
    socket = top.nodes["b"].sockets["i"]
    lost = replace(socket, connects=(replace(socket.connects[0], text="a.other"),))
    node = replace(top.nodes["b"], sockets={"i": lost})
    found = resolve(replace(top, nodes={**top.nodes, "b": node}))
    assert [a.text for a in found.unknown] == ["a.other"]
    assert not found.is_sound


def test_meetings_of_a_socket() -> None:
    top = topology("a: o PUSH bind tcp://*:5\nb: i PULL connect a.o\nc: i PULL connect a.o")
    found = resolve(top)
    a = top.socket("a.o")
    assert a is not None
    others = [m.other(a) for m in found.of(a)]
    assert [o.ref for o in others if o is not None] == ["b.i", "c.i"]
