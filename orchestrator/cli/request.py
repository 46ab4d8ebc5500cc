"""`orchestrator request`: ask a service, and print its reply."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from orchestrator.cli.brief import brief
from orchestrator.cli.live_words import add_message_arguments
from orchestrator.cli.targets import add_format_argument, add_target_arguments, connect
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.live.sending import Reply

HELP = "Send a request to a service of a running topology, and print the reply."
EXAMPLE = """
orchestrator request quotes.ask '{symbol: AAPL}'
orchestrator request quotes.ask '{symbol: AAPL}' --timeout 500ms --format json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "NODE.SOCKET MESSAGE")
    group.add_argument("socket", metavar="NODE.SOCKET", help="a REP or ROUTER that binds")
    add_message_arguments(group, several=False)
    add_target_arguments(group, positional=False)
    add_format_argument(group)


def run(args: argparse.Namespace) -> int:
    """0; 1 when no reply came in time, or one that says that it failed; 2 where nobody can be asked."""
    from orchestrator.live.board import Board
    from orchestrator.live.sending import request
    from orchestrator.live.words_in import messages

    words = list(messages([args.message], binary=args.hex))
    if len(words) != 1:
        raise UsageError(
            f"{args.message} has {len(words)} lines, and a request is one", "ask for each by itself"
        )
    with connect(args) as client:
        board = Board.told(client.call("sockets"))
    reply = request(board, board.one(args.socket), words[0], timeout_s=args.timeout)
    sys.stdout.write(_json(reply) if args.format == "json" else _text(reply, hexadecimal=args.hex))
    return ExitCode.OK


def _json(reply: Reply) -> str:
    from orchestrator.live.showing import plain

    found = {
        "socket": reply.record.socket.ref,
        "seconds": round(reply.seconds, 6),
        "reply": plain(reply.value),
    }
    return json.dumps(found, ensure_ascii=False) + "\n"


def _text(reply: Reply, *, hexadecimal: bool) -> str:
    from orchestrator.live.showing import hexdump, one_line

    if reply.record.note:
        return f"({reply.record.note})\n"
    if hexadecimal:
        return "\n".join(map(hexdump, reply.record.payload)) + "\n"
    return one_line(reply.value) + "\n"
