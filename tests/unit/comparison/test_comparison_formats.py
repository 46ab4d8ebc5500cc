"""How a comparison looks."""

from __future__ import annotations

import json

from orchestrator.comparison import Change, Class, Comparison
from orchestrator.comparison.formats import Told, to_json, to_markdown, to_text
from orchestrator.span import Span

WIRE = Change(
    key="type",
    severity=Class.WIRE,
    subject="feed.ticks",
    message="type: PUB → XPUB",
    path=("nodes", "feed", "sockets", "ticks", "type"),
    old="PUB",
    new="XPUB",
    old_place=Span("main:t.yaml", 3, 4, 3, 7),
    new_place=Span("t.yaml", 5, 6, 5, 9),
)
PROSE = Change(
    key="description",
    severity=Class.COSMETIC,
    subject="feed",
    message="description: a | b `c` \x1b[31m <i> → x",
    path=("nodes", "feed", "description"),
    old_place=Span("main:t.yaml", 9, 1, 9, 2),
)
TOLD = Told(old="git:main:t.yaml", new="t.yaml", comparison=Comparison(changes=(WIRE, PROSE)))
NOTHING = Told(old="a", new="b", comparison=Comparison(changes=()))


def test_text() -> None:
    assert to_text(TOLD) == (
        "breaking on the wire\n"
        "  feed.ticks: type: PUB → XPUB  (t.yaml:5:6)\n"
        "\n"
        "cosmetic\n"
        "  feed: description: a | b `c` �[31m <i> → x  (main:t.yaml:9:1)\n"
        "\n"
        "2 changes: 1 breaking on the wire, 1 cosmetic.\n"
    )
    assert "\x1b[1;31mbreaking on the wire\x1b[0m\n" in to_text(TOLD, colour=True)
    assert to_text(NOTHING) == "No changes.\n"


def test_json() -> None:
    data = json.loads(to_json(TOLD))
    assert data["version"] == 1
    assert data["counts"] == {"wire": 1, "endpoint": 0, "process": 0, "cosmetic": 1}
    assert data["changes"][0] == {
        "key": "type",
        "class": "wire",
        "subject": "feed.ticks",
        "message": "type: PUB → XPUB",
        "path": ["nodes", "feed", "sockets", "ticks", "type"],
        "old": "PUB",
        "new": "XPUB",
        "old_place": {"file": "main:t.yaml", "line": 3, "column": 4},
        "new_place": {"file": "t.yaml", "line": 5, "column": 6},
    }
    assert data["changes"][1]["new_place"] is None


def test_markdown() -> None:
    assert to_markdown(TOLD) == (
        "### ⚠️ git:main:t.yaml → t.yaml\n"
        "\n"
        "2 changes: 1 breaking on the wire, 1 cosmetic.\n"
        "\n"
        "**Breaking on the wire**\n"
        "\n"
        "| what | change | where |\n"
        "| --- | --- | --- |\n"
        "| feed.ticks | type: PUB → XPUB | t.yaml:5 |\n"
        "\n"
        "<details><summary>Cosmetic (1)</summary>\n"
        "\n"
        "| what | change | where |\n"
        "| --- | --- | --- |\n"
        "| feed | description: a \\| b \\`c\\` �\\[31m \\<i\\> → x | main:t.yaml:9 |\n"
        "\n"
        "</details>\n"
    )
    assert to_markdown(NOTHING) == "### a → b\n\nNo changes.\n"
