"""What the tests of the CI integrations share: a copy of this checkout as others would get it, and broken files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PARTS = (
    "orchestrator",
    "nodes",
    "schemas",
    "topologies",
    "pyproject.toml",
    "README.md",
    ".pre-commit-hooks.yaml",
)

GOOD = "version: 1\nname: good\nnodes:\n  a: {command: ./a}\n"
WRONG = (
    "version: 1\nname: wrong\nnodes:\n  a:\n    command: ./a\n    sockets:\n"
    "      out: {type: PUB, bind: 'tcp://127.0.0.1:5555'}\n"
    "  b:\n    command: ./b\n    sockets:\n      in: {type: PULL, connect: a.out}\n"
)


def run(*words: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """One command, with what it printed."""
    return subprocess.run(
        words,
        cwd=cwd,
        env={**plain_environment(), **(env or {})},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def plain_environment() -> dict[str, str]:
    """Without what a CI that runs these tests has set, and without the git directory of a hook."""
    hidden = re.compile(r"GITHUB_|CI_|GIT_|PRE_COMMIT|RUNNER_")
    return {key: value for key, value in os.environ.items() if not hidden.match(key)}


def git(*words: str, cwd: Path) -> str:
    """One git command, as nobody in particular."""
    names = ("-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false")
    done = run("git", *names, *words, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def repository(at: Path) -> str:
    """A git repository with what this project gives to others; returns its revision."""
    for part in PARTS:
        source = CHECKOUT / part
        target = at / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    git("init", "-q", cwd=at)
    git("add", "-A", cwd=at)
    git("commit", "-q", "-m", "release", cwd=at)
    return git("rev-parse", "HEAD", cwd=at)


def snippet(page: str, test: str) -> str:
    """The block of a page that a comment says is exercised by `test`."""
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    found = re.search(rf"<!-- exercised by {re.escape(test)} -->\n```yaml\n(.*?)```", text, re.DOTALL)
    assert found, f"{page} has no block for {test}"
    return found[1]
