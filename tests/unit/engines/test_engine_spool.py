"""What nobody reads: in order, bounded, the newest of it, and what is lost is counted."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engines.zygote.spool import Spool


def read(spool: Spool) -> bytes:
    return b"".join(Path(name).read_bytes() for name in spool.files)


def test_nothing_written_makes_no_file(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path / "deep" / "1.out"))
    assert spool.files == () and spool.lost == 0 and list(tmp_path.iterdir()) == []


def test_it_comes_back_in_order(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path / "deep" / "1.out"))
    spool.write(b"one ")
    spool.write(b"two")
    assert read(spool) == b"one two"


@given(chunks=st.lists(st.binary(min_size=1, max_size=8), max_size=40))
def test_the_newest_is_kept_and_the_rest_is_counted(chunks: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        spool = Spool(f"{directory}/1.out", segment=16)
        for chunk in chunks:
            spool.write(chunk)
        everything, kept = b"".join(chunks), read(spool)
        assert everything.endswith(kept)
        assert spool.lost == len(everything) - len(kept)
        assert len(kept) <= 32
        assert len(kept) >= min(len(everything), 16 - 7)


def test_after_it_was_read_it_begins_anew(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path / "1.out"), segment=4)
    for _ in range(5):
        spool.write(b"abc")
    before = spool.files
    spool.clear()
    assert spool.lost == 0 and spool.files == () and list(tmp_path.iterdir()) == []
    spool.write(b"new")
    assert read(spool) == b"new" and not set(before) & set(spool.files)


def test_where_no_file_can_be_made_all_is_lost_and_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    spool = Spool(str(tmp_path / "file" / "1.out"))
    spool.write(b"abc")
    assert spool.lost == 3
    assert read(Spool(str(tmp_path / "file" / "2.out"))) == b""
