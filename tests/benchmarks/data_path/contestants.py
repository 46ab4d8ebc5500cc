"""Who moves messages here: bare loops, and other frameworks. Each runs one load, as it is meant to be used."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data_path.traffic import Load

PROGRAMS = Path(__file__).parent / "programs"
TIMEOUT_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one run has shown."""

    latencies_ns: list[int]
    rate: float
    """Messages per second, from the first send of the flood until its last message has been read."""
    lost: int
    """Of all that was sent, paced and flood."""
    send_ns: int | None = None
    """Time on a processor that the sending thread takes for a message of the flood, where it is known."""
    receive_ns: int | None = None


class Failure(Exception):
    """A run that told nothing; the text says why."""


class Contestant(ABC):
    name: str
    slower: int = 1
    """Its flood has so many times fewer messages, so that a run does not take minutes."""

    @property
    def missing(self) -> str | None:
        """What would have to be installed."""
        return None

    @property
    def version(self) -> str:
        return ""

    @abstractmethod
    def commands(self, directory: Path, load: Load) -> list[list[str]]:
        """Write what is needed; what to run side by side."""

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def run(self, load: Load) -> Found:
        """One run. Raises Failure."""
        with tempfile.TemporaryDirectory(prefix="data-") as text:
            directory = Path(text)
            result = directory / "result.json"
            flood = max(100, load.flood // self.slower)
            load = replace(load, result=str(result), flood=flood)
            with _running(self.commands(directory, load), directory, self.environment()) as processes:
                _wait(result, processes, directory)
            found = json.loads(result.read_text())
            sender = result.with_suffix(".sender")
            send_ns = int(sender.read_text()) if sender.exists() else None
        sent, received = load.paced + flood, len(found["latencies_ns"]) + found["flood"]
        rate = found["flood"] / found["seconds"] if found["seconds"] else 0.0
        return Found(
            latencies_ns=found["latencies_ns"],
            rate=rate,
            lost=sent - received,
            send_ns=send_ns,
            receive_ns=found.get("spent_ns"),
        )


@contextlib.contextmanager
def _running(
    commands: Sequence[Sequence[str]], directory: Path, environment: dict[str, str]
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The commands, each in a group of its own; at the end all of it is gone."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for number, command in enumerate(commands):
            with (directory / f"output-{number}").open("wb") as output:
                processes.append(
                    subprocess.Popen(
                        command,
                        cwd=directory,
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                )
        yield processes
    finally:
        for process in processes:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asked to end, and made to: with all of its group."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(0.1)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait(result: Path, processes: list[subprocess.Popen[bytes]], directory: Path) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not _complete(result):
        failed = any(process.poll() not in (None, 0) for process in processes)
        ended = all(process.poll() is not None for process in processes) and not _complete(result)
        if failed or ended or time.monotonic() > deadline:
            told = "\n".join(path.read_text(errors="replace")[-1500:] for path in directory.glob("output-*"))
            raise Failure(f"no result: {told or 'nothing was printed'}")
        time.sleep(0.02)


def _complete(result: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        json.loads(result.read_text())
        return True
    return False


class Bare(Contestant):
    """Two loops with pyzmq, and nothing else."""

    name = "pyzmq"

    @property
    def version(self) -> str:
        import zmq

        return f"{zmq.__version__} (libzmq {zmq.zmq_version()})"

    def commands(self, directory: Path, load: Load) -> list[list[str]]:
        program = [sys.executable, str(PROGRAMS / "bare.py")]
        address = f"ipc://{directory}/s"
        return [[*program, part, address, load.arguments()] for part in ("receive", "send")]


class Native(Contestant):
    """Two loops in C, with the very libzmq that pyzmq brings along, where it does; else the system's."""

    name = "libzmq in C"

    def __init__(self, directory: Path) -> None:
        self.program = directory / "loop"
        self._missing: str | None = None
        compiler = shutil.which("cc")
        if compiler is None:
            self._missing = "a C compiler"
            return
        command = [
            compiler,
            "-O2",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-o",
            str(self.program),
            str(PROGRAMS / "loop.c"),
        ]
        done = subprocess.run([*command, *self._library()], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self._missing = f"libzmq with its headers ({done.stderr.strip().splitlines()[-1]})"

    @staticmethod
    def _library() -> list[str]:
        import zmq

        bundled = sorted((Path(zmq.__file__).parents[1] / "pyzmq.libs").glob("libzmq*.so*"))
        if not bundled:
            return ["-lzmq"]
        return [str(bundled[0]), f"-Wl,-rpath,{bundled[0].parent}", "-Wl,--allow-shlib-undefined"]

    @property
    def missing(self) -> str | None:
        return self._missing

    @property
    def version(self) -> str:
        return subprocess.run(
            [self.program, "version"], capture_output=True, text=True, check=True
        ).stdout.strip()

    def commands(self, directory: Path, load: Load) -> list[list[str]]:
        numbers = [load.size, load.paced, round(load.gap_s * 1e9), load.flood]
        words = [f"ipc://{directory}/s", *map(str, numbers), load.result]
        return [[str(self.program), part, *words] for part in ("receive", "send")]


class _Peer(Contestant):
    """A framework of the index, in an environment of its own."""

    module: str
    programs: tuple[str, ...] = ("python",)

    def __init__(self, peers: Path | None) -> None:
        self.peers = peers

    @property
    def missing(self) -> str | None:
        if self.peers is None:
            return "--peers"
        return next((name for name in self.programs if not (self.peers / name).exists()), None)

    @property
    def version(self) -> str:
        code = f"from importlib.metadata import version; print(version({self.module!r}))"
        return subprocess.run(
            [self.python, "-c", code], capture_output=True, text=True, check=False
        ).stdout.strip()

    @property
    def python(self) -> str:
        return str(self.peers / "python") if self.peers else sys.executable

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{self.peers}{os.pathsep}{os.environ['PATH']}"}


class Dora(_Peer):
    """dora-rs, with `dora run`: two Python nodes, and the queue that drops nothing."""

    name, module, slower = "dora", "dora-rs", 20
    programs = ("python", "dora")

    def commands(self, directory: Path, load: Load) -> list[list[str]]:
        path, environment = PROGRAMS / "dora_node.py", json.dumps({"LOAD": load.arguments()})
        (directory / "flow.yaml").write_text(
            f"nodes:\n"
            f"  - {{id: source, path: {path}, args: send, outputs: [ticks], env: {environment}}}\n"
            f"  - {{id: sink, path: {path}, args: receive, env: {environment},\n"
            f"     inputs: {{ticks: {{source: source/ticks, queue_size: 1000, queue_policy: backpressure}}}}}}\n"
        )
        return [[str(self.peers / "dora"), "run", "flow.yaml"]] if self.peers else []


class Ezmsg(_Peer):
    """ezmsg: two units, each in a process of its own."""

    name, module, slower = "ezmsg", "ezmsg", 20

    def commands(self, directory: Path, load: Load) -> list[list[str]]:
        return [[self.python, str(PROGRAMS / "ezmsg_app.py"), load.arguments()]]
