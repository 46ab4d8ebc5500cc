"""Two names differ only by capitals, or by `-` and `_`.

## Why

`order-book` and `order_book` are two nodes to the orchestrator, and one to whoever reads the file. A link to
one of them goes to the other by a slip that no checker can see. For the sockets of a node there is more to
it: programs find their addresses in `ORCHESTRATOR_SOCKET_<NAME>`, in capitals and with `_` for every other
sign, so that two such sockets have one variable between them.

## Bad

```yaml
nodes:
  order-book:
    command: ./order-book
    sockets:
      orders: {type: PULL, bind: tcp://127.0.0.1:5555}
  order_book:
    command: ./order-book --shadow
    sockets:
      orders: {type: PUSH, connect: order-book.orders}
```

## Good

```yaml
nodes:
  order-book:
    command: ./order-book
    sockets:
      orders: {type: PULL, bind: tcp://127.0.0.1:5555}
  shadow-book:
    command: ./order-book --shadow
    sockets:
      orders: {type: PUSH, connect: order-book.orders}
```

## Source

The language reference, "Names"; Unicode Technical Standard 39, "Confusable Detection", for the idea.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.span import Span
from orchestrator.vocabulary import Path

CODE: Final = "ZMQ914"
NAME: Final = "names-look-alike"
SEVERITY: Final = Severity.WARNING


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def span(self) -> Span: ...
    @property
    def path(self) -> Path: ...


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find such names among the nodes, the messages, the endpoints, and the sockets of each node."""
    topology = context.topology
    yield from _alike("nodes", topology.nodes.values())
    yield from _alike("messages", topology.messages.values())
    yield from _alike("endpoints", topology.endpoints.values())
    for node in topology.nodes.values():
        if len(node.sockets) > 1:
            yield from _alike(f"sockets of `{node.name}`", node.sockets.values())


def _alike(what: str, named: Iterable[_Named]) -> Iterator[Diagnostic]:
    first: dict[str, _Named] = {}
    for one in named:
        other = first.setdefault(one.name.lower().replace("_", "-"), one)
        if other is not one:
            yield _finding(what, other, one)


def _finding(what: str, first: _Named, second: _Named) -> Diagnostic:
    differ = "capitals" if first.name.lower() == second.name.lower() else "`-` and `_`"
    shared = ""
    if what.startswith("sockets"):
        variable = "".join(c if c.isalnum() else "_" for c in second.name.upper())
        shared = f", and both are `ORCHESTRATOR_SOCKET_{variable}` in the environment"
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"the {what} `{first.name}` and `{second.name}` differ only by {differ}{shared}",
        span=second.span,
        path=second.path,
        related=(Related(f"`{first.name}` is here", first.span),),
        help="rename one of the two",
    )
