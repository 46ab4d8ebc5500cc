"""Remedies for mistakes that have one good answer, and one finding for what stands once in the file."""

from __future__ import annotations

import pytest

from orchestrator.diagnostics import Diagnostic
from orchestrator.model.load import from_data, load

TOP = "version: 1\nname: t\n"
SOCKET = TOP + "nodes:\n  a:\n    command: a\n    sockets:\n      out: {type: PUSH, bind: auto, %s}\n"


def findings(text: str) -> list[Diagnostic]:
    return [d for d in load("t.yaml", text=text, environ={}).diagnostics if d.code < "ZMQ100"]


@pytest.mark.parametrize(
    ("key", "option"),
    [("sndhwm", "sndhwm"), ("SNDHWM", "sndhwm"), ("ZMQ_LINGER", "linger"), ("zmq_linger", "linger")],
)
def test_an_option_beside_the_type_belongs_under_options(key: str, option: str) -> None:
    (found,) = findings(SOCKET % f"{key}: 10")
    assert found.code == "ZMQ030"
    assert found.help == f"it is an option of libzmq: write `options: {{{option}: 10}}`"


def test_hwm_has_a_name_for_each_direction() -> None:
    (found,) = findings(SOCKET % "hwm: 10")
    assert "`options: {sndhwm: 10}`" in (found.help or "")
    assert "`rcvhwm`" in (found.help or "")


def test_an_option_under_a_node_is_told_its_place_too() -> None:
    (found,) = findings(TOP + "nodes:\n  a:\n    command: a\n    linger: 0\n")
    assert (
        found.help == "it is an option of libzmq: write `options: {linger: 0}` in a socket or in `defaults`"
    )


@pytest.mark.parametrize(
    ("version", "code", "message", "remedy"),
    [
        ('"1"', "ZMQ032", "`version` must be a whole number, not text", "remove the quotes: 1"),
        ("", "ZMQ032", "`version` has no value", "write `version: 1`"),
        ("2", "ZMQ039", "`2` is no version of this language that is known here", "write `version: 1`"),
        ("'3.8'", "ZMQ039", "`3.8` is no version of this language that is known here", "write `version: 1`"),
    ],
)
def test_a_version_that_is_none(version: str, code: str, message: str, remedy: str) -> None:
    (found,) = findings(f"version: {version}\nname: t\nnodes: {{a: {{command: a}}}}\n")
    assert (found.code, found.message, found.help) == (code, message, remedy)


@pytest.mark.parametrize("key", ["command", "env", "depends_on", "restart", "ready", "health", "profiles"])
def test_every_key_without_a_value_has_a_remedy(key: str) -> None:
    program = "" if key == "command" else "    command: a\n"
    (found,) = findings(f"{TOP}nodes:\n  a:\n{program}    {key}:\n")
    assert found.message.endswith("has no value")
    assert found.help


@pytest.mark.parametrize("value", ["0.5", "1e5.5", "20000.5", "-0.5"])
def test_a_number_of_the_wrong_type_is_told_once(value: str) -> None:
    (found,) = findings(TOP + f"nodes:\n  a:\n    command: a\n    replicas: {value}\n")
    assert found.code == "ZMQ032"


def test_a_large_number_is_shown_as_a_whole_one() -> None:
    (found,) = findings(TOP + "nodes:\n  a:\n    command: a\n    replicas: 1e6\n")
    assert "is 1000000;" in found.message


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("SUBSCRIBER", "SUB"),
        ("Publisher", "PUB"),
        ("zmq.PUSH", "PUSH"),
        ("ZMQ_REP", "REP"),
        ("subscribe", "SUB"),
        ("request", "REQ"),
        ("reply", "REP"),
        ("response", "REP"),
    ],
)
def test_a_socket_type_under_another_name(word: str, meant: str) -> None:
    (found,) = findings(SOCKET.replace("PUSH", word) % "description: x")
    assert (found.help or "").startswith(f"did you mean `{meant}`?")


def test_a_longer_word_is_not_taken_for_a_key_with_the_same_end() -> None:
    (found,) = findings(TOP + "nodes: {a: {command: a}}\nsubcommand: {}\n")
    assert "did you mean" not in (found.help or "")


@pytest.mark.parametrize(
    ("run", "remedy"),
    [
        ("feed.py", "write `feed:NAME`, with the class or function to run"),
        ("feed.py:main", "write `feed:main`: a module's name, not its file's"),
        ("./feed:main", "write `feed:main`: a module's name, not its file's"),
        ("market/feed.py:main", "write `market.feed:main`: a module's name, not its file's"),
        ("market.feed.main", "did you mean `market.feed:main`?"),
        ("feed", "write `feed:NAME`, with the class or function to run"),
    ],
)
def test_a_target_that_is_a_file_or_a_module(run: str, remedy: str) -> None:
    (found,) = findings(TOP + f"nodes:\n  a:\n    run: {run}\n")
    assert (found.code, found.help) == ("ZMQ034", remedy)


def test_what_stands_under_a_misspelt_key_is_looked_at_in_the_same_run() -> None:
    text = TOP + "nodes:\n  a: {comand: a, socket: {x: {typ: PUB, bnd: auto}}}\n"
    found = [(d.message.split("`")[1], d.span.line, d.span.column) for d in findings(text)]
    assert found == [("comand", 4, 7), ("socket", 4, 18), ("typ", 4, 31), ("bnd", 4, 41)]


def test_a_value_under_two_misspelt_keys_has_its_place() -> None:
    text = TOP + "node:\n  a:\n    command: a\n    socket: {x: {type: PBU, bind: auto}}\n"
    found = [(d.code, d.span.line, d.span.column) for d in findings(text)]
    assert found == [("ZMQ030", 3, 1), ("ZMQ030", 6, 5), ("ZMQ033", 6, 24)]


def test_rules_find_the_place_of_what_stands_under_a_misspelt_key() -> None:
    text = TOP + "nodes:\n  a:\n    command: a\n    socket: {x: {type: PUB, bind: auto, mesage: Tick}}\n"
    found = [(d.code, d.span.line, d.span.column) for d in findings(text)]
    assert found == [("ZMQ030", 6, 5), ("ZMQ030", 6, 41), ("ZMQ051", 6, 49)]


def test_one_mistake_behind_an_alias_is_told_once() -> None:
    text = TOP + "nodes:\n  a: &n\n    command: a\n    restart: allways\n  b: *n\n  c: *n\n"
    assert [(d.code, d.span.line) for d in findings(text)] == [("ZMQ033", 6)]


def test_two_mistakes_in_data_are_two_findings() -> None:
    nodes = {"a": {"command": "a", "restart": "allways"}, "b": {"command": "a", "restart": "allways"}}
    assert len(from_data({"name": "t", "nodes": nodes}).diagnostics) == 2


def test_a_key_that_restart_does_not_have() -> None:
    (found,) = findings(TOP + "nodes:\n  a:\n    command: a\n    restart: {max_restart: 3}\n")
    assert found.message == "`max_restart` is no key of `restart` of the node `a`"
    assert found.help == "did you mean `max_restarts`?"
