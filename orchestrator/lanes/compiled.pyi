"""What is compiled from the C files of this directory."""

from collections import deque
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

REVISION: int
DIGEST: str

class Tally:
    """What went through a socket. `number`: of the last record that was given one."""

    sent: int
    sent_bytes: int
    received: int
    received_bytes: int
    number: int

class Row:
    """What came from a sender: the number that comes next (0: not known), how many messages, and the next
    number of each topic."""

    next: int
    received: int
    @property
    def topics(self) -> dict[Any, int]: ...

class Steps:
    """What a loop has done, and since when it has worked (monotonic seconds; 0 while it waits)."""

    steps: int
    busy_since: float

class Last:
    """The message that came last: bytes that begin with its header."""

    data: bytes | memoryview

class Traced:
    """The trace of a piece of work, as what it sends carries it: trace id, span id, flags."""

    def fixed(self) -> tuple[bytes, bytes, int] | None:
        """It, with a span of its own from now on; None where it is not known here."""

    def fix(self, trace_id: bytes, span_id: bytes, flags: int, /) -> None:
        """This is it."""

    def forget(self) -> None:
        """It is not known here any more."""

class OutLane:
    """The short way out. Called as `Socket.send` is."""

    quick: bool
    encode: Callable[[Any], Any] | None
    check: Callable[[Any], Any] | None
    head: str | None
    def __init__(
        self,
        *,
        tally: Tally,
        aside: Callable[..., None],
        hand_on: Callable[[Any, str | None], None],
        limit: int,
        topical: bool,
    ) -> None: ...
    def __call__(
        self, message: Any, *, topic: Any = None, peer: Any = None, timeout: float | None = None
    ) -> None: ...
    def attach(self, address: int, /) -> None: ...
    def detach(self) -> None: ...
    def meet_own_process(self) -> None: ...
    def envelope(
        self,
        *,
        plain: bytes,
        traced: bytes,
        trace_at: int,
        fingerprint: int,
        counted: bool,
        scopes: dict[str, int],
        work: ContextVar[Any],
    ) -> None: ...

class InLane:
    """The short way in."""

    quick: bool
    decode: Callable[[Any], Any] | None
    check: Callable[[Any], Any] | None
    @property
    def holds(self) -> bool:
        """Whether something is held that has been received already."""
    def __init__(
        self,
        *,
        tally: Tally,
        pending: deque[Any],
        aside: Callable[[], tuple[Any, Any] | None],
        unusual: Callable[[list[bytes], str], None],
        misread: Callable[[ValueError, list[bytes], str, Any], None],
        topical: bool,
    ) -> None: ...
    def take(self) -> tuple[Any, Any] | None: ...
    def drain(
        self,
        call: Callable[..., Any],
        simple: bool,
        route: Callable[[Any, Any], None],
        steps: Steps,
        control: Any,
        limit: int,
        /,
    ) -> bool: ...
    def serve(
        self,
        call: Callable[..., Any],
        simple: bool,
        route: Callable[[Any, Any], None],
        steps: Steps,
        control: Any,
        limit: int,
        wake: int,
        timeout_ms: int,
        /,
    ) -> bool: ...
    def iterate(
        self, receive: Callable[[], tuple[Any, Any] | None], steps: Steps, control: Any, /
    ) -> Iterator[Any]: ...
    def attach(self, address: int, /) -> None: ...
    def detach(self) -> None: ...
    def meet_own_process(self) -> None: ...
    def envelope(
        self, *, look: Callable[[Any, int], None], work: ContextVar[Any], arrival: Any, last: Last
    ) -> None: ...
    def know(self, header: bytes, trace_at: int, account: Row, /) -> None: ...
    def forget(self) -> None: ...

class Rest:
    """A node's sleep, as long as nothing is due meanwhile; else `aside` sleeps."""

    def __init__(self, *, steps: Steps, control: Any, aside: Callable[[float], bool]) -> None: ...
    def __call__(self, seconds: float, /) -> bool: ...

def load(path: str, /) -> None:
    """Find libzmq in the library at `path`, which is loaded already. Raises OSError."""

def seed(number: int, /) -> None:
    """Where span ids begin: a random number of 64 bits."""

def join(records: list[bytes], /) -> bytes | None:
    """The payload of a batch; None where a record is not bytes."""

def split(payload: bytes | memoryview, count: int, /) -> list[bytes] | None:
    """The records; None where they do not fill the payload."""
