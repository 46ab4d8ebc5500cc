"""The compiled validator and jsonschema always say the same, and every refusal is explained."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from orchestrator.source import Document
from orchestrator.spec import validate
from orchestrator.spec.compiled import compile_schema
from orchestrator.spec.schema import load_schema

SCHEMA = load_schema()
COMPILED = compile_schema(SCHEMA)
JSONSCHEMA = Draft7Validator(SCHEMA)

VALID: dict[str, Any] = {
    "version": 1,
    "name": "t",
    "include": ["a.yaml"],
    "messages": {"Tick": {"codec": "json", "schema": {"type": "object"}}},
    "endpoints": {"exchange": {"address": "tcp://h:1", "type": "PUB", "external": True}},
    "defaults": {
        "heartbeat": {"interval": "1s", "liveness": 3, "stall": None},
        "restart": "always",
        "env": ["A=1"],
        "env_file": ".env",
        "options": {"linger": 0},
    },
    "nodes": {
        "feed": {
            "run": "m:f",
            "params": {"a": [1]},
            "replicas": 3,
            "min_replicas": 2.0,
            "sockets": {
                "ticks": {"type": "PUB", "bind": ["tcp://*:1"], "topics": ["A"], "options": {"sndhwm": 1}},
                "raw": {"type": "SUB", "connect": "exchange", "subscribe": [""]},
            },
            "depends_on": {"gateway": {"condition": "ready"}, "x": "started"},
            "ready": {"tcp": ["ticks", 80], "timeout": "5s"},
            "restart": {"policy": "never", "backoff": {"factor": 1.5}, "window": "1h30m"},
            "labels": {"a": 1},
        },
        "gateway": {
            "command": ["./g", 1],
            "health": {"zmq": {"socket": "a", "send": "x"}, "retries": 2},
            "stop": {"signal": "SIGINT", "ok_exit": [143]},
            "depends_on": ["feed"],
            "profiles": ["dev"],
            "env": {"A": None, "B": 1, "C": True},
            "timeout": "1s",
            "done": {"peers": {"socket": "s", "count": 2}},
        },
        "stock": {"use": "forwarder", "ready": "heartbeat", "process": "edge"},
    },
}

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70_000),
    st.floats(allow_nan=True),
    st.sampled_from(
        ["", "1s", "0s", "auto", "always", "heartbeat", "PUB", "feed", "a b", "x-y", "json", "5s\n"]
    ),
    st.text(max_size=5),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["run", "tcp", "log", "type", "bind", "x-a", "policy", "a"]), inner, max_size=3
        ),
    ),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a nested value."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return []
    return [(value, key) for key, _ in items] + [place for _, item in items for place in places(item)]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid topology with up to three changes: a value replaced, a key removed, a key added."""
    data = copy.deepcopy(VALID)
    for _ in range(draw(st.integers(0, 3))):
        found = places(data)
        container, key = found[draw(st.integers(0, len(found) - 1))]
        action = draw(st.sampled_from(["replace", "remove", "add"]))
        if action == "replace" or isinstance(container, list):
            container[key] = draw(VALUES)
        elif action == "remove":
            del container[key]
        else:
            container[
                draw(st.sampled_from(["x-own", "run", "command", "use", "tcp", "delay", "type", "nonsense"]))
            ] = draw(VALUES)
    return data


def test_the_start_is_valid() -> None:
    assert JSONSCHEMA.is_valid(VALID)
    assert COMPILED(VALID)


@settings(max_examples=400, deadline=None)
@given(st.one_of(mutated(), VALUES))
def test_both_say_the_same_and_every_refusal_is_explained(data: Any) -> None:
    accepted = COMPILED(data)
    assert accepted == JSONSCHEMA.is_valid(data)
    findings = validate(Document(file="<python>", directory="/", data=data))
    assert (findings == []) == accepted
    for finding in findings:
        assert finding.message
