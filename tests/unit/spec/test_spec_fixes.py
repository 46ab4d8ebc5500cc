"""Fixes of mistakes of reading: what is written, whether it is safe, and where there is none."""

from __future__ import annotations

import pytest

from orchestrator.diagnostics import Diagnostic
from orchestrator.diagnostics.fixing import apply
from orchestrator.model.load import load

TOP = "version: 1\nname: t\n"
NODE = TOP + "nodes:\n  feed:\n    command: a\n"
FEED = (
    TOP
    + "nodes:\n  feed: {command: a, sockets: {ticks: {type: PUB, bind: auto}, bars: {type: PUB, bind: auto}}}\n"
)
SUB = FEED + "  b: {command: b, sockets: {in: {type: SUB, connect: %s}}}\n"


def findings(text: str) -> list[Diagnostic]:
    return list(load("t.yaml", text=text, environ={"X": "5"}).diagnostics)


def fixed(text: str) -> tuple[str, bool] | None:
    """The text with the fix of its only finding, and whether it is safe; None without a fix."""
    [finding] = findings(text)
    if finding.fix is None:
        return None
    [after] = apply({"t.yaml": text}, [finding]).texts.values()
    assert finding.code not in {left.code for left in findings(after)}
    return after, finding.fix.safe


@pytest.mark.parametrize(
    ("before", "after", "safe"),
    [
        ("    replcias: 2\n", "    replicas: 2\n", False),
        ("    'replcias': 2 # c\n", "    'replicas': 2 # c\n", False),
        ("    Depends-On: []\n", "    depends_on: []\n", True),
        ("    environment: {A: b}\n", "    env: {A: b}\n", False),
        ("    restart: allways\n", "    restart: always\n", False),
        ("    kind: Task\n", "    kind: task\n", True),
        ('    kind: "tusk"\n', '    kind: "task"\n', False),
        ("    expendable: yes\n", "    expendable: true\n", True),
        ("    expendable: Off  # c\n", "    expendable: false  # c\n", True),
        ('    expendable: "true"\n', "    expendable: true\n", True),
        ('    replicas: "3"\n', "    replicas: 3\n", True),
        ("    replicas: '03'\n", "    replicas: 3\n", True),
        ("    description: 010\n", '    description: "010"\n', True),
        ("    description: 1.10 # c\n", '    description: "1.10" # c\n', True),
        ("    heartbeat: {interval: 5}\n", "    heartbeat: {interval: 5s}\n", False),
        ("    heartbeat: {interval: 0.5}\n", "    heartbeat: {interval: 0.5s}\n", False),
        ('    heartbeat: {interval: "5"}\n', '    heartbeat: {interval: "5s"}\n', False),
        (
            "    depends_on: [qotes]\n  quotes: {command: a}\n",
            "    depends_on: [quotes]\n  quotes: {command: a}\n",
            False,
        ),
        (
            "    depends_on: {qotes: ready}\n  quotes: {command: a}\n",
            "    depends_on: {quotes: ready}\n  quotes: {command: a}\n",
            False,
        ),
        (
            "    ready: {tcp: tiks}\n    sockets: {ticks: {type: PUB, bind: auto}}\n",
            "    ready: {tcp: ticks}\n    sockets: {ticks: {type: PUB, bind: auto}}\n",
            False,
        ),
    ],
)
def test_a_mistake_with_one_good_answer_has_a_fix(before: str, after: str, safe: bool) -> None:
    assert fixed(NODE + before) == (NODE + after, safe)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("fed.ticks", "feed.ticks"),
        ('"fed.ticks"', '"feed.ticks"'),
        ("[fed.ticks]", "[feed.ticks]"),
        ("feed.tick", "feed.ticks"),
    ],
)
def test_a_name_that_leads_nowhere_becomes_the_only_near_one(written: str, meant: str) -> None:
    assert fixed(SUB % written) == (SUB % meant, False)


def test_a_message_that_is_not_there_becomes_the_only_near_one() -> None:
    text = (
        TOP
        + "messages: {Tick: {codec: json}}\nnodes:\n  a: {command: a, sockets: {s: {type: PUB, bind: auto, message: %s}}}\n"
    )
    assert fixed(text % "Tik") == (text % "Tick", False)


def test_a_version_in_quotes_loses_them() -> None:
    text = "version: %s\nname: t\nnodes: {a: {command: a}}\n"
    assert fixed(text % "'1'") == (text % "1", True)


@pytest.mark.parametrize(
    "line",
    [
        "    replcias: 2\n    replicas: 2\n",  # is there already
        "    expendable: perhaps\n",
        "    description: true\n",  # which word it was is not known
        "    description: &x 5\n",
        "    description: !!int 5\n",
        "    heartbeat: {interval: -5}\n",
        "    heartbeat: {interval: 1e3}\n",
        "    heartbeat: {interval: '${X}'}\n",
        "    kind: |\n      Task\n",
        "    kind: ${X}\n",
        "    depends_on: zzz\n",
        "    depends_on: ax\n  aa: {command: a}\n  ab: {command: a}\n",  # two are as near
    ],
)
def test_where_the_answer_is_not_sure_there_is_no_fix(line: str) -> None:
    assert fixed(NODE + line) is None


def test_a_key_of_an_included_file_is_fixed_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("t")
    (directory / "p.yaml").write_text("nodes:\n  p: {command: p, replcias: 2}\n")
    (directory / "t.yaml").write_text(NODE + "include: p.yaml\n")
    [finding] = load(str(directory / "t.yaml"), environ={}).diagnostics
    assert finding.fix is not None
    [edit] = finding.fix.edits
    assert (edit.span.file, edit.span.line, edit.span.column) == (str(directory / "p.yaml"), 2, 19)


def test_a_topology_of_python_has_nothing_to_fix() -> None:
    from orchestrator.model.load import from_data

    found = from_data({"name": "t", "nodes": {"a": {"command": "a", "replcias": "2"}}}).diagnostics
    assert [finding.fix for finding in found] == [None, None]
