"""Nodes of test_delivery.py: a source that floods, and sinks that tell what they got once the stream has ended."""

import json
import os
import time

from orchestrator.sdk import Socket, Timeout


def flood(node, out, count=1000, pause=0.0, size=0, topics=()):
    """Send `count` numbered messages."""
    for n in range(count):
        message = {"n": n, "pad": "x" * size}
        if topics:
            out.send(message, topic=topics[n % len(topics)])
        else:
            out.send(message)
        if pause:
            time.sleep(pause)
    out.flush()
    told(node, out, list(range(count)))


def sink(node, into: Socket, slow=0.0, first=0.0, last=None):
    """Take messages until the sender has said that there are no more, or the one with the number `last`."""
    time.sleep(first)
    got = []
    for message in until_the_end(into):
        got.append(message["n"])
        if slow:
            time.sleep(slow)
        if message["n"] == last:
            break
    told(node, into, got)


def until_the_end(socket):
    while True:
        try:
            yield socket.recv(timeout=0.05)
        except Timeout:
            if socket.ended:
                return


def told(node, socket, numbers):
    counters = socket.counters
    accounts = getattr(socket.inlet, "accounts", None)
    print(
        json.dumps(
            {
                "node": node.name,
                "count": len(numbers),
                "first": numbers[0] if numbers else None,
                "last": numbers[-1] if numbers else None,
                "ordered": numbers == sorted(set(numbers)),
                "sent": counters.sent,
                "dropped": counters.dropped,
                "senders": accounts.told() if accounts else {},
            }
        ),
        flush=True,
    )


def endless(node):
    """Numbered messages, as fast as they are taken, until the node is to stop."""
    n = 0
    while True:
        yield {"n": n, "pad": "x" * 50}
        n += 1


def counting_sink(node, into: Socket):
    """Tells how many streams have ended, and how many messages were missing in them."""
    told_of = 0
    while not node.stopping:
        try:
            into.recv(timeout=0.05)
        except Timeout:
            accounts = into.inlet.accounts.by_source.values()
            if into.ended and len(accounts) != told_of:
                told_of = len(accounts)
                print(told_of, "streams ended,", sum(a.dropped for a in accounts), "dropped", flush=True)


time.sleep(float(os.environ.get("START_DELAY", "0")))  # as if the import were slow
