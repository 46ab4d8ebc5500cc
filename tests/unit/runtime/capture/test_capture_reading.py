"""Logs read back: by time, from the end, several as one, and on through rotations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.runtime.capture.encoding import Encoder, Source, timestamp
from orchestrator.runtime.capture.following import Follower
from orchestrator.runtime.capture.merging import Merged
from orchestrator.runtime.capture.reading import Line, LogFiles, parse
from orchestrator.runtime.capture.rotation import Limits, RotatingFile
from orchestrator.runtime.capture.wanting import choice
from orchestrator.vocabulary import Stream

T0 = 1_000_000.0


def _encoder(unit: str = "a", stream: Stream = Stream.STDOUT) -> Encoder:
    return Encoder(Source(unit=unit, node=unit, replica=0, attempt=1, stream=stream))


def _log(path: Path, *, per_file: int = 1000, unit: str = "a") -> tuple[RotatingFile, Encoder]:
    size = len(_encoder(unit).block(T0, b"0000\n"))
    return RotatingFile(path, Limits(max_size=per_file * size, max_files=100, max_age_s=1e9)), _encoder(unit)


def _fill(path: Path, numbers: Iterable[int], *, per_file: int = 1000, unit: str = "a") -> None:
    file, encoder = _log(path, per_file=per_file, unit=unit)
    for number in numbers:
        file.write(encoder.block(T0 + number, b"%04d\n" % number), T0)
    file.close()


def _numbers(lines: Iterable[Line]) -> list[int]:
    return [int(line.fields["text"]) for line in lines]


def _line(block: bytes, encoder: Encoder | None = None) -> Line:
    found = parse((encoder or _encoder()).block(T0, block))
    assert found is not None
    return found


@given(count=st.integers(0, 40), per_file=st.integers(1, 9), data=st.data())
def test_what_was_written_is_read_from_any_time_on_and_backwards(
    tmp_path_factory, count: int, per_file: int, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("log") / "a.jsonl"
    _fill(path, range(count), per_file=per_file)
    files = LogFiles(path)
    assert _numbers(files.since()) == list(range(count))
    assert _numbers(files.backward()) == list(range(count))[::-1]
    since = data.draw(st.floats(-2, count + 2))
    found = _numbers(files.since(timestamp(T0 + since)))
    assert found == [number for number in range(count) if timestamp(T0 + number) >= timestamp(T0 + since)]
    files.close()


def test_lines_longer_than_a_block_are_read_in_both_directions(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    file, encoder = _log(path)
    texts = [b"a" * 200_000, b"b", b"c" * 70_000]
    for number, text in enumerate(texts):
        file.write(encoder.line(T0 + number, text), T0)
    file.close()
    files = LogFiles(path)
    sizes = [200_000, 1, 70_000]
    assert [len(line.fields["text"]) for line in files.since()] == sizes
    assert [len(line.fields["text"]) for line in files.backward()] == sizes[::-1]
    assert [len(line.fields["text"]) for line in files.since(timestamp(T0 + 2))] == [70_000]
    files.close()


def test_torn_and_foreign_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    _fill(path, [0])
    with path.open("ab") as file:
        file.write(b"what is this\n\n" + _encoder().block(T0 + 1, b"1\n") + b'{"time":"20')
    files = LogFiles(path)
    assert _numbers(files.since()) == [0, 1]
    assert _numbers(files.backward()) == [1, 0]
    follower = Follower(path, files)
    with path.open("ab") as file:
        file.write(b'26-11-21T00:00:00.000000Z","node":"a","text":"2"}\n')
    assert _numbers(follower.poll()) == [2]
    follower.close()
    files.close()
    assert parse(b'{"time":"2026-11-21T00:00:00.000000Z",broken}\n').fields == {}


def test_a_log_is_followed_through_rotations_from_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    _fill(path, range(5), per_file=4)
    files = LogFiles(path)
    follower = Follower(path, files)
    file, encoder = _log(path, per_file=4)
    found = []
    for number in range(5, 60):
        file.write(encoder.block(T0 + number, b"%04d\n" % number), T0)
        if number in (5, 6, 20, 21, 22, 40):
            found += _numbers(follower.poll())
    found += _numbers(follower.poll())
    assert found == list(range(5, 60))
    assert not follower.missed
    assert _numbers(follower.poll()) == []
    for one in (follower, files, file):
        one.close()


def test_a_log_that_does_not_exist_yet_is_followed_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "a.jsonl"
    files = LogFiles(path)
    follower = Follower(path, files)
    assert _numbers(follower.poll()) == []
    _fill(path, range(10), per_file=4)
    assert _numbers(follower.poll()) == list(range(10))
    path.write_bytes(_encoder().block(T0, b"7777\n"))
    assert _numbers(follower.poll()) == [7777], "a file that was emptied is read from its beginning"
    follower.close()


def test_files_that_went_before_they_were_read_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    _fill(path, range(3))
    with Merged({"a": path}) as logs:
        assert _numbers(logs.past()) == [0, 1, 2]
        assert _numbers(logs.new()) == []
        path.unlink()
        _fill(path, range(10, 13))
        assert _numbers(logs.new()) == [10, 11, 12]
        assert logs.missed() == ["a"]
        assert logs.missed() == []


def test_several_logs_are_one_in_the_order_of_time(tmp_path: Path) -> None:
    even, odd, later = (tmp_path / f"{name}.jsonl" for name in ("even", "odd", "later"))
    _fill(even, range(0, 20, 2), per_file=3)
    _fill(odd, range(1, 20, 2))
    with Merged({"even": even, "odd": odd}) as logs:
        assert _numbers(logs.past()) == list(range(20))
        assert _numbers(logs.past(tail=4)) == [16, 17, 18, 19]
        assert _numbers(logs.past(tail=0)) == []
        between = {"since": timestamp(T0 + 3), "until": timestamp(T0 + 9)}
        assert _numbers(logs.past(**between)) == [3, 4, 5, 6, 7, 8, 9]
        assert _numbers(logs.past(**between, tail=2)) == [8, 9]
        seventh = choice(pattern=re.compile("7$"))
        assert _numbers(logs.past(seventh)) == _numbers(logs.past(seventh, tail=5)) == [7, 17]
        _fill(odd, [21, 23])
        _fill(even, [22])
        _fill(later, [20, 24])
        logs.join({"later": later, "odd": odd})
        assert _numbers(logs.new()) == [20, 21, 22, 23, 24]


def test_lines_are_chosen_by_level_stream_trace_and_pattern() -> None:
    error = _line(b"ERROR no disk\n")
    plain = _line(b'says "level":"error" and "stream":"stderr"\n')
    traced = _line(b'{"level":"info","trace_id":"t\\u00e41"}\n')
    aside = _line(b"note\n", _encoder(stream=Stream.STDERR))
    missing = parse(_encoder().missing(T0, 3, "No space left on device"))
    assert missing is not None
    lines = [error, plain, traced, aside, missing]

    def chosen(**how: object) -> list[Line]:
        wanted = choice(**how)  # type: ignore[arg-type]
        return [line for line in lines if wanted(line)]

    assert chosen() == lines
    assert chosen(level="error") == [error, missing]
    assert chosen(level="info") == [error, traced, missing]
    assert chosen(streams=["stderr"]) == [aside, missing]
    assert chosen(trace="tä1") == [traced, missing]
    assert chosen(pattern=re.compile("no[ t]")) == [error, aside, missing]
    assert chosen(level="error", pattern=re.compile("nothing")) == [missing]
