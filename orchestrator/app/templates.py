"""What `orchestrator init` writes."""

from __future__ import annotations

from typing import Final

TOPOLOGY: Final = """\
# yaml-language-server: $schema=@schema@
# The line above lets your editor complete and explain every key, without a network.
#
#   orchestrator validate topology.yaml                  check it
#   orchestrator render topology.yaml -o topology.svg    draw it
#   orchestrator up topology.yaml                        run it; Ctrl-C stops it
version: 1
name: @name@
description: Numbers go out to workers, their squares come back.

# What travels. Both ends of a link must name the same message, or none.
messages:
  Number: {codec: json}
  Square: {codec: json}

# What every node gets unless it says otherwise.
defaults:
  heartbeat: {interval: 1s, liveness: 3} # three silent seconds, and a node counts as frozen
  restart: {policy: on-failure, backoff: {initial: 100ms, max: 5s}}

nodes:
  numbers:
    run: nodes:numbers # the function `numbers` in nodes.py, beside this file
    params: {rate: 4} # its arguments
    sockets:
      # `bind: auto` chooses an address; say tcp://127.0.0.1:5555 to choose it yourself.
      out: {type: PUSH, bind: auto, message: Number}

  worker:
    run: nodes:square
    replicas: 2 # worker-0 and worker-1
    sockets:
      numbers: {type: PULL, connect: numbers.out, message: Number} # NODE.SOCKET, never an address
      squares: {type: PUSH, connect: results.squares, message: Square}

  results:
    run: nodes:Results
    sockets:
      squares: {type: PULL, bind: auto, message: Square}

  # A program in another language is started as it is; it finds the addresses in its arguments:
  #
  # gateway:
  #   command: [./gateway, --listen, "${{ sockets.orders.address }}"]
  #   sockets:
  #     orders: {type: PULL, bind: "tcp://127.0.0.1:5557"}
  #   ready: {tcp: orders}
"""

NODES: Final = '''\
"""The nodes of topology.yaml. None of them knows an address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.sdk import Node, NodeContext


def numbers(node: NodeContext, rate: float) -> Iterator[int]:
    """A source: each value that is yielded is sent on the one sending socket."""
    number = 0
    while node.sleep(1 / rate):
        yield number
        number += 1


def square(number: int, node: NodeContext) -> dict[str, Any]:
    """Called for each message; what is returned is sent on the one sending socket."""
    return {"number": number, "square": number * number, "by": node.name}


class Results(Node):
    """A class can keep something between two messages."""

    def setup(self) -> None:
        self.total = 0

    def on_squares(self, result: dict[str, Any]) -> None:
        """Called for each message of the socket `squares`."""
        self.total += result["square"]
        print(f"{result['number']} squared is {result['square']}, says {result['by']}; total {self.total}")
'''
