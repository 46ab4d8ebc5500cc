"""Whatever comes in: a typed codec gives the type, or raises DecodeError, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.codecs import DecodeError, make_codec
from orchestrator.sdk.conversion import typed


class Side(msgspec.Struct):
    name: str
    weight: float = 1.0


@dataclass
class Order:
    qty: int
    side: Side | None = None
    tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        {n: n for n in range(10)}[self.qty % 11]  # a KeyError of the author's


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["qty", "side", "tags", "name", "weight", "x"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip
NAMES = st.sampled_from(["json", "msgpack"])


def judge(name: str, payload: bytes) -> None:
    codec = typed(make_codec(name), Order, None, "socket 'in'")
    try:
        found: Any = codec.decode(payload)
    except DecodeError as error:
        assert str(error).startswith("no Order: ")
    else:
        assert type(found) is Order and type(found.qty) is int
        assert found.side is None or type(found.side) is Side


@given(NAMES, st.binary(max_size=80))
def test_any_bytes(name: str, payload: bytes) -> None:
    judge(name, payload)


@given(NAMES, VALUES)
def test_any_values(name: str, value: Any) -> None:
    judge(name, make_codec(name).encode(value))


@given(NAMES, st.integers(-100, 100), st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_what_fits_comes_back(name: str, qty: int, text: str, weight: float) -> None:
    codec = typed(make_codec(name), Order, Order, "socket 'in'")
    payload = make_codec(name).encode({"qty": qty, "side": {"name": text, "weight": weight}, "tags": [text]})
    if qty % 11 == 10:
        judge(name, payload)
        return
    order = codec.decode(payload)
    assert order == Order(qty, Side(text, weight), [text])
    assert codec.decode(codec.encode(order)) == order
