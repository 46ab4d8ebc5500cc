"""What is asked of an Avro schema before payloads are read by it. Values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

_NAMED: Final = ("record", "error", "enum", "fixed")


def alone(schema: Any, names: dict[str, Any], defined: set[str]) -> Any:
    """A schema with the definitions it refers to in it, each where it is needed first."""
    if isinstance(schema, list):
        return [alone(branch, names, defined) for branch in schema]
    if isinstance(schema, str):
        known = schema not in names or schema in defined
        return schema if known else alone(names[schema], names, defined)
    made = {key: value for key, value in schema.items() if not key.startswith("__")}
    if made["type"] in _NAMED:
        defined.add(made["name"])
    if "fields" in made:
        made["fields"] = [{**field, "type": alone(field["type"], names, defined)} for field in made["fields"]]
    for key in ("items", "values"):
        if key in made:
            made[key] = alone(made[key], names, defined)
    return made


class Facts:
    """What of a parsed schema matters to safety."""

    def __init__(self, schema: Any) -> None:
        self.recursive = False
        """A type contains itself."""
        self.endless = False
        """An array's items take no bytes, so that its length is not bounded by the payload's."""
        self._sizes: dict[str, int] = {}
        self._smallest(schema, ())

    def _smallest(self, schema: Any, above: tuple[str, ...]) -> int:
        """The fewest bytes a value takes: 0 or 1."""
        if isinstance(schema, list):
            for branch in schema:
                self._smallest(branch, above)
            return 1
        if isinstance(schema, str):
            if schema in above:
                self.recursive = True
                return 1  # a type contains itself in a union, an array or a map, which all take a byte
            return self._sizes.get(schema, int(schema != "null"))
        if schema["type"] not in _NAMED:
            return self._size_of(schema, above)
        size = self._sizes[schema["name"]] = self._size_of(schema, (*above, schema["name"]))
        return size

    def _size_of(self, schema: Any, above: tuple[str, ...]) -> int:
        match schema["type"]:
            case "record" | "error":
                return max([self._smallest(f["type"], above) for f in schema["fields"]], default=0)
            case "array":
                if not self._smallest(schema["items"], above):
                    self.endless = True
                return 1
            case "map":
                self._smallest(schema["values"], above)
                return 1
            case "fixed":
                return int(schema["size"] > 0)
            case "enum":
                return 1
            case other:
                return self._smallest(other, above)


def is_deep(obj: Any, levels: int) -> bool:
    """Whether an object has more levels: fastavro's writer does not count them, and may crash."""
    level, inner = 0, [obj]
    while inner and level <= levels:
        level += 1
        inner = [item for one in inner for item in _inside(one)]
    return level > levels


def _inside(obj: Any) -> Iterable[Any]:
    if isinstance(obj, Mapping):
        return obj.values()
    return obj if isinstance(obj, (list, tuple)) else ()
