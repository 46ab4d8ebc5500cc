"""Changed texts to files and diffs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator.app.rewriting import Change, diff, rewrite
from orchestrator.errors import UsageError


def change(file: Path, before: str, after: str) -> Change:
    return Change(file=str(file), before=before, after=after)


def names(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir())


def test_a_file_keeps_its_mode_and_its_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: \xc3\xa4")
    file.chmod(0o640)
    rewrite([change(file, "a: 1\r\nb: ä", "a: 2\r\nb: ä")])
    assert file.read_bytes() == b"\xef\xbb\xbfa: 2\r\nb: \xc3\xa4"
    assert file.stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == ["a.yaml"]


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    real, link = tmp_path / "deep/real.yaml", tmp_path / "link.yaml"
    real.write_text("a")
    link.symlink_to("deep/real.yaml")
    rewrite([change(link, "a", "b")])
    assert link.is_symlink()
    assert real.read_text() == "b"


def test_when_one_file_is_read_only_none_is_changed(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    for file in (first, second):
        file.write_text("a")
    second.chmod(0o444)
    with pytest.raises(UsageError, match=r"b\.yaml is read-only") as told:
        rewrite([change(first, "a", "b"), change(second, "a", "b")])
    assert "chmod u+w" in (told.value.remedy or "")
    assert (first.read_text(), second.read_text()) == ("a", "a")
    assert names(tmp_path) == ["a.yaml", "b.yaml"]


def test_a_file_that_has_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    for now in ("other", "xa", ""):
        file.write_text(now)
        with pytest.raises(UsageError, match="has changed meanwhile"):
            rewrite([change(file, "a", "b")])
        assert file.read_text() == now
    file.unlink()
    with pytest.raises(UsageError, match="can't be written"):
        rewrite([change(file, "a", "b")])
    assert names(tmp_path) == []


def test_a_failing_replacement_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a")

    def busy(_source: str, _target: str) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(UsageError, match="resource busy"):
        rewrite([change(file, "a", "b")])
    assert names(tmp_path) == ["a.yaml"]
    assert file.read_text() == "a"


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch(1)")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\nb: 2\n", "a: 1\nb: 3\n"),
        ("a: 1\r\nb: 2\r\n", "a: 1\r\nb: 3\r\n"),
        ("\ufeffa: 1\nb", "\ufeffa: 2\nb"),
        ("a\nb", "a\nc"),
        ("a\x85b\u2028c\n", "a\x85x\u2028c\n"),
        ("a\nb\n", "a\nb"),
    ],
)
def test_patch_takes_the_diff(before: str, after: str, tmp_path: Path) -> None:
    file = tmp_path / "a b.yaml"
    file.write_bytes(before.encode())
    plain = Change(file="a b.yaml", before=before.removeprefix("\ufeff"), after=after.removeprefix("\ufeff"))
    told = "".join(diff(plain, before)).encode()
    subprocess.run(["patch", "-p0", "--binary"], input=told, cwd=tmp_path, check=True, capture_output=True)
    assert file.read_bytes() == after.encode()
