"""Whatever order a sender and its readers act in, and whoever dies when: what is looked at is never written over,
what is still to come can be read, and nothing is kept for ever.

The model of the network: one queue for each reader. A sender that binds loses the queue of a reader that died; one
that connects keeps it for the reader's successor, as libzmq does. As in the SDK, a message goes through shared
memory only when all that are connected are readers of the pool.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.transport.shared.layout import BLOCK, Handle
from orchestrator.transport.shared.mapping import Mappings
from orchestrator.transport.shared.pool import REFRESH_S, Pool

if not hasattr(os, "posix_fallocate"):
    pytest.skip("no shared memory here", allow_module_level=True)

SOURCE = 5
STEPS = 250
SIZES = (1, 100, BLOCK, BLOCK + 1, 2 * BLOCK)
PEERS = 3


@dataclass
class Peer:
    name: str
    mappings: Mappings
    queue: deque[Handle | int] = field(default_factory=deque)
    views: list[tuple[memoryview, int]] = field(default_factory=list)


class World:
    def __init__(self, root: str, chance: random.Random) -> None:
        self.root, self.chance = root, chance
        self.time, self.number, self.shared = 1.0, 0, 0
        self.one_of, self.lasting = chance.random() < 0.5, chance.random() < 0.5
        self.pool = Pool(
            1,
            SOURCE,
            chance.randint(2, 8) * BLOCK,
            one_of=self.one_of,
            lasting=self.lasting,
            root=root,
            now=lambda: self.time,
        )
        self.peers: list[Peer] = []
        self.come()

    def step(self) -> None:
        what = self.chance.choices(
            (self.send, self.receive, self.let_go, self.refuse, self.pass_time, self.crash, self.come),
            (40, 40, 20, 2, 5, 2, 2),
        )
        what[0]()
        for peer in self.peers:
            for view, number in peer.views:
                assert view[0] == view[-1] == number % 251, "it was written over"

    def send(self) -> None:
        """To all but some, who have filtered it, or are at their mark; or to one of them."""
        to = [peer for peer in self.peers if self.chance.random() < 0.8]
        if self.one_of:
            to = to[:1] if self.chance.random() < 0.5 else to[-1:]
            if not to:
                return
        self.number += 1
        message: Handle | int = self.number
        if self.pool.live_readers() >= len(self.peers):
            size = self.chance.choice(SIZES)
            place = self.pool.reserve(self.number, size)
            if place is not None:
                place.view[:] = bytes([self.number % 251]) * size
                message = self.pool.publish(place)
                self.shared += 1
        for peer in to:
            peer.queue.append(message)

    def refuse(self) -> None:
        """A message for which no queue has room."""
        self.number += 1
        place = self.pool.reserve(self.number, 10)
        if place is not None:
            self.pool.cancel(self.pool.publish(place).number)

    def receive(self) -> None:
        peer = self.chance.choice(self.peers)
        for _ in range(self.chance.randint(1, 3)):
            if peer.queue:
                self.receive_one(peer, keep=self.chance.random() < 0.5)

    def receive_one(self, peer: Peer, *, keep: bool) -> None:
        message = peer.queue.popleft()
        if isinstance(message, int):
            peer.mappings.attach(self.pool.offer)
            peer.mappings.saw(SOURCE, message)
            return
        view = peer.mappings.take(message)
        assert bytes(view) == bytes([message.number % 251]) * message.size
        if keep:
            peer.views.append((view, message.number))

    def let_go(self) -> None:
        views = self.chance.choice(self.peers).views
        if views:
            views.pop(self.chance.randrange(len(views)))

    def pass_time(self) -> None:
        self.time += 2 * REFRESH_S

    def crash(self) -> None:
        """A reader dies, and another one takes up its name."""
        peer = self.chance.choice(self.peers)
        for mapping in peer.mappings._by_source.values():
            mapping._file.inherited = True
            mapping._file.close()
        self.pool.refresh()  # the sender is told of the lost connection before it sends again
        peer.views.clear()
        peer.mappings = Mappings(peer.name, self.root)
        if not self.lasting:
            peer.queue.clear()

    def come(self) -> None:
        if len(self.peers) < PEERS:
            name = f"r-{len(self.peers)}"
            self.peers.append(Peer(name, Mappings(name, self.root)))

    def finish(self) -> None:
        """Everybody reads on, and lets go: then all of it is free."""
        for peer in self.peers:
            while peer.queue:
                self.receive_one(peer, keep=False)
            peer.views.clear()
            peer.mappings.attach(self.pool.offer)
            peer.mappings.saw(SOURCE, self.number)
        self.time += 1
        self.pool.reserve(self.number + 1, 1 << 40)
        assert self.pool.waiting == 0, "something is kept for ever"
        self.pool.close()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_no_order_of_events_harms_a_message(seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="orchestrator-pools-") as root:
        world = World(root, random.Random(seed))
        for _ in range(STEPS):
            world.step()
        world.finish()
        assert world.shared > 0
