"""A foreign program's process: fork, prepare, exec, or a plain reason why not. Loaded in the zygote."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Mapping, Sequence
from typing import NoReturn

from orchestrator.engines.restrict import RefusedError
from orchestrator.engines.zygote import child, direct
from orchestrator.engines.zygote.explain import PERMANENT, ExecFailure, explain


def fork_program(
    argv: Sequence[str], env: Mapping[str, str], cwd: str, preparation: child.Preparation
) -> tuple[int, int]:
    """Fork a child that becomes `argv`. Returns its process id and a descriptor that tells how exec went.

    The descriptor closes without a byte when the program runs, else `read_failure` understands what it
    carries. Raises OSError when no process can be made.
    """
    reading, writing = status_pipe()
    try:
        pid = _fork(argv, env, cwd, preparation, writing)
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    return pid, reading


def _fork(
    argv: Sequence[str], env: Mapping[str, str], cwd: str, preparation: child.Preparation, status_fd: int
) -> int:
    """The short way where it is open, else the long one. Raises OSError."""
    plan = direct.plan(argv, env, cwd, preparation, status_fd)
    if plan is None:
        pid = os.fork()
        if pid == 0:
            _become(argv, env, cwd, preparation, status_fd)
        return pid

    def otherwise(error: OSError | None) -> NoReturn:
        """In the child: what is wrong with the program is found out by the long way."""
        _become(argv, env, cwd, error, status_fd)

    return plan.fork(otherwise)


def status_pipe() -> tuple[int, int]:
    """Where a child tells why it could not become what it was to be: the zygote's end, the child's end."""
    return os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK) if hasattr(os, "pipe2") else os.pipe()


def _become(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: str,
    before: child.Preparation | OSError | None,
    status_fd: int,
) -> NoReturn:
    """In the child: never returns. `before` is what is still to be done, or what has failed already."""
    try:
        try:
            if isinstance(before, OSError):
                raise before
            if before is not None:
                child.apply(before, keep=(status_fd,))
                child.release_signals(python=False)
            execute(argv, env)
        except OSError as error:
            os.write(status_fd, explain(error, argv[0], env, cwd).encode())
        except RefusedError as error:
            os.write(status_fd, ExecFailure(permanent=True, reason=str(error)).encode())
        except ValueError as error:  # a NUL, or a character that the locale's encoding lacks
            reason = f"{argv[0]}: its arguments or its environment cannot be passed on: {error}"
            os.write(status_fd, ExecFailure(permanent=True, reason=reason).encode())
        except BaseException:  # noqa: BLE001  nothing may run up the zygote's own stack in this process
            text = traceback.format_exc(limit=-3)
            os.write(status_fd, ExecFailure(permanent=True, reason=text).encode())
    finally:
        os._exit(child.CONFIGURATION_FAILED)


def execute(argv: Sequence[str], env: Mapping[str, str]) -> None:
    """Replace this process by the program, looked up in PATH as execvp(3) does, without its shell.

    Raises OSError: of all directories' errors the one that tells most.
    """
    program = argv[0]
    if "/" in program:
        os.execve(program, list(argv), dict(env))
    best = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
    found: OSError = best
    for directory in os.get_exec_path(env):
        try:
            os.execve(os.path.join(directory, program), list(argv), dict(env))  # noqa: PTH118
        except (FileNotFoundError, NotADirectoryError) as error:
            if os.path.lexists(os.path.join(directory, program)) and found is best:  # noqa: PTH118
                found = error
        except PermissionError as error:
            if found is best:
                found = error
        except OSError as error:
            found = error
            break
    raise found


def read_failure(status_fd: int) -> ExecFailure | None:
    """What the child wrote; None when exec succeeded (or the child was killed before it came to it).

    Raises BlockingIOError when it has not come so far yet.
    """
    data = os.read(status_fd, 1 << 16)
    return ExecFailure.decode(data) if data else None


def is_permanent(error: OSError) -> bool:
    """Whether trying again cannot help."""
    return error.errno in PERMANENT
