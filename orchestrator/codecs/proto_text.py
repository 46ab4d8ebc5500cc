"""Reading `.proto` files, as far as two messages can be compared: fields, their numbers, types and labels.

For checking only: nodes compile the same files with protoc (`protobuf`). What is imported is not followed,
and a type that is not defined in the file is unknown here. Needs no library.

Source: the protobuf language specifications, proto2, proto3 and editions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?:\s|//[^\n]*|/\*.*?\*/)*("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\.?[A-Za-z_][\w.]*|[0-9][\w.+-]*|\S|\Z)""",
    re.DOTALL,
)
_MAX_DEPTH: Final = 60

SCALARS: Final = frozenset(
    {"double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64"}
    | {"sfixed32", "sfixed64", "bool", "string", "bytes"}
)


class ProtoSyntaxError(Exception):
    """The text is no `.proto` file, or one that is not understood here."""


@dataclass(frozen=True, slots=True)
class ProtoField:
    """One field of a message."""

    name: str
    number: int
    type: str
    """A scalar type, the full name of a message or enum of this file, or the name as written."""
    kind: str
    """`scalar`, `message`, `enum`, `map`, or `unknown` for a type of another file."""
    repeated: bool = False
    required: bool = False
    """proto2's `required`."""


@dataclass(frozen=True, slots=True)
class ProtoFile:
    """The messages of one file, by their full names."""

    messages: Mapping[str, tuple[ProtoField, ...]]


def read_proto(text: str) -> ProtoFile:
    """Read a `.proto` file. Raises ProtoSyntaxError."""
    reader = _Reader([match[1] for match in _TOKEN.finditer(text)])
    reader.file()
    return ProtoFile({name: reader.resolved(name) for name in reader.fields})


@dataclass(slots=True)
class _Reader:
    tokens: list[str]
    at: int = 0
    package: str = ""
    fields: dict[str, list[ProtoField]] = field(default_factory=dict)
    enums: set[str] = field(default_factory=set)

    def next(self) -> str:
        token = self.tokens[self.at]
        if not token:
            raise ProtoSyntaxError("the file ends too soon")
        self.at += 1
        return token

    def peek(self) -> str:
        return self.tokens[self.at]

    def expect(self, wanted: str) -> None:
        token = self.next()
        if token != wanted:
            raise ProtoSyntaxError(f"{token!r} stands where {wanted!r} belongs")

    def file(self) -> None:
        while self.peek():
            token = self.next()
            if token == "package":
                self.package = self.next()
                self.expect(";")
            elif token == "message":
                self.message(self.package, 0)
            elif token == "enum":
                self.enum(self.package)
            elif token != ";":
                self.skip()

    def skip(self) -> None:
        """To the end of a statement or of a block."""
        depth = 0
        while True:
            token = self.next()
            if token in "{[(":
                depth += 1
            elif token in "}])":
                depth -= 1
                if depth == 0 and token == "}":
                    return
            elif token == ";" and depth == 0:
                return

    def enum(self, scope: str) -> None:
        self.enums.add(_join(scope, self.next()))
        self.expect("{")
        self.at -= 1
        self.skip()

    def message(self, scope: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise ProtoSyntaxError("messages are nested too deep")
        name = _join(scope, self.next())
        self.fields[name] = []
        self.expect("{")
        self.body(name, depth)

    def body(self, name: str, depth: int) -> None:
        while (token := self.next()) != "}":
            if token == "message":
                self.message(name, depth + 1)
            elif token == "enum":
                self.enum(name)
            elif token == "oneof":
                self.next()
                self.expect("{")
                self.body(name, depth + 1)
            elif token in ("reserved", "extensions", "option", "extend"):
                self.skip()
            elif token != ";":
                self.field(name, token)

    def field(self, owner: str, token: str) -> None:
        label = token if token in ("repeated", "optional", "required") else ""
        kind = self.next() if label else token
        if kind == "group":
            raise ProtoSyntaxError("groups are not read here")
        is_map = kind == "map" and self.peek() == "<"
        if is_map:
            kind = self.map_type()
        name = self.next()
        self.expect("=")
        number = self.next()
        if not number.isdecimal():
            raise ProtoSyntaxError(f"the field {name} has no number")
        self.skip()
        self.fields[owner].append(
            ProtoField(
                name,
                int(number),
                kind,
                "map" if is_map else "unknown",
                label == "repeated",
                label == "required",
            )
        )

    def map_type(self) -> str:
        self.expect("<")
        key = self.next()
        self.expect(",")
        value = self.next()
        self.expect(">")
        return f"map<{key},{value}>"

    def resolved(self, owner: str) -> tuple[ProtoField, ...]:
        """The fields of a message, each with the kind of its type."""
        return tuple(self.resolve(owner, one) for one in self.fields[owner])

    def resolve(self, owner: str, one: ProtoField) -> ProtoField:
        if one.kind == "map":
            return one
        if one.type in SCALARS:
            return ProtoField(one.name, one.number, one.type, "scalar", one.repeated, one.required)
        for full in _scopes(owner, one.type):
            if full in self.fields or full in self.enums:
                kind = "message" if full in self.fields else "enum"
                return ProtoField(one.name, one.number, full, kind, one.repeated, one.required)
        return one


def _scopes(owner: str, name: str) -> list[str]:
    """Where a name is looked for: in the message itself, then outwards; `.name` is a full one."""
    if name.startswith("."):
        return [name[1:]]
    parts = owner.split(".")
    return [_join(".".join(parts[:depth]), name) for depth in range(len(parts), -1, -1)]


def _join(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name
