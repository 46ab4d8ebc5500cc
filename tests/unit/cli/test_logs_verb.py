"""`orchestrator logs` on stored files: who and what is chosen, and how it looks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.cli import main
from orchestrator.cli.harmless import harmless, original
from orchestrator.cli.moments import moment
from orchestrator.errors import UsageError
from orchestrator.projects import places
from orchestrator.projects.remembered import NAME, Remembered
from orchestrator.runtime.capture.encoding import Encoder, Source
from orchestrator.vocabulary import Stream

Capture = pytest.CaptureFixture[str]
T0 = 1_760_000_000.25


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """The state directory of a project that has run: two processes, three lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        patch.setenv("TZ", "UTC")
        patch.chdir(tmp_path)
        time.tzset()
        yield _filled(tmp_path)
    time.tzset()


def _filled(tmp_path: Path) -> Path:
    state = places.state_dir("lab", {"XDG_STATE_HOME": str(tmp_path / "state")})
    (state / places.LOGS).mkdir(parents=True)
    one = Remembered(
        project="lab",
        topology="lab",
        file="-",
        state_dir=state,
        since=T0 + 1,
        units={"feed": ("feed",), "worker-0": ("worker", "worker-0")},
    )
    (state / NAME).write_bytes(one.encode())
    _write(state, "feed", T0, b"\x1b[31mERROR\x1b[0m no disk\x07\n")
    _write(state, "worker-0", T0 + 1, b"one\n", Stream.STDERR)
    _write(state, "feed", T0 + 2, b'{"level":"info","trace_id":"t1"}\n')
    return state


def _write(state: Path, unit: str, seconds: float, block: bytes, stream: Stream = Stream.STDOUT) -> None:
    source = Source(unit=unit, node=unit.removesuffix("-0"), replica=0, attempt=1, stream=stream)
    with places.log_file(state, unit).open("ab") as file:
        file.write(Encoder(source).block(seconds, block))


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ([], ["ERROR no disk\\x07", "one", '{"level":"info","trace_id":"t1"}']),
        (["worker"], ["one"]),
        (["worker-0", "-t", "lab"], ["one"]),
        (["--tail", "1"], ['{"level":"info","trace_id":"t1"}']),
        (["--tail", "all", "--until", "2025-10-09T08:53:21.25Z"], ["ERROR no disk\\x07", "one"]),
        (["--since", "start"], ["one", '{"level":"info","trace_id":"t1"}']),
        (["--level", "warning"], ["ERROR no disk\\x07"]),
        (["--stream", "stderr"], ["one"]),
        (["--trace", "t1"], ['{"level":"info","trace_id":"t1"}']),
        (["--grep", "(?i)NO"], ["ERROR no disk\\x07"]),
        (["-f", "--grep", "one"], ["one"]),
        (["--grep", "nothing"], []),
    ],
)
def test_lines_are_chosen(words: list[str], shown: list[str], capsys: Capture) -> None:
    assert main(["logs", "--bare", *words]) == 0
    assert capsys.readouterr().out.splitlines() == shown


@pytest.mark.usefixtures("state")
def test_lines_have_time_and_name_and_colours_only_where_asked(capsys: Capture) -> None:
    assert main(["logs", "-n", "2"]) == 0
    assert capsys.readouterr().out == (
        '10-09 08:53:21.250 worker-0 | one\n10-09 08:53:22.250 feed     | {"level":"info","trace_id":"t1"}\n'
    )
    assert main(["logs", "--color", "always", "--tail", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "\x1b[2m10-09 08:53:21.250\x1b[0m \x1b[33mworker-0 |\x1b[0m \x1b[2mone\x1b[0m"
    )


@pytest.mark.usefixtures("state")
def test_json_is_the_stored_record_with_its_version(capsys: Capture) -> None:
    assert main(["logs", "worker", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "version": 1,
        "time": "2025-10-09T08:53:21.250000Z",
        "node": "worker",
        "replica": 0,
        "unit": "worker-0",
        "attempt": 1,
        "stream": "stderr",
        "level": None,
        "text": "one",
    }


def test_json_holds_no_control_character_of_a_node(
    state: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    _write(state, "feed", T0 + 3, "\x9b2J\x7f\x85\n".encode())
    assert main(["logs", "feed", "--format", "json", "--tail", "1"]) == 0
    shown = capfdbinary.readouterr().out
    assert not any(byte < 0x20 or byte > 0x7E for byte in shown.removesuffix(b"\n"))
    assert json.loads(shown)["text"] == "\x9b2J\x7f\x85"


def test_raw_and_bare_give_the_bytes_back(state: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    everything = bytes(code for code in range(256) if code != 10) * 3
    text = "\x1b[2J" + "ä\\x41" * 4
    encoder = Encoder(Source(unit="b", node="b", replica=0, attempt=1, stream=Stream.STDOUT))
    places.log_file(state, "b").write_bytes(
        encoder.line(T0, everything, continued=True)
        + encoder.block(T0, everything + b"\n" + text.encode() + b"\n")
    )
    assert main(["logs", "b", "--raw", "--bare"]) == 0
    assert capfdbinary.readouterr().out == everything * 2 + b"\n" + text.encode() + b"\n"


def test_damaged_lines_and_a_missing_directory_are_no_faults(state: Path, capsys: Capture) -> None:
    places.log_file(state, "feed").write_bytes(b'{"time":"2026-11-21T00:00:00.000000Z",no}\nwhat\n')
    assert main(["logs", "feed"]) == 0
    assert capsys.readouterr().out.splitlines() == []
    for file in (state / places.LOGS).iterdir():
        file.unlink()
    (state / places.LOGS).rmdir()
    assert main(["logs"]) == 0


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["wroker"], "lab has no node 'wroker'\nhelp: did you mean 'worker'?"),
        (["-t", "lba"], "'lba' has never run here\nhelp: did you mean 'lab'?"),
        (["--grep", "("], "no regular expression"),
        (["--since", "soon"], "--since: 'soon' is no time"),
        (["-f", "--until", "1m"], "exclude each other"),
        (["--tail", "-1"], "no number of lines"),
        (["--level", "loud"], "invalid choice"),
    ],
)
def test_mistakes_are_told(words: list[str], told: str, capsys: Capture) -> None:
    assert main(["logs", *words]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.skipif("os.getuid() == 0", reason="root reads everything")
def test_an_unreadable_file_is_told(state: Path, capsys: Capture) -> None:
    places.log_file(state, "feed").chmod(0)
    assert main(["logs"]) == 1
    assert "feed.jsonl: Permission denied" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "seconds"),
    [
        ("10m", T0 - 600),
        ("9999999999999d", 0),
        ("1h30m", T0 - 5400),
        ("2025-10-09", 1759968000),
        ("2025-10-09T08:00", 1759996800),
        ("2025-10-09T08:00:00.5+02:00", 1759989600.5),
        ("08:53:20", 1760000000),
        ("8:53", 1759999980),
        ("08:54", 1760000040 - 86400),
    ],
)
@pytest.mark.usefixtures("state")
def test_times_are_read_as_people_write_them(word: str, seconds: float) -> None:
    assert moment(word, "--since", T0) == seconds


@pytest.mark.parametrize("word", ["", "10", "soon", "25:00", "2025-13-01", "-5m", "0001-01-01"])
def test_other_words_are_no_times(word: str) -> None:
    with pytest.raises(UsageError):
        moment(word, "--since", T0)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain äöü\ttab 漢", "plain äöü\ttab 漢"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07a\x1b]8;;x\x1b\\b", "ab"),
        ("\x1b(B\x1b=\x1bcx", "x"),
        ("a\x1bP1;2q~~\x1b\\b", "ab"),
        ("\x1b]never ends", ""),
        ("\x1b", "\\x1b"),
        ("\x1b\x1b[31mx", "\\x1bx"),
        ("1%\r50%\r100%\r", "100%"),
        ("\x00\x7f\x9b2J", "\\x00\\x7f\\x9b2J"),
        ("a\u202eb\u2028", "a\\u202eb\\u2028"),
    ],
)
def test_nothing_steers_the_terminal(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_stored_text_becomes_the_bytes_it_was() -> None:
    assert original("\\x41\\\\", escaped=False) == b"\\x41\\\\"
    assert original("\\xff\\\\x41\\", escaped=True) == b"\xff\\x41\\"
