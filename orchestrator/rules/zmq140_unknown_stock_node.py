"""No installed package offers the stock node that `use` names.

## Why

`use` takes the name of a node that a package registered under the entry point group `orchestrator.nodes`.
The package that comes with the orchestrator offers forwarder, streamer, queue, source, sink, printer,
replier and requester.

## Bad

```yaml
nodes:
  broker:
    use: forwader
    sockets:
      frontend: {type: XSUB, bind: auto}
      backend: {type: XPUB, bind: auto}
```

## Good

```yaml
nodes:
  broker:
    use: forwarder
    sockets:
      frontend: {type: XSUB, bind: auto}
      backend: {type: XPUB, bind: auto}
```

## Source

The language reference, `use`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.parts import listing, nearest
from orchestrator.rules.context import RuleContext
from orchestrator.rules.stock import stock_nodes

CODE: Final = "ZMQ140"
NAME: Final = "unknown-stock-node"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Look up every `use`."""
    stock, problem = context.stock
    for node, name in stock_nodes(context):
        if name in stock:
            continue
        guess = nearest(name, stock)
        help_text = problem or (
            f"did you mean `{guess}`?" if guess else f"there are {listing(sorted(stock))}"
        )
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{node.name}` uses `{name}`, which no installed package offers",
            span=node.program.span,
            path=(*node.path, "use"),
            help=help_text,
        )
