"""What the documentation shows is so: files validate, programs run, links lead somewhere, verbs have pages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import PAGES, ROOT, Block, blocks, name

from orchestrator.app.check import check_file
from orchestrator.cli.verbs import VERBS

WHOLE = [
    pytest.param(page, block, id=f"{name(page)}:{block.line}")
    for page in PAGES
    if page.parent.name != "rules"  # their samples are tested where the rules are
    for block in blocks(page.read_text())
    if block.language == "yaml"
    and re.search(r"^version:", block.text, re.MULTILINE)
    and "nodes:" in block.text
]
RUNS = [
    pytest.param(block, id=f"{name(page)}:{block.line}")
    for page in PAGES
    for block in blocks(page.read_text())
    if block.mark == "runs"
]
CHECKED = [
    pytest.param(block, id=f"{name(page)}:{block.line}")
    for page in PAGES
    for block in blocks(page.read_text())
    if block.mark.startswith("checked: ")
]


def test_there_is_something_to_test() -> None:
    assert len(WHOLE) >= 5
    assert RUNS
    assert CHECKED


@pytest.mark.parametrize(("page", "block"), WHOLE)
def test_each_whole_topology_has_no_findings(page: Path, block: Block) -> None:
    found = check_file(f"{page.stem}.yaml", text=block.text, environ={})
    assert [(f.code, f.message) for f in found.findings] == []


@pytest.mark.parametrize("block", CHECKED)
def test_what_validate_prints_is_what_is_shown(block: Block) -> None:
    file = block.mark.removeprefix("checked: ")
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", "validate", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={k: v for k, v in os.environ.items() if k != "GITHUB_ACTIONS"},
        check=False,
    )
    assert done.stdout == block.text
    assert done.returncode == 1


@pytest.mark.parametrize("block", RUNS)
def test_each_program_runs_to_its_end(block: Block, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    broken = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert broken == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_page_and_a_row_in_the_readme(verb: str) -> None:
    page = ROOT / "docs/reference" / f"{verb}.md"
    assert page.exists()
    assert page.read_text().startswith(f"# orchestrator {verb}\n")
    rows = [row for row in (ROOT / "README.md").read_text().splitlines() if row.startswith("| [`")]
    assert any(f"[`{verb}`](docs/reference/{verb}.md)" in row for row in rows)
