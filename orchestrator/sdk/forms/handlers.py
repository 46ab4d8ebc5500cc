"""Which method of a node's class handles what: `on_<socket>`, `@on("socket", topic=…)`, and their types.

Works on classes and socket types alone, so that a checker can ask before anything runs.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.forms.marks import marked, marks_of
from orchestrator.sdk.forms.signatures import signature_of
from orchestrator.sdk.forms.topics import by_topic
from orchestrator.vocabulary import SocketType

MUST_HANDLE: Final = (
    SocketType.SUB,
    SocketType.PULL,
    SocketType.XSUB,
    SocketType.REP,
    SocketType.ROUTER,
)
"""What arrives there piles up unseen when no handler takes it."""
_HAVE_TOPICS: Final = (SocketType.SUB, SocketType.XSUB)

Extra = Any
Call = Callable[[Any, Extra], Any]
"""A handler that takes the message and its topic or peer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """How a class handles one socket. Names are those of its methods."""

    default: str | None
    """Takes what no topic's method does."""
    topics: tuple[tuple[str, str], ...] = ()
    """(topic, method)."""

    @property
    def methods(self) -> tuple[str, ...]:
        return (*((self.default,) if self.default else ()), *(method for _, method in self.topics))


def handlings(node: object, given: Mapping[str, SocketType]) -> dict[str, Handling]:
    """How a node or its class handles each of the sockets it is given (by their Python words), as far as it
    does.

    Raises NodeError for two methods that want the same, and a topic where there are none.
    """
    owner = node if isinstance(node, type) else type(node)
    defaults = {word: f"on_{word}" for word in given if getattr(node, f"on_{word}", None) is not None}
    topics: dict[str, list[tuple[str, str]]] = {}
    for method, function in marked(owner):
        for mark in marks_of(function):
            word = mark.socket.replace("-", "_").replace(".", "_")
            if word not in given:
                raise NodeError(_no_socket(owner, method, mark.socket, given))
            if mark.topic is None:
                if defaults.setdefault(word, method) != method:
                    raise NodeError(
                        f"{owner.__name__}.{defaults[word]} and {method} both handle {mark.socket}",
                        "one handler per socket, or one per topic of it",
                    )
            elif given[word] not in _HAVE_TOPICS:
                raise NodeError(
                    f"{owner.__name__}.{method} handles a topic of {mark.socket}, "
                    f"and a {given[word]} has no topics"
                )
            else:
                _add(topics.setdefault(word, []), owner, mark.topic, method)
    return {
        word: Handling(default=defaults.get(word), topics=tuple(topics.get(word, ())))
        for word in given
        if word in defaults or word in topics
    }


def _add(topics: list[tuple[str, str]], owner: type, topic: str, method: str) -> None:
    other = next((m for t, m in topics if t == topic), None)
    if other is not None:
        raise NodeError(f"{owner.__name__}.{other} and {method} both handle the topic {topic!r}")
    topics.append((topic, method))


def _no_socket(owner: type, method: str, socket: str, given: Mapping[str, SocketType]) -> str:
    near = difflib.get_close_matches(socket, given, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(given) or 'none'}"
    return f"{owner.__name__}.{method} handles the socket {socket!r}, and there is none ({hint})"


def unhandled(owner: type, given: Mapping[str, SocketType]) -> list[str]:
    """What is wrong with the handlers of a class that does not own its loop."""
    try:
        found = handlings(owner, given)
    except NodeError as error:
        return [error.message]
    return [
        not_handled(owner, word)
        for word, socket_type in given.items()
        if socket_type in MUST_HANDLE and word not in found
    ]


def not_handled(owner: type, word: str) -> str:
    """The words for a socket whose messages nobody takes."""
    name = f"on_{word}"
    near = difflib.get_close_matches(name, [m for m in dir(owner) if m.startswith("on_")], n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"socket {word!r} receives, and {owner.__name__} has no method {name}{hint}"


def adapt(handler: Callable[..., Any]) -> Call:
    """A callable of message and extra, whichever of the two the handler takes."""
    return handler if takes_more(handler) else (lambda message, _extra: handler(message))


def takes_more(handler: Callable[..., Any]) -> bool:
    """Whether a handler takes the topic or the peer beside the message."""
    signature = signature_of(handler)
    return len(signature.required_positional) >= 2 or signature.any_positional


def calling(node: object, handling: Handling) -> Call:
    """What to call with each message of a socket."""
    default = None if handling.default is None else adapt(getattr(node, handling.default))
    if not handling.topics:
        assert default is not None
        return default
    return by_topic({topic: adapt(getattr(node, method)) for topic, method in handling.topics}, default)


def message_type(function: Callable[..., Any]) -> tuple[Any, str | None]:
    """The annotation of a handler's message, and the text of one that cannot be read. None: not annotated."""
    try:
        parameters = signature_of(function).parameters
    except (TypeError, ValueError):
        return None, None
    return read_note(next((p.annotation for p in parameters if p.positional), None), function)


def read_note(note: Any, function: Callable[..., Any]) -> tuple[Any, str | None]:
    """An annotation of a function's parameter, and its text where it cannot be read."""
    if note is inspect.Parameter.empty or not isinstance(note, str):
        return (None if note is inspect.Parameter.empty else note), None
    while isinstance(function, functools.partial):
        function = function.func
    inner = inspect.unwrap(getattr(function, "__func__", function))
    names = getattr(inner, "__globals__", None) or vars(sys.modules[type(function).__module__])
    try:
        return eval(note, dict(names), {}), None  # noqa: S307 - an annotation of the user's own function
    except Exception:  # noqa: BLE001 - a name that is there for type checkers alone
        return None, note


__all__ = [
    "MUST_HANDLE",
    "Handling",
    "adapt",
    "calling",
    "handlings",
    "message_type",
    "not_handled",
    "read_note",
    "unhandled",
]
