"""What is said of a program that could not be started."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from orchestrator.engines.zygote.explain import ExecFailure, explain, explain_cwd


def _error(number: int, filename: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), filename)


@pytest.mark.parametrize(
    ("number", "permanent"),
    [
        (errno.ENOENT, True),
        (errno.EACCES, True),
        (errno.ENOEXEC, True),
        (errno.E2BIG, True),
        (errno.EAGAIN, False),
        (errno.ENOMEM, False),
        (errno.ETXTBSY, False),
        (errno.EMFILE, False),
    ],
)
def test_only_what_cannot_pass_is_permanent(number: int, permanent: bool) -> None:
    failure = explain(_error(number), "prog", {"PATH": "/nowhere"}, "/")
    assert failure.permanent is permanent
    assert failure.reason.startswith("prog")


def test_a_name_far_from_all_others_gets_no_suggestion(tmp_path: Path) -> None:
    (tmp_path / "gateway").touch()
    assert explain(_error(errno.ENOENT), "zzz", {"PATH": str(tmp_path)}, "/").reason == (
        "zzz: no such program in PATH"
    )
    assert explain(_error(errno.ENOENT), "gatway", {"PATH": str(tmp_path)}, "/").reason == (
        "gatway: no such program in PATH; did you mean gateway?"
    )


def test_a_program_found_in_path_is_named_with_its_place(tmp_path: Path) -> None:
    located = tmp_path / "prog"
    located.touch()
    reason = explain(_error(errno.EACCES, str(located)), "prog", {}, "/").reason
    assert reason == f"prog ({located}): may not be executed; is its x bit set (chmod +x)?"


def test_a_binary_without_its_loader(tmp_path: Path) -> None:
    located = tmp_path / "prog"
    located.write_bytes(b"\x7fELF")
    reason = explain(_error(errno.ENOENT, str(located)), str(located), {}, "/").reason
    assert reason == f"{located}: the loader or a library it names does not exist (built for another system?)"


def test_a_script_with_the_line_ends_of_windows(tmp_path: Path) -> None:
    """To the kernel its interpreter is `/bin/sh\\r`: "/bin/sh does not exist" would help nobody."""
    located = tmp_path / "prog"
    located.write_bytes(b"#!/bin/sh\r\necho hello\r\n")
    reason = explain(_error(errno.ENOENT, str(located)), str(located), {}, "/").reason
    assert reason == (
        f"{located}: its lines end as on Windows, so its #! line names no program; see dos2unix(1)"
    )


def test_unknown_errors_are_told_in_the_systems_words() -> None:
    assert explain(_error(errno.EIO), "prog", {}, "/").reason == "prog: cannot be started: Input/output error"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOENT, "working directory /x does not exist"),
        (errno.ENOTDIR, "working directory /x is not a directory"),
        (errno.EACCES, "working directory /x cannot be used: Permission denied"),
    ],
)
def test_working_directories(number: int, text: str) -> None:
    assert explain_cwd(_error(number), "/x") == text


def test_a_failure_travels_in_one_piece_however_long() -> None:
    for permanent in (True, False):
        failure = ExecFailure(permanent=permanent, reason="ü" * 10_000)
        data = failure.encode()
        assert len(data) <= 4096
        decoded = ExecFailure.decode(data)
        assert decoded.permanent is permanent
        assert failure.reason.startswith(decoded.reason.rstrip("\ufffd"))
