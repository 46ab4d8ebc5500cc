"""The page of a node, made from its code."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.cli import main
from orchestrator.errors import ExitCode
from orchestrator.sdk.errors import TargetError
from orchestrator.sdk.inspecting.describing import node_page

CODE = '''
from dataclasses import dataclass
from typing import Annotated, Literal
from orchestrator.sdk import In, Node, Out, every, on

@dataclass
class Tick:
    price: float

class Strategy(Node):
    """Buys on a rising price.

    Never sells.
    """

    ticks: In[Tick]
    """From the venue."""
    orders: Out[int] | None

    @dataclass
    class Params:
        limit: int
        """The most it buys."""
        mode: Annotated[Literal["fast", "safe"], "how it | buys"] = "safe"

    def on_ticks(self, tick): ...

    @on("ticks", topic="AAPL")
    def apple(self, tick): ...

    def on_word(self, word): ...

    @every("1m30s")
    def report(self):
        """Says what it has."""

@every("100ms")
def clock(zone: str = "UTC"):
    """The time."""
    return zone

answer = 42
'''

PAGE = """\
# desk_page:Strategy

Buys on a rising price.

Never sells.

## Params

| param | type | default | meaning |
| --- | --- | --- | --- |
| `limit` | `int` | required | The most it buys. |
| `mode` | `'fast' \\| 'safe'` | `'safe'` | how it \\| buys |

## Sockets

| socket | declared as | handled by | meaning |
| --- | --- | --- | --- |
| `ticks` | `In[Tick]` | on_ticks, apple (topic `AAPL`) | From the venue. |
| `orders` | `Out[int] or none` |  |  |
| `word` |  | on_word |  |

## Timers

| method | called | meaning |
| --- | --- | --- |
| `report` | every 90s | Says what it has. |
"""

FUNCTION = """\
# desk_page:clock

The time.

## Arguments: params, sockets, the message

| argument | type | default |
| --- | --- | --- |
| `zone` | `str` | `'UTC'` |

Called every 100ms.
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "desk_page.py").write_text(CODE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_class_and_a_function(desk: Path) -> None:
    assert node_page("desk_page:Strategy", str(desk)) == PAGE
    assert node_page("desk_page:clock", str(desk)) == FUNCTION


def test_a_stock_node(desk: Path) -> None:
    page = node_page("stock:source", str(desk))
    assert "| `rate` | `float` | `1.0` | messages a second;" in page
    assert "| `out` | where the messages leave |" in page


def test_what_is_no_node(desk: Path) -> None:
    with pytest.raises(TargetError, match="no class that derives from Node"):
        node_page("desk_page:answer", str(desk))


def test_the_verb(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "desk_page:clock"]) == ExitCode.OK
    assert capsys.readouterr().out == FUNCTION
    assert main(["explain", "desk_page:clok"]) == ExitCode.USAGE
    assert "did you mean 'clock'?" in capsys.readouterr().err
