"""The page about the node SDK, followed: its files written, its code run, its commands' output compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, blocks

import orchestrator.sdk
from orchestrator.sdk import Answer, Ask, In, Node, NodeContext, Out

PAGE = ROOT / "docs/reference/sdk.md"
TEXT = PAGE.read_text(encoding="utf-8")
ENVIRON = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for block in blocks(TEXT):
        if block.mark.startswith("file: "):
            (tmp_path / block.mark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
    return tmp_path


def run(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=directory, env=ENVIRON, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_code_runs_in_order(directory: Path) -> None:
    code = [block.text for block in blocks(TEXT) if block.mark == "python"]
    assert len(code) >= 4
    done = run(directory, sys.executable, "-c", "\n".join(code))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_commands_print_what_is_shown(directory: Path) -> None:
    shown = [block for block in blocks(TEXT) if block.mark in ("run", "expect")]
    assert shown
    for command, expected in zip(shown[::2], shown[1::2], strict=True):
        assert run(directory, "bash", "-c", command.text).stdout == expected.text


def test_the_topology_has_no_findings(directory: Path) -> None:
    done = run(directory, sys.executable, "-m", "orchestrator", "validate", "--import", "-q", "topology.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_mypy_has_no_complaint(directory: Path) -> None:
    done = run(
        directory, sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=/dev/null",
        "--follow-imports=silent", "desk.py",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("owner", [Node, NodeContext, In, Out, Ask, Answer])
def test_all_that_an_author_may_call_is_on_the_page(owner: type) -> None:
    hidden = {"control", "name", "type"}
    missing = [
        name
        for name in dir(owner)
        if not name.startswith("_") and name not in hidden and not re.search(rf"\b{name}(\(|`|, |:)", TEXT)
    ]
    assert missing == []


def test_every_name_is_on_the_page() -> None:
    elsewhere = {"NodeInfo", "SocketInfo", "SocketType", "TargetError", "ParamsError", "Counter", "Gauge", "Peer",
                 "Socket", "Sockets", "DecodeError", "NodeError"}  # fmt: skip
    assert [n for n in orchestrator.sdk.__all__ if n not in elsewhere and n not in TEXT] == []
