"""`orchestrator bench`: how fast a live link is."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from orchestrator.cli.brief import brief
from orchestrator.cli.completion_kinds import takes
from orchestrator.cli.live_words import number, seconds
from orchestrator.cli.targets import add_format_argument, add_target_arguments, connect
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.client import Client
    from orchestrator.live.measures import Measured

HELP = "Measure a link of a running topology: latency, throughput, loss."
EXAMPLE = """
orchestrator bench feed.ticks                 # listens, and disturbs nobody
orchestrator bench quotes.ask '{symbol: AAPL}' --yes
orchestrator bench worker.in '{n: 1}' --count 100000 --yes
"""
_COUNT = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "NODE.SOCKET [MESSAGE]")
    group.add_argument("socket", metavar="NODE.SOCKET", help="what is measured")
    takes(
        group.add_argument(
            "message", metavar="MESSAGE", nargs="?", help="what it is asked, or sent; without: listen"
        )
    )
    group.add_argument("--yes", action="store_true", help="the node may do what MESSAGE makes it do")
    takes(group.add_argument("--count", type=number, metavar="N", help=f"messages (default {_COUNT})"))
    takes(group.add_argument("--for", dest="span", type=seconds, metavar="TIME", help="at most (default 5s)"))
    takes(
        group.add_argument(
            "--parallel", type=number, default=1, metavar="N", help="clients that ask at the same time"
        )
    )
    takes(group.add_argument("--topic", metavar="TOPIC", help="of publications"))
    group.add_argument("--hex", action="store_true", help="MESSAGE is the payload in hexadecimal digits")
    takes(
        group.add_argument(
            "--timeout", type=seconds, default=5.0, metavar="TIME", help="for an answer, for room (5s)"
        )
    )
    add_target_arguments(group, positional=False)
    add_format_argument(group)


def run(args: argparse.Namespace) -> int:
    """0; 1 when something got lost; 2 for what cannot be measured, or not without consent."""
    with connect(args) as client:
        measured = _listened(args, client) if args.message is None else _worked(args, client)
    from orchestrator.live import measures

    if args.format == "json":
        sys.stdout.write(json.dumps(measures.fields(measured), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(measures.text(measured))
    return ExitCode.FINDINGS if measured.lost else ExitCode.OK


def _listened(args: argparse.Namespace, client: Client) -> Measured:
    from orchestrator.live.benching import by_listening
    from orchestrator.live.looking import Limit
    from orchestrator.live.taps import Taps

    topics = [] if args.topic is None else [args.topic]
    with Taps(client, [args.socket], topics, accept=args.yes) as taps:
        return by_listening(taps, args.socket, Limit(count=args.count, seconds=args.span or 5.0))


def _worked(args: argparse.Namespace, client: Client) -> Measured:
    from orchestrator.live.benching import Plan, by_asking, by_sending
    from orchestrator.live.board import Board
    from orchestrator.live.words_in import messages
    from orchestrator.vocabulary import SocketType

    words = list(messages([args.message], binary=args.hex))
    if len(words) != 1:
        raise UsageError(f"{args.message} has {len(words)} lines, and one message is sent again and again")
    board = Board.told(client.call("sockets"))
    socket = board.one(args.socket)
    if not args.yes:
        raise UsageError(
            f"{socket.ref} would get this message thousands of times, and do each time what it does with it",
            "if it may: --yes; without MESSAGE, bench listens and disturbs nobody",
        )
    plan = Plan(
        count=args.count or _COUNT,
        seconds=args.span or 5.0,
        timeout_s=args.timeout,
        parallel=args.parallel,
    )
    if socket.type in (SocketType.REP, SocketType.ROUTER):
        return by_asking(board, socket, words[0], plan)
    return by_sending(client, board, socket, words[0], plan, args.topic)
