"""Rules about what travels, beyond the samples of their pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.load import load
from orchestrator.rules import run

TEXT = """\
messages:
  A: {codec: CODEC, OURS}
  B: {codec: CODEC, THEIRS}
nodes:
  a: {command: ./a, sockets: {o: {type: TYPE, bind: auto, message: A}}}
  b: {command: ./b, sockets: {i: {type: PEER, connect: a.o, message: B}}}
"""


def judge(text: str, file: str = "t.yaml") -> tuple[Diagnostic, ...]:
    loaded = load(file, text=f"version: 1\nname: t\n{text}", environ={})
    assert loaded.topology is not None, loaded.diagnostics
    return run(loaded.topology)


def between(ours: str, theirs: str, codec: str = "json", types: tuple[str, str] = ("PUSH", "PULL")) -> str:
    text = TEXT.replace("CODEC", codec).replace("OURS", ours).replace("THEIRS", theirs)
    return text.replace("TYPE", types[0]).replace("PEER", types[1])


NUMBER = "schema: {type: object, required: [p], properties: {p: {type: number}}}"
INTEGER = NUMBER.replace("number", "integer")


def test_a_receiver_may_ask_for_less() -> None:
    assert judge(between(INTEGER, NUMBER)) == ()
    assert judge(between(NUMBER, "schema: {type: object}")) == ()
    assert judge(between(INTEGER, NUMBER, codec="msgpack")) == ()


def test_both_places_in_both_schemas_are_shown() -> None:
    (found,) = judge(between(NUMBER, INTEGER))
    assert (found.code, found.severity) == ("ZMQ407", Severity.ERROR)
    assert found.message == (
        "`a.o` sends `A`, and `b.i` takes it for `B`: `p` may be a number with a fraction, and has to be a "
        "whole number"
    )
    assert found.path == ("messages", "B", "schema", "properties", "p", "type")
    assert found.span.line == 5
    assert [related.span.line for related in found.related] == [4, 7, 8]
    assert '{"p": 0.5}' in (found.help or "")


def test_ranges_are_warnings() -> None:
    (found,) = judge(between("schema: {type: number}", "schema: {type: number, minimum: 0}"))
    assert (found.code, found.severity) == ("ZMQ407", Severity.WARNING)


def test_the_direction_of_messages_counts() -> None:
    assert judge(between(INTEGER, NUMBER, types=("PUSH", "PULL"))) == ()
    assert [d.code for d in judge(between(INTEGER, NUMBER, types=("PULL", "PUSH")))] == ["ZMQ407"]
    assert [d.code for d in judge(between(INTEGER, NUMBER, types=("PAIR", "PAIR")))] == ["ZMQ407"]


def test_a_pair_of_messages_is_told_once_for_all_links() -> None:
    more = "  c: {command: ./c, sockets: {i: {type: PULL, connect: a.o, message: B}}}\n"
    assert [d.code for d in judge(between(NUMBER, INTEGER) + more)] == ["ZMQ407"]


def test_what_is_no_schema_is_compared_with_nothing() -> None:
    assert [d.code for d in judge(between(NUMBER, "schema: {type: float}"))] == ["ZMQ405"]


def test_a_slip_of_the_pen_is_a_warning() -> None:
    (found,) = judge(between(NUMBER, "schema: {type: object, propertys: {}}"))
    assert (found.code, found.severity) == ("ZMQ405", Severity.WARNING)
    assert (found.span.column, found.span.end_column) == (43, 52), "the key"


@pytest.mark.parametrize(
    ("contract", "told"),
    [
        ("codec: json, schema: {type: object}", []),
        ("codec: json, schema: tick.json", ["warning"]),
        ("codec: raw, schema: {type: object}", ["warning"]),
        ("codec: json, type: a.B", ["warning"]),
        ("codec: protobuf, schema: a.proto, type: a.B", []),
        ("codec: protobuf, schema: {type: object}, type: a.B", ["warning"]),
    ],
)
def test_a_schema_is_for_its_codec(contract: str, told: list[str]) -> None:
    node = "nodes:\n  a: {command: ./a, sockets: {o: {type: PUSH, bind: auto, message: M}}}\n"
    found = judge(f"messages:\n  M: {{{contract}}}\n{node}")
    assert [d.severity.value for d in found if d.code == "ZMQ406"] == told
    ours = judge(f"messages:\n  M: {{{contract}}}\n{node.replace('command: ./a', 'run: m:f')}")
    with_node = ["error"] if contract.startswith("codec: protobuf, schema: {") else told
    assert [d.severity.value for d in ours if d.code == "ZMQ406"] == with_node


OURS, THEIRS = "schema: a.proto, type: A", "schema: b.proto, type: B"


def protos(tmp_path: Path, ours: str | None, theirs: str | None) -> list[str]:
    for name, text in (("a.proto", ours), ("b.proto", theirs)):
        if text is not None:
            (tmp_path / name).write_text(f"message {name[0].upper()} {{ {text} }}", encoding="utf-8")
    found = judge(between(OURS, THEIRS, codec="protobuf"), str(tmp_path / "t.yaml"))
    return [f"{d.code} {d.severity}" for d in found]


def test_protobuf_files_are_compared_where_they_can_be_read(tmp_path: Path) -> None:
    assert protos(tmp_path, "string a = 1;", "bytes a = 1;") == []
    assert protos(tmp_path, "string a = 1;", "int32 a = 1;") == ["ZMQ408 error"]
    assert protos(tmp_path, "string a = 1;", "string b = 1;") == ["ZMQ408 warning"]


def test_protobuf_types_are_compared_by_name_otherwise(tmp_path: Path) -> None:
    assert protos(tmp_path, None, "string a = 1;") == ["ZMQ402 error"]
    assert protos(tmp_path, "string a", "string a = 1;") == ["ZMQ402 error"]
