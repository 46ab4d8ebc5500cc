"""What `orchestrator new node` writes: for each kind a module, its test, and the node's place in a topology.

`@Name@` is the class, `@name@` the function, `@module@` what the test imports, `@run@` what the topology
names, `@node@` the node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class NodeTemplate:
    """The texts of one kind."""

    module: str
    test: str
    place: str
    """What stands under `nodes:`, without indent."""
    is_class: bool


_MESSAGES: Final = '''\


@dataclass
class Item:
    """What comes in."""

    name: str
    value: float


@dataclass
class Total:
    """What goes out."""

    name: str
    total: float


'''

_CLASS_HEAD: Final = '''\
"""The node `@node@`: adds up the values of each name."""

from dataclasses import dataclass

from orchestrator.sdk import In, Node, Out
'''

_CLASS: Final = '''\
class @Name@(Node):
    """Adds up the values of each name, and tells each total that is large enough."""

    items: In[Item]
    """What is to be added up."""
    totals: Out[Total]
    """A name's total, whenever it has changed."""

    @dataclass
    class Params:
        """What `params` of the topology may set."""

        threshold: float = 0.0
        """Totals below it are not told."""

    def setup(self) -> None:
        """Called once, before the first message."""
        self.sums: dict[str, float] = {}

'''

_HANDLER: Final = '''\
    def on_items(self, item: Item) -> None:
        """Called for each message of the socket `items`."""
        total = self.sums.get(item.name, 0.0) + item.value
        self.sums[item.name] = total
        if total >= self.params.threshold:
            self.totals.send(Total(item.name, total))
'''

_ASYNC_HANDLER: Final = '''\
    async def on_items(self, item: Item) -> None:
        """Called for each message of the socket `items`; it may await."""
        total = self.sums.get(item.name, 0.0) + item.value
        self.sums[item.name] = total
        if total >= self.params.threshold:
            await self.totals.room()
            self.totals.send(Total(item.name, total))
'''

_CLASS_TEST: Final = '''\
"""What the node `@node@` makes of lists of messages: no sockets, no processes."""

from orchestrator.sdk.testing import drive

from @module@ import @imports@

SOCKETS = {"items": "PULL", "totals": "PUSH"}
ITEMS = [Item("a", 1.0), Item("b", 2.0), Item("a", 3.0)]


def test_the_values_of_each_name_are_added_up() -> None:
    ran = drive(@Name@, sockets=SOCKETS, feed={"items": ITEMS})
    assert ran.sent["totals"] == [Total("a", 1.0), Total("b", 2.0), Total("a", 4.0)]


def test_small_totals_are_not_told() -> None:
    params = {"threshold": 2.0}
    ran = drive(@Name@, sockets=SOCKETS, feed={"items": ITEMS}, params=params)
    assert ran.sent["totals"] == [Total("b", 2.0), Total("a", 4.0)]
'''

_CLASS_PLACE: Final = """\
@node@:
  run: @run@:@Name@
  params: {threshold: 0.0}
  sockets:
    items: {type: PULL, bind: auto, codec: json} # or connect: NODE.SOCKET
    totals: {type: PUSH, bind: auto, codec: json}
"""

_FUNCTION: Final = '''\
"""The node `@node@`: scales what comes in."""

from dataclasses import dataclass


@dataclass
class Item:
    """What comes in, and what goes out."""

    name: str
    value: float


def @name@(item: Item, factor: float = 2.0) -> Item | None:
    """Called for each message; what is returned is sent, but for None.

    `factor` is set by `params` of the topology.
    """
    if item.value == 0:
        return None
    return Item(item.name, item.value * factor)
'''

_FUNCTION_TEST: Final = '''\
"""What the node `@node@` makes of lists of messages: no sockets, no processes."""

from orchestrator.sdk.testing import drive

from @module@ import @imports@

SOCKETS = {"items": "PULL", "scaled": "PUSH"}


def test_values_are_scaled() -> None:
    feed = {"items": [Item("a", 1.0), Item("b", 2.0)]}
    ran = drive(@name@, sockets=SOCKETS, feed=feed, params={"factor": 3.0})
    assert ran.sent["scaled"] == [Item("a", 3.0), Item("b", 6.0)]


def test_nothing_stays_nothing() -> None:
    ran = drive(@name@, sockets=SOCKETS, feed={"items": [Item("a", 0.0)]})
    assert ran.sent["scaled"] == []
'''

_FUNCTION_PLACE: Final = """\
@node@:
  run: @run@:@name@
  params: {factor: 2.0}
  sockets:
    items: {type: PULL, bind: auto, codec: json} # or connect: NODE.SOCKET
    scaled: {type: PUSH, bind: auto, codec: json}
"""

_SOURCE: Final = '''\
"""The node `@node@`: counts."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.sdk import NodeContext


@dataclass
class Item:
    """What goes out."""

    name: str
    value: float


def @name@(node: NodeContext, rate: float = 1.0, limit: int = 0) -> Iterator[Item]:
    """A source: what it yields is sent. With its end the node's work is done.

    `params` of the topology set `rate` (in a second) and `limit` (0: no end).
    """
    count = 0
    while node.sleep(1 / rate):
        count += 1
        yield Item(node.name, count)
        if count == limit:
            return
'''

_SOURCE_TEST: Final = '''\
"""What the node `@node@` sends: no sockets, no processes, no waiting."""

from orchestrator.sdk.testing import drive

from @module@ import @imports@


def test_it_counts_at_its_rate() -> None:
    params = {"rate": 4.0, "limit": 3}
    ran = drive(@name@, sockets={"items": "PUSH"}, params=params)
    assert ran.sent["items"] == [Item("node", 1), Item("node", 2), Item("node", 3)]
    assert ran.slept_s == 0.75
'''

_SOURCE_PLACE: Final = """\
@node@:
  run: @run@:@name@
  params: {rate: 1.0}
  sockets:
    items: {type: PUSH, bind: auto, codec: json} # or connect: NODE.SOCKET
"""

TEMPLATES: Final = {
    "class": NodeTemplate(
        _CLASS_HEAD + _MESSAGES + _CLASS + _HANDLER, _CLASS_TEST, _CLASS_PLACE, is_class=True
    ),
    "function": NodeTemplate(_FUNCTION, _FUNCTION_TEST, _FUNCTION_PLACE, is_class=False),
    "source": NodeTemplate(_SOURCE, _SOURCE_TEST, _SOURCE_PLACE, is_class=False),
    "async": NodeTemplate(
        _CLASS_HEAD + _MESSAGES + _CLASS + _ASYNC_HANDLER, _CLASS_TEST, _CLASS_PLACE, is_class=True
    ),
}
"""kind -> its texts, in the order of the help."""
