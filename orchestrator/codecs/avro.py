"""Apache Avro. The only home of `fastavro`.

A schema is the path of an `.avsc` file or is written out in the topology. A payload is one value in Avro's
binary encoding without a header (a "datum"): both ends have the schema from the topology.
Source: Apache Avro 1.12 Specification, "Binary Encoding" and "Parsing Canonical Form for Schemas".
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import fastavro
from fastavro.schema import to_parsing_canonical_form

from orchestrator.codecs.avro_schema import Facts, alone, is_deep
from orchestrator.codecs.base import CodecError, DecodeError, EncodeError, Payload, first_line, kind, preview
from orchestrator.vocabulary import CodecName, JsonValue

_DEEP: Final = 250
"""Bytes. A level takes at least one, and fastavro's C code reads so many levels in the smallest stacks that
threads have (512 KiB)."""
_LEVELS: Final = 200
"""So deep an object of a schema that contains itself may be: every reader can follow."""

_Read = Callable[..., Any]


class AvroCodec:
    """Dicts and plain values both ways, as `fastavro` maps them."""

    name: str = CodecName.AVRO

    def __init__(self, schema: JsonValue, named: str | None = None) -> None:
        """`named` picks one of the named types that `schema` defines. Raises CodecError."""
        try:
            names: dict[str, Any] = {}
            self._schema: Any = fastavro.parse_schema(_copy(schema), named_schemas=names)
            if named is not None:
                if named not in names:
                    raise CodecError(
                        f"codec avro: the schema defines no type {named}", f"it has {', '.join(names)}"
                    )
                self._schema = fastavro.parse_schema(alone(names[named], names, set()))
            self._canonical = str(to_parsing_canonical_form(self._schema))
        except CodecError:
            raise
        except Exception as error:  # fastavro raises what its parsing runs into: KeyError, AttributeError, …
            raise CodecError(f"codec avro: the schema is no Avro schema: {first_line(error)}") from error
        self._type: str = named or _name_of(self._schema)
        facts = Facts(self._schema)
        if facts.endless:
            raise CodecError(
                "codec avro: an array of items that take no bytes: eight bytes could claim billions of them",
                "give the items a type that is written: an int, say, or a record with a field",
            )
        self._read: _Read = fastavro.schemaless_reader
        self._read_deep: _Read = _careful() if facts.recursive else self._read
        self._recursive = facts.recursive

    def encode(self, obj: Any) -> bytes:
        if self._recursive and is_deep(obj, _LEVELS):
            raise EncodeError(
                f"cannot send the {kind(obj)} as {self._type}: it has more than {_LEVELS} levels"
            )
        out = io.BytesIO()
        try:
            fastavro.schemaless_writer(out, self._schema, obj, strict_allow_default=True)
        except Exception as error:  # fastavro raises what it runs into while it takes the object apart
            raise EncodeError(
                f"cannot send the {kind(obj)} as {self._type}: {first_line(error) or kind(error)}"
            ) from error
        return out.getvalue()

    def decode(self, payload: Payload) -> Any:
        stream = io.BytesIO(payload)
        read = self._read if len(payload) <= _DEEP else self._read_deep
        try:
            obj = read(stream, self._schema)
        except Exception as error:  # as above: EOFError, IndexError, OverflowError, UnicodeDecodeError, …
            raise DecodeError(f"not a {self._type}: {preview(payload)} ({first_line(error)})") from error
        if stream.tell() != len(payload):
            rest = len(payload) - stream.tell()
            raise DecodeError(f"not a {self._type}: {preview(payload)} ({rest} bytes behind the value)")
        return obj

    def encode_nothing(self) -> bytes:
        return b""

    def canonical(self) -> str:
        return self._canonical


def make_avro_codec(schema: JsonValue, message_type: str | None, directory: str) -> AvroCodec:
    """A codec for `schema`, an `.avsc` path or the schema itself. Raises CodecError."""
    if schema is None:
        raise CodecError(
            "codec avro needs a schema", "declare a message: {codec: avro, schema: schemas/order.avsc}"
        )
    if isinstance(schema, str) and schema.endswith(".avsc"):
        schema = _load(Path(directory, schema))
    return AvroCodec(schema, message_type)


def _load(path: Path) -> JsonValue:
    try:
        found: JsonValue = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise CodecError(f"codec avro: {path} does not exist") from error
    except (OSError, ValueError, RecursionError) as error:
        raise CodecError(f"codec avro: {path} cannot be read: {first_line(error)}") from error
    return found


def _careful() -> _Read:
    """fastavro's reader in Python, for schemas that contain themselves.

    Its C code does not count how deep it is (1.13): 100 000 levels overrun the stack and end the process.
    """
    from fastavro._read_py import schemaless_reader

    return schemaless_reader


def _copy(schema: JsonValue) -> Any:
    """fastavro marks what it has parsed in the schema itself; and a topology's mappings may be its own."""
    return json.loads(json.dumps(schema))


def _name_of(schema: Any) -> str:
    if isinstance(schema, dict):
        return str(schema.get("name") or schema.get("type"))
    return str(schema) if isinstance(schema, str) else "Avro union"
