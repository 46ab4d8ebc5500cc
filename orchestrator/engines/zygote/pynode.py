"""A Python node's process: a `multiprocess` process, forked from the warm zygote. Loaded in the zygote.

`multiprocess` is told to fork through its own seam (`Process._Popen`), because its stock `Popen` keeps two
pipes per child and reaps children itself, which here is the zygote's business.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
import time
import traceback
from collections.abc import Mapping
from types import ModuleType
from typing import IO

import multiprocess.context
import multiprocess.popen_fork
import multiprocess.process

from orchestrator.engines.restrict import RefusedError
from orchestrator.engines.zygote import child
from orchestrator.engines.zygote.explain import ExecFailure


class _Popen(multiprocess.popen_fork.Popen):  # type: ignore[misc]  # untyped library
    """Forks and nothing else."""

    def _launch(self, process: NodeProcess) -> None:
        self.sentinel = -1
        self.pid = os.fork()
        if self.pid == 0:
            _live(process)


class NodeProcess(multiprocess.context.Process):  # type: ignore[misc]  # untyped library
    """Calls `target` (`module:function`) with `payload`, as a process of its own."""

    def __init__(
        self,
        *,
        name: str,
        target: str,
        payload: bytes,
        changes: Mapping[str, str | None],
        preparation: child.Preparation,
    ) -> None:
        super().__init__(name=name)
        self.target = target
        self.payload = payload
        self.changes = changes
        self.preparation = preparation
        self.status_fd = -1
        """Where to tell that a limit was refused; closed when all is well. -1: nothing can be refused."""

    @staticmethod
    def _Popen(process: NodeProcess) -> _Popen:  # noqa: N802  the library's name for its seam
        return _Popen(process)

    def run(self) -> None:
        """In the child, called by multiprocess."""
        sys.stdin = sys.__stdin__
        module, _, function = self.target.partition(":")
        code = getattr(importlib.import_module(module), function)(self.payload)
        if code:
            sys.exit(code)  # multiprocess makes it the exit code; it has no eye for what `run` returns


def fork_node(process: NodeProcess) -> int:
    """Start the process and return its id. Raises OSError when none can be made."""
    process.start()
    # Forgotten at once: multiprocess would wait for it, and look at each of its siblings on every start.
    multiprocess.process._children.discard(process)
    pid: int = process.pid
    return pid


def look_fresh(env: Mapping[str, str]) -> None:
    """In the zygote, once: what its children see of the interpreter is what a fresh one in `env` shows."""
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    # Nothing of the zygote is to be found in `__main__`; the old module stays referenced by its functions.
    sys.modules["__main__"] = ModuleType("__main__")
    reading, writing = os.pipe()
    for fd, name, mode, shown in (
        (0, "stdin", "r", reading),
        (1, "stdout", "w", writing),
        (2, "stderr", "w", writing),
    ):
        saved = os.dup(fd)
        os.dup2(shown, fd)  # a stream remembers what it stood for when it was made: a pipe, in the child too
        stream = _text_stream(fd, mode)
        os.dup2(saved, fd)
        os.close(saved)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.close(reading)
    os.close(writing)
    # Else multiprocess would open /dev/null in every child; `NodeProcess.run` sets it again.
    sys.stdin = None


def _text_stream(fd: int, mode: str) -> IO[str]:
    """Flushed by the line, and no character is one that it cannot show: a log line must not kill a node."""
    errors = "backslashreplace" if mode == "w" else "surrogateescape"
    return open(fd, mode, buffering=1, encoding="utf-8", errors=errors, closefd=False)


def _change_environment(changes: Mapping[str, str | None]) -> None:
    """Make the environment the node's own, with what the interpreter itself would have read from it."""
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if "TZ" in changes:
        time.tzset()
    if changes.get("PYTHONPATH"):
        entries = [os.path.abspath(entry) for entry in os.environ["PYTHONPATH"].split(os.pathsep) if entry]  # noqa: PTH100
        sys.path[:0] = [entry for entry in entries if entry not in sys.path]


def _live(process: NodeProcess) -> None:
    """The whole life of the child: never returns."""
    code = 1
    try:
        _prepare(process)
        sys.argv = [process.name]
        _change_environment(process.changes)
        child.release_signals(python=True)
        gc.enable()
        code = process._bootstrap(parent_sentinel=_parent_sentinel(process.preparation.parent))
        atexit._run_exitfuncs()  # os._exit below would skip what the node's libraries registered
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001  nothing may run up the zygote's own stack in this process
        traceback.print_exc()
    finally:
        os._exit(code & 0xFF)


def _prepare(process: NodeProcess) -> None:
    """Ends this process where a limit is refused, after it has told why."""
    if process.status_fd < 0:
        child.apply(process.preparation)
        return
    try:
        child.apply(process.preparation, keep=(process.status_fd,))
    except RefusedError as error:
        os.write(process.status_fd, ExecFailure(permanent=True, reason=str(error)).encode())
        os._exit(child.CONFIGURATION_FAILED)
    os.close(process.status_fd)


def _parent_sentinel(parent: int) -> int:
    """What `multiprocess.parent_process()` waits for: readable once the zygote has ended."""
    if hasattr(os, "pidfd_open"):
        return os.pidfd_open(parent)
    return os.pipe()[0]
