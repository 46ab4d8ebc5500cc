"""The two ends of a link encode their messages differently.

## Why

What one end writes, the other cannot read: every message fails to decode. An end that declares neither
`message` nor `codec` is unknown and fits anything.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, codec: msgpack}
  reader:
    run: market.reader:Reader
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""], codec: json}
```

## Good

```yaml
messages:
  Tick: {codec: msgpack}
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, message: Tick}
  reader:
    run: market.reader:Reader
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""], message: Tick}
```

## Source

The language reference, `message` and `codec`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import codec_of, distinct_pairs, how, place_of

CODE: Final = "ZMQ401"
NAME: Final = "codec-differs"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the codecs of both ends, where both declare one."""
    for binder, connector in distinct_pairs(context):
        theirs, ours = codec_of(context, binder), codec_of(context, connector)
        if theirs is None or ours is None or theirs is ours:
            continue
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{connector.ref}` speaks {how(context, connector)}, and `{binder.ref}` at the other end "
                f"{how(context, binder)}"
            ),
            span=place_of(context, connector),
            path=connector.path,
            related=(Related(f"`{binder.ref}` is declared here", place_of(context, binder)),),
            help="give both ends the same `message`, or the same `codec`",
        )
