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
from typing import TextIO

import multiprocess.context
import multiprocess.popen_fork
import multiprocess.process

from orchestrator.engines import child


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
        env: Mapping[str, str],
        preparation: child.Preparation,
    ) -> None:
        super().__init__(name=name)
        self.target = target
        self.payload = payload
        self.env = env
        self.preparation = preparation

    @staticmethod
    def _Popen(process: NodeProcess) -> _Popen:  # noqa: N802  the library's name for its seam
        return _Popen(process)

    def run(self) -> None:
        """In the child, called by multiprocess."""
        if self.preparation.stdin_is_pipe:  # multiprocess has put /dev/null in its place
            stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
            sys.stdin = sys.__stdin__ = stdin  # type: ignore[misc]
        module, _, function = self.target.partition(":")
        getattr(importlib.import_module(module), function)(self.payload)


def fork_node(process: NodeProcess) -> int:
    """Start the process and return its id. Raises OSError when none can be made."""
    process.start()
    # Forgotten at once: multiprocess would wait for it, and look at each of its siblings on every start.
    multiprocess.process._children.discard(process)
    pid: int = process.pid
    return pid


def _live(process: NodeProcess) -> None:
    """The whole life of the child: never returns."""
    code = 1
    try:
        child.apply(process.preparation)
        _settle(process)
        child.release_signals(python=True)
        code = process._bootstrap(parent_sentinel=_parent_sentinel(process.preparation.parent))
        atexit._run_exitfuncs()  # os._exit below would skip what the node's libraries registered
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001  nothing may run up the zygote's own stack in this process
        traceback.print_exc()
    finally:
        os._exit(code & 0xFF)


def _settle(process: NodeProcess) -> None:
    """Look like a fresh interpreter: environment, arguments, main module, streams, collector."""
    os.environ.clear()
    os.environ.update(process.env)
    time.tzset()
    entries = [entry for entry in process.env.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:0] = [entry for entry in map(os.path.abspath, entries) if entry not in sys.path]
    sys.argv = [process.name]
    sys.modules["__main__"] = ModuleType("__main__")
    sys.stdout = sys.__stdout__ = _text_stream(1)  # type: ignore[misc,assignment]
    sys.stderr = sys.__stderr__ = _text_stream(2)  # type: ignore[misc,assignment]
    gc.enable()


def _text_stream(fd: int) -> TextIO:
    """Flushed by the line, and no character is one that it cannot show: a log line must not kill a node."""
    return open(fd, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _parent_sentinel(parent: int) -> int:
    """What `multiprocess.parent_process()` waits for: readable once the zygote has ended."""
    if hasattr(os, "pidfd_open"):
        return os.pidfd_open(parent)
    return os.pipe()[0]
