"""`orchestrator pub`: a publication for a socket that subscribes."""

from __future__ import annotations

import argparse
import json
import sys

from orchestrator.cli.brief import brief
from orchestrator.cli.completion_kinds import takes
from orchestrator.cli.live_words import add_message_arguments
from orchestrator.cli.targets import add_format_argument, add_target_arguments, connect
from orchestrator.errors import ExitCode

HELP = "Publish messages to a subscriber of a running topology, with its codec."
EXAMPLE = """
orchestrator pub collector.in --topic AAPL '{price: 101.5}'
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "NODE.SOCKET MESSAGE …")
    group.add_argument("socket", metavar="NODE.SOCKET", help="a SUB or XSUB that binds")
    add_message_arguments(group, several=True)
    takes(group.add_argument("--topic", metavar="TOPIC", help="the frame before the message (default: none)"))
    add_target_arguments(group, positional=False)
    add_format_argument(group)


def run(args: argparse.Namespace) -> int:
    """0; 1 when it could not be sent; 2 where there is no such socket, or it takes nothing of this topic."""
    from orchestrator.live.board import Board
    from orchestrator.live.sending import publish
    from orchestrator.live.words_in import messages

    with connect(args) as client:
        board = Board.told(client.call("sockets"))
    socket = board.one(args.socket)
    words = messages(args.messages, binary=args.hex)
    count = publish(board, socket, args.topic, words, timeout_s=args.timeout)
    if args.format == "json":
        sys.stdout.write(json.dumps({"socket": socket.ref, "sent": count}) + "\n")
    else:
        sys.stdout.write(f"{count} message{'s' if count != 1 else ''} published to {socket.ref}\n")
    return ExitCode.OK
