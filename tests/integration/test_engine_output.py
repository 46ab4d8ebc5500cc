"""Output arrives whole, in order, at once, and nobody's flood holds up anybody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.vocabulary import Stream

from .engine_support import HERE, drive, is_running, lab, until_now

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)


@drive
async def test_all_output_comes_before_the_exit() -> None:
    async with lab() as at:
        for i in range(10):
            at.shell(f"u{i}", "seq 1 20000; seq 1 20000 >&2")
        expected = b"".join(b"%d\n" % i for i in range(1, 20001))
        for i in range(10):
            await at.seen.end(f"u{i}")
            assert at.seen.text(f"u{i}") == expected
            assert at.seen.text(f"u{i}", Stream.STDERR) == expected
            assert at.seen.reports[-1][0] == "exited" or at.seen.reports[-1][1] != f"u{i}"
            last = max(n for n, r in enumerate(at.seen.reports) if r[1] == f"u{i}")
            assert at.seen.reports[last][0] == "exited"


@drive
async def test_a_full_pipe_is_read_to_its_end_before_the_exit_is_told() -> None:
    async with lab() as at:
        at.node("it", "fill_pipe")
        pid = await at.seen.pid("it")
        until_now(lambda: not is_running(pid))  # the loop stands still: output and exit are there together
        await at.seen.end("it")
        assert [r[0] for r in at.seen.reports][-1] == "exited"
        assert len(at.seen.text("it", Stream.STDERR)) == 1 << 20
        assert at.seen.text("it") == b"filled 1048576\n"


@drive
async def test_bytes_pass_unchanged(tmp_path: Path) -> None:
    every = bytes(range(256)) * 300 + b"\r\n\x04\x03"
    (tmp_path / "every").write_bytes(every)
    async with lab(str(tmp_path)) as at:
        at.shell("it", "cat every; cat every >&2; printf 'no end of line'")
        await at.seen.end("it")
        assert at.seen.text("it") == every + b"no end of line"
        assert at.seen.text("it", Stream.STDERR) == every


@drive
async def test_a_program_that_buffers_pipes_by_the_block_is_heard_at_once() -> None:
    """sed is written in C and uses stdio: into a pipe it would keep its lines to itself until its end."""
    async with lab() as at:
        at.program("it", "sed", "s/a/b/", stdin=True)
        await at.seen.pid("it")
        at.engine.write_stdin("it", 1, b"abc\n")
        assert await at.seen.lines("it") == ["bbc"]
        at.engine.write_stdin("it", 1, b"aaa\n")
        assert await at.seen.lines("it", 2) == ["bbc", "baa"]
        assert at.seen.of("exited") == []


@drive
async def test_a_flood_starves_nobody() -> None:
    async with lab() as at:
        at.program("flood", "yes", "x" * 1000)
        at.shell("flood2", "yes >&2")
        at.program("quiet", "cat", stdin=True)
        await at.seen.pid("quiet")
        for count in range(1, 21):
            at.engine.write_stdin("quiet", 1, b"ping\n")
            before = sum(len(r[4]) for r in at.seen.of("output", "flood"))
            await at.seen.lines("quiet", count)
            grown = sum(len(r[4]) for r in at.seen.of("output", "flood")) - before
            assert grown < 50_000_000
            at.seen.reports = [
                r for r in at.seen.reports if not str(r[1]).startswith("flood") or r[0] != "output"
            ]
        at.engine.kill("flood", 1)
        at.engine.kill("flood2", 1)
        await at.seen.end("flood")
        await at.seen.end("flood2")


@drive
async def test_an_exit_is_reported_while_a_grandchild_keeps_the_output_open() -> None:
    async with lab() as at:
        at.shell("it", "(while :; do echo later; sleep 0.01; done) & echo mine; exit 4")
        assert await at.seen.end("it") == (4, None)
        assert b"mine\n" in at.seen.text("it")
        reported = len(at.seen.reports)
        await at.seen.until(lambda: any(r[0] == "output" for r in at.seen.reports[reported:]))
        at.engine.kill("it", 1)


@drive
async def test_an_exit_is_reported_while_a_grandchild_floods() -> None:
    async with lab() as at:
        at.shell("it", "yes & yes >&2 & exit 4")
        assert await at.seen.end("it") == (4, None)
        at.engine.kill("it", 1)


@drive
async def test_the_terminal_has_a_size_and_is_no_controlling_one() -> None:
    async with lab() as at:
        at.shell("it", "stty size <&1; stty -a <&1; test -t 2 || echo no; (: </dev/tty) 2>&1")
        await at.seen.end("it")
        text = at.seen.text("it").decode()
        assert text.startswith("24 120\n")
        for setting in ("-echo", "-opost", "-icanon", "-isig"):
            assert setting in text.split()
        assert "no\n" in text and "/dev/tty" in text.splitlines()[-1]


@drive
async def test_without_terminals_a_pipe_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left() -> tuple[int, int]:
        raise OSError(28, "No space left on device")

    async with lab() as at:
        monkeypatch.setattr(os, "openpty", none_left)
        at.shell("it", "test -t 1 || echo pipe")
        await at.seen.end("it")
        assert at.seen.text("it") == b"pipe\n"


@drive
async def test_a_listener_that_raises_loses_one_report_only() -> None:
    async with lab() as at:
        problems: list[object] = []
        import asyncio

        asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
        original, first = at.seen.exited, []

        def exited(*report: object) -> None:
            if not first:
                first.append(report)
                raise RuntimeError("listener is broken")
            original(*report)  # type: ignore[arg-type]

        at.seen.exited = exited  # type: ignore[method-assign,assignment]
        for i in range(10):
            at.program(f"u{i}", "true")
        await at.seen.until(lambda: len(at.seen.of("exited")) == 9)
        assert len(problems) == 1


@drive
async def test_a_nodes_lines_come_as_they_are_printed_and_in_utf_8() -> None:
    async with lab() as at:
        at.node("it", "wait", env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
        assert await at.seen.lines("it") == ["waiting"]
        at.node("odd", "print_odd", env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
        assert await at.seen.end("odd") == (0, None)
        assert at.seen.text("odd").decode() == "ü \\udcff\n"
