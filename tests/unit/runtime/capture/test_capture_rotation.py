"""Files of JSON lines: bounded, whole lines only, mended after a kill."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.runtime.capture.rotation import Limits, RotatingFile, WriteFailed, set_aside

NOW = 1_795_000_000.0
DAY = 86_400.0
USUAL = Limits(max_size=10_000_000, max_files=5, max_age_s=7 * DAY)


def _names(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def test_a_full_file_is_set_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "x.jsonl", replace(USUAL, max_size=10, max_files=3))
    for line in (b"aaaaaa\n", b"bb\n", b"cccccc\n", b"dddddd\n"):
        file.write(line, NOW)
    file.close()
    assert _names(tmp_path) == {
        "x.jsonl": b"dddddd\n",
        "x.jsonl.1": b"cccccc\n",
        "x.jsonl.2": b"aaaaaa\nbb\n",
    }
    file.write(b"eeeeee\n", NOW)
    assert _names(tmp_path) == {
        "x.jsonl": b"eeeeee\n",
        "x.jsonl.1": b"dddddd\n",
        "x.jsonl.2": b"cccccc\n",
    }


def test_what_is_larger_than_a_file_goes_in_one_of_its_own(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "x.jsonl", replace(USUAL, max_size=10, max_files=2))
    file.write(b"a" * 50 + b"\n", NOW)
    file.write(b"b\n", NOW)
    assert _names(tmp_path) == {"x.jsonl": b"b\n", "x.jsonl.1": b"a" * 50 + b"\n"}


def test_one_file_is_begun_anew(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "x.jsonl", replace(USUAL, max_size=10, max_files=1))
    file.write(b"aaaaaaaa\n", NOW)
    file.write(b"bbb\n", NOW)
    assert _names(tmp_path) == {"x.jsonl": b"bbb\n"}


def test_files_of_earlier_and_larger_limits_go(tmp_path: Path) -> None:
    for number in (1, 2, 7):
        (tmp_path / f"x.jsonl.{number}").write_bytes(b"%d\n" % number)
    (tmp_path / "x.jsonl.gz").write_bytes(b"not ours")
    file = RotatingFile(tmp_path / "x.jsonl", replace(USUAL, max_size=3, max_files=3))
    file.write(b"a\n", NOW)
    file.write(b"b\n", NOW)
    assert _names(tmp_path) == {
        "x.jsonl": b"b\n",
        "x.jsonl.1": b"a\n",
        "x.jsonl.2": b"1\n",
        "x.jsonl.gz": b"not ours",
    }


def test_an_old_file_is_set_aside_also_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    first = b'{"time":"2026-11-18T11:06:40.000000Z","text":"a"}\n'  # NOW
    limits = replace(USUAL, max_age_s=DAY)
    file = RotatingFile(path, limits)
    file.write(first, NOW)
    file.write(b"b\n", NOW + DAY - 1)
    file.close()
    again = RotatingFile(path, limits)
    again.write(b"c\n", NOW + DAY - 1)
    assert _names(tmp_path) == {"x.jsonl": first + b"b\nc\n"}
    again.write(b"d\n", NOW + DAY + 1)
    assert _names(tmp_path) == {"x.jsonl": b"d\n", "x.jsonl.1": first + b"b\nc\n"}
    again.write(b"e\n", NOW + DAY + 2)
    assert len(_names(tmp_path)) == 2


@pytest.mark.parametrize("whole", [b"", b"one\ntwo\n", b"x" * 200_000 + b"\n"])
@pytest.mark.parametrize("torn", [b"half a li", b"y" * 200_000])
def test_a_line_that_a_killed_writer_left_torn_is_cut_off(tmp_path: Path, whole: bytes, torn: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(whole + torn)
    RotatingFile(path, USUAL).write(b"three\n", NOW)
    assert path.read_bytes() == whole + b"three\n"


def test_a_file_that_somebody_removes_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "x.jsonl"
    file = RotatingFile(path, USUAL)
    file.write(b"a\n", NOW)
    assert path.parent.stat().st_mode & 0o777 == 0o700 and path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    file.write(b"b\n", NOW)
    assert path.read_bytes() == b"b\n"


def test_only_whole_lines_stay_of_a_write_that_fails_midway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = RotatingFile(tmp_path / "x.jsonl", USUAL)
    file.write(b"first\n", NOW)
    real, room = os.write, [9]

    def short(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = real(descriptor, data[: room[0]])
        room[0] -= done
        return done

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(WriteFailed) as failed:
        file.write(b"aaa\nbbb\nccc\nddd\n", NOW)
    assert failed.value.lost == 2 and failed.value.reason == "No space left on device"
    assert _names(tmp_path) == {"x.jsonl": b"first\naaa\nbbb\n"}
    room[0] = 1000
    file.write(b"eee\n", NOW)
    assert _names(tmp_path) == {"x.jsonl": b"first\naaa\nbbb\neee\n"}


def test_a_directory_that_cannot_be_made_is_a_failed_write(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    file = RotatingFile(tmp_path / "logs" / "x.jsonl", USUAL)
    with pytest.raises(WriteFailed) as failed:
        file.write(b"a\nb\n", NOW)
    assert failed.value.lost == 2
    (tmp_path / "logs").unlink()
    file.write(b"c\n", NOW)
    assert (tmp_path / "logs" / "x.jsonl").read_bytes() == b"c\n"


def test_only_numbers_are_older_files(tmp_path: Path) -> None:
    for name in (
        "x.jsonl.1",
        "x.jsonl.12",
        "x.jsonl.0",
        "x.jsonl.01",
        "x.jsonl.a",
        "x.jsonl.1.gz",
        "y.jsonl.1",
    ):
        (tmp_path / name).touch()
    assert sorted(n for n, _ in set_aside(tmp_path / "x.jsonl")) == [1, 12]
