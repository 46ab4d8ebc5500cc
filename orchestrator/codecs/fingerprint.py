"""A number for what a message's payloads hold, by which two ends see that they mean the same.

docs/reference/codecs.md, "Fingerprints", specifies it, so that other programs can compute it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from orchestrator.codecs.base import Codec, HasSchema
from orchestrator.vocabulary import JsonValue

_NOTES: Final = frozenset(
    {"title", "description", "examples", "$comment", "default", "$id", "$schema", "deprecated", "readOnly"}
    | {"writeOnly"}
)
"""Keywords of JSON Schema that judge nothing: people may rewrite them."""
_NAMED: Final = frozenset(
    {"properties", "patternProperties", "definitions", "$defs", "dependencies", "dependentSchemas"}
    | {"dependentRequired"}
)
"""Keywords whose keys are names of the user's."""
_DATA: Final = frozenset({"const", "enum"})
"""Keywords whose values are values, not schemas."""
_EXACT: Final = 2**53
"""Up to here JSON's numbers are exact everywhere; RFC 8785 takes all of them for IEEE 754 doubles."""
_SETS: Final = frozenset({"required", "type", "enum"})
"""Lists whose order says nothing."""


def fingerprint(codec: Codec, schema: JsonValue = None, message_type: str | None = None) -> int:
    """64 bits, never 0, for a message with a schema; 0 for one without."""
    if isinstance(codec, HasSchema):
        text = codec.canonical()
    elif schema is None:
        return 0
    else:
        text = canonical_json(without_notes(schema))
    return of_text(codec.name, message_type, text)


def of_text(codec: str, message_type: str | None, canonical: str) -> int:
    """The first 8 bytes of SHA-256 over codec, type and canonical schema, one to a line, as a little-endian
    number; 1 where they are 0."""
    line = "\n".join((codec, message_type or "", canonical))
    return int.from_bytes(hashlib.sha256(line.encode("utf-8", "surrogatepass")).digest()[:8], "little") or 1


def without_notes(schema: Any) -> Any:
    """A JSON Schema without what is for people; lists whose order says nothing, in order."""
    if isinstance(schema, list):
        return [without_notes(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _NAMED and isinstance(value, Mapping):
            found[key] = {name: without_notes(item) for name, item in value.items()}
        elif key in _SETS and isinstance(value, list):
            found[key] = sorted(value, key=canonical_json)
        elif key in _DATA:
            found[key] = value
        elif key not in _NOTES:
            found[key] = without_notes(value)
    return found


def canonical_json(value: Any) -> str:
    """JSON in one form for one value: RFC 8785 (JSON Canonicalization Scheme)."""
    if isinstance(value, Mapping):
        members = sorted(((str(key), item) for key, item in value.items()), key=_utf16)
        return "{" + ",".join(f"{_text(key)}:{canonical_json(item)}" for key, item in members) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(canonical_json, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int) and abs(value) > _EXACT:
        return _number(float(value)) if abs(value) < 10**308 else str(value)
    return json.dumps(value)


def _utf16(member: tuple[str, Any]) -> bytes:
    """RFC 8785 sorts names by their UTF-16 code units."""
    return member[0].encode("utf-16-be", "surrogatepass")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    """As ECMAScript writes a number (RFC 8785, 3.2.2.3): the fewest digits that bring it back."""
    if value == 0:
        return "0"
    if value - value != 0.0:
        return json.dumps(repr(value))  # no JSON; YAML has them
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)
    if 0 < point <= 21:
        text = text.ljust(point, "0")
        text = text if point >= len(text) else f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{text}"
    else:
        mantissa = text if len(text) == 1 else f"{text[0]}.{text[1:]}"
        text = f"{mantissa}e{point - 1:+d}"
    return f"-{text}" if sign else text
