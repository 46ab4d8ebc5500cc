"""Which of several handlers a topic goes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Call = Callable[[Any, Any], Any]
_REMEMBERED: Final = 10_000
"""Topics whose handler is remembered."""


def _nothing(_message: Any, _topic: Any) -> None:
    """A topic that no method names, where nothing takes the rest."""


def by_topic(handlers: Mapping[str, Call], default: Call | None) -> Call:
    """A handler that passes each message on by its topic.

    A key with `*` at its end means all topics that begin so. The topic itself is closer than a beginning,
    and a longer beginning closer than a shorter one.
    """
    exact = {topic: call for topic, call in handlers.items() if not topic.endswith("*")}
    beginnings = sorted(
        ((topic[:-1], call) for topic, call in handlers.items() if topic.endswith("*")),
        key=lambda entry: -len(entry[0]),
    )
    rest: Call = default or _nothing
    if not beginnings:

        def exactly(message: Any, topic: Any) -> Any:
            return exact.get(topic, rest)(message, topic)

        return exactly
    known = dict(exact)

    def find(topic: str | None) -> Call:
        if topic is None:
            return rest
        found = next((call for beginning, call in beginnings if topic.startswith(beginning)), rest)
        if len(known) < _REMEMBERED:
            known[topic] = found
        return found

    def closest(message: Any, topic: Any) -> Any:
        call = known.get(topic)
        return (call if call is not None else find(topic))(message, topic)

    return closest
