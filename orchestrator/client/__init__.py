"""The other end of the API: asks a running supervisor, and waits for the answer.

Loads nothing but the standard library, because every verb that looks at a running topology starts with it.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from orchestrator.errors import RunError, UsageError
from orchestrator.wire import api

_CONNECT_S: Final = 5.0
ANSWER_S: Final = 30.0
"""How long an answer may take; a supervisor that is frozen gives none."""


class SupervisorGoneError(RunError):
    """The supervisor ended while it was spoken with."""

    def __init__(self) -> None:
        super().__init__("the supervisor has ended")


class DeadlinePassedError(RunError):
    """It took longer than the caller wanted to wait."""

    def __init__(self) -> None:
        super().__init__("it took too long")


class Client:
    """One connection. Requests are answered in turn. Not for several threads."""

    def __init__(self, path: Path, *, answer_s: float = ANSWER_S) -> None:
        """`answer_s`: how long one answer may take. Raises RunError when nobody answers at `path`."""
        if not hasattr(socket, "AF_UNIX"):
            raise RunError("this platform has no unix sockets, and so no way to speak with a supervisor")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_CONNECT_S)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise RunError(
                f"the supervisor does not answer at {path}: {error.strerror or 'no answer in time'}",
                "it may be starting or ending; `orchestrator list` shows what runs",
            ) from error
        self.path = path
        self._lines = self._socket.makefile("rb")
        self._last = 0
        self._answer_s = answer_s

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def fileno(self) -> int:
        """The connection's descriptor. Readable while nothing was asked for: the supervisor has hung up."""
        return self._socket.fileno()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def call(self, do: str, **args: Any) -> dict[str, Any]:
        """Ask for one operation and return its result.

        Raises UsageError for what the supervisor refuses, SupervisorGoneError when it ends before it answers,
        RunError when it gives no answer.
        """
        number = self._ask(do, args, self._answer_s)
        while True:
            try:
                answer = self._answer(self._answer_s)
            except TimeoutError as error:
                raise RunError(
                    f"the supervisor gives no answer for {self._answer_s:g} s",
                    "it may be halted or very busy: `orchestrator doctor` tells which",
                ) from error
            if answer.get("id") == number and "result" in answer:
                found: dict[str, Any] = answer["result"]
                return found

    def stream(self, do: str, *, deadline: float | None = None, **args: Any) -> Iterator[dict[str, Any]]:
        """The items of a stream until its end, however long they take.

        Raises as `call` does, and DeadlinePassedError at `deadline` (monotonic seconds).
        """
        self._ask(do, args, None)
        while True:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise DeadlinePassedError
            try:
                answer = self._answer(left)
            except TimeoutError as error:
                raise DeadlinePassedError from error
            if "item" in answer:
                yield answer["item"]
            elif "result" in answer:
                return

    def _ask(self, do: str, args: dict[str, Any], timeout: float | None) -> int:
        self._last += 1
        self._socket.settimeout(timeout)
        try:
            self._socket.sendall(api.request(self._last, do, args))
        except OSError as error:
            raise SupervisorGoneError from error
        return self._last

    def _answer(self, timeout: float | None) -> dict[str, Any]:
        self._socket.settimeout(timeout)
        try:
            line = self._lines.readline()
        except TimeoutError:
            raise
        except OSError as error:
            raise SupervisorGoneError from error
        if not line.endswith(b"\n"):
            raise SupervisorGoneError
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise UsageError(answer["error"]["message"], answer["error"].get("remedy"))
        return answer
