"""The ends of a link disagree on whether messages carry the envelope.

## Why

The header stands in front of the payload, in the same frame. A receiver that expects none takes it for part
of the payload, and cannot decode it; one that expects it finds a payload instead. Either way every message
is a bad one.

A program of your own whose socket says nothing may read the header itself (docs/protocol.md describes it,
with test vectors). Then say so: `envelope: true`.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, codec: json, envelope: true}
  reader:
    run: market.reader:Reader
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""], codec: json}
```

## Good

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, codec: json, envelope: true}
  reader:
    run: market.reader:Reader
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""], codec: json, envelope: true}
```

## Source

docs/protocol.md, "The envelope".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import distinct_pairs
from orchestrator.rules.promising import has_envelope, passes_on, with_envelope

CODE: Final = "ZMQ410"
NAME: Final = "envelope-differs"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare both ends of every link; a stock node that hands frames on fits anything."""
    for binder, connector in distinct_pairs(context):
        if has_envelope(context, binder) is has_envelope(context, connector):
            continue
        enveloped, bare = (binder, connector) if has_envelope(context, binder) else (connector, binder)
        if not passes_on(context, bare):
            yield _finding(context, enveloped, bare)


def _finding(context: RuleContext, enveloped: Socket, bare: Socket) -> Diagnostic:
    unsaid = context.is_foreign(bare) and bare.message is None
    other = "says nothing of it" if unsaid else "does not expect it"
    if enveloped.type.sends and not enveloped.type.receives:
        what = f"`{enveloped.ref}` sends the envelope, and `{bare.ref}` {other}"
    else:
        what = f"`{enveloped.ref}` sends or expects the envelope, and `{bare.ref}` at the other end {other}"
    at = f"at the message `{bare.message}`" if bare.message else f"at `{bare.ref}`"
    reads = "if the program reads it (docs/protocol.md), write" if context.is_foreign(bare) else "write"
    return Diagnostic(
        code=CODE,
        severity=Severity.WARNING if unsaid else SEVERITY,
        message=what + ("" if unsaid else ": no message can be read"),
        span=bare.span,
        path=bare.path,
        related=(Related(f"`{enveloped.ref}` is here", enveloped.span),),
        help=f"{reads} `envelope: true` {at}, or take it out at the other end",
        fix=with_envelope(context.topology, bare),
    )
