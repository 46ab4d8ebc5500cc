"""The hook, as pre-commit installs and runs it in somebody's repository."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from ci_support import CHECKOUT, GOOD, WRONG, git, repository, run, snippet

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(600),
    pytest.mark.skipif(find_spec("pre_commit") is None, reason="pre-commit is not installed"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
    pytest.mark.skipif(not (CHECKOUT / ".pre-commit-hooks.yaml").exists(), reason="not in a checkout"),
]


def test_the_hook_finds_what_is_wrong_and_passes_what_is_right(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    revision = repository(ours)
    theirs.mkdir()
    (theirs / "topologies").mkdir()
    config = snippet("docs/how-to/ci.md", "tests/integration/test_pre_commit.py")
    config = config.replace("https://example.invalid/orchestrator", str(ours)).replace("v0.1.0", revision)
    (theirs / ".pre-commit-config.yaml").write_text(config)
    (theirs / "topologies" / "a.yaml").write_text(WRONG)
    git("init", "-q", cwd=theirs)
    git("add", "-A", cwd=theirs)

    hook = (sys.executable, "-m", "pre_commit")
    home = {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    first = run(*hook, "run", "--all-files", cwd=theirs, env=home)
    assert first.returncode == 1, first.stdout + first.stderr
    assert "error[ZMQ101]" in first.stdout, first.stdout + first.stderr
    assert "topologies/a.yaml:11:" in first.stdout

    (theirs / "topologies" / "a.yaml").write_text(GOOD)
    git("add", "-A", cwd=theirs)
    second = run(*hook, "run", cwd=theirs, env=home)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "Passed" in second.stdout

    (theirs / "notes.txt").write_text("x")
    git("add", "-A", cwd=theirs)
    third = run(*hook, "run", "--files", "notes.txt", cwd=theirs, env=home)
    assert "Skipped" in third.stdout, "nothing that matters has changed"
