"""A node that shares a process has a setting that counts for the process, and another node speaks for it.

## Why

Nodes with the same `process` live in one OS process, which is started, watched, stopped and restarted as a
whole. What can be said once for a process is taken from the node that stands first in the file: `cwd`,
`stdin`, `kind`, `expendable`, `ready`, `done`, `health`, `heartbeat`, `restart`, `stop`, `timeout`,
`resources`, and a variable of `env` that several of them set. A different value at another node has no
effect.

## Bad

```yaml
nodes:
  decode:
    run: radio:decode
    process: radio
    sockets:
      frames: {type: PAIR, bind: "inproc://frames"}
  filter:
    run: radio:filter
    process: radio
    restart: always
    sockets:
      frames: {type: PAIR, connect: decode.frames}
```

## Good

```yaml
nodes:
  decode:
    run: radio:decode
    process: radio
    restart: always
    sockets:
      frames: {type: PAIR, bind: "inproc://frames"}
  filter:
    run: radio:filter
    process: radio
    sockets:
      frames: {type: PAIR, connect: decode.frames}
```

## Source

The language reference, `process`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Health, Node, Probe
from orchestrator.rules.context import RuleContext
from orchestrator.span import NOWHERE
from orchestrator.vocabulary import Path

CODE: Final = "ZMQ610"
NAME: Final = "shared-process-settings"
SEVERITY: Final = Severity.WARNING

_FIELDS: Final = {
    "cwd": "cwd",
    "stdin": "stdin",
    "kind": "kind",
    "expendable": "expendable",
    "ready": "ready",
    "done": "done",
    "health": "health",
    "heartbeat": "heartbeat",
    "restart": "restart",
    "stop": "stop",
    "timeout": "timeout_s",
    "resources": "resources",
}
"""Key -> the node's field. All of them are the process's, and taken from its first node."""


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare what each node of a process writes with what its first node has."""
    crews: dict[str, list[Node]] = {}
    for node in context.topology.nodes.values():
        if node.process is not None:
            crews.setdefault(node.process, []).append(node)
    for crew in crews.values():
        for node in crew[1:]:
            speaker = next((first for first in crew if _may_meet(first, node)), node)
            if speaker is not node:
                yield from _differences(context, speaker, node)


def _differences(context: RuleContext, speaker: Node, node: Node) -> Iterator[Diagnostic]:
    for key, field in _FIELDS.items():
        if _value(speaker, field) != _value(node, field) and _is_own(context, node, key, field):
            yield _finding(context, speaker, node, (key,))
    for name, value in node.env.items():
        if speaker.env.get(name, value) != value and _is_own(context, node, "env", "env"):
            yield _finding(context, speaker, node, ("env", name))


def _may_meet(one: Node, other: Node) -> bool:
    """Whether both can take part in one run: nodes of different profiles may be alternatives."""
    return not one.profiles or not other.profiles or not set(one.profiles).isdisjoint(other.profiles)


def _value(node: Node, field: str) -> object:
    value = getattr(node, field)
    return replace(value, span=NOWHERE, path=()) if isinstance(value, Probe | Health) else value


def _is_own(context: RuleContext, node: Node, key: str, field: str) -> bool:
    """Whether the node says it itself, and does not have it from `defaults` or from nobody."""
    place = context.topology.place(*node.path, key)
    if place == NOWHERE:  # built in code: what is not the built-in value was said by somebody
        builtin = Node.__dataclass_fields__[field].default
        return bool(getattr(node, field) != builtin)
    return place != context.topology.place(*node.path)


def _finding(context: RuleContext, speaker: Node, node: Node, keys: tuple[str, ...]) -> Diagnostic:
    path: Path = (*node.path, *keys)
    name = ".".join(keys)
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{name}` of `{node.name}` has no effect: it shares the process `{node.process}` with "
        f"`{speaker.name}`, which stands first in the file and speaks for it",
        span=context.topology.key_place(*path),
        path=path,
        related=(_speaks(context, speaker, keys),),
        help=f"write it at `{speaker.name}`, or give `{node.name}` a process of its own",
    )


def _speaks(context: RuleContext, speaker: Node, keys: tuple[str, ...]) -> Related:
    own = context.topology.key_place(*speaker.path, *keys)
    if own == context.topology.place(*speaker.path):
        return Related(f"`{speaker.name}` says nothing of it: the default counts", speaker.span)
    return Related(f"`{speaker.name}` says it here", own)
