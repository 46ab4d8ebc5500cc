"""Whether a message is what its schema says (`check: always | first | never`).

For codecs whose payloads could hold anything: json, msgpack, cbor. protobuf and avro payloads cannot be read
or written against their schema at all, and arrow's and numpy's carry it with them.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable
from typing import Any, Final

from orchestrator.codecs.base import CodecError, DecodeError, EncodeError, first_line, kind
from orchestrator.codecs.schema_keywords import Fault
from orchestrator.codecs.schema_rules import Compiler
from orchestrator.codecs.schema_values import dotted
from orchestrator.vocabulary import CodecName, JsonValue

CHECKED: Final = (CodecName.JSON, CodecName.MSGPACK, CodecName.CBOR)
"""Codecs whose messages have a JSON Schema."""


class SchemaCheck:
    """One JSON Schema, compiled. Passing costs a fraction of a microsecond for the schemas that most
    messages have; what does not pass, or cannot be judged in C, is gone through once more, exactly."""

    def __init__(self, schema: JsonValue, codec: str = CodecName.JSON) -> None:
        """Raises CodecError for what is no JSON Schema."""
        compiler = Compiler(schema)
        try:
            self._rule = compiler.compile(schema)
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
            OverflowError,
            re.error,
        ) as error:
            raise CodecError(f"the schema is no JSON Schema: {first_line(error)}") from error
        self.unchecked: tuple[str, ...] = tuple(sorted(compiler.unchecked))
        """Keywords of the schema that would judge, and that no check looks at."""
        self._passes = _fast(schema)
        self._plain = _as_it_travels(codec)

    def incoming(self, obj: Any) -> None:
        """Judge a decoded message. Raises DecodeError with the place and the value."""
        if self._passes is not None and self._passes(obj):
            return
        if (fault := self._judge(obj)) is not None:
            raise DecodeError(f"does not fit its schema: {dotted(fault[0])}: {fault[1]}")

    def outgoing(self, obj: Any) -> None:
        """Judge a message before it is encoded: as the other end will see it, so that a dataclass is an
        object. Raises EncodeError with the place and the value."""
        if self._passes is not None and self._passes(obj):
            return
        try:
            plain = self._plain(obj)
        except (TypeError, ValueError, RecursionError):
            return  # the codec refuses it, and says so better
        if (fault := self._judge(plain)) is not None:
            raise EncodeError(
                f"cannot send {kind(obj)}: it does not fit its schema: {dotted(fault[0])}: {fault[1]}"
            )

    def _judge(self, obj: Any) -> Fault | None:
        try:
            return self._rule(obj)
        except RecursionError:
            return (), "it is nested too deep to be checked"


def make_check(codec: str, schema: JsonValue) -> SchemaCheck | None:
    """The check for messages of a codec; None where there is no schema, or the codec has it by nature.

    Raises CodecError.
    """
    if codec not in CHECKED or not isinstance(schema, (dict, bool)):
        return None
    return SchemaCheck(schema, codec)


def _fast(schema: JsonValue) -> Callable[[Any], bool] | None:
    import msgspec

    from orchestrator.codecs.schema_types import type_for

    wanted = type_for(schema)
    if wanted is None:
        return None
    convert = msgspec.convert

    def passes(obj: Any) -> bool:
        try:
            convert(obj, wanted)
        except (ValueError, TypeError, RecursionError):
            return False
        return True

    return passes


def _as_it_travels(codec: str) -> Callable[[Any], Any]:
    import msgspec

    if codec == CodecName.JSON:
        return functools.partial(msgspec.to_builtins, str_keys=True)
    return functools.partial(
        msgspec.to_builtins, builtin_types=(bytes, bytearray, memoryview, datetime.datetime, datetime.date)
    )
