"""Topology files as they were in a revision of a git repository: `git:REV:path`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.errors import UsageError
from orchestrator.source.onefile import read_one

PREFIX: Final = "git:"


@dataclass(frozen=True, slots=True)
class Checkout:
    """A file of a revision, put where it can be read together with what it includes."""

    file: str
    root: str
    """Stands for the root of the repository. Paths below it are shown as `REV:path`."""
    revision: str


@contextmanager
def checked_out(word: str, environ: Mapping[str, str]) -> Iterator[Checkout]:
    """The file that `git:REV:path` names, for as long as the block runs. `path` is as seen from here.

    Included files are those of the same revision; `.env` is the one that is here now. Raises UsageError
    where there is no git, no such revision, or no such file in it.
    """
    revision, colon, path = word.removeprefix(PREFIX).rpartition(":")
    if not colon or not revision or not path:
        raise UsageError(
            f"{word}: no revision and path", "write git:REV:path, such as git:main:topology.yaml"
        )
    top = _git("rev-parse", "--show-toplevel").strip()
    with tempfile.TemporaryDirectory(prefix="orchestrator-") as scratch:
        root = os.path.realpath(scratch)
        here = os.path.relpath(os.path.realpath(path), os.path.realpath(top))
        _take(revision, here, top, root, environ, required=True)
        yield Checkout(os.path.join(root, here), root, revision)  # noqa: PTH118


def _take(
    revision: str, path: str, top: str, root: str, environ: Mapping[str, str], *, required: bool = False
) -> None:
    """Write one file of the revision below `root`, then what it includes. What is not there is left out: the
    reader has words for it."""
    target = Path(root, path)
    if path.startswith("..") or target.exists():
        return
    try:
        text = _git("show", f"{revision}:{Path(path).as_posix()}", cwd=top)
    except UsageError:
        if required:
            raise
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
    dotenv = Path(top, path).parent / ".env"
    if dotenv.is_file() and not (target.parent / ".env").exists():
        shutil.copy(dotenv, target.parent / ".env")
    included = (read_one(path, text, environ).data or {}).get("include", [])
    for name in included if isinstance(included, list) else [included]:
        if isinstance(name, str):
            beside = os.path.normpath(os.path.join(os.path.dirname(path), name))  # noqa: PTH118, PTH120
            _take(revision, beside, top, root, environ)


def _git(*words: str, cwd: str | None = None) -> str:
    try:
        done = subprocess.run(["git", *words], capture_output=True, check=False, cwd=cwd)
    except FileNotFoundError as problem:
        raise UsageError("git is not installed", "name files, or install git") from problem
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise UsageError(f"git {words[0]}: {said}", "write git:REV:path, with a path as seen from here")
    return done.stdout.decode("utf-8", "surrogateescape")
