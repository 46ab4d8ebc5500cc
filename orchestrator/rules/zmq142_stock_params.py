"""A stock node is given a param that it does not have, or one of the wrong type.

## Why

A stock node declares its params. One that it does not know would make it fail at its start.

## Bad

```yaml
nodes:
  source:
    use: source
    params: {rat: 10}
    sockets:
      out: {type: PUB, bind: auto}
```

## Good

```yaml
nodes:
  source:
    use: source
    params: {rate: 10}
    sockets:
      out: {type: PUB, bind: auto}
```

## Source

The catalogue of stock nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.parts import did_you_mean, listing
from orchestrator.model.types import Node
from orchestrator.rules.context import RuleContext
from orchestrator.rules.stock import known_stock_nodes
from orchestrator.sdk.catalogue import NodeInfo
from orchestrator.vocabulary import JsonValue

CODE: Final = "ZMQ142"
NAME: Final = "stock-params"
SEVERITY: Final = Severity.ERROR

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "string": (str,),
    "null": (type(None),),
    "object": (dict,),
    "array": (list,),
}


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the params of stock nodes with what they declare."""
    for node, info in known_stock_nodes(context):
        declared = info.params.get("properties")
        if not isinstance(declared, dict):
            continue
        closed = info.params.get("additionalProperties") is False
        for name, value in node.params.items():
            schema = declared.get(name)
            if schema is None and closed:
                yield _unknown(context, node, info, name, declared)
            elif isinstance(schema, dict) and not _fits(value, schema):
                yield _wrong(context, node, info, name, schema)
        required = info.params.get("required")
        for missing in required if isinstance(required, list) else ():
            if missing not in node.params:
                yield _missing(node, info, str(missing))


def _unknown(
    context: RuleContext, node: Node, info: NodeInfo, name: str, declared: Mapping[str, JsonValue]
) -> Diagnostic:
    otherwise = f"its params are {listing(declared)}" if declared else "it has none"
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"the stock node `{info.name}` has no param `{name}`",
        span=context.topology.key_place(*node.path, "params", name),
        path=(*node.path, "params", name),
        help=did_you_mean(name, declared, otherwise),
    )


def _wrong(
    context: RuleContext, node: Node, info: NodeInfo, name: str, schema: Mapping[str, JsonValue]
) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"the param `{name}` of the stock node `{info.name}` is {_wanted(schema)}",
        span=context.topology.place(*node.path, "params", name),
        path=(*node.path, "params", name),
        help=str(schema.get("description") or "change its value"),
    )


def _missing(node: Node, info: NodeInfo, name: str) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{node.name}` uses `{info.name}`, which needs the param `{name}`",
        span=node.program.span,
        path=(*node.path, "use"),
        help=f"add `params: {{{name}: …}}`",
    )


def _fits(value: JsonValue, schema: Mapping[str, JsonValue]) -> bool:
    """Whether a value has one of the plain types that a schema names; no more than that is judged."""
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        return any(isinstance(choice, dict) and _fits(value, choice) for choice in choices)
    listed = schema.get("enum")
    if isinstance(listed, list):
        return value in listed
    wanted = schema.get("type")
    types = _TYPES.get(wanted) if isinstance(wanted, str) else None
    if types is None:
        return True
    if isinstance(value, bool) and bool not in types:
        return False
    return isinstance(value, types) or (
        wanted == "integer" and isinstance(value, float) and value.is_integer()
    )


def _wanted(schema: Mapping[str, JsonValue]) -> str:
    """The type in words."""
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        return " or ".join(_wanted(choice) for choice in choices if isinstance(choice, dict))
    listed = schema.get("enum")
    if isinstance(listed, list):
        return f"one of {listing(map(str, listed))}"
    words = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "string": "text"}
    wanted = str(schema.get("type"))
    return words.get(wanted, f"of type {wanted}")
