"""Reading `.proto` files for comparison, and comparing their messages."""

from __future__ import annotations

import pytest

from orchestrator.codecs.proto_parting import partings
from orchestrator.codecs.proto_text import ProtoSyntaxError, read_proto

ORDER = """
// a comment; with { signs }
syntax = "proto3";
package trading.v1;
import "google/protobuf/timestamp.proto";
option java_package = "a;b";
/* message Fake { string x = 1; } */
message Order {
  option (custom) = { a: 1 };
  string symbol = 1 [deprecated = true, (o) = { b: "}" }];
  repeated int32 lots = 2;
  map<string, Leg> legs = 3;
  Side side = 4;
  oneof how { string note = 5; Leg leg = 6; }
  google.protobuf.Timestamp at = 7;
  reserved 9 to 11; reserved "foo";
  enum Side { BUY = 0; SELL = 1; }
  message Leg { bytes body = 1; }
}
service S { rpc Send(Order) returns (Order) { option (x) = 1; } }
"""


def test_fields_of_a_file() -> None:
    messages = read_proto(ORDER).messages
    assert set(messages) == {"trading.v1.Order", "trading.v1.Order.Leg"}
    told = {f.name: (f.number, f.kind, f.type) for f in messages["trading.v1.Order"]}
    assert told == {
        "symbol": (1, "scalar", "string"),
        "lots": (2, "scalar", "int32"),
        "legs": (3, "map", "map<string,Leg>"),
        "side": (4, "enum", "trading.v1.Order.Side"),
        "note": (5, "scalar", "string"),
        "leg": (6, "message", "trading.v1.Order.Leg"),
        "at": (7, "unknown", "google.protobuf.Timestamp"),
    }


@pytest.mark.parametrize(
    "text", ["message A {", "message A { string a; }", "message A { group G = 1 { } }", "message", "}"]
)
def test_what_is_no_proto_file(text: str) -> None:
    with pytest.raises(ProtoSyntaxError):
        read_proto(text)


def told(sent: str, read: str) -> list[str]:
    ours, theirs = read_proto(f"message A {{ {sent} }}"), read_proto(f"message B {{ {read} }}")
    return [f"{'.'.join(p.where)} {p.fact}" for p in partings(ours, "A", theirs, "B")]


@pytest.mark.parametrize(
    ("sent", "read", "words"),
    [
        ("string a = 1;", "int32 a = 1;", ["(field 1) is string where it is sent"]),
        ("int32 a = 1;", "int64 a = 1;", []),
        ("int32 a = 1;", "sint32 a = 1;", ["(field 1) is int32 where"]),
        ("int32 a = 1; enum E { X = 0; }", "E a = 1; enum E { X = 0; }", []),
        ("string a = 1;", "bytes a = 1;", []),
        ("string a = 1;", "string a = 2;", ["is field 1 where it is sent, and 2 where it is read"]),
        ("string a = 1;", "string b = 1;", ["is called `a` where it is sent"]),
        ("", "string b = 1;", []),
        ("string a = 1;", "", []),
        ("", "required string b = 1;", ["is required where it is read, and never sent"]),
        ("optional string b = 1;", "required string b = 1;", ["and need not be sent"]),
        ("repeated int32 a = 1;", "int32 a = 1;", ["is repeated int32 where it is sent"]),
        ("repeated string a = 1;", "string a = 1;", []),
        ("map<string, int32> a = 1;", "map<string, string> a = 1;", ["is map<string,int32> where"]),
        ("I a = 1; message I { string x = 1; }", "I a = 1; message I { double x = 1; }", ["a.x (field 1)"]),
        ("other.T a = 1;", "int32 a = 1;", []),
    ],
)
def test_how_a_message_is_read(sent: str, read: str, words: list[str]) -> None:
    found = told(sent, read)
    assert len(found) == len(words)
    assert all(word in line for word, line in zip(words, found, strict=True))


def test_messages_that_hold_themselves() -> None:
    assert told("A a = 1; int32 x = 2;", "B a = 1; string x = 2;") == [
        "x (field 2) is int32 where it is sent, and string where it is read"
    ]
