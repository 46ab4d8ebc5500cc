"""The language of policies: what expressions mean, and what is said of those that mean nothing."""

from __future__ import annotations

import pytest

from orchestrator.model.load import load
from orchestrator.model.types import Topology
from orchestrator.rules.assertions.expression import MAX_LENGTH, compile_expression
from orchestrator.rules.assertions.kinds import names
from orchestrator.rules.assertions.message import compile_message
from orchestrator.rules.assertions.problem import ExpressionError

TEXT = """\
version: 1
name: shop
messages:
  Tick: {codec: json}
nodes:
  feed:
    command: [./feed, --fast]
    replicas: 3
    labels: {team: data, app.k8s/name: feed}
    restart: always
    stop: {grace: 12s}
    health: {tcp: 5556, interval: 5s}
    sockets:
      ticks: {type: PUB, bind: "tcp://127.0.0.1:5600", message: Tick, options: {sndhwm: 10}}
  desk:
    run: shop.desk:Desk
    kind: task
    params: {size: 10, deep: {list: [1, two]}}
    depends_on: [feed]
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [A]}
"""


@pytest.fixture(scope="module")
def topology() -> Topology:
    found = load("shop.yaml", text=TEXT, environ={}).topology
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        'feed.kind == "service"',
        "feed.kind != 'task'",
        'feed.labels.team == "data"',
        'feed.labels["app.k8s/name"] == "feed"',
        "feed.labels.nothing == null",
        "desk.params.nothing.more == None",
        'feed.restart.policy in ["always", "never"]',
        'feed.restart.policy not in ("on-failure", "never")',
        '"ticks" in feed.sockets and "team" in feed.labels',
        '"dat" in feed.labels.team',
        '"x" not in feed.labels.nothing',
        "1 < feed.replicas <= 3",
        "feed.stop.grace_s >= 10 and feed.stop.grace_s == 12",
        "len(feed.sockets) == 1 and len(feed.labels) == 2 and len(feed.stdin) == 0",
        'matches(feed.name, "^f.{2}d$") and not matches(feed.name, "^d")',
        'startswith(feed.name, "fe") and endswith(feed.name, "ed")',
        'not startswith(feed.stdin, "x")',
        'feed.program.argv[1] == "--fast" and feed.program.argv[-1] == "--fast"',
        "feed.program.argv[7] == null and feed.program.target == null",
        "feed.health.kind.targets[0] == '5556' and desk.health.kind.targets[0] == null",
        'feed.sockets.ticks.binds[0].text == "tcp://127.0.0.1:5600"',
        "feed.sockets.ticks.options.sndhwm == 10",
        "desk.params.size > 9 and desk.params.deep.list == [1, 'two']",
        'desk.params.deep.list[1] == "two" and desk.params["deep"]["list"][0] == 1',
        'desk.depends_on[0].condition == "ready"',
        "desk.is_python and not feed.is_python and feed.expendable == false",
        "topology.nodes[desk.depends_on[0].node].replicas == 3",
        'topology.messages.Tick.codec == "json" and topology.messages.Tock == null',
        # an order of what has none does not hold, nor does its opposite
        "not (desk.timeout_s < 1) and not (desk.timeout_s >= 1)",
        'not (desk.params.deep > 1) and not ("a" < desk.params.size)',
        "desk.expendable != 0 and -1 < 0",
        "feed == feed and feed != desk",
        "true or false",
        "(feed.kind ==\n 'service')",
        "  feed.replicas",
    ],
)
def test_what_holds(text: str, topology: Topology) -> None:
    node = names("nodes")["node"]
    known = {"topology": names("topology")["topology"], "feed": node, "desk": node}
    scope = {"topology": topology, **topology.nodes}
    assert compile_expression(text, known).evaluate(scope)
    assert not compile_expression(f"not ({text.strip()})", known).evaluate(scope)


@pytest.mark.parametrize(
    ("text", "fact", "remedy", "place"),
    [
        ("node.knd", "`node` has no `knd`", "did you mean `kind`?", "knd"),
        ("node.stop.grace", "`node.stop` has no `grace`", "did you mean `grace_s`?", "grace"),
        ("nodes.kind", "there is no `nodes` here", "did you mean `node`?", "nodes"),
        ("socket.type", "there is no `socket` here", "`select: sockets`", "socket"),
        ("service == node.kind", "there is no `service` here", "text has quotes", "service"),
        ("len == 3", "there is no `len` here", "write `len(value)`", "len"),
        ('node.kind == "servce"', "it is never `servce`", "did you mean `service`?", '"servce"'),
        ('"TASK" == node.kind', "it is never `TASK`", "did you mean `task`?", '"TASK"'),
        ('node.kind in ["x"]', "it is never `x`", "`service`, `task`", '["x"]'),
        ('node.replicas >= "3"', "text and a number have no order", "no quotes", '"3"'),
        ("1 in node.replicas", "nothing is in a number", "lists", "node.replicas"),
        ("node.sockets.out.binds.text", "a list has no `text`", "[0]", "node.sockets.out.binds.text"),
        ("node.name.upper", "text has no `upper`", None, "node.name.upper"),
        ("node[0]", "a block has fields", ".name", "node[0]"),
        ("node.sockets[0]", "a mapping has no item [a number]", "names", "node.sockets[0]"),
        ("node.name.upper()", "only functions can be called", "`len(value)`", "node.name.upper"),
        ('match(node.name, "a")', "no function `match`", "did you mean `matches`?", "match"),
        ("len()", "`len` takes 1 values", "write `len(value)`", "len()"),
        ("len(x=1)", "`len` takes 1 values", "write `len(value)`", "len(x=1)"),
        ("len(node.replicas)", "`len` can't take a number", "write", "node.replicas"),
        ('matches(node.name, "(")', "no regular expression", "write", '"("'),
        ("matches(node.name, node.cwd)", "stands there in quotes", "write", "node.cwd"),
        ("node.replicas + 1", "arithmetic is not allowed", "comparisons", "node.replicas + 1"),
        ("-node.replicas", "do not calculate", "comparisons", "-node.replicas"),
        ("[n for n in node]", "`for` is not allowed", "comparisons", "[n for n in node]"),
        ("lambda: 1", "`lambda` is not allowed", "comparisons", "lambda: 1"),
        ('f"{node}"', 'f"…" is not allowed', "comparisons", 'f"{node}"'),
        ("1j == 1", "this literal is not allowed", "comparisons", "1j"),
        ("b'' == 1", "this literal is not allowed", "comparisons", "b''"),
        ("... == 1", "this literal is not allowed", "comparisons", "..."),
        ("node.cwd is None", "`is` compares nothing", "write `==`", "node.cwd is None"),
        ("node.cwd = 1", "no expression", "write `==` for `=`", "="),
        ("node.cwd && 1", "no expression", "write `and` for `&&`", "&"),
        ("node.cwd || 1", "no expression", "write `or` for `||`", "|"),
        ("1 and (node.cwd) # 2", "`#` is not allowed", "comment", "# 2"),
        ("", "the expression is empty", "such as", ""),
        (" \n ", "the expression is empty", "such as", ""),
        ("é == node.knd", "there is no `é` here", "quotes", "é"),
        ('"é" == node.knd', "`node` has no `knd`", "kind", "knd"),
        ("(" * 300 + ")" * 300, "no expression", "such as", None),
        ("not " * 60 + "1", "nested too deep", "40 levels", None),
        ("-" * 900 + "1", "nested too deep", "40 levels", None),
        ("x" * (MAX_LENGTH + 1), "1,001 characters", "two policies", None),
        ("node.__class__", "`node` has no `__class__`", "it has", "__class__"),
        ("node.span", "`node` has no `span`", None, "span"),
        ("topology.locate", "`topology` has no `locate`", None, "locate"),
        ("node.program.function", "has no `function`", None, "function"),
        ("__import__('os')", "no function `__import__`", "there are", "__import__"),
    ],
)
def test_what_is_said_of_mistakes(text: str, fact: str, remedy: str | None, place: str | None) -> None:
    with pytest.raises(ExpressionError) as raised:
        compile_expression(text, names("nodes"))
    problem = raised.value
    assert fact in problem.fact
    assert remedy is None or remedy in (problem.remedy or "")
    assert place is None or text[problem.start : problem.end] == place


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("`{node.name}` has {len(node.sockets)}", "`feed` has 1"),
        ("{{{node.name}}}", "{feed}"),
        ("{node.stop.grace_s} s, {node.replicas}, {node.expendable}, {node.cwd}", "12 s, 3, false, null"),
        ("{node.labels}: {node.program.argv}", "team, app.k8s/name: ./feed, --fast"),
        ("{node} {node.sockets.ticks} {node.sockets.ticks.binds}", "feed feed.ticks tcp://127.0.0.1:5600"),
        ("{topology.name} { node.kind }", "shop service"),
        ("", ""),
    ],
)
def test_messages_are_filled(text: str, filled: str, topology: Topology) -> None:
    fill = compile_message(text, names("nodes"))
    assert fill({"node": topology.nodes["feed"], "topology": topology}) == filled


@pytest.mark.parametrize(
    ("text", "fact", "place"),
    [
        ("a { b", "this `{` has no `}`", "{"),
        ("a } b", "this `}` has no `{`", "}"),
        ("a {} b", "nothing between the braces", "{}"),
        ("a {node.nme}", "`node` has no `nme`", "nme"),
        ("{node.name!r}", "no expression", "!"),
    ],
)
def test_what_is_said_of_messages(text: str, fact: str, place: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        compile_message(text, names("nodes"))
    assert fact in raised.value.fact
    assert text[raised.value.start : raised.value.end] == place


def test_a_long_value_is_cut(topology: Topology) -> None:
    fill = compile_message(f'{{"{"x" * 900}"}}', names("topology"))
    assert fill({"topology": topology}) == "x" * 499 + "…"
