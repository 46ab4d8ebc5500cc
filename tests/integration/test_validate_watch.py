"""`validate --watch` as a person uses it: another process edits, Ctrl-C ends it with 130."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

GOOD = "version: 1\nname: good\nnodes:\n  a: {command: ./a}\n"


def read_until(process: subprocess.Popen[bytes], word: str, timeout_s: float = 20) -> str:
    """Everything on standard output and error up to a word."""
    assert process.stdout is not None
    text = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while word.encode() not in text:
            assert selector.select(timeout_s), f"no {word!r} in {text!r}"
            part = os.read(process.stdout.fileno(), 65536)
            assert part, f"ended after {text!r}"
            text += part
    return text.decode()


def test_a_change_is_seen_and_an_interrupt_is_130(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(GOOD)
    environ = {key: value for key, value in os.environ.items() if key != "GITHUB_ACTIONS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "validate", "--watch", "t.yaml"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        assert "no findings" in read_until(process, "Ctrl-C ends")
        (tmp_path / "t.yaml").write_text(GOOD + "nodez: {}\n")
        assert "error[ZMQ030]" in read_until(process, "Ctrl-C ends")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
