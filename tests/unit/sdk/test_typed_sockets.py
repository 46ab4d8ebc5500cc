"""Declared sockets: what a class says, what the topology gives, what a type checker makes of it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from orchestrator.codecs import DecodeError, make_codec
from orchestrator.sdk import Node
from orchestrator.sdk.conversion import is_converted, typed
from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.forms.declared import Declaration, declarations_of, misfits
from orchestrator.sdk.forms.typed import Answer, Ask, In, InOut, Out
from orchestrator.vocabulary import CodecName, SocketType

SAMPLE = Path(__file__).parent / "typed_sample.py"


@dataclass
class Tick:
    symbol: str
    price: float


class Order(msgspec.Struct):
    qty: int


class Base(Node):
    ticks: In[Tick]
    late: Out[Order]


class Strategy(Base):
    orders: Out[Order]
    risk: Ask[Order, Tick]
    control: Answer[str, int]
    both: InOut[Tick, Order]
    log_to: Out[Any] | None
    raw: In  # type: ignore[type-arg] # what comes is not said
    last: NoSuchName  # type: ignore[name-defined] # noqa: F821 - any other annotation is not ours to read
    late: int  # type: ignore[assignment]


def test_what_a_class_declares() -> None:
    found = declarations_of(Strategy)
    assert {name: one.kind for name, one in found.items()} == {
        "ticks": "In", "orders": "Out", "risk": "Ask", "control": "Answer", "both": "InOut", "log_to": "Out",
        "raw": "In",
    }  # fmt: skip
    assert found["risk"] == Declaration(name="risk", kind="Ask", sends=Order, receives=Tick)
    assert (found["both"].receives, found["both"].sends) == (Tick, Order)
    assert found["log_to"].optional and not found["ticks"].optional
    assert found["raw"].receives is Any


def test_a_name_that_cannot_be_read() -> None:
    class Hidden(Node):
        ticks: In[Missing]  # type: ignore[name-defined] # noqa: F821

    with pytest.raises(NodeError, match=r"`In\[Missing\]` cannot be read: NameError"):
        declarations_of(Hidden)


def test_a_name_that_every_node_has() -> None:
    class Loud(Node):
        log: Out[str]  # type: ignore[assignment]

    with pytest.raises(NodeError, match="declares a socket log, which is something of every node"):
        declarations_of(Loud)


@pytest.mark.parametrize(
    ("kind", "fits"),
    [
        ("In", {"PAIR", "SUB", "REP", "DEALER", "ROUTER", "PULL", "XSUB", "STREAM"}),
        ("Out", {"PAIR", "PUB", "REQ", "DEALER", "PUSH", "XPUB", "STREAM"}),
        ("Ask", {"REQ", "DEALER"}),
        ("Answer", {"REP", "ROUTER"}),
        ("InOut", {"PAIR", "REQ", "REP", "DEALER", "ROUTER", "STREAM"}),
    ],
)
def test_which_types_fit(kind: str, fits: set[str]) -> None:
    declared = {"x": Declaration(name="x", kind=kind)}
    for socket_type in SocketType:
        wrong = misfits("N", declared, {"x": socket_type})
        assert bool(wrong) == (socket_type.value not in fits), socket_type


def test_what_is_said_of_a_misfit() -> None:
    declared = declarations_of(Base) | {"opt": Declaration(name="opt", kind="In", optional=True)}
    assert misfits("Base", declared, {"tick": SocketType.SUB, "late": SocketType.PULL}) == [
        "Base declares a socket ticks, and the topology gives it none of that name (did you mean tick?)",
        "Base declares late as Out, and the topology makes it a PULL, which only receives",
    ]


def test_records() -> None:
    assert all(map(is_converted, (Tick, Order, list[Tick], Tick | None, dict[str, list[Order]])))
    assert not any(map(is_converted, (int, dict[str, Any], Any, None, list[int], str | None, "Tick")))


@pytest.mark.parametrize("name", [CodecName.JSON, CodecName.MSGPACK])
def test_messages_become_what_was_asked_for(name: CodecName) -> None:
    codec = typed(make_codec(name), Tick, Tick, "socket 'ticks'")
    assert codec.decode(codec.encode(Tick("A", 1.5))) == Tick("A", 1.5)
    assert codec.decode(make_codec(name).encode({"symbol": "B", "price": 2})) == Tick("B", 2.0)
    with pytest.raises(DecodeError, match=r"no Tick: .*missing required field `price`"):
        codec.decode(codec.encode({"symbol": "B"}))
    with pytest.raises(DecodeError, match="no Tick"):
        codec.decode(b"\xc1")
    assert codec.decode(codec.encode({"symbol": "B", "price": 1, "more": 2})) == Tick("B", 1.0)


def test_records_in_records() -> None:
    codec = typed(make_codec(CodecName.JSON), list[Order | None], None, "x")
    assert codec.decode(b'[{"qty":1},null]') == [Order(1), None]


def test_where_there_is_nothing_to_convert_the_codec_is_left_alone() -> None:
    codec = make_codec(CodecName.JSON)
    assert typed(codec, dict[str, Any], Any, "x") is codec


def test_bytes_have_no_fields() -> None:
    with pytest.raises(NodeError, match="socket 'x': codec raw carries no Tick"):
        typed(make_codec(CodecName.RAW), Tick, None, "socket 'x'")


def test_mypy_understands() -> None:
    """Every line of the sample that says so is an error, and no other."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--follow-imports=silent",
         "--config-file=", "--cache-dir=/dev/null", str(SAMPLE)],
        capture_output=True, text=True, cwd=SAMPLE.parents[3], check=False,
    )  # fmt: skip
    told = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    assert told == {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}, done.stdout
    assert len(told) >= 8
