"""The one form of a protobuf message type from which its fingerprint is taken.

What travels, and the names that nodes use; nothing of comments, files, options or the order of declaration.
The same for a compiled `.proto` file and a generated module, whatever the protobuf version.
"""

from __future__ import annotations

from typing import Any, Final

_TYPES: Final = (
    "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "group", "message",
    "bytes", "uint32", "enum", "sfixed32", "sfixed64", "sint32", "sint64",
)  # fmt: skip
"""By FieldDescriptorProto.Type, which begins with 1 (descriptor.proto)."""
_REQUIRED: Final = 2
_REPEATED: Final = 3


def canonical(descriptor: Any) -> str:
    """Every message and enum that `descriptor` reaches, by full name: a line each, then a line for each
    field or value, by number."""
    found: dict[str, list[str]] = {}
    waiting = [descriptor]
    while waiting:
        item = waiting.pop()
        if item.full_name in found:
            continue
        if hasattr(item, "values"):
            lines = [f"{value.number} {value.name}" for value in sorted(item.values, key=_by_number)]
            found[item.full_name] = [f"enum {item.full_name}", *lines]
            continue
        fields = sorted(item.fields, key=lambda field: field.number)
        found[item.full_name] = [f"message {item.full_name}", *map(_field, fields)]
        waiting += [inner for field in fields if (inner := field.message_type or field.enum_type) is not None]
    return "\n".join(line for name in sorted(found) for line in found[name])


def _by_number(value: Any) -> tuple[int, str]:
    """Names that share a number (allow_alias) are in the order of the alphabet."""
    return value.number, value.name


def _field(field: Any) -> str:
    words = [str(field.number), *_label(field), _TYPES[field.type - 1]]
    inner = field.message_type or field.enum_type
    return " ".join([*words, *([inner.full_name] if inner is not None else []), field.name])


def _label(field: Any) -> list[str]:
    if hasattr(field, "is_repeated"):  # `label` goes away with protobuf 7
        return ["repeated"] if field.is_repeated else ["required"] if field.is_required else []
    return {_REPEATED: ["repeated"], _REQUIRED: ["required"]}.get(field.label, [])
