"""Read by mypy, never run: what a type checker finds in a node with declared sockets."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.sdk import Answer, Ask, In, InOut, Node, Out, every, on


@dataclass
class Tick:
    symbol: str
    price: float


@dataclass
class Order:
    qty: int


class Strategy(Node):
    ticks: In[Tick]
    orders: Out[Order]
    risk: Ask[Order, bool]
    questions: Answer[str, int]
    line: InOut[Tick, Order]

    @dataclass
    class Params:
        limit: int

    params: Params

    def on_ticks(self, tick: Tick) -> None:
        self.orders.send(Order(round(tick.price)))
        self.orders.send(tick)  # wrong
        self.orders.send(Order("many"))  # wrong
        self.orders.recv()  # wrong
        self.orders.send(Order(self.params.limit))
        self.orders.send(Order(self.params.limt))  # wrong
        if self.orders.try_send(Order(1)):
            self.counter("sent").add()

    @on("ticks", topic="AAPL")
    def apple(self, tick: Tick) -> None:
        allowed: bool = self.risk.request(Order(1))
        refused: str = self.risk.request(Order(1))  # wrong
        print(allowed, refused)

    @every("1s")
    def tick(self) -> None:
        self.gauge("depth").set("deep")  # wrong
        self.line.send(Order(1))
        self.line.send(Tick("A", 1.0))  # wrong
        wrong: Order = self.line.recv()  # wrong
        print(wrong)

    def run(self) -> None:
        for tick in self.ticks:
            print(tick.price)
            print(tick.amount)  # wrong
        question, _peer = self.questions.receive()
        self.questions.send(len(question))
        self.questions.send(question)  # wrong
