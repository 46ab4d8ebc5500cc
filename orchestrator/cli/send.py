"""`orchestrator send`: one more message for a socket."""

from __future__ import annotations

import argparse
import json
import sys

from orchestrator.cli.brief import brief
from orchestrator.cli.live_words import add_message_arguments
from orchestrator.cli.targets import add_format_argument, add_target_arguments, connect
from orchestrator.errors import ExitCode

HELP = "Send messages to a socket of a running topology, with its codec."
EXAMPLE = """
orchestrator send worker.in '{side: buy, price: 1.5}'
orchestrator send worker.in @orders.jsonl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "NODE.SOCKET MESSAGE …")
    group.add_argument("socket", metavar="NODE.SOCKET", help="a socket that binds and receives")
    add_message_arguments(group, several=True)
    add_target_arguments(group, positional=False)
    group.add_argument("--yes", action="store_true", help="also where it gets a share of others' messages")
    add_format_argument(group)


def run(args: argparse.Namespace) -> int:
    """0; 1 when it could not be sent; 2 where there is no such socket, or it takes nothing."""
    from orchestrator.live.board import Board
    from orchestrator.live.sending import send
    from orchestrator.live.words_in import messages

    with connect(args) as client:
        board = Board.told(client.call("sockets"))
    socket = board.one(args.socket)
    words = messages(args.messages, binary=args.hex)
    count = send(board, socket, words, timeout_s=args.timeout, share=args.yes)
    if args.format == "json":
        sys.stdout.write(json.dumps({"socket": socket.ref, "sent": count}) + "\n")
    else:
        sys.stdout.write(f"{count} message{'s' if count != 1 else ''} sent to {socket.ref}\n")
    return ExitCode.OK
