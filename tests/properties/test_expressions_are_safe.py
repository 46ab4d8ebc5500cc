"""Expressions of policies, fuzzed: an error of theirs or a value, and nothing of Python's comes out."""

from __future__ import annotations

import string
from collections.abc import Mapping

from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.model.links import links
from orchestrator.model.load import load
from orchestrator.model.types import Endpoint, Link, Message, Node, Socket, Topology
from orchestrator.rules.assertions.expression import compile_expression
from orchestrator.rules.assertions.kinds import SUBJECTS, Block, fields_of, names
from orchestrator.rules.assertions.message import compile_message
from orchestrator.rules.assertions.problem import ExpressionError

_LOADED = load(
    "shop.yaml",
    text="""\
version: 1
name: shop
messages: {Tick: {codec: json, schema: {type: object, properties: {a: {type: number}}}}}
endpoints: {out: {address: "tcp://10.0.0.1:1", external: true, type: PULL}}
nodes:
  feed:
    command: ./feed
    replicas: 2
    labels: {team: data, _hidden: x, items: y, __class__: z}
    health: {tcp: 5556}
    sockets: {t: {type: PUSH, bind: "tcp://127.0.0.1:5600", message: Tick}}
  desk:
    run: a:b
    params: {a: [1, {b: null}], __dict__: {c: 1.5}}
    sockets: {t: {type: PULL, connect: feed.t}}
""",
    environ={},
)
assert _LOADED.topology is not None
TOPOLOGY = _LOADED.topology
SUBJECT: Mapping[str, object] = {
    "node": TOPOLOGY.nodes["desk"],
    "socket": TOPOLOGY.nodes["feed"].sockets["t"],
    "link": links(TOPOLOGY)[0],
    "endpoint": TOPOLOGY.endpoints["out"],
    "message": TOPOLOGY.messages["Tick"],
    "topology": TOPOLOGY,
}
FIELDS = sorted(
    {
        field
        for select in SUBJECTS
        for kind in names(select).values()
        if isinstance(kind, Block)
        for field in fields_of(kind)
    }
)
DUNDERS = ["__class__", "__dict__", "__globals__", "__init__", "__subclasses__", "_x", "__mro__", "__doc__"]
METHODS = [
    "get",
    "items",
    "keys",
    "format",
    "locate",
    "written",
    "span",
    "path",
    "function",
    "place",
    "count",
]
WORDS = [*SUBJECT, *FIELDS, *DUNDERS, *METHODS, "len", "matches", "startswith", "endswith"]
SIGNS = [
    *(
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        " in ",
        " not in ",
        " is ",
        " and ",
        " or ",
        " not ",
        "=",
        ":=",
        "**",
    ),
    *(
        ".",
        ".",
        ".",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        "+",
        "-",
        "*",
        "%",
        "~",
        "@",
        ":",
        "#",
        "\\",
        "\n",
        "\t",
    ),
    *(
        '"',
        "'",
        '"a"',
        "'team'",
        '"service"',
        "0",
        "1",
        "-1",
        "1.5",
        "1e999",
        "9" * 60,
        "1j",
        "None",
        "true",
        "null",
    ),
    *(
        " if ",
        " else ",
        " for ",
        "lambda",
        "await ",
        "yield ",
        "f'",
        "b'",
        "...",
        "\0",
        "é",
        "\ud800",
        "\u2028",
    ),
]
noise = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=string.printable, max_size=120),
    st.lists(st.sampled_from([*WORDS, *SIGNS]), max_size=40).map("".join),
)

atom = st.one_of(
    st.sampled_from([*SUBJECT, "null", "true", '"a"', '"team"', "0", "-1", "1.5", "[]", '["a", 1, null]']),
    st.tuples(st.sampled_from(list(SUBJECT)), st.lists(st.sampled_from(WORDS), max_size=4)).map(
        lambda found: ".".join([found[0], *found[1]])
    ),
)
formed = st.recursive(
    atom,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["==", "!=", "<", ">=", "in", "not in", "and", "or"]), inner).map(
            lambda found: f"({found[0]} {found[1]} {found[2]})"
        ),
        inner.map(lambda text: f"not {text}"),
        inner.map(lambda text: f"len({text})"),
        inner.map(lambda text: f'matches({text}, "a|b+")'),
        st.tuples(inner, inner).map(lambda found: f"startswith({found[0]}, {found[1]})"),
        st.tuples(inner, inner).map(lambda found: f"{found[0]}[{found[1]}]"),
        st.tuples(inner, st.sampled_from(WORDS)).map(lambda found: f"{found[0]}.{found[1]}"),
    ),
    max_leaves=8,
)
selects = st.sampled_from(sorted(SUBJECTS))

_DATA = (str, int, float, bool, type(None), list, tuple, dict)
_MODEL = (Topology, Node, Socket, Link, Message, Endpoint)


def is_harmless(value: object) -> bool:
    """Whether a value is data or a part of the model: no function, method, class, module."""
    return isinstance(value, _DATA) or type(value).__module__ == Node.__module__


def try_all(text: str, select: str) -> None:
    known = names(select)
    try:
        expression = compile_expression(text, known)
    except ExpressionError as problem:
        assert 0 <= problem.start <= problem.end <= max(1, len(text) + 1)
        assert problem.fact
    else:
        value = expression.evaluate({name: SUBJECT[name] for name in known})
        assert is_harmless(value), value
        # whatever part of it is missing: an evaluation is total
        expression.evaluate(dict.fromkeys(known))
    try:
        fill = compile_message(f"a {{{text}}} b", known)
    except ExpressionError:
        pass
    else:
        assert isinstance(fill({name: SUBJECT[name] for name in known}), str)


@given(noise, selects)
@example("node.labels.__class__", "nodes")
@example('node.params["__dict__"]', "nodes")
@example("().__class__.__bases__[0].__subclasses__()", "nodes")
@example("not " * 200 + "1", "nodes")
def test_noise_gives_an_error_or_a_value(text: str, select: str) -> None:
    try_all(text, select)


@given(formed, selects)
def test_what_looks_right_gives_an_error_or_a_value(text: str, select: str) -> None:
    try_all(text, select)


@given(st.sampled_from(sorted(SUBJECT)), st.sampled_from([*DUNDERS, *METHODS]))
def test_no_attribute_of_python_is_a_field(name: str, attribute: str) -> None:
    select = next(s for s in SUBJECTS if name in names(s))
    try:
        compile_expression(f"{name}.{attribute}", names(select))
    except ExpressionError as problem:
        assert f"has no `{attribute}`" in problem.fact
    else:
        raise AssertionError(f"{name}.{attribute} is reachable")


def test_no_field_is_hidden_or_can_be_called() -> None:
    seen: list[Block] = []
    todo = [kind for select in SUBJECTS for kind in names(select).values()]
    while todo:
        kind = todo.pop()
        todo.extend(inner for inner in [getattr(kind, "of", None)] if inner is not None)
        if isinstance(kind, Block) and kind not in seen:
            seen.append(kind)
            todo.extend(fields_of(kind).values())
            assert not [field for field in fields_of(kind) if field.startswith("_")]
            hidden = {"span", "path", "locate", "written", "function", "binder_span", "connector_span"}
            is_file_probe = any(owner.__name__ == "FileProbe" for owner in kind.classes)
            assert hidden & fields_of(kind).keys() <= ({"path"} if is_file_probe else set())
    assert len(seen) > 10
