"""The supervisors that are compared: how each is told to run a load, and how it is told to stop."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

BARE_LOOP = Path(__file__).parent / "bare_loop.py"


@dataclass(frozen=True, kw_only=True)
class Load:
    """`count` processes of one program, restarted whenever they end."""

    argv: tuple[str, ...]
    count: int
    grace_s: float = 10.0
    """Seconds between the stop signal and SIGKILL, for supervisors that can be told so."""
    quick: bool = False
    """Replacements as quickly as the supervisor can be told to make them; else as it does by itself."""

    @property
    def shell(self) -> str:
        return "exec " + shlex.join(self.argv)


class Contestant:
    """One supervisor. `programs` must be found on the PATH or in the directory of the peers."""

    name: ClassVar[str]
    programs: ClassVar[tuple[str, ...]] = ()
    version_words: ClassVar[tuple[str, ...]] = ("--version",)
    stop_signal: ClassVar[int] = signal.SIGTERM

    def __init__(self, peers: Path | None) -> None:
        places = os.environ["PATH"] if peers is None else f"{peers}{os.pathsep}{os.environ['PATH']}"
        self.found = {program: shutil.which(program, path=places) for program in self.programs}

    @property
    def missing(self) -> str | None:
        """What would have to be installed."""
        return next((program for program, path in self.found.items() if path is None), None)

    @property
    def version(self) -> str:
        """As the program itself tells it."""
        if not self.version_words:
            return ""
        words = [self.path(self.programs[0]), *self.version_words]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return next((w for w in done.stdout.split() if w[:1].isdigit()), "")

    def path(self, program: str) -> str:
        path = self.found[program]
        assert path is not None
        return path

    def prepare(self, directory: Path, load: Load) -> list[str]:
        """Write what the supervisor reads; the command that runs it in the foreground."""
        raise NotImplementedError


class Orchestrator(Contestant):
    name = "orchestrator"

    @property
    def version(self) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "orchestrator", "--version"], capture_output=True, text=True, check=False
        )
        return done.stdout.split()[-1]

    def prepare(self, directory: Path, load: Load) -> list[str]:
        backoff = ", backoff: {initial: 0s, max: 0s}" if load.quick else ""
        (directory / "topology.yaml").write_text(
            f"version: 1\nname: compared\nnodes:\n  p:\n    command: {list(load.argv)!r}\n"
            f"    replicas: {load.count}\n    stop: {{grace: {load.grace_s:g}s}}\n"
            f"    restart: {{policy: always, max_restarts: 100000{backoff}}}\n"
        )
        return [sys.executable, "-m", "orchestrator", "up", str(directory / "topology.yaml")]


class Supervisord(Contestant):
    name = "supervisord"
    programs = ("supervisord",)

    def prepare(self, directory: Path, load: Load) -> list[str]:
        (directory / "supervisord.conf").write_text(
            "[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\n"
            f"pidfile={directory}/supervisord.pid\nminfds=4096\n"
            f"[program:p]\ncommand={shlex.join(load.argv)}\nnumprocs={load.count}\n"
            "process_name=%(program_name)s_%(process_num)d\nautorestart=true\nstartsecs=0\n"
            f"stopwaitsecs={max(1, round(load.grace_s))}\nstopasgroup=true\nkillasgroup=true\n"
            "stdout_logfile=NONE\nstderr_logfile=NONE\n"
        )
        return [self.path("supervisord"), "-c", str(directory / "supervisord.conf")]


class Circus(Contestant):
    name = "circus"
    programs = ("circusd",)

    def prepare(self, directory: Path, load: Load) -> list[str]:
        delay = "check_delay = 0.1\n" if load.quick else ""
        (directory / "circus.ini").write_text(
            f"[circus]\n{delay}endpoint = ipc://{directory}/e\npubsub_endpoint = ipc://{directory}/p\n"
            f"[watcher:p]\ncmd = {load.argv[0]}\nargs = {shlex.join(load.argv[1:])}\n"
            f"numprocesses = {load.count}\ngraceful_timeout = {load.grace_s:g}\nstop_children = True\n"
            "max_retry = -1\ncopy_env = True\n"
        )
        return [self.path("circusd"), str(directory / "circus.ini")]


class Honcho(Contestant):
    name = "honcho"
    programs = ("honcho",)

    def prepare(self, directory: Path, load: Load) -> list[str]:
        (directory / "Procfile").write_text(f"p: {load.shell}\n")
        words = ["-f", str(directory / "Procfile"), "-d", str(directory), "start", "-c", f"p={load.count}"]
        return [self.path("honcho"), *words]


class ProcessCompose(Contestant):
    name = "process-compose"
    programs = ("process-compose",)
    version_words = ("version",)

    def prepare(self, directory: Path, load: Load) -> list[str]:
        (directory / "process-compose.yaml").write_text(
            f'version: "0.5"\nprocesses:\n  p:\n    command: "{load.shell}"\n    replicas: {load.count}\n'
            "    availability: {restart: always, backoff_seconds: 1}\n"
            f"    shutdown: {{timeout_seconds: {max(1, round(load.grace_s))}}}\n"
        )
        words = ["up", "--tui=false", "--no-server", "-f", str(directory / "process-compose.yaml")]
        return [self.path("process-compose"), *words]


class Runit(Contestant):
    name = "runit"
    programs = ("runsvdir", "runsv")
    version_words = ()
    stop_signal = signal.SIGHUP  # runsvdir(8): TERM would leave all services running

    def prepare(self, directory: Path, load: Load) -> list[str]:
        services = directory / "services"
        for number in range(load.count):
            _script(services / f"p{number}" / "run", load.shell)
        return [self.path("runsvdir"), str(services)]


class S6(Contestant):
    name = "s6"
    programs = ("s6-svscan", "s6-supervise")
    version_words = ()

    def prepare(self, directory: Path, load: Load) -> list[str]:
        services = directory / "services"
        for number in range(load.count):
            _script(services / f"p{number}" / "run", load.shell)
            (services / f"p{number}" / "timeout-kill").write_text(f"{round(load.grace_s * 1000)}\n")
        return [self.path("s6-svscan"), str(services)]


class BareLoop(Contestant):
    name = "a bare loop"

    @property
    def version(self) -> str:
        return ""

    def prepare(self, directory: Path, load: Load) -> list[str]:
        return [sys.executable, str(BARE_LOOP), str(load.count), f"{load.grace_s:g}", *load.argv]


def _script(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


ALL: tuple[type[Contestant], ...] = (
    Orchestrator,
    Supervisord,
    Circus,
    Honcho,
    ProcessCompose,
    Runit,
    S6,
    BareLoop,
)
