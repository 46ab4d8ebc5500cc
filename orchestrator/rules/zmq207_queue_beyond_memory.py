"""What the queues of a node may hold is more than the memory that the node may have.

## Why

A socket has a queue for each peer, as long as its high-water mark says: messages, not bytes. With
`maxmsgsize` the longest message is known, and so is what full queues take: marks × size × peers. Where that
is more than `resources.memory`, a slow peer does not slow the node down: it gets it killed. A mark of 0 is no
mark at all, and then no memory is enough.

Queues for whose messages no `maxmsgsize` says how long they may be are not counted.

## Bad

```yaml
nodes:
  camera:
    command: ./camera
    sockets:
      frames: {type: PUSH, bind: tcp://127.0.0.1:5555}
  recorder:
    command: ./recorder
    resources: {memory: 1GiB}
    sockets:
      frames: {type: PULL, connect: camera.frames, options: {rcvhwm: 1000, maxmsgsize: 8000000}}
```

## Good

```yaml
nodes:
  camera:
    command: ./camera
    sockets:
      frames: {type: PUSH, bind: tcp://127.0.0.1:5555}
  recorder:
    command: ./recorder
    resources: {memory: 1GiB}
    sockets:
      frames: {type: PULL, connect: camera.frames, options: {rcvhwm: 50, maxmsgsize: 8000000}}
```

## Source

zmq_setsockopt(3), ZMQ_RCVHWM, ZMQ_SNDHWM ("for any single peer") and ZMQ_MAXMSGSIZE; the guide, chapter 2,
"High-Water Marks".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.quantities import format_size
from orchestrator.model.types import Node, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.settings import setting_path, span_of
from orchestrator.transport.option_names import option_of
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ207"
NAME: Final = "queue-beyond-memory"
SEVERITY: Final = Severity.WARNING

_USUAL_MARK: Final = 1000
"""libzmq's default of both marks."""
_NEVER_RECEIVES: Final = frozenset({SocketType.PUSH, SocketType.PUB, SocketType.XPUB})
_NEVER_SENDS: Final = frozenset({SocketType.PULL, SocketType.SUB, SocketType.XSUB})
"""Subscriptions and other small talk of libzmq's own do not count."""


@dataclass(frozen=True, slots=True)
class _Queue:
    socket: Socket
    option: str
    peers: int
    size: int | None
    """The longest message; None where nothing says."""

    @property
    def mark(self) -> int:
        """How many messages it holds for each peer; 0: any number."""
        value = option_of(self.socket.options, self.option)
        return value if isinstance(value, int) and not isinstance(value, bool) else _USUAL_MARK

    @property
    def bytes(self) -> int:
        """What it takes when it is full, as far as that is known."""
        return self.mark * self.peers * (self.size or 0)


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Add up the queues of each process whose memory is bounded."""
    told: set[str] = set()
    for node in context.topology.nodes.values():
        if node.process in told:
            continue
        if node.process is not None:
            told.add(node.process)
        if node.resources.memory is not None:
            yield from _judge(context, node, node.resources.memory)


def _judge(context: RuleContext, node: Node, memory: int) -> Iterator[Diagnostic]:
    queues = [
        queue
        for other in context.topology.nodes.values()
        if other is node or (node.process is not None and other.process == node.process)
        for socket in other.sockets.values()
        for queue in _queues(context, socket)
    ]
    endless = next((queue for queue in queues if queue.mark == 0), None)
    if endless is not None:
        yield _endless(context, node, memory, endless)
        return
    total = sum(queue.bytes for queue in queues)
    if total > memory:
        yield _too_much(context, node, memory, max(queues, key=lambda queue: queue.bytes), total)


def _queues(context: RuleContext, socket: Socket) -> Iterator[_Queue]:
    if option_of(socket.options, "conflate"):  # one message each
        return
    others = [other for _, other in context.peers(socket)]
    peers = sum(context.node_of(other).replicas for other in others)
    if not peers:
        return
    if socket.type not in _NEVER_RECEIVES:
        yield _Queue(socket, "rcvhwm", peers, _longest(socket))
    if socket.type not in _NEVER_SENDS:
        lengths = [_longest(other) for other in others]
        known = [length for length in lengths if length is not None]
        yield _Queue(socket, "sndhwm", peers, max(known) if len(known) == len(lengths) else None)


def _longest(socket: Socket) -> int | None:
    value = option_of(socket.options, "maxmsgsize")
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _endless(context: RuleContext, node: Node, memory: int, queue: _Queue) -> Diagnostic:
    path = setting_path(context, node, "resources", "memory")
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{queue.option}: 0` of `{queue.socket.ref}` lets its queue grow without end, and "
        f"`{node.name}` may have {format_size(memory)}: a slow peer gets it killed",
        span=context.option_span(queue.socket, queue.option),
        path=context.option_path(queue.socket, queue.option),
        related=(Related("its memory", span_of(context, node, path)),),
        help="write a mark that fits into the memory",
    )


def _too_much(context: RuleContext, node: Node, memory: int, most: _Queue, total: int) -> Diagnostic:
    path = setting_path(context, node, "resources", "memory")
    each = f" for each of {most.peers} peers" if most.peers > 1 else ""
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"full queues of `{node.name}` take about {_rounded(total)}, and it may have "
        f"{format_size(memory)}: the longest, of `{most.socket.ref}`, holds {most.mark} messages of up to "
        f"{_rounded(most.size or 0)}{each}",
        span=span_of(context, node, path),
        path=path,
        related=(Related(f"`{most.socket.ref}`", most.socket.span),),
        help=f"lower `{most.option}` of `{most.socket.ref}`, or give `{node.name}` more memory",
    )


def _rounded(size: int) -> str:
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} B"
