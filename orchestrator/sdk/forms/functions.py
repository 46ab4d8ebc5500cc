"""Plain functions as nodes: which argument gets what, and where the result goes.

A function's parameters are, by name: the node's params; `node` (its NodeContext); sockets. What is left, at
most two, are the message and its topic or peer. So

    def f(message)                    handles each message of the one receiving socket; the result is sent on
    def f(message, orders)            the same, and sends on the socket `orders` itself
    def f(ticks, orders)              all are sockets: owns its loop, `for tick in ticks: orders.send(…)`
    def f()   with yield              a source: each value yielded is sent; a yield of None is just a step

A single parameter with the name of the one receiving socket is the message, unless it is annotated as a
Socket. A REQ is always the socket: nothing arrives there before something was asked.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sdk.context import NodeContext
from orchestrator.sdk.conversion import is_converted
from orchestrator.sdk.errors import NodeError, ParamsError
from orchestrator.sdk.forms.declared import Declaration, declaration, misfits
from orchestrator.sdk.forms.handlers import read_note
from orchestrator.sdk.forms.marks import period_of
from orchestrator.sdk.forms.params import convert, is_plain
from orchestrator.sdk.forms.receiving import Extra, Receiver, each_of, finished, reply_route
from orchestrator.sdk.forms.signatures import Parameter, Signature, signature_of
from orchestrator.sdk.socket import Socket
from orchestrator.sdk.sockets import attribute
from orchestrator.vocabulary import SocketType

_ONLY_RECEIVE = (SocketType.SUB, SocketType.PULL, SocketType.XSUB, SocketType.REP, SocketType.ROUTER)
_ONLY_SEND = (SocketType.PUB, SocketType.PUSH, SocketType.XPUB)
_REPLIES = (SocketType.REP, SocketType.ROUTER, SocketType.STREAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPlan:
    """How a function is going to be called."""

    bound: Callable[..., Any]
    """The function with its params, sockets and context filled in."""
    takes: int
    """Message arguments: 0 for a source or an own loop, 1, or 2 with the topic or peer."""
    generates: bool
    is_async: bool
    name: str
    keywords: Mapping[str, Any] = field(default_factory=dict)
    period: float | None = None
    """Seconds between two calls (`@every`)."""
    wanted: Any = None
    """The annotation of its message."""


def plan_function(function: Callable[..., Any], context: NodeContext) -> FunctionPlan:
    """Decide what each parameter of `function` gets. Raises ParamsError and NodeError."""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    try:
        signature = signature_of(function)
    except (TypeError, ValueError) as error:
        raise NodeError(f"{name}: its parameters cannot be read: {error}") from error
    keywords = _params(signature, context.params, name, function)
    declared = _declared(signature, function)
    keywords.update(_socket_arguments(signature, context, keywords, declared))
    _give_types(name, declared, keywords)
    if any(p.name == "node" for p in signature.parameters) and "node" not in keywords:
        keywords["node"] = context
    left = [p.name for p in signature.required_positional if p.name not in keywords]
    if len(left) > 2:
        raise ParamsError(
            f"{name} takes {', '.join(left)}: more than a message and its topic",
            "give the others in the topology's params, or a default value",
        )
    period = period_of(function)
    if period is not None and left:
        raise NodeError(f"{name} is called every {period:g} s, and takes a message: {left[0]}")
    note = next((p.annotation for p in signature.parameters if left and p.name == left[0]), None)
    return FunctionPlan(
        bound=functools.partial(function, **keywords) if keywords else function,
        takes=len(left),
        generates=signature.generates,
        is_async=signature.is_async,
        name=name,
        keywords=keywords,
        period=period,
        wanted=read_note(note, function)[0],
    )


def _params(
    signature: Signature, given: Mapping[str, Any], name: str, function: Callable[..., Any]
) -> dict[str, Any]:
    known = {p.name for p in signature.parameters if p.keyword}
    unknown = [] if signature.any_keyword else [key for key in given if key not in known]
    if unknown:
        raise ParamsError(f"{name} takes no param {', '.join(map(repr, unknown))}")
    taken, problems = dict(given), []
    for p in signature.parameters:
        if p.name not in given or p.annotation is None:
            continue
        hint, _ = read_note(p.annotation, function)
        if hint is None or not is_plain(hint):
            continue
        try:
            taken[p.name] = convert(given[p.name], hint, f"params.{p.name}")
        except ParamsError as error:
            problems.append(error.message)
    if problems:
        raise ParamsError("; ".join(problems))
    return taken


def _socket_arguments(
    signature: Signature,
    context: NodeContext,
    taken: Mapping[str, Any],
    declared: Mapping[str, Declaration],
) -> dict[str, Socket]:
    by_word = {attribute(s.name): s for s in context.sockets}
    named = [p for p in signature.parameters if p.keyword and p.name in by_word and p.name not in taken]
    missing = [
        p.name
        for p in signature.parameters
        if p.required and not p.positional and p.name not in taken and p.name not in (*by_word, "node")
    ]
    if missing:
        raise ParamsError(f"the param {', '.join(map(repr, missing))} is missing")
    message = [p for p in signature.required_positional if p not in named and p.name not in (*taken, "node")]
    if len(named) == 1 and not message:
        socket = by_word[named[0].name]
        if socket.type not in (*_ONLY_SEND, SocketType.REQ) and not (
            named[0].name in declared or _annotated_as_socket(named[0])
        ):
            return {}
    return {p.name: by_word[p.name] for p in named}


def _declared(signature: Signature, function: Callable[..., Any]) -> dict[str, Declaration]:
    """The parameters that are declared as sockets (`ticks: In[Tick]`)."""
    found = {}
    for p in signature.parameters:
        hint, _ = read_note(p.annotation, function)
        one = None if hint is None else declaration(p.name, hint)
        if one is not None:
            found[p.name] = one
    return found


def _give_types(name: str, declared: Mapping[str, Declaration], given: Mapping[str, Any]) -> None:
    """Raises NodeError for a socket of another direction."""
    sockets = {key: value for key, value in given.items() if key in declared and isinstance(value, Socket)}
    asked = {key: one for key, one in declared.items() if key in sockets or not one.optional}
    wrong = misfits(name, asked, {key: socket.type for key, socket in sockets.items()})
    if wrong:
        raise NodeError("; ".join(wrong), "change the node's sockets in the topology, or the declaration")
    for key, socket in sockets.items():
        if is_converted(declared[key].receives) or is_converted(declared[key].sends):
            socket.use_types(declared[key].receives, declared[key].sends)


def _annotated_as_socket(parameter: Parameter) -> bool:
    note = parameter.annotation
    return note is Socket or (isinstance(note, str) and note.rpartition(".")[2] == "Socket")


def receiving_socket(sockets: Iterable[Socket], name: str, used: Iterable[Socket] = ()) -> Socket:
    """The one socket whose messages a function handles. Raises NodeError when that is not clear."""
    given = [s for s in sockets if s not in tuple(used)]
    pure = [s for s in given if s.type in _ONLY_RECEIVE]
    both = [s for s in given if s.type not in (*_ONLY_RECEIVE, *_ONLY_SEND, SocketType.REQ)]
    for choice in (pure, both):
        if len(choice) == 1:
            return choice[0]
        if choice:
            names = ", ".join(s.name for s in choice)
            raise NodeError(
                f"{name} handles one receiving socket, and there are {names}",
                "write a class with one method on_<socket> each, or name the sockets as parameters",
            )
    asking = [s for s in given if s.type is SocketType.REQ]
    if asking:
        raise NodeError(
            f"{name} takes a message, and {asking[0].name} is a REQ: nothing arrives before it has asked",
            f"take the socket as a parameter: def {name}(node, {attribute(asking[0].name)}), "
            f"and call {attribute(asking[0].name)}.request(…)",
        )
    raise NodeError(f"{name} takes a message, and none of the node's sockets receives")


def result_route(sockets: Iterable[Socket], source: Socket | None, name: str) -> Callable[[Any, Extra], None]:
    """Where a function's result goes: back to who asked, else to the one sending socket."""
    if source is not None and source.type in _REPLIES:
        return reply_route(source, name)
    others = [s for s in sockets if s is not source and s.type.sends]
    pure = [s for s in others if s.type in _ONLY_SEND]
    choice = pure or others or ([source] if source is not None and source.type.sends else [])
    if len(choice) == 1:
        return functools.partial(_send_result, choice[0])
    names = ", ".join(s.name for s in choice)

    def unclear(result: Any, _extra: Extra) -> None:
        if result is not None:
            where = f"the sending sockets {names}" if names else "no sending socket"
            raise NodeError(
                f"{name} returned {type(result).__name__}, and the node has {where}",
                "take the socket as a parameter and send on it, or return None",
            )

    return unclear


def _send_result(socket: Socket, result: Any, _extra: Extra) -> None:
    if result is not None:
        socket.send(result)


def free_route(context: NodeContext, plan: FunctionPlan) -> Callable[[Any, Extra], None]:
    """Where the results of a source go: to the one sending socket that it does not hold itself."""
    taken = [v for v in plan.keywords.values() if isinstance(v, Socket)]
    return result_route([s for s in context.sockets if s not in taken], None, plan.name)


def function_receiver(plan: FunctionPlan, context: NodeContext) -> Receiver:
    """The receiver for a function that takes messages."""
    used = [v for v in plan.keywords.values() if isinstance(v, Socket)]
    source = receiving_socket(context.sockets, plan.name, used)
    route = result_route([s for s in context.sockets if s not in used], source, plan.name)
    bound = plan.bound
    call = bound if plan.takes == 2 else (lambda message, _extra: bound(message))
    if is_converted(plan.wanted):
        source.use_types(plan.wanted, None)
    each = plan.generates and not plan.is_async
    return finished(source, call, each_of(route) if each else route, is_async=plan.is_async)
