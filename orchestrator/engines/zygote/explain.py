"""Why a program could not be started, in words, with the nearest help. Runs in the failed child."""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PERMANENT = frozenset(
    {
        errno.ENOENT,
        errno.EACCES,
        errno.EPERM,
        errno.ENOEXEC,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.E2BIG,
    }
)
"""Errors of execve(2) and chdir(2) that trying again does not cure."""

_MAX_REASON = 3000
"""Characters; what is written to the status pipe stays below PIPE_BUF and so in one piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecFailure:
    """What the half-made child tells the zygote."""

    permanent: bool
    reason: str

    def encode(self) -> bytes:
        text = self.reason[:_MAX_REASON].encode(errors="replace")[:4000]
        return (b"P" if self.permanent else b"T") + text

    @classmethod
    def decode(cls, data: bytes) -> ExecFailure:
        return cls(permanent=data[:1] == b"P", reason=data[1:].decode(errors="replace"))


def explain(error: OSError, program: str, env: Mapping[str, str], cwd: str) -> ExecFailure:
    """The failure of an exec, with what probably helps."""
    return ExecFailure(permanent=error.errno in PERMANENT, reason=_reason(error, program, env, cwd))


def explain_cwd(error: OSError, cwd: str) -> str:
    """Why a working directory cannot be used."""
    if isinstance(error, FileNotFoundError):
        return f"working directory {cwd} does not exist"
    if isinstance(error, NotADirectoryError):
        return f"working directory {cwd} is not a directory"
    return f"working directory {cwd} cannot be used: {error.strerror}"


def _reason(error: OSError, program: str, env: Mapping[str, str], cwd: str) -> str:
    located = error.filename if isinstance(error.filename, str) else program
    subject = program if located == program else f"{program} ({located})"
    match error.errno:
        case errno.ENOENT if "/" in located and os.path.lexists(located):
            return _missing_interpreter(located, cwd)
        case errno.ENOENT | errno.ENOTDIR:
            return _missing(program, env, cwd)
        case errno.EACCES | errno.EPERM if Path(located).is_dir():
            return f"{subject}: is a directory, not a program"
        case errno.EACCES | errno.EPERM:
            return f"{subject}: may not be executed; is its x bit set (chmod +x)?"
        case errno.ENOEXEC:
            return f"{subject}: is no program this machine can run; a script needs a #! line"
        case errno.E2BIG:
            return f"{program}: its arguments and environment are larger than the kernel takes"
        case errno.ETXTBSY:
            return f"{subject}: is still being written"
    return f"{program}: cannot be started: {error.strerror}"


def _missing_interpreter(located: str, cwd: str) -> str:
    if not Path(located).exists():
        return f"{located}: is a symbolic link to {Path(located).readlink()}, which does not exist"
    try:
        with Path(located).open("rb") as file:
            first = file.readline(256)
    except OSError:
        first = b""
    if first.startswith(b"#!"):
        line = first[2:].decode(errors="replace")
        if line.endswith("\r\n"):  # the kernel takes the carriage return for a part of the name
            return f"{located}: its lines end as on Windows, so its #! line names no program; see dos2unix(1)"
        interpreter = line.strip()
        return f"{located}: its #! line names {interpreter!r}, which does not exist"
    return f"{located}: the loader or a library it names does not exist (built for another system?)"


def _missing(program: str, env: Mapping[str, str], cwd: str) -> str:
    if "/" in program:
        return (
            f"{program}: no such file{_seen_from(program, cwd)}{_did_you_mean(program, _neighbours(program))}"
        )
    if Path(program).is_file():
        return f"{program}: no such program in PATH; the file is in {cwd}: write ./{program}"
    return f"{program}: no such program in PATH{_did_you_mean(program, _programs(env))}"


def _seen_from(program: str, cwd: str) -> str:
    return "" if program.startswith("/") else f" in {cwd}"


def _did_you_mean(word: str, candidates: Iterator[str]) -> str:
    close = difflib.get_close_matches(word, set(candidates), n=1, cutoff=0.75)
    return f"; did you mean {close[0]}?" if close else ""


def _neighbours(program: str) -> Iterator[str]:
    directory, _, _ = program.rpartition("/")
    for name in _names(directory or "/"):
        yield f"{directory}/{name}"


def _programs(env: Mapping[str, str]) -> Iterator[str]:
    for directory in os.get_exec_path(env):
        yield from _names(directory)


def _names(directory: str) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(directory) if not entry.is_dir()]
    except OSError:
        return []
