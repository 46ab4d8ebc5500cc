"""The nodes of quickstart.yaml: a function with a loop of its own, a class, and a function per message.

No address stands in here: which socket meets which is the topology's business.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from orchestrator.sdk import Node, NodeContext, Socket


def feed(node: NodeContext, ticks: Socket, symbols: list[str], rate: float) -> None:
    """One random walk per symbol, `rate` ticks a second. Parameters are filled in by their names."""
    prices = {symbol: random.uniform(100, 200) for symbol in symbols}
    while node.sleep(1 / rate):
        symbol = random.choice(symbols)
        prices[symbol] *= random.gauss(1, 0.006)
        ticks.send({"symbol": symbol, "price": round(prices[symbol], 2)}, topic=symbol)


class Strategy(Node):
    """Opens a position at the first tick of a symbol, then buys below its moving average and sells above it.

    Each replica averages over another time.
    """

    @dataclass
    class Params:
        band: float = 0.005

    def setup(self) -> None:
        self.weight = 0.1 / (1 + self.replica)
        self.averages: dict[str, float] = {}
        self.sides: dict[str, str] = {}

    def on_ticks(self, tick: dict[str, Any]) -> None:
        """Called for each message of the socket `ticks`."""
        symbol, price = tick["symbol"], tick["price"]
        average = self.averages.setdefault(symbol, price)
        self.averages[symbol] = average + self.weight * (price - average)
        if symbol in self.sides and abs(price / average - 1) < self.params.band:
            return
        side = "buy" if price <= average else "sell"
        if side != self.sides.get(symbol):
            self.sides[symbol] = side
            self.sockets.orders.send({"from": self.name, "side": side, "symbol": symbol, "price": price})


def gateway(order: dict[str, Any]) -> None:
    """Called for each message of the one receiving socket."""
    print(f"{order['from']}: {order['side']} {order['symbol']} at {order['price']}")
