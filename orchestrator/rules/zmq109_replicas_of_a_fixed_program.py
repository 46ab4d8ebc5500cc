"""A replicated foreign program binds, and its command line does not say where.

## Why

With replicas every copy has an address of its own: replica 0 the port as written, replica 1 the next one. A
foreign program learns it from an argument (`${{ sockets.NAME.address }}`) or from its environment
(`ORCHESTRATOR_SOCKET_<NAME>`). One that has its port built in binds the same address in every copy, and all
but the first fail with EADDRINUSE (over ipc, the last one silently takes the path).

## Bad

```yaml
nodes:
  worker:
    command: ./worker
    replicas: 2
    sockets:
      log: {type: PUB, bind: tcp://127.0.0.1:12345}
  listener:
    command: ./listener
    sockets:
      log: {type: SUB, connect: worker.log, subscribe: [""]}
```

## Good

```yaml
nodes:
  worker:
    command: [./worker, --listen, "${{ sockets.log.address }}"]
    replicas: 2
    sockets:
      log: {type: PUB, bind: tcp://127.0.0.1:12345}
  listener:
    command: ./listener
    sockets:
      log: {type: SUB, connect: worker.log, subscribe: [""]}
```

## Source

The guide, chapter 2: the static part of a topology binds, the dynamic parts connect.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import ForeignProgram, Node
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ109"
NAME: Final = "replicas-of-a-fixed-program"
SEVERITY: Final = Severity.NOTE


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find replicated foreign binders that are handed nothing."""
    for node in context.topology.nodes.values():
        program = node.program
        if node.replicas == 1 or not isinstance(program, ForeignProgram) or _is_told(program, node):
            continue
        for socket in node.sockets.values():
            fixed = [a for a in socket.binds if a.text != "auto" and not a.text.endswith((":*", ":0"))]
            if not fixed:
                continue
            variable = f"ORCHESTRATOR_SOCKET_{_upper(socket.name)}"
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=(
                    f"each of the {node.replicas} replicas of `{node.name}` binds an address of its own for "
                    f"`{socket.name}`, and its command does not hand it over"
                ),
                span=fixed[0].span,
                path=fixed[0].path,
                help=(
                    f"pass `${{{{ sockets.{socket.name}.address }}}}` as an argument, or let the "
                    "program read "
                    f"{variable}; with a built-in address, let the other side bind and the replicas connect"
                ),
            )


def _is_told(program: ForeignProgram, node: Node) -> bool:
    return any("${{" in text for text in (*program.argv, *node.env.values()))


def _upper(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name.upper())
