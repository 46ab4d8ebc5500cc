"""What can be told of a node by importing it: whether its target is there, and whether its params and sockets
are those that its code declares. Runs nothing of the node's but what its import and its Params run.

`python -m orchestrator.sdk.inspecting.examining` reads jobs and writes what it finds, both as lines of
JSON: the checker lets another process import what users write.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from orchestrator.sdk.errors import NodeError, ParamsError, TargetError
from orchestrator.sdk.forms.declared import declarations_of, misfits
from orchestrator.sdk.forms.params import build_params
from orchestrator.sdk.node import Node
from orchestrator.sdk.reports.tracebacks import in_one_line, where
from orchestrator.sdk.resolve import resolve
from orchestrator.vocabulary import JsonValue, SocketType

if TYPE_CHECKING:
    from orchestrator.sdk.lists.worlds import World

IMPORT: Final = "import"
PARAMS: Final = "params"
SOCKETS: Final = "sockets"
_LIGHT: Final = ("raw", "text", "json", "msgpack")
"""Codecs that need no schema and no library to be made."""
_EXPRESSION: Final = "${{"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One node to look at."""

    node: str
    target: str
    """`module:qualname`, or `stock:NAME`."""
    directory: str
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    sockets: Mapping[str, str] = field(default_factory=dict)
    """name -> type."""
    subscribe: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The beginnings of topics that SUBs and XSUBs ask for."""
    codecs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that would keep the node from starting."""

    kind: str
    """`import`, `params` or `sockets`."""
    message: str
    remedy: str | None = None


def examine(job: Job) -> list[Problem]:
    """Everything that is wrong, as far as it can be told."""
    try:
        target = _target(job)
    except TargetError as error:
        return [_not_importable(error)]
    try:
        if inspect.isclass(target):
            return _of_class(target, job)
        if not callable(target):
            return [Problem(kind=IMPORT, message=f"{job.target} is no class and no function")]
        return _of_function(target, job)
    except NodeError as error:
        return [Problem(kind=SOCKETS, message=error.message, remedy=error.remedy)]


def _target(job: Job) -> object:
    if job.target.startswith("stock:"):
        from orchestrator.sdk.catalogue import find_node

        return find_node(job.target.removeprefix("stock:"))
    return resolve(job.target, job.directory)


def _not_importable(error: TargetError) -> Problem:
    message = error.message
    if error.cause is not None:
        place = where(error.cause)
        message = in_one_line(error.cause) + (f" ({place})" if place else "")
    return Problem(kind=IMPORT, message=message, remedy=error.remedy)


def _of_class(target: type, job: Job) -> list[Problem]:
    name = target.__qualname__
    if not issubclass(target, Node):
        message = f"{name} is a class that does not derive from Node"
        return [Problem(kind=IMPORT, message=message, remedy=f"write class {target.__name__}(Node)")]
    problems = []
    declared = getattr(target, "Params", None)
    if declared is not None:
        problems += _of_params(declared, job.params)
    given = {_word(socket): SocketType(kind) for socket, kind in job.sockets.items()}
    wrong = misfits(name, declarations_of(target), given)
    if wrong:  # what its handlers lack then is the same mistake
        return [*problems, *(Problem(kind=SOCKETS, message=told) for told in wrong)]
    subscribed = {_word(socket): asked for socket, asked in job.subscribe.items()}
    return problems + (_of_handlers(target, given, subscribed) or _of_types(target, job))


def _of_types(target: type[Node], job: Job) -> list[Problem]:
    """Whether messages can become the types that declarations and handlers name."""
    from orchestrator.sdk.forms.receiving import give_types

    world = _world(job)
    try:
        node = target.__new__(target)
        node._attach(world.context(job.node, {}), None)
        give_types(node)
    except NodeError as error:
        return [Problem(kind=SOCKETS, message=error.message, remedy=error.remedy)]
    finally:
        world.control.close()
    return []


def _world(job: Job) -> World:
    """Sockets on which nothing is sent or received."""
    from orchestrator.sdk.lists.worlds import World

    return World(job.sockets, {name: codec for name, codec in job.codecs.items() if codec in _LIGHT})


def _of_params(declared: type, params: Mapping[str, JsonValue]) -> list[Problem]:
    """An expression is evaluated at the start: what it gives is not known yet."""
    known = {name: value for name, value in params.items() if not _has_expression(value)}
    try:
        build_params(declared, known)
    except ParamsError as error:
        later = [name for name in params if name not in known]
        told = [
            text
            for text in error.message.split("; ")
            if not any(text.startswith(f"params.{name} is missing") for name in later)
        ]
        if told:
            return [Problem(kind=PARAMS, message="; ".join(told), remedy=error.remedy)]
    except Exception as error:  # noqa: BLE001 - the user's __post_init__ may raise anything
        return [Problem(kind=PARAMS, message=in_one_line(error))]
    return []


def _has_expression(value: JsonValue) -> bool:
    return _EXPRESSION in json.dumps(value, ensure_ascii=False)


def _of_handlers(
    target: type[Node], given: Mapping[str, SocketType], subscribed: Mapping[str, Sequence[str]]
) -> list[Problem]:
    if target.run is not Node.run:
        return []
    from orchestrator.sdk.forms.handlers import handlings, unhandled

    wrong = unhandled(target, given)
    if not wrong:
        wrong = [
            f"{target.__name__}.{method} handles the topic {topic!r} of {word}, "
            f"which `subscribe` ({', '.join(map(repr, asked)) or 'empty'}) does not ask for"
            for word, handling in handlings(target, given).items()
            if (asked := subscribed.get(word)) is not None
            for topic, method in handling.topics
            if not any(_is_asked(topic, beginning) for beginning in asked)
        ]
    return [Problem(kind=SOCKETS, message=told) for told in wrong]


def _is_asked(topic: str, beginning: str) -> bool:
    if topic.endswith("*") and beginning.startswith(topic[:-1]):
        return True
    return topic.startswith(beginning)


def _of_function(target: Any, job: Job) -> list[Problem]:
    from orchestrator.sdk.running.runners import make_runner

    world = _world(job)
    try:
        make_runner(target, world.context(job.node, job.params))
    except ParamsError as error:
        return [Problem(kind=PARAMS, message=error.message, remedy=error.remedy)]
    finally:
        world.control.close()
    return []


def _word(socket: str) -> str:
    from orchestrator.sdk.sockets import attribute

    return attribute(socket)


def main() -> int:
    """One line for each job that comes in on standard input."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the user's modules print is no answer
    for line in sys.stdin:
        job = Job(**json.loads(line))
        out.write(json.dumps([asdict(problem) for problem in examine(job)]) + "\n")
        out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
