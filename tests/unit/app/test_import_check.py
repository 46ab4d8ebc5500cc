"""What importing the nodes of a topology tells. Each check runs one small process."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.app.import_check import check_imports
from orchestrator.cli import main
from orchestrator.diagnostics import Diagnostic
from orchestrator.errors import ExitCode
from orchestrator.model.load import load
from orchestrator.rules.catalogue import load as load_rule
from orchestrator.rules.imports import IMPORT

HEAD = "version: 1\nname: t\n"
NODES = """
from dataclasses import dataclass
from orchestrator.sdk import In, Node, Out, on

print("noise of the import")

@dataclass
class Tick:
    price: float

class Strategy(Node):
    ticks: In[Tick]
    orders: Out[int]

    @dataclass
    class Params:
        limit: int
        where: str = "here"

        def __post_init__(self):
            if self.limit < 0:
                raise ValueError("limit cannot be negative")

    def on_ticks(self, tick: Tick) -> None: ...

class Topical(Node):
    @on("ticks", topic="AAPL")
    def apple(self, tick): ...

    @on("ticks", topic="fx.*")
    def money(self, tick): ...

def double(number, factor: int = 2):
    return number * factor

answer = 42
class Other: ...
"""


def look(directory: Path, nodes: str, **files: str) -> tuple[Diagnostic, ...]:
    for name, text in {"desk": NODES, **files}.items():
        (directory / f"{name}.py").write_text(text, encoding="utf-8")
    loaded = load(str(directory / "t.yaml"), text=HEAD + "nodes:\n" + nodes, environ={})
    assert loaded.topology is not None, loaded.diagnostics
    return check_imports(loaded.topology)


def strategy(
    params: str = "{limit: 1}",
    ticks: str = "SUB",
    orders: str = "PUSH",
    name: str = "ticks",
    codec: str = "json",
) -> str:
    return (
        f"  s:\n    run: desk:Strategy\n    params: {params}\n    sockets:\n"
        f"      {name}: {{type: {ticks}, bind: 'ipc:///a', codec: {codec}}}\n"
        f"      orders: {{type: {orders}, bind: 'ipc:///b'}}\n"
    )


def test_all_in_order(tmp_path: Path) -> None:
    double = "  d:\n    run: desk:double\n    params: {factor: 3}\n    sockets:\n      in: {type: PULL, bind: 'ipc:///c'}\n"
    stock = "  f:\n    use: source\n    sockets:\n      out: {type: PUB, bind: 'ipc:///d'}\n"
    foreign = "  c:\n    command: [cat]\n"
    expression = strategy("{limit: '${{ replica.index }}', where: '${{ run.dir }}'}")
    assert look(tmp_path, expression + double + stock + foreign) == ()


@pytest.mark.parametrize(
    ("node", "code", "told", "line"),
    [
        (strategy("{limt: 1}"), "ZMQ341", "`s`: params.limt is not declared (did you mean limit?); params.limit is missing (int)", 6),
        (strategy("{limit: a}"), "ZMQ341", "`s`: params.limit is 'a', expected int", 6),
        (strategy("{limit: -1}"), "ZMQ341", "`s`: params: limit cannot be negative", 6),
        (strategy(orders="PULL"), "ZMQ342", "`s`: Strategy declares orders as Out, and the topology makes it a PULL, which only receives", 8),
        (strategy(codec="text"), "ZMQ342", "`s`: socket 'ticks': codec text carries no Tick", 8),
        (strategy(name="tick"), "ZMQ342", "`s`: Strategy declares a socket ticks, and the topology gives it none of that name (did you mean tick?)", 8),
        ("  s: {run: 'desk:Strateg'}\n", "ZMQ340", "`s`: module 'desk' has no 'Strateg' (did you mean 'Strategy'?)", 4),
        ("  s: {run: 'gone:Strategy'}\n", "ZMQ340", "`s`: No module named 'gone'", 4),
        ("  s: {run: 'desk:answer'}\n", "ZMQ340", "`s`: desk:answer is no class and no function", 4),
        ("  s: {run: 'desk:Other'}\n", "ZMQ340", "`s`: Other is a class that does not derive from Node", 4),
        ("  s: {run: 'bad:x'}\n", "ZMQ340", "`s`: ZeroDivisionError: division by zero (bad.py:1 in <module>)", 4),
        ("  s: {run: 'desk:double', params: {fctor: 1}}\n", "ZMQ341", "`s`: double takes no param 'fctor'", 4),
        ("  s: {run: 'desk:double', params: {factor: x}}\n", "ZMQ341", "`s`: params.factor is 'x', expected int", 4),
        ("  s: {run: 'desk:double'}\n", "ZMQ342", "`s`: double takes a message, and none of the node's sockets receives", 4),
    ],
)  # fmt: skip
def test_each_mistake(tmp_path: Path, node: str, code: str, told: str, line: int) -> None:
    first = look(tmp_path, node, bad="1 / 0\n")[0]
    assert (first.code, first.message, first.span.line) == (code, told, line)


@pytest.mark.parametrize(
    ("subscribe", "missing"),
    [
        ('[""]', []),
        ("[AA, fx.EUR]", []),
        ("[AAPLX, f]", ["AAPL"]),
        ("[AAPL]", ["fx.*"]),
        ("[]", ["AAPL", "fx.*"]),
    ],
)
def test_topics_that_are_not_asked_for(tmp_path: Path, subscribe: str, missing: list[str]) -> None:
    node = f"  s:\n    run: desk:Topical\n    sockets:\n      ticks: {{type: SUB, bind: 'ipc:///a', subscribe: {subscribe}}}\n"
    found = look(tmp_path, node)
    assert [
        topic for topic in ("AAPL", "fx.*") if any(f"topic '{topic}'" in d.message for d in found)
    ] == missing
    assert all("which `subscribe`" in d.message for d in found)


def test_a_module_that_ends_the_process(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        "  a: {run: 'ends:x'}\n  b: {run: 'gone:x'}\n",
        ends="import os, sys\nprint('licence expired', file=sys.stderr, flush=True)\nos._exit(3)\n",
    )
    assert [d.message for d in found] == [
        "`a`: importing it ended the process with exit code 3: licence expired",
        "`b`: No module named 'gone'",
    ]


def test_a_module_that_never_comes_back(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(60)\n")
    loaded = load(str(tmp_path / "t.yaml"), text=HEAD + "nodes:\n  a: {run: 'slow:x'}\n", environ={})
    assert loaded.topology is not None
    [found] = check_imports(loaded.topology, patience_s=1.0)
    assert found.message == "`a`: importing it took more than 1 s"


@pytest.mark.parametrize("module", IMPORT)
def test_samples_of_the_pages_are_true(module: str, tmp_path: Path) -> None:
    rule = load_rule(module)
    for heading, codes in (("Bad", {rule.code}), ("Good", set())):
        for sample in rule.samples(heading):
            loaded = load(str(tmp_path / "t.yaml"), text=HEAD + sample, environ={})
            assert loaded.topology is not None
            assert {d.code for d in check_imports(loaded.topology)} == codes


def test_only_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.yaml").write_text(HEAD + "nodes:\n  a:\n    run: gone:x\n")
    assert main(["validate", "t.yaml"]) == ExitCode.OK
    assert main(["validate", "--import", "-f", "concise", "t.yaml"]) == ExitCode.FINDINGS
    assert "ZMQ340" in capsys.readouterr().out
    assert main(["validate", "--import", "--ignore", "ZMQ34", "t.yaml"]) == ExitCode.OK
