"""Whatever the topology, the rules come to an end, agree with themselves, and account for every address."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.model.links import resolve
from orchestrator.model.load import from_data
from orchestrator.model.resolution import Resolution
from orchestrator.model.types import Topology
from orchestrator.rules import run
from orchestrator.transport.endpoint import EndpointProblem, ParsedEndpoint, parse_endpoint
from orchestrator.vocabulary import SocketType

NAMES = ("a", "b", "c")
SOCKETS = ("x", "y")

ADDRESSES = st.sampled_from(
    [
        "tcp://*:5555",
        "tcp://127.0.0.1:5555",
        "tcp://localhost:5556",
        "tcp://10.0.0.1:5556",
        "tcp://host.example:5555",
        "tcp://*:*",
        "tcp://*:65535",
        "tcp://*.5555",
        "tcp://[::1]:5555",
        "ipc://x",
        "ipc:///tmp/x",
        "ipc:///tmp/x-${{ replica.index }}",
        "ipc://${{ run.dir }}/x",
        "inproc://x",
        "ws://*:80",
        "epgm://eth0;239.1.1.1:5555",
        "out",
    ]
)
CONNECTS = ADDRESSES | st.sampled_from([f"{n}.{s}" for n in NAMES for s in SOCKETS])
BINDS = ADDRESSES | st.just("auto")


@st.composite
def sockets(draw: st.DrawFn) -> dict[str, object]:
    socket: dict[str, object] = {"type": draw(st.sampled_from([t.value for t in SocketType]))}
    binds = draw(st.lists(BINDS, max_size=2))
    connects = draw(st.lists(CONNECTS, max_size=2))
    if binds:
        socket["bind"] = binds
    if connects:
        socket["connect"] = connects
    if draw(st.booleans()):
        socket["subscribe"] = draw(st.lists(st.sampled_from(["", "t", "topic"]), max_size=2))
    if draw(st.booleans()):
        socket["options"] = draw(
            st.dictionaries(
                st.sampled_from(["sndhwm", "routing_id", "rcvtimeo", "nonsense", "conflate"]),
                st.integers(-2, 200) | st.text(max_size=3) | st.booleans(),
                max_size=2,
            )
        )
    return socket


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    nodes = {}
    for name in NAMES:
        node: dict[str, object] = {
            "command": ["./x"],
            "sockets": {s: draw(sockets()) for s in SOCKETS},
            "replicas": draw(st.integers(1, 3)),
            "kind": draw(st.sampled_from(["service", "task"])),
        }
        others = draw(st.lists(st.sampled_from([n for n in NAMES if n != name]), unique=True, max_size=2))
        if others:
            node["depends_on"] = others
        nodes[name] = node
    data = {
        "name": "t",
        "endpoints": {"out": {"address": "tcp://10.0.0.9:9", "external": True}},
        "nodes": nodes,
    }
    loaded = from_data(data)  # type: ignore[arg-type]
    assert loaded.topology is not None, loaded.diagnostics
    return loaded.topology


def accounted(found: Resolution) -> set[tuple[object, ...]]:
    """The paths of all connects that the resolution has an opinion about."""
    sites = [*found.connects, *found.wildcards, *(a.connect for a in found.across)]
    sites += [site for unbound in found.unbound for site in unbound.connects]
    sites += [broken.site for broken in found.broken if broken.site is not None]
    return {site.address.path for site in sites}


@settings(max_examples=150, deadline=None)
@given(topologies())
def test_rules_never_fail_and_repeat_themselves(topology: Topology) -> None:
    first = run(topology)
    assert first == run(topology)
    assert len(set(first)) == len(first)
    assert all(finding.message and finding.help for finding in first)


@settings(max_examples=150, deadline=None)
@given(topologies())
def test_every_connect_is_somewhere(topology: Topology) -> None:
    found = resolve(topology)
    named = {socket.ref for socket in topology.sockets()}
    known = accounted(found)
    for socket in topology.sockets():
        for address in socket.connects:
            if address.text not in named:
                assert address.path in known


@settings(max_examples=150, deadline=None)
@given(topologies())
def test_links_join_sockets_of_the_topology(topology: Topology) -> None:
    found = resolve(topology)
    refs = {socket.ref for socket in topology.sockets()}
    for meeting in found.meetings:
        ends = [end for end in (meeting.link.binder, meeting.link.connector) if end is not None]
        assert ends
        assert {end.ref for end in ends} <= refs
        assert meeting.per_binder >= 1
        assert meeting.per_connector >= 1


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="tcpiu/:.*[]0159-; @ax", max_size=24) | st.text(max_size=12))
def test_any_text_is_an_endpoint_or_has_a_reason(text: str) -> None:
    parsed = parse_endpoint(text)
    if isinstance(parsed, ParsedEndpoint):
        assert parsed.text == text
        return
    assert parsed.reason
    if parsed.suggestion is not None and not parsed.suggestion.endswith(":PORT"):
        assert not isinstance(parse_endpoint(parsed.suggestion), EndpointProblem), parsed
