"""Which files have changed: by what they hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.app.changed import Files


@pytest.fixture
def one(tmp_path: Path) -> Path:
    path = tmp_path / "one"
    path.write_text("before")
    os.utime(path, (1, 1))
    return path


@pytest.fixture
def files(one: Path) -> Files:
    files = Files()
    files.watch([str(one), str(one.with_name("later"))])
    return files


def test_what_holds_something_else_has_changed_once(files: Files, one: Path) -> None:
    assert files.changed() == set()
    one.write_text("behind")
    assert files.changed() == {str(one)}
    assert files.changed() == set()


def test_a_new_time_alone_is_no_change(files: Files, one: Path) -> None:
    os.utime(one, (2, 2))
    assert files.changed() == set()


def test_an_editor_that_gives_a_new_file_the_old_name(files: Files, one: Path) -> None:
    one.rename(one.with_name("one~"))
    assert files.changed() == set()
    one.with_name("new").write_text("behind")
    one.with_name("new").rename(one)
    assert files.changed() == {str(one)}


def test_a_file_that_appears(files: Files, one: Path) -> None:
    one.with_name("later").write_text("x")
    assert files.changed() == {str(one.with_name("later"))}


def test_what_is_forgotten_counts_when_it_is_saved_as_it_was(files: Files, one: Path) -> None:
    files.forget([str(one), "never seen"])
    assert files.changed() == set()
    os.utime(one, (2, 2))
    assert files.changed() == {str(one)}


def test_what_is_watched_already_keeps_what_was_known(files: Files, one: Path) -> None:
    one.write_text("behind")
    files.watch([str(one)])
    assert files.changed() == {str(one)}
    files.watch([])
    one.write_text("more")
    assert files.changed() == set()
