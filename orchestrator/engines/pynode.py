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

from orchestrator.engines import child

_BASE_PATH = list(sys.path)


class _Popen(multiprocess.popen_fork.Popen):  # type: ignore[misc]  # untyped library
    """Forks and nothing else."""

    def _launch(self, process: NodeProcess) -> None:
        self.sentinel = -1
        self.pid = os.fork()
        if self.pid == 0:
            _live(process)


class NodeProcess(multiprocess.context.Process):  # type: ignore[misc]  # untyped library
    """Calls `target` (`module:function`) with `payload`, as a process of its own."""

    def __init__(self, *, name: str, target: str, payload: bytes, preparation: child.Preparation) -> None:
        super().__init__(name=name)
        self.target = target
        self.payload = payload
        self.preparation = preparation

    @staticmethod
    def _Popen(process: NodeProcess) -> _Popen:  # noqa: N802  the library's name for its seam
        return _Popen(process)

    def run(self) -> None:
        """In the child, called by multiprocess."""
        sys.stdin = sys.__stdin__
        module, _, function = self.target.partition(":")
        getattr(importlib.import_module(module), function)(self.payload)


def fork_node(process: NodeProcess, env: Mapping[str, str], cwd: str) -> int:
    """Start the process with this environment and return its id. Raises OSError when none can be made."""
    _set_environment(env)
    _set_path(env.get("PYTHONPATH", ""), cwd)
    sys.argv = [process.name]
    process.start()
    # Forgotten at once: multiprocess would wait for it, and look at each of its siblings on every start.
    multiprocess.process._children.discard(process)
    pid: int = process.pid
    return pid


def look_fresh() -> None:
    """In the zygote, once: what its children see of the interpreter is what a fresh one shows."""
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


def _set_environment(env: Mapping[str, str]) -> None:
    """Give the zygote, and so its next child, this environment. Most of it is there already."""
    zone = os.environ.get("TZ")
    for name in os.environ.keys() - env.keys():
        del os.environ[name]
    for name, value in env.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    if os.environ.get("TZ") != zone:
        time.tzset()


def _set_path(python_path: str, cwd: str) -> None:
    """Put what the next child's PYTHONPATH adds in front of the supervisor's own module search path."""
    entries = [os.path.join(cwd, entry) for entry in python_path.split(os.pathsep) if entry]  # noqa: PTH118  hot
    path = [*(entry for entry in entries if entry not in _BASE_PATH), *_BASE_PATH]
    if path != sys.path:
        sys.path[:] = path


def _live(process: NodeProcess) -> None:
    """The whole life of the child: never returns."""
    code = 1
    try:
        child.apply(process.preparation)
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


def _parent_sentinel(parent: int) -> int:
    """What `multiprocess.parent_process()` waits for: readable once the zygote has ended."""
    if hasattr(os, "pidfd_open"):
        return os.pidfd_open(parent)
    return os.pipe()[0]
