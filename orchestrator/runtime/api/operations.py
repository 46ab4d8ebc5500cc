"""Everything that can be asked for, by name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, TypeAlias

from orchestrator.runtime.api import changing, commands
from orchestrator.runtime.api.context import Context
from orchestrator.runtime.api.follow import follow
from orchestrator.runtime.api.links import links
from orchestrator.runtime.api.sockets import sockets
from orchestrator.runtime.api.status import status, watch
from orchestrator.runtime.api.taps import tap
from orchestrator.wire.api import API

Answer: TypeAlias = Callable[[Context, dict[str, Any]], Awaitable[dict[str, Any]]]
"""One result. Raises ApiError for arguments that make no sense."""
Stream: TypeAlias = Callable[[Context, dict[str, Any]], AsyncIterator[dict[str, Any]]]
"""Items, and then an empty result."""


async def hello(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Who is there, and what can be asked for."""
    del args
    return {"api": API, **asdict(context.record()), "operations": sorted((*ANSWERS, *STREAMS))}


ANSWERS: Final[Mapping[str, Answer]] = {
    "hello": hello,
    "status": status,
    "links": links,
    "sockets": sockets,
    "plan": changing.plan,
    "down": commands.down,
    "start": commands.start,
    "stop": commands.stop,
    "restart": commands.restart,
    "kill": commands.kill,
}
STREAMS: Final[Mapping[str, Stream]] = {
    "watch": watch,
    "follow": follow,
    "tap": tap,
    "apply": changing.apply,
}
COMMANDS: Final = frozenset({"down", "start", "stop", "restart", "kill"})
"""Those that are told to the terminal and the journal."""
