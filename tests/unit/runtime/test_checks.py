"""One try of a probe, where no socket and no process is needed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from orchestrator.runtime.checks import _accepts, _file


def test_a_file_is_there_or_not_or_cannot_be_looked_for(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.touch()
    assert asyncio.run(_file(there)) is None
    assert asyncio.run(_file(tmp_path / "no")) == f"{tmp_path / 'no'} is not there"
    assert asyncio.run(_file(there / "no")) == f"{there / 'no'}: Not a directory"
    long = tmp_path / ("x" * 300)
    assert asyncio.run(_file(long)) == f"{long}: File name too long"


def test_a_number_that_is_no_port() -> None:
    assert asyncio.run(_accepts("127.0.0.1:99999")) == "127.0.0.1:99999 is no host:port"
    assert asyncio.run(_accepts("127.0.0.1:http")) == "127.0.0.1:http is no host:port"
