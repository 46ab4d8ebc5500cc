"""The short way from fork to exec: whatever is started comes out as by the long way, for much fewer pages."""

from __future__ import annotations

import os
import re
import resource
import select
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.engines.zygote import child, direct, program

pytestmark = pytest.mark.integration

LOOK = """
grep -E '^(Sig(Blk|Ign|Cgt)|NSsid|Groups)' /proc/self/status | sed 's/NSsid.*/session/'
ls /proc/self/fd | sort -n | head -3 | tr '\\n' ' '; ls /proc/self/fd | wc -l
ulimit -Sn; ulimit -Hn; pwd; env | sort; for word; do echo "<$word>"; done
cut -d' ' -f6 /proc/$$/stat | grep -qx $$ && echo leads its session
"""
Start = Callable[..., tuple[str, str | None, resource.struct_rusage]]


@pytest.fixture(params=["short", "long"])
def way(request, monkeypatch) -> str:
    if request.param == "long":
        monkeypatch.setattr(direct, "plan", lambda *_: None)
    elif direct._library() is None:
        pytest.skip("the short way is Linux'")
    return request.param


def start(argv, env, cwd: Path) -> tuple[str, str | None, resource.struct_rusage]:
    """What the program wrote, why it could not be started, and what it used."""
    reading, writing = os.pipe()
    cwd_fd = os.open(cwd, os.O_RDONLY | os.O_DIRECTORY)
    null = os.open(os.devnull, os.O_RDONLY)
    preparation = child.Preparation(
        name=b"x",
        parent=os.getpid(),
        cwd_fd=cwd_fd,
        stdin_fd=null,
        stdout_fd=writing,
        stderr_fd=writing,
        nofile_soft=123,
    )
    pid, status_fd = program.fork_program(argv, env, str(cwd), preparation)
    for fd in (writing, cwd_fd, null):
        os.close(fd)
    with os.fdopen(reading, errors="backslashreplace") as output:
        text = output.read()
    _, _, used = os.wait4(pid, 0)
    select.select([status_fd], [], [], 10)
    failure = program.read_failure(status_fd)
    os.close(status_fd)
    return text, None if failure is None else f"{failure.permanent} {failure.reason}", used


def both(monkeypatch, *request) -> tuple[object, object]:
    """By the short way and by the long one."""
    if direct._library() is None:
        pytest.skip("the short way is Linux'")
    short = start(*request)[:2]
    monkeypatch.setattr(direct, "plan", lambda *_: None)
    return short, start(*request)[:2]


def test_a_program_finds_the_same_world(monkeypatch, tmp_path):
    env = {"PATH": "/nowhere:/usr/bin:/bin", "A": "ä ü", "EMPTY": "", "B": "\udcff"}
    short, long = both(monkeypatch, ("sh", "-c", LOOK, "sh", "a b", "", "é"), env, tmp_path)
    assert short == long
    text, failure = short
    assert failure is None
    assert "leads its session" in text and "\n123\n" in text and "<a b>\n<>\n<é>" in text
    assert re.search(r"SigBlk:\s+0+\n", text) and re.search(r"SigIgn:\s+0+\n", text)
    assert str(tmp_path) in text
    assert "0 1 2 " in text


@pytest.mark.parametrize(
    ("argv", "env"),
    [
        (("no-such-program",), {"PATH": "/usr/bin"}),
        (("./script",), {"PATH": "/usr/bin"}),
        (("script",), {"PATH": "bin:/usr/bin"}),
        (("script",), {"PATH": ":/usr/bin"}),
        (("./plain",), {}),
        (("./directory",), {}),
        (("directory",), {"PATH": ".:/usr/bin"}),
        (("./empty",), {}),
        (("./lost",), {}),
        (("sh", "-c", "echo a\0b"), {"PATH": "/usr/bin:/bin"}),
        (("sh", "-c", "echo a"), {"PATH": "/usr/bin:/bin", "A=B": "c"}),
        (("true", "x" * 3_000_000), {"PATH": "/usr/bin:/bin"}),
        (("",), {"PATH": "/usr/bin"}),
        (("sh\0",), {"PATH": "/usr/bin:/bin"}),
        (("sh", "-c", "echo a"), {"PATH": "/usr/bin:/bin", "A": "b\0"}),
        (("sh", "-c", "echo a"), {}),
    ],
)
def test_what_cannot_be_started_is_explained_alike(monkeypatch, tmp_path, argv, env):
    (tmp_path / "bin").mkdir()
    (tmp_path / "directory").mkdir()
    for name, text, mode in (
        ("script", "#!/bin/sh\necho ran\n", 0o755),
        ("bin/script", "#!/bin/sh\necho ran\n", 0o755),
        ("plain", "#!/bin/sh\necho ran\n", 0o644),
        ("empty", "", 0o755),
        ("lost", "#!/no/such/interpreter\n", 0o755),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    short, long = both(monkeypatch, argv, env, tmp_path)
    assert short == long


def test_a_step_that_fails_is_told(tmp_path, way):
    """A descriptor that is closed: nothing a user can cause, but no silence either."""
    gone = os.open(os.devnull, os.O_RDONLY)
    os.close(gone)
    preparation = child.Preparation(
        name=b"x",
        parent=os.getpid(),
        cwd_fd=gone,
        stdin_fd=gone,
        stdout_fd=gone,
        stderr_fd=gone,
        nofile_soft=123,
    )
    pid, status_fd = program.fork_program(("true",), dict(os.environ), "/", preparation)
    assert os.waitpid(pid, 0)[1] == child.CONFIGURATION_FAILED << 8
    failure = program.read_failure(status_fd)
    os.close(status_fd)
    assert failure is not None


def test_a_start_copies_few_pages(tmp_path):
    if direct._library() is None:
        pytest.skip("the short way is Linux'")
    copied = [start(("true",), dict(os.environ), tmp_path)[2].ru_minflt for _ in range(5)]
    assert sorted(copied)[2] < 300  # os.fork() and child.apply: 500
