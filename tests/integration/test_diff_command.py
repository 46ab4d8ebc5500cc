"""`orchestrator diff git:REV:path` in a real repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]

MAIN = "version: 1\nname: a\ninclude: ../shared/more.yaml\nnodes:\n  one: {run: 'm:one', stdin: '${WORD}'}\n"
MORE = "nodes:\n  two: {run: 'm:two', sockets: {x: {type: PUB, bind: auto}}}\n"


def git(*words: str) -> None:
    who = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    subprocess.run(["git", *words], check=True, capture_output=True, env={**os.environ, **who})


def diff(*words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", "diff", *words], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("main/t.yaml", MAIN), ("shared/more.yaml", MORE)):
        Path(name).parent.mkdir()
        Path(name).write_text(text)
    git("init", "-q", "-b", "trunk")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("tag", "v1")
    Path("main/.env").write_text("WORD=hello\n")
    Path("shared/more.yaml").write_text(MORE.replace("PUB", "XPUB"))
    monkeypatch.chdir(tmp_path / "main")


def test_what_is_included_is_of_the_same_revision() -> None:
    done = diff("git:v1:t.yaml", "t.yaml")
    assert (done.returncode, done.stderr) == (1, "")
    assert "two.x: type: PUB → XPUB  (../shared/more.yaml:2:" in done.stdout
    assert diff("git:v1:t.yaml", "git:HEAD:t.yaml").stdout == "No changes.\n"


def test_places_are_those_of_the_revision() -> None:
    done = diff("t.yaml", "git:v1:t.yaml")
    assert "two.x: type: XPUB → PUB  (v1:shared/more.yaml:2:" in done.stdout


def test_findings_of_a_revision_name_it() -> None:
    Path("t.yaml").write_text(MAIN.replace("../shared", "../gone"))
    git("commit", "-q", "-a", "-m", "two")
    done = diff("git:v1:t.yaml", "git:HEAD:t.yaml")
    assert done.returncode == 2
    assert "--> HEAD:main/t.yaml:3:10" in done.stderr
    assert "/tmp/" not in done.stderr


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("git:nope:t.yaml", "invalid object name 'nope'"),
        ("git:v1:no.yaml", "does not exist in 'v1'"),
        ("git:v1", "no revision and path"),
    ],
)
def test_what_git_does_not_have(word: str, told: str) -> None:
    done = diff(word, "t.yaml")
    assert done.returncode == 2
    assert told in done.stderr


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(tmp_path / ".git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    done = diff("git:v1:t.yaml", "t.yaml")
    assert done.returncode == 2
    assert "not a git repository" in done.stderr
