"""What rules say beyond the samples of their pages, and what they let pass."""

from __future__ import annotations

import re

import pytest

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.load import load
from orchestrator.rules import run


def judge(text: str) -> tuple[Diagnostic, ...]:
    loaded = load("t.yaml", text=f"version: 1\nname: t\n{text}", environ={})
    assert loaded.topology is not None, loaded.diagnostics
    return run(loaded.topology)


def nodes(*lines: str, extra: str = "") -> str:
    """`name {settings}: socket {…}; socket {…}` per line; settings and sockets are YAML flow mappings."""
    text = f"{extra}nodes:\n"
    for line in lines:
        matched = re.fullmatch(r"(\w+)(?: \{(.*?)\})?: (.*)", line)
        assert matched, line
        name, inner, sockets = matched[1], matched[2] or "", matched[3]
        program = "" if "run:" in inner or "use:" in inner else "command: ./x, "
        listed = ", ".join(
            f"{socket_name}: {rest}"
            for socket_name, _, rest in (s.strip().partition(" ") for s in sockets.split(";") if s.strip())
        )
        text += f"  {name}: {{{program}{inner + ', ' if inner else ''}sockets: {{{listed}}}}}\n"
    return text


def codes(*lines: str, extra: str = "") -> list[str]:
    return [d.code for d in judge(nodes(*lines, extra=extra))]


PUB = "a: o {type: PUB, bind: 'tcp://127.0.0.1:5555'}"
SUB = "b: i {type: SUB, connect: a.o, subscribe: ''}"
PUSH = "a: o {type: PUSH, bind: 'tcp://127.0.0.1:5555'}"
PULL = "b: i {type: PULL, connect: a.o}"


@pytest.mark.parametrize(
    "lines",
    [
        (PUB, SUB),
        (PUSH, PULL),
        ("a: o {type: XPUB, bind: auto}", "b: i {type: XSUB, connect: a.o}"),
        ("a: o {type: ROUTER, bind: auto}", "b: i {type: DEALER, connect: a.o}"),
        ("a {replicas: 3}: o {type: PAIR, bind: 'ipc:///tmp/x-${{ replica.index }}'}",
         "b {replicas: 3}: i {type: PAIR, connect: 'ipc:///tmp/x-${{ replica.index }}'}"),
        ("a {profiles: [live]}: o {type: PUB, bind: 'tcp://*:5555'}",
         "c {profiles: [replay]}: o {type: PUB, bind: 'tcp://*:5555'}",
         "b: i {type: SUB, connect: 'tcp://127.0.0.1:5555', subscribe: ''}"),
        ("a {profiles: [live]}: o {type: PAIR, connect: h.p}",
         "b {profiles: [test]}: o {type: PAIR, connect: h.p}",
         "h: p {type: PAIR, bind: auto}"),
        ("a: o {type: PUB, bind: 'epgm://239.1.1.2:5555'}",
         "b: i {type: SUB, connect: 'epgm://239.1.1.1:5555', subscribe: ''}"),
        ("a: i {type: SUB, connect: b.o, options: {subscribe: ''}}", "b: o {type: PUB, bind: 'tcp://*:5555'}"),
        ("a {replicas: 3}: gossip {type: DEALER, bind: auto, connect: a.gossip}",),
        ("a: o {type: REP, bind: 'inproc://x'}; i {type: REQ, connect: 'inproc://x'}",),
        ("a: ",),
    ],
)  # fmt: skip
def test_legal_topologies_have_no_error(lines: tuple[str, ...]) -> None:
    found = [d for d in judge(nodes(*lines)) if d.severity is Severity.ERROR]
    assert found == []


@pytest.mark.parametrize(
    ("binder", "connector", "words"),
    [
        ("PUSH", "PUB", "both only send"),
        ("PULL", "SUB", "both only receive"),
        ("REP", "REP", "REP talks to REQ or DEALER only"),
        ("REQ", "DEALER", "REQ talks to REP or ROUTER only"),
        ("PUB", "PULL", "PUB talks to SUB or XSUB only"),
    ],
)
def test_incompatible_types_say_why(binder: str, connector: str, words: str) -> None:
    subscribe = {"SUB": ", subscribe: ''"}
    found = judge(
        nodes(
            f"a: o {{type: {binder}, bind: auto{subscribe.get(binder, '')}}}",
            f"b: i {{type: {connector}, connect: a.o{subscribe.get(connector, '')}}}",
        )
    )
    assert [d.code for d in found] == ["ZMQ101"]
    assert words in found[0].message
    assert len(found[0].related) == 1


def test_inproc_makes_no_check_and_the_remedy_says_so() -> None:
    found = judge(
        nodes("a: o {type: PUSH, bind: 'inproc://x'}; i {type: SUB, connect: 'inproc://x', subscribe: ''}")
    )
    assert found[0].code == "ZMQ101"
    assert "inproc makes no check" in (found[0].help or "")


def test_the_type_of_an_external_endpoint_counts() -> None:
    extra = "endpoints: {x: {address: 'tcp://10.0.0.1:5555', type: PUB, external: true}}\n"
    assert codes("a: i {type: PULL, connect: x}", extra=extra) == ["ZMQ101"]
    assert codes("a: i {type: SUB, connect: x, subscribe: ''}", extra=extra) == []


def test_replicas_count_as_peers_of_a_pair() -> None:
    assert codes("a: o {type: PAIR, bind: auto}", "b {replicas: 3}: i {type: PAIR, connect: a.o}") == [
        "ZMQ103"
    ]
    assert codes("a {replicas: 2}: o {type: PAIR, bind: auto}", "b: i {type: PAIR, connect: a.o}") == [
        "ZMQ103"
    ]


@pytest.mark.parametrize(
    "gate",
    [
        "{kind: task, stdin: go, sockets: {o: {type: PUSH, bind: auto}}}",
        "{kind: task, depends_on: [w], sockets: {o: {type: PUSH, bind: auto}}}",
        "{kind: task, sockets: {o: {type: PUSH, bind: auto}, there: {type: PULL, bind: auto}}}",
    ],
)
def test_gates_hold_a_ventilator(gate: str) -> None:
    there = ", there: {type: PUSH, connect: v.there}" if "there" in gate else ""
    text = f"nodes:\n  v: {gate[:1]}command: ./v, {gate[1:]}\n"
    text += f"  w: {{command: ./w, replicas: 4, sockets: {{i: {{type: PULL, connect: v.o}}{there}}}}}\n"
    assert judge(text) == ()
    bare = text.replace("stdin: go, ", "").replace("depends_on: [w], ", "").replace(there, "")
    bare = bare.replace(", there: {type: PULL, bind: auto}", "")
    assert [d.code for d in judge(bare)] == ["ZMQ132"]


def test_one_worker_needs_no_gate() -> None:
    assert codes("a {kind: task}: o {type: PUSH, bind: auto}", PULL) == []


def test_a_second_link_that_only_goes_out_holds_nobody() -> None:
    found = codes(
        "a {kind: task}: o {type: PUB, bind: auto}; more {type: PUSH, bind: auto}",
        "b: i {type: SUB, connect: a.o, subscribe: ''}; more {type: PULL, connect: a.more}",
    )
    assert found == ["ZMQ131"]


def test_options_of_defaults_are_told_once_and_need_not_fit_all() -> None:
    extra = "defaults: {options: {router_mandatory: true, sndhwmm: 5}}\n"
    found = judge(nodes(PUB, SUB, extra=extra))
    assert [(d.code, d.span.line) for d in found] == [("ZMQ110", 3)]


def test_a_foreign_program_may_have_a_libzmq_of_its_own() -> None:
    line = "a {SETTING}: o {type: XPUB, bind: 'ws://127.0.0.1:5580', options: {only_first_subscribe: true}}"
    foreign = judge(nodes(line.replace("SETTING", "cwd: .")))
    python = judge(nodes(line.replace("SETTING", "run: m:F")))
    assert {d.code for d in foreign} == {d.code for d in python} == {"ZMQ116", "ZMQ315"}
    assert {d.severity for d in foreign} == {Severity.WARNING}
    assert {d.severity for d in python} == {Severity.ERROR}


def test_an_address_of_another_host_is_a_warning() -> None:
    (found,) = judge(nodes("a: i {type: SUB, connect: 'tcp://10.0.0.9:5555', subscribe: ''}"))
    assert (found.code, found.severity) == ("ZMQ310", Severity.WARNING)


def test_a_near_miss_on_another_host_is_an_error() -> None:
    found = judge(
        nodes(
            "a: o {type: PUB, bind: 'tcp://10.0.0.8:5555'}",
            "b: i {type: SUB, connect: 'tcp://10.0.0.9:5555', subscribe: ''}",
        )
    )
    assert [(d.code, d.severity) for d in found] == [("ZMQ310", Severity.ERROR)]
    assert "a.o" in (found[0].help or "")


def test_one_address_is_told_once_for_all_who_connect() -> None:
    client = "{type: REQ, connect: 'tcp://127.0.0.1:5554'}"
    found = judge(nodes("s: r {type: REP, bind: auto}", f"a: q {client}", f"b: q {client}"))
    assert [d.code for d in found] == ["ZMQ310"]
    assert "b.q" in found[0].related[0].message


def test_a_broken_address_of_an_endpoint_is_told_at_the_endpoint() -> None:
    extra = "endpoints: {x: {address: 'tcp://*.5570'}}\n"
    found = judge(
        nodes("a: o {type: PUB, bind: x}", "b: i {type: SUB, connect: x, subscribe: ''}", extra=extra)
    )
    assert [(d.code, d.span.line) for d in found] == [("ZMQ301", 3)]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("zmq.example.org", [("ZMQ307", Severity.ERROR)]),
        ("server", [("ZMQ307", Severity.WARNING)]),
        ("eth0", []),
        ("enp3s0", []),
        ("eth0.100", []),
        ("127.0.0.1", []),
        ("localhost", [("ZMQ308", Severity.NOTE)]),
    ],
)
def test_what_a_bind_may_name(host: str, expected: list[tuple[str, Severity]]) -> None:
    found = judge(nodes(f"a: o {{type: PUB, bind: 'tcp://{host}:5555'}}"))
    assert [(d.code, d.severity) for d in found] == expected


def test_paths_are_measured_after_expansion() -> None:
    fits, over = "x" * (107 - len("/tmp/")), "x" * (108 - len("/tmp/"))
    assert codes(f"a: o {{type: PUB, bind: 'ipc:///tmp/{fits}'}}") == []
    assert codes(f"a: o {{type: PUB, bind: 'ipc:///tmp/{over}'}}") == ["ZMQ313"]
    assert "ZMQ313" in codes(f"a {{replicas: 2}}: o {{type: PUB, bind: 'ipc:///tmp/{fits}'}}")


def test_islands_are_not_told_where_an_address_is_wrong() -> None:
    island = "c: o {type: PUB, bind: 'tcp://127.0.0.1:5577'}"
    assert codes(PUB, SUB, island) == ["ZMQ202"]
    assert codes(PUB, SUB, island, "d: i {type: SUB, connect: 'tcp://127.0.0.1:5578', subscribe: ''}") == [
        "ZMQ310"
    ]


def test_identities_of_different_nodes() -> None:
    one = "b: i {type: DEALER, connect: a.o, options: {routing_id: T1}}"
    two = "c: i {type: DEALER, connect: a.o, options: {identity: T1}}"
    assert codes("a: o {type: ROUTER, bind: auto}", one, two) == ["ZMQ120"]
    assert codes("a: o {type: ROUTER, bind: auto, options: {router_handover: true}}", one, two) == []
    assert codes("a: o {type: ROUTER, bind: auto}", one, two.replace("T1", "T2")) == []


def test_what_the_program_fills_in_is_no_fixed_identity() -> None:
    line = "b {replicas: 2}: i {type: DEALER, connect: a.o, options: {routing_id: ID}}"
    for placeholder in ("Client-%d", "w-{pid}", "host_uuid", "w-${{ replica.index }}"):
        assert codes("a: o {type: ROUTER, bind: auto}", line.replace("ID", f"'{placeholder}'")) == []


def test_codecs_and_schemas() -> None:
    schema = "{codec: json, schema: {type: object}}"
    extra = f"messages: {{T: {schema}}}\n"
    other = f"messages: {{T: {schema}, U: {schema}}}\n"
    bare = f"messages: {{T: {schema}, V: {{codec: json}}}}\n"
    ends = ("a: o {type: PUSH, bind: auto, message: T}", "b: i {type: PULL, connect: a.o, KEY}")
    assert codes(ends[0], ends[1].replace("KEY", "message: U"), extra=other) == []
    assert codes(ends[0], ends[1].replace("KEY", "message: V"), extra=bare) == []
    assert codes(ends[0], ends[1].replace("KEY", "codec: json"), extra=extra) == []
    assert codes(ends[0], ends[1].replace("KEY", "codec: raw"), extra=extra) == ["ZMQ401"]


def test_dependency_circles_are_told_once() -> None:
    found = judge(
        nodes(
            "a {depends_on: [b]}: ", "b {depends_on: [c]}: ", "c {depends_on: [a]}: ", "d {depends_on: [a]}: "
        )
    )
    assert [d.code for d in found] == ["ZMQ601"]
    assert "`a` → `b` → `c` → `a`" in found[0].message


def test_a_diamond_of_dependencies_is_no_circle() -> None:
    assert codes("a {depends_on: [b, c]}: ", "b {depends_on: [d]}: ", "c {depends_on: [d]}: ", "d: ") == []


def test_findings_are_in_the_order_of_the_file() -> None:
    found = judge(nodes("a: o {type: PUB}", "b: i {type: SUB}", "c: i {type: PULL}"))
    assert [d.span for d in found] == sorted(d.span for d in found)
    assert len(found) == 4


def test_a_socket_takes_from_defaults_what_its_type_knows() -> None:
    extra = "defaults: {options: {router_mandatory: true, linger: 0, routing_id: shared}}\n"
    text = nodes(
        "a: o {type: ROUTER, bind: auto}", "b: i {type: DEALER, connect: a.o, options: {identity: b}}", PUB_C
    )
    loaded = load("t.yaml", text=f"version: 1\nname: t\n{extra}{text}", environ={})
    assert loaded.topology is not None
    taken = {socket.ref: dict(socket.options) for socket in loaded.topology.sockets()}
    assert taken == {
        "a.o": {"router_mandatory": True, "linger": 0, "routing_id": "shared"},
        "b.i": {"linger": 0, "identity": "b"},
        "c.o": {"linger": 0},
    }


PUB_C = "c: o {type: PUB, bind: auto}"


def test_who_may_connect_is_asked_by_libzmq_itself() -> None:
    assert (
        codes(PUSH, PULL, "z {run: 'm:f', process: p}: zap {type: REP, bind: 'inproc://zeromq.zap.01'}") == []
    )


def test_a_monitor_is_bound_by_libzmq() -> None:
    found = judge(nodes(PUSH, PULL + "; monitor {type: PAIR, connect: 'inproc://monitor'}"))
    assert [(d.code, d.severity) for d in found] == [("ZMQ310", Severity.WARNING)]
    python = "b {run: 'm:f'}: i {type: PULL, connect: a.o}; m {type: PAIR, connect: 'inproc://m'}"
    assert [(d.code, d.severity) for d in judge(nodes(PUSH, python))] == [("ZMQ310", Severity.ERROR)]


def test_two_that_connect_to_each_other_are_one_mistake() -> None:
    (found,) = judge(nodes("a: o {type: PUSH, connect: b.i}", "b: i {type: PULL, connect: a.o}"))
    assert found.code == "ZMQ311"
    assert found.message == "`a.o` and `b.i` connect to each other; neither binds"
    assert "at `a.o`, write `bind: auto` in the place of `connect: b.i`" in (found.help or "")


def test_topics_that_are_not_known_yet_are_not_judged() -> None:
    told = "a: o {type: PUB, bind: 'tcp://127.0.0.1:5555', topics: ['x/${{ replica.index }}']}"
    text = nodes(told, "b: i {type: SUB, connect: a.o, subscribe: [y]}")
    loaded = load("t.yaml", text=f"version: 1\nname: t\n{text}", environ={})
    assert loaded.topology is not None
    assert "ZMQ130" not in {d.code for d in run(loaded.topology)}


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("", "", []),
        ("", "restart: always", ["restart"]),
        ("restart: always", "", []),
        ("restart: always", "restart: always", []),
        ("restart: always", "restart: {policy: always}", []),
        ("stop: {grace: 1s}", "stop: {grace: 2s}, cwd: /b", ["stop", "cwd"]),
        ("ready: {delay: 1s}", "ready: {delay: 1s}", []),
        ("ready: {delay: 1s}", "ready: {delay: 2s}", ["ready"]),
        ("", "health: {tcp: 2}, heartbeat: {liveness: 5}", ["health", "heartbeat"]),
        ("env: {A: 1}", "env: {A: 1, B: 2}", []),
        ("env: {A: 1}", "env: {A: 2, B: 2}", ["env.A"]),
        ("profiles: [x], cwd: /a", "profiles: [y], cwd: /b", []),
    ],
)
def test_settings_of_a_shared_process(first: str, second: str, told: list[str]) -> None:
    def line(name: str, more: str) -> str:
        return f"  {name}: {{run: 'm:f', process: p{', ' + more if more else ''}}}\n"

    for defaults in ("", "defaults: {restart: {max_restarts: 9}}\n"):
        found = judge(f"{defaults}nodes:\n{line('a', first)}{line('b', second)}")
        assert [d.code for d in found] == ["ZMQ610"] * len(told)
        assert sorted(d.message.split("`")[1] for d in found) == sorted(told)


def test_the_settings_of_a_shared_process_are_shown_at_both_nodes() -> None:
    (found,) = judge(
        "nodes:\n  a: {run: 'm:f', process: p, cwd: /a}\n  b:\n    run: m:f\n    process: p\n    cwd: /b\n"
    )
    assert (found.span.line, found.span.column) == (8, 5)
    assert (found.related[0].span.line, found.related[0].span.column) == (4, 31)
    assert found.help == "write it at `a`, or give `b` a process of its own"


def test_a_codec_that_its_message_has_as_well_is_no_contradiction() -> None:
    text = "messages: {M: {codec: json}}\n"
    assert codes("a: o {type: PUSH, bind: auto, message: M, codec: json}", PULL, extra=text) == []
    assert codes("a: o {type: PUSH, bind: auto, message: M, codec: text}", PULL, extra=text) == ["ZMQ403"]


def test_protobuf_needs_a_type_where_our_code_reads_it() -> None:
    half = "{codec: protobuf, schema: a.proto}"
    typed = f"messages: {{M: {half[:-1]}, type: a.B}}}}\n"
    text = f"messages: {{M: {half}}}\n"
    bind = "{type: PUSH, bind: auto, "
    assert codes(f"a {{run: 'm:f'}}: o {bind} message: M}}", PULL, extra=typed) == []
    foreign = nodes(f"a: o {bind} message: M}}; p {bind} codec: protobuf}}", PULL, extra=text)
    assert "ZMQ404" not in {d.code for d in judge(foreign)}
    ours = f"a {{run: 'm:f'}}: o {bind} message: M}}; p {bind} message: M}}; q {bind} codec: protobuf}}"
    found = judge(nodes(ours, PULL, extra=text))
    assert [d.message for d in found if d.code == "ZMQ404"] == [
        "the message `M` has no `type`, and `a.o` has to write or read it",
        "`a.q` speaks protobuf, and nothing says which message",
    ]


def test_an_address_of_another_host_is_no_error_because_a_port_of_ours_is_near() -> None:
    for host in ("exchange.example.com", "10.0.0.5"):
        (found,) = judge(nodes(
            "a: o {type: PUB, bind: 'tcp://127.0.0.1:5556'}; p {type: REP, bind: 'tcp://127.0.0.1:5557'}",
            f"b: i {{type: SUB, connect: ['tcp://{host}:5555', a.o], subscribe: ''}}; r {{type: REQ, connect: a.p}}",
        ))  # fmt: skip
        assert (found.code, found.severity) == ("ZMQ310", Severity.WARNING)
        assert f"endpoints: {{NAME: {{address: tcp://{host}:5555" in (found.help or "")


def test_topics_in_the_place_of_subscribe_are_one_mistake() -> None:
    (found,) = judge(nodes(PUB, "b: i {type: SUB, connect: a.o, topics: [x]}"))
    assert found.code == "ZMQ104"
    assert found.help == "rename `topics` to `subscribe`; `topics` are what a PUB sends"
    told = codes(PUB, "b: i {type: SUB, connect: a.o, topics: [x], subscribe: [x]}")
    assert told == ["ZMQ106"]


def test_a_sub_whose_peer_cannot_talk_to_it_is_one_finding() -> None:
    text = nodes("a: o {type: PUSH, bind: 'tcp://127.0.0.1:5555'}", "b: i {type: SUB, connect: a.o}")
    loaded = load("t.yaml", text=f"version: 1\nname: t\n{text}", environ={})
    assert loaded.topology is not None
    assert [d.code for d in run(loaded.topology)] == ["ZMQ101"]


def test_the_wrong_side_of_a_broker_has_a_fix_that_names_the_other() -> None:
    text = (
        "version: 1\nname: t\nnodes:\n"
        "  broker:\n    use: forwarder\n    sockets:\n"
        "      frontend: {type: XSUB, bind: auto}\n      backend: {type: XPUB, bind: auto}\n"
        "  feed:\n    command: x\n    sockets:\n      out: {type: PUB, connect: broker.backend}\n"
        "  reader:\n    command: x\n    sockets:\n"
        '      in: {type: SUB, connect: "broker.frontend", subscribe: [""]}\n'
    )
    loaded = load("t.yaml", text=text, environ={})
    assert loaded.topology is not None
    found = [d for d in run(loaded.topology) if d.code == "ZMQ101"]
    assert [(d.help or "").partition(";")[0] for d in found] == [
        "connect to `broker.frontend` (XSUB) instead",
        "connect to `broker.backend` (XPUB) instead",
    ]
    (edit,) = found[0].fix.edits if found[0].fix else ()
    assert edit.text == "broker.frontend"
    assert found[1].fix is None or found[1].fix.edits[0].text == "broker.backend"


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ("", ["ZMQ205"]),
        ("options: {sndtimeo: 5}", []),
        ("options: {sndhwm: 0}", []),
        ("options: {sndtimeo: -1}", ["ZMQ205"]),
    ],
)
def test_a_circle_of_sends_is_told_unless_one_of_them_does_not_wait(options: str, codes: list[str]) -> None:
    more = f", {options}" if options else ""
    text = nodes(
        f"a: o {{type: PUSH, connect: b.i{more}}}; i {{type: PULL, bind: 'tcp://127.0.0.1:5'}}",
        "b: i {type: PULL, bind: 'tcp://127.0.0.1:6'}; o {type: PUSH, connect: a.i}",
    )
    loaded = load("t.yaml", text=f"version: 1\nname: t\n{text}", environ={})
    assert loaded.topology is not None, loaded.diagnostics
    assert [d.code for d in run(loaded.topology) if d.code == "ZMQ205"] == codes


def test_single_points_are_told_on_request_alone() -> None:
    text = nodes(
        "a: o {type: PUSH, bind: 'tcp://127.0.0.1:5'}",
        "b: i {type: PULL, connect: a.o}; o {type: PUSH, connect: c.i}",
        "c: i {type: PULL, bind: 'tcp://127.0.0.1:6'}",
    )
    loaded = load("t.yaml", text=f"version: 1\nname: t\n{text}", environ={})
    assert loaded.topology is not None
    assert "ZMQ206" not in {d.code for d in run(loaded.topology)}
    (found,) = run(loaded.topology, lambda code: code == "ZMQ206")
    assert found.message == "when `b` fails, `a` from `c` is cut off"


@pytest.mark.parametrize(
    ("topics", "wanted", "count"),
    [
        ("[A, AAPL]", "[A]", 1),
        ("[A, AAPL]", "[A, AAPL]", 0),
        ("[A, A.B]", "[A]", 0),
        ("[AAPL, AMZN]", "[A]", 0),
        ("[A., AAPL]", "[A.]", 0),
        ("['', A]", "['']", 0),
    ],
)
def test_a_topic_that_takes_more_than_itself(topics: str, wanted: str, count: int) -> None:
    text = nodes(
        f"a: o {{type: PUB, bind: 'tcp://127.0.0.1:5', topics: {topics}}}",
        f"b: i {{type: SUB, connect: a.o, subscribe: {wanted}}}",
    )
    loaded = load("t.yaml", text=f"version: 1\nname: t\n{text}", environ={})
    assert loaded.topology is not None, loaded.diagnostics
    assert len([d for d in run(loaded.topology) if d.code == "ZMQ137"]) == count
