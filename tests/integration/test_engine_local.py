"""Processes that the local engine makes: what they get, how they end, why they cannot start."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.engines.local import LocalEngine
from orchestrator.errors import RunError
from orchestrator.vocabulary import Stream

from .engine_support import (
    HERE,
    Recorder,
    drive,
    fd_numbers,
    is_running,
    lab,
    marked,
    open_fds,
    until,
    until_now,
)

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)


@drive
async def test_exit_codes_and_signals_are_told_apart() -> None:
    async with lab() as at:
        at.shell("three", "exit 3")
        at.shell("term", "kill -TERM $$")
        at.node("seven", "exit_with_7")
        at.node("fine", "leave_atexit")
        assert await at.seen.end("three") == (3, None)
        assert await at.seen.end("term") == (None, signal.SIGTERM)
        assert await at.seen.end("seven") == (7, None)
        assert await at.seen.end("fine") == (0, None)
        assert at.seen.text("fine") == b"at exit\n"


@drive
async def test_an_exception_in_a_node_is_on_its_stderr() -> None:
    async with lab() as at:
        at.node("bad", "raise_error")
        assert await at.seen.end("bad") == (1, None)
        text = at.seen.text("bad", Stream.STDERR).decode()
        assert "ValueError: no good" in text
        assert "zygote/loop" not in text and "zygote/__main__" not in text


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (("sleeep", "1"), "sleeep: no such program in PATH; did you mean sleep?"),
        (("here",), "here: no such program in PATH; the file is in {cwd}: write ./here"),
        (("./gatewy",), "./gatewy: no such file in {cwd}; did you mean ./gateway?"),
        (("./here",), "./here: may not be executed; is its x bit set (chmod +x)?"),
        (("./folder",), "./folder: is a directory, not a program"),
        (("./garbage",), "./garbage: is no program this machine can run; a script needs a #! line"),
        (("./script",), "./script: its #! line names '/no/such/interpreter -x', which does not exist"),
        (("./link",), "./link: is a symbolic link to nowhere, which does not exist"),
        (("true", "x" * 3_000_000), "true: its arguments and environment are larger than the kernel takes"),
    ],
)
@drive
async def test_a_program_that_cannot_start(tmp_path: Path, argv: tuple[str, ...], reason: str) -> None:
    (tmp_path / "here").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    for name, text in (
        ("gateway", "#!/bin/sh"),
        ("garbage", "garbage"),
        ("script", "#!/no/such/interpreter -x\n"),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    async with lab(str(tmp_path)) as at:
        at.program("it", *argv)
        await at.seen.until(lambda: at.seen.reports)
        assert at.seen.reports == [("failed", "it", 1, reason.format(cwd=tmp_path), True)]
        zygote = at.zygote_pid
        await until(lambda: not Path(f"/proc/{zygote}/task/{zygote}/children").read_text())


class _Text(str):
    """As a reader may use it that remembers where a value stood."""


@drive
async def test_strings_that_are_more_than_strings_pass() -> None:
    async with lab() as at:
        env = {_Text("PATH"): _Text(os.environ["PATH"]), _Text("X"): _Text("y")}
        at.program("it", _Text("sh"), "-c", _Text("echo $X"), env=env, cwd=_Text("/"))
        assert await at.seen.lines("it") == ["y"]


@drive
async def test_a_missing_directory_fails_both_kinds() -> None:
    async with lab() as at:
        at.program("program", "true", cwd="/no/such")
        at.node("node", "wait", cwd="/etc/passwd")
        await at.seen.until(lambda: len(at.seen.reports) == 2)
        assert at.seen.reports == [
            ("failed", "program", 1, "working directory /no/such does not exist", True),
            ("failed", "node", 1, "working directory /etc/passwd is not a directory", True),
        ]


@pytest.fixture
def _odd_signals() -> Iterator[None]:
    """A supervisor that was started with signals ignored and blocked, as by nohup or a careless parent."""
    before = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGUSR2})
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    for signum, handler in before.items():
        signal.signal(signum, handler)


@pytest.mark.usefixtures("_odd_signals")
@drive
async def test_a_program_gets_clean_signals_descriptors_directory_and_environment(tmp_path: Path) -> None:
    stray = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(stray, True)
    script = "sed -n '/^Sig[BIC]/p' /proc/self/status; ls -1 /proc/self/fd; pwd; env"
    try:
        async with lab(str(tmp_path)) as at:
            at.shell("it", script, env={"PATH": os.environ["PATH"], "X": "ü y"})
            assert await at.seen.end("it") == (0, None)
            lines = at.seen.text("it").decode().splitlines()
    finally:
        os.close(stray)
    assert [line.split()[1] for line in lines[:3]] == ["0" * 16] * 3
    assert lines[3:7] == ["0", "1", "2", "3"]  # 3 is the listing's own
    assert lines[7] == str(tmp_path)
    names = {line.partition("=")[0] for line in lines[8:]}
    assert names - {"PWD", "_", "SHLVL", "OLDPWD"} == {"PATH", "X", "ORCHESTRATOR_MARK"}
    assert "X=ü y" in lines


@pytest.mark.usefixtures("_odd_signals")
@pytest.mark.parametrize("nodes", [True, False], ids=["expected", "a surprise"])
@drive
async def test_a_node_looks_like_a_fresh_interpreter(tmp_path: Path, nodes: bool) -> None:
    async with lab(str(tmp_path), nodes=nodes) as at:
        at.shell("foreign", "exit 3")
        assert await at.seen.end("foreign") == (3, None)
        assert at.engine._link is not None
        assert ("zmq" in Path(f"/proc/{at.engine._link.pid}/maps").read_text()) is nodes
        at.node("warm", "exit_with_7", env={"SOME": "thing", "PYTHONPATH": "/other"})
        at.node("it-0", "report", env={"X": "y", "PYTHONPATH": "lib"})
        assert await at.seen.end("it-0") == (0, None), at.seen.text("it-0", Stream.STDERR).decode()
        facts = dict(line.split(" ", 1) for line in at.seen.text("it-0").decode().splitlines())
    assert facts["argv"] == "['it-0']"
    assert facts["cwd"] == str(tmp_path)
    assert facts["name"] == "it-0"
    assert facts["parent"] == "alive True"
    assert facts["main"] == "[]"
    assert facts["environ"] == "['ORCHESTRATOR_MARK', 'PYTHONPATH', 'X']"
    assert facts["path"] == str(tmp_path / "lib")
    assert facts["fds"] == "[0, 1, 2, 3]"  # 3 watches the zygote for multiprocess
    assert facts["stdin"] == ""
    assert int(facts["SigBlk:"], 16) == 0
    assert int(facts["SigIgn:"], 16) == 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1
    assert int(facts["SigCgt:"], 16) == 1 << signal.SIGINT - 1


@drive
async def test_each_unit_leads_its_own_session_and_is_named() -> None:
    async with lab() as at:
        at.program("sleeper", "sleep", "1000")
        at.node("node-with-a-long-name", "wait")
        for unit, name in (("sleeper", "sleep"), ("node-with-a-long-name", "node-with-a-lo")):
            pid = await at.seen.pid(unit)
            await until(lambda pid=pid: os.getsid(pid) == os.getpgid(pid) == pid)
            await until(
                lambda pid=pid, name=name: Path(f"/proc/{pid}/comm").read_text().strip().startswith(name)
            )


@drive
async def test_children_keep_the_limit_of_open_files_that_the_supervisor_was_started_with() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, before[1]))
    try:
        async with lab() as at:
            assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == before[1]
            at.shell("it", "ulimit -n")
            assert await at.seen.lines("it") == ["300"]
            await at.seen.end("it")
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 300
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@drive
async def test_a_signal_reaches_the_main_process_even_when_it_is_stopped() -> None:
    async with lab() as at:
        at.program("it", "sleep", "1000")
        pid = await at.seen.pid("it")
        at.engine.signal("it", 1, signal.SIGSTOP)
        await until(lambda: " T " in Path(f"/proc/{pid}/stat").read_text())
        at.engine.signal("it", 1, signal.SIGTERM)
        assert await at.seen.end("it") == (None, signal.SIGTERM)
        at.engine.signal("it", 1, signal.SIGTERM)
        at.engine.signal("nobody", 1, signal.SIGTERM)
        at.engine.kill("nobody", 1)


@drive
async def test_a_signal_right_after_the_start_is_not_lost() -> None:
    async with lab() as at:
        for i in range(20):
            at.node(f"n{i}", "wait")
            at.engine.signal(f"n{i}", 1, signal.SIGTERM)
        for i in range(20):
            assert await at.seen.end(f"n{i}") == (None, signal.SIGTERM)


@drive
async def test_standard_input_of_both_kinds() -> None:
    async with lab() as at:
        at.program("cat", "cat", stdin=True)
        at.node("node", "echo", stdin=True)
        await at.seen.pid("cat")
        await at.seen.pid("node")
        big = b"x" * 1_000_000 + b"\n"
        at.engine.write_stdin("cat", 1, big)
        at.engine.write_stdin("node", 1, b"a word\n")
        await at.seen.until(lambda: len(at.seen.text("cat")) == len(big))
        assert await at.seen.lines("node") == ["got a word"]


@drive
async def test_input_that_nobody_reads_is_dropped() -> None:
    async with lab() as at:
        at.shell("it", "exec <&-; echo closed; exec sleep 1000", stdin=True)
        await at.seen.lines("it")
        at.engine.write_stdin("it", 1, b"x" * 100_000)
        at.engine.write_stdin("it", 1, b"more")
        at.engine.write_stdin("nobody", 1, b"more")
        at.engine.kill("it", 1)
        assert await at.seen.end("it") == (None, signal.SIGKILL)


@drive
async def test_a_thousand_starts_leak_no_descriptor() -> None:
    async with lab() as at:
        at.program("first", "true")
        await at.seen.end("first")
        ours = open_fds()
        theirs = fd_numbers(at.zygote_pid)
        for batch in range(20):
            units = [f"u{batch}-{i}" for i in range(50)]
            for number, unit in enumerate(units):
                if number % 10 == 0:
                    at.program(unit, "no-such-program-anywhere", stdin=True)
                elif number % 2:
                    at.program(unit, "true", stdin=True)
                else:
                    at.node(unit, "exit_with_7", stdin=True)
            for number, unit in enumerate(units):
                if number % 10:
                    await at.seen.end(unit)
                else:
                    await at.seen.until(lambda unit=unit: at.seen.of("failed", unit))
        assert open_fds() == ours
        assert fd_numbers(at.zygote_pid) == theirs


@drive
async def test_close_ends_everything_at_once_and_is_idempotent() -> None:
    async with lab() as at:
        for i in range(10):
            at.shell(f"s{i}", "trap '' TERM INT; setsid sleep 1000 & sleep 1000; wait")
            at.node(f"n{i}", "fork_daemon")
        for i in range(10):
            await at.seen.pid(f"s{i}")
            await at.seen.lines(f"n{i}", 2)
        await at.engine.close()
        await at.engine.close()
        assert marked(at.engine) == []
        reports = len(at.seen.reports)
        at.program("late", "true")
        at.engine.kill("s1", 1)
        assert len(at.seen.reports) == reports


def test_a_zygote_that_was_started_in_vain_is_given_up() -> None:
    fds = open_fds()
    engine = LocalEngine()
    engine.prestart()
    assert engine._link is not None
    pid = engine._link.pid
    assert is_running(pid)
    engine.abandon()
    until_now(lambda: not is_running(pid))
    assert open_fds() == fds


@drive
async def test_no_interpreter_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    fds = open_fds()
    monkeypatch.setattr("sys.executable", "/no/such/python")
    engine = LocalEngine()
    with pytest.raises(RunError, match=r"could not be made: No such file"):
        await engine.start(Recorder())
    await engine.close()
    assert open_fds() == fds


@drive
async def test_a_zygote_that_ends_at_once_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fds = open_fds()
    (tmp_path / "pickle.py").write_text("raise RuntimeError('broken on purpose')")
    monkeypatch.syspath_prepend(tmp_path)
    engine = LocalEngine()
    with pytest.raises(
        RunError, match=r"ended before it was ready \(exit code 1: RuntimeError: broken on purpose"
    ):
        await engine.start(Recorder())
    await engine.close()
    assert open_fds() == fds
