"""The page about rules of one's own, followed: its files written, its commands run, its output compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import ROOT, blocks

from orchestrator.rules.assertions.kinds import SUBJECTS, Block, Items, Kind, Named, fields_of, names

PAGE = ROOT / "docs/how-to/own-rules.md"
ENVIRON = {
    **{name: value for name, value in os.environ.items() if name != "GITHUB_ACTIONS"},
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}


@pytest.fixture
def followed(tmp_path: Path) -> list[tuple[str, str]]:
    """What each command printed, beside what the page shows."""
    told: list[tuple[str, str]] = []
    output = ""
    for block in blocks(PAGE.read_text(encoding="utf-8")):
        if block.mark.startswith("file: "):
            (tmp_path / block.mark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
        elif block.mark.startswith("run: exits with "):
            done = subprocess.run(
                ["bash", "-c", block.text],
                cwd=tmp_path,
                env=ENVIRON,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert (done.returncode, done.stderr) == (int(block.mark[-1]), "")
            output = done.stdout
        elif block.mark == "expect":
            told.append((output, block.text))
    return told


def test_the_commands_print_what_is_shown(followed: list[tuple[str, str]]) -> None:
    assert len(followed) == 3
    for printed, shown in followed:
        assert printed == shown


def test_the_test_of_the_page_passes(followed: list[tuple[str, str]], tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_team_rules.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def blocks_below(kind: Kind, seen: set[type]) -> Iterator[Block]:
    """Every block that an expression can come to."""
    if isinstance(kind, Items | Named):
        yield from blocks_below(kind.of, seen)
    elif isinstance(kind, Block) and not seen.issuperset(kind.classes):
        seen.update(kind.classes)
        yield kind
        for inner in fields_of(kind).values():
            yield from blocks_below(inner, seen)


def test_every_field_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    table = page[page.index("| of | fields |") : page.index("An editor completes")]
    told = set(re.findall(r"`(\w+)`", table))
    seen: set[type] = set()
    known = [
        field
        for select in SUBJECTS
        for kind in names(select).values()
        for block in blocks_below(kind, seen)
        for field in fields_of(block)
    ]
    assert len(known) > 60
    assert [field for field in known if field not in told] == []
