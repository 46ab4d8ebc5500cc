"""`orchestrator top`: a running topology on the whole screen."""

from __future__ import annotations

import argparse
import os
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from orchestrator.cli.targets import add_target_arguments, chosen
from orchestrator.errors import ExitCode, OrchestratorError, UsageError

if TYPE_CHECKING:
    from orchestrator.cli.top_view import View
    from orchestrator.client import Client

HELP = "Watch a running topology on the whole screen: rates, latencies, restarts."
EXAMPLE = """
orchestrator top
orchestrator top market-data --every 500ms
"""
_ENTER: Final = "\x1b[?1049h\x1b[?25l"
_LEAVE: Final = "\x1b[?25h\x1b[?1049l"
_ARROWS: Final = {"\x1b[A": "up", "\x1b[B": "down", "\x1b[5~": "page up", "\x1b[6~": "page down"}
_KEY: Final = re.compile("\x1b\\[[0-9;]*[A-Za-z~]|.", re.DOTALL)
"""One key: a control sequence of a terminal (ECMA-48), or a character."""
_STEPS: Final = {"up": -1, "down": 1, "page up": -10, "page down": 10}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser, positional=True)
    parser.add_argument("--every", metavar="TIME", default="1s", help="how often to look (default: 1s)")


def run(args: argparse.Namespace) -> int:
    """0 when it was left or the topology ended, 2 when no such topology runs or this is no terminal."""
    from orchestrator.cli.changing import seconds
    from orchestrator.client import Client, SupervisorGoneError
    from orchestrator.projects.places import API

    every_s = max(seconds(args.every, "--every") or 1.0, 0.1)
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.name != "posix":
        raise UsageError("top needs a terminal", "`orchestrator ps` prints the same once")
    project = chosen(args)
    try:
        with Client(project.run_dir / API) as client, _terminal():
            _Top(client, project.name, every_s).run()
    except SupervisorGoneError:
        sys.stdout.write(f"{project.name} has ended\n")
    return ExitCode.OK


@contextmanager
def _terminal() -> Iterator[None]:
    """Single keys without echo, on the other screen; everything as it was at the end."""
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    sys.stdout.write(_ENTER)
    try:
        yield
    finally:
        sys.stdout.write(_LEAVE)
        sys.stdout.flush()
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


class _Top:
    def __init__(self, client: Client, project: str, every_s: float) -> None:
        from orchestrator.cli.top_view import Meter, View

        self._client = client
        self._project = project
        self._every_s = every_s
        self._meter = Meter()
        self._view: View = View()
        self._status: dict[str, Any] = {}

    def run(self) -> None:
        """Until `q`, Ctrl-C, or the end of the topology."""
        with selectors.DefaultSelector() as selector:
            selector.register(sys.stdin, selectors.EVENT_READ)
            try:
                while True:
                    self._look()
                    due = time.monotonic() + self._every_s
                    while (left := due - time.monotonic()) > 0:
                        self._draw()
                        if selector.select(left) and not all(map(self._press, _keys())):
                            return
            except KeyboardInterrupt:
                return

    def _look(self) -> None:
        self._status = self._client.call("status", usage=True)
        self._loads = self._meter.loads(self._status, time.monotonic())

    def _draw(self) -> None:
        from orchestrator.cli.top_view import screen

        columns, rows = os.get_terminal_size()
        lines = screen(self._status, self._loads, self._view, columns, rows)
        text = "".join(f"{line}\x1b[K\r\n" for line in lines[:-1]) + lines[-1] + "\x1b[K"
        sys.stdout.write(f"\x1b[H{text}\x1b[J")
        sys.stdout.flush()

    def _press(self, key: str) -> bool:
        """Do what a key is for. False: leave."""
        from orchestrator.cli.top_view import ordered

        view = self._view
        view.message = ""
        if key in ("q", "\x1b", ""):
            return False
        if key in _STEPS:
            view.move(ordered(self._status["units"], self._loads, view.order), _STEPS[key])
        elif key == "o":
            view.next_order()
        elif view.selected is not None:
            self._act(key, view.selected)
        return True

    def _act(self, key: str, unit: str) -> None:
        stopped = next(u["pid"] is None for u in self._status["units"] if u["unit"] == unit)
        commands = {"r": "restart", "k": "kill", "s": "start" if stopped else "stop"}
        if key == "l":
            self._show_log(unit)
        elif key in commands:
            try:
                self._client.call(commands[key], units=[unit], reason=f"orchestrator top: {commands[key]}")
                self._view.message = f"{unit}: asked to {commands[key]}"
            except OrchestratorError as error:
                self._view.message = error.message

    def _show_log(self, unit: str) -> None:
        """The log on the plain screen, until Ctrl-C."""
        sys.stdout.write(_LEAVE + f"log of {unit}; Ctrl-C goes back\n")
        sys.stdout.flush()
        words = ["logs", "-f", "--tail", "200", "-t", self._project, unit]
        with suppress(KeyboardInterrupt):
            subprocess.run([sys.executable, "-P", "-m", "orchestrator", *words], check=False)
        sys.stdout.write(_ENTER)


def _keys() -> list[str]:
    """The keys that were pressed, arrows by name; one that is nothing where the input has ended."""
    data = os.read(sys.stdin.fileno(), 64).decode("utf-8", "replace")
    return [_ARROWS.get(key, key) for key in _KEY.findall(data)] or [""]
