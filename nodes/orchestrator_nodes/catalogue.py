"""What there is, as data: names, sockets and their types, params."""

from __future__ import annotations

from orchestrator.sdk import NodeInfo, SocketInfo, SocketType
from orchestrator.sdk.forms.params_schema import params_schema
from orchestrator_nodes import params


def _info(
    name: str, target: str, summary: str, sockets: dict[str, SocketInfo], declared: type = params.NoParams
) -> NodeInfo:
    return NodeInfo(
        name=name,
        target=f"orchestrator_nodes.{target}",
        summary=summary,
        sockets=sockets,
        params=params_schema(declared),
    )


def _socket(description: str, *types: SocketType) -> SocketInfo:
    return SocketInfo(types=types, description=description)


_T = SocketType

_NODES = (
    _info(
        "forwarder",
        "proxies:Forwarder",
        "Passes what publishers send to subscribers, and subscriptions back (libzmq's proxy, XSUB to XPUB).",
        {
            "frontend": _socket("publishers connect here", _T.XSUB),
            "backend": _socket("subscribers connect here", _T.XPUB),
        },
    ),
    _info(
        "streamer",
        "proxies:Streamer",
        "Collects work and hands it out to whoever is free (libzmq's proxy, PULL to PUSH).",
        {
            "frontend": _socket("work comes in here", _T.PULL),
            "backend": _socket("workers connect here", _T.PUSH),
        },
    ),
    _info(
        "queue",
        "proxies:Queue",
        "Spreads requests over services and brings the replies back (libzmq's proxy, ROUTER to DEALER).",
        {
            "frontend": _socket("clients connect here", _T.ROUTER),
            "backend": _socket("services connect here", _T.DEALER),
        },
    ),
    _info(
        "source",
        "traffic:Source",
        "Sends numbered messages, or the same one again and again, at a given rate.",
        {"out": _socket("where the messages leave", _T.PUSH, _T.PUB, _T.XPUB, _T.PAIR, _T.DEALER)},
        params.SourceParams,
    ),
    _info(
        "sink",
        "traffic:Sink",
        "Takes messages, counts them, and prints a line now and then.",
        {"in": _socket("where the messages arrive", _T.PULL, _T.SUB, _T.XSUB, _T.PAIR, _T.DEALER)},
        params.SinkParams,
    ),
    _info(
        "printer",
        "traffic:Printer",
        "Prints every message.",
        {"in": _socket("where the messages arrive", _T.PULL, _T.SUB, _T.XSUB, _T.PAIR, _T.DEALER)},
        params.PrinterParams,
    ),
    _info(
        "replier",
        "traffic:Replier",
        "Answers every request with the request itself.",
        {"requests": _socket("where the requests arrive", _T.REP, _T.ROUTER)},
        params.ReplierParams,
    ),
    _info(
        "requester",
        "traffic:Requester",
        "Asks at a given rate and prints the replies.",
        {"requests": _socket("where the requests leave", _T.REQ, _T.DEALER)},
        params.RequesterParams,
    ),
)

CATALOGUE: dict[str, NodeInfo] = {info.name: info for info in _NODES}
"""Found by way of the entry point group `orchestrator.nodes`."""
