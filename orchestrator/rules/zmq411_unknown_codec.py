"""No installed package offers the codec that a name with a dot stands for.

## Why

Codecs with a dot in their names come from packages, which register them under the entry point group
`orchestrator.codecs`. A node that needs one that is not there fails at its start.

Judged by the packages that are installed where the check runs.

## Bad

```yaml
messages:
  Tick: {codec: acme.fast}
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, message: Tick}
```

## Good

```yaml
messages:
  Tick: {codec: msgpack}
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, message: Tick}
```

## Source

The language reference, `codec`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.parts import listing, nearest
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import Path

CODE: Final = "ZMQ411"
NAME: Final = "unknown-codec"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Look up every codec with a dot in its name that a node of ours needs."""
    from orchestrator.codecs.foreign import foreign_names

    for path, name, needed in _named(context):
        known = foreign_names()
        if name in known:
            continue
        guess = nearest(name, known)
        there = f"installed packages offer {listing(known)}" if known else "install the package that has it"
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY if needed else Severity.WARNING,
            message=f"no installed package offers the codec `{name}`",
            span=context.topology.place(*path),
            path=path,
            help=f"did you mean `{guess}`?" if guess else there,
        )


def _named(context: RuleContext) -> Iterator[tuple[Path, str, bool]]:
    """(where, codec, whether a node of ours needs it)."""
    for message in context.topology.messages.values():
        if "." in message.codec:
            users = [s for s in context.sockets if s.message == message.name]
            yield (*message.path, "codec"), message.codec, any(not context.is_foreign(s) for s in users)
    for socket in context.sockets:
        if socket.codec is not None and "." in socket.codec and socket.message is None:
            yield (*socket.path, "codec"), socket.codec, not context.is_foreign(socket)
