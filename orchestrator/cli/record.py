"""`orchestrator record`: the messages of live links into a file."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from orchestrator.cli.brief import brief
from orchestrator.cli.completion_kinds import takes
from orchestrator.cli.live_words import number, seconds
from orchestrator.cli.tables import size
from orchestrator.cli.targets import add_format_argument, add_target_arguments, connect
from orchestrator.errors import ExitCode, RunError, UsageError

if TYPE_CHECKING:
    from orchestrator.live.recording import Recorder
    from orchestrator.live.spool import Spool
    from orchestrator.live.taps import Taps

HELP = "Record the messages of live links into an MCAP file, without disturbing them."
EXAMPLE = """
orchestrator record -o day.mcap
orchestrator record feed.ticks gateway.orders -o day.mcap --for 10m
"""
_ROUND_S = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "[NODE.SOCKET …] -o FILE")
    group.add_argument(
        "sockets", metavar="NODE.SOCKET", nargs="*", help="whose messages (default: of all links, each once)"
    )
    group.add_argument("-o", "--output", metavar="FILE", required=True, help="what is written")
    group.add_argument("--force", action="store_true", help="write over a file that is there")
    add_target_arguments(group, positional=False)
    takes(
        group.add_argument(
            "--topic", action="append", default=[], metavar="PREFIX", help="topics that begin so; repeatable"
        )
    )
    takes(group.add_argument("--count", type=number, metavar="N", help="end after so many messages"))
    takes(group.add_argument("--for", dest="span", type=seconds, metavar="TIME", help="end after 5s, 1m"))
    group.add_argument("--yes", action="store_true", help="also where a publisher notices")
    add_format_argument(group)


def run(args: argparse.Namespace) -> int:
    """0; 1 when the file could not be written to its end; 2 for what cannot be tapped."""
    from orchestrator.live.board import Board
    from orchestrator.live.choosing import all_links
    from orchestrator.live.recording import Recorder
    from orchestrator.live.spool import Spool
    from orchestrator.live.taps import Taps

    with connect(args) as client:
        names = args.sockets
        if not names:
            names, without = all_links(Board.told(client.call("sockets")))
            for ref in without:
                sys.stderr.write(
                    f"not recorded: {ref} cannot be tapped, `orchestrator tap {ref}` tells why\n"
                )
            if not names:
                raise UsageError("there is no link to record", "name a socket")
        with Taps(client, names, args.topic, accept=args.yes) as taps, _create(args) as stream:
            told = client.call("hello")
            recorder = Recorder(stream, topology=told["topology"], project=told["project"])
            recorder.flush()
            spool = Spool(recorder)
            began = time.monotonic()
            try:
                with suppress(KeyboardInterrupt):
                    _record(args, taps, spool, recorder, began)
            finally:
                spool.close()
                _finish(recorder, spool, taps)
            return _tell_end(args, recorder, spool, taps, time.monotonic() - began)


def _create(args: argparse.Namespace) -> BinaryIO:
    try:
        return Path(args.output).open("wb" if args.force else "xb")
    except FileExistsError as error:
        raise UsageError(f"{args.output} is there already", "--force writes over it") from error
    except OSError as error:
        raise UsageError(f"{args.output}: {error.strerror}") from error


def _record(args: argparse.Namespace, taps: Taps, spool: Spool, recorder: Recorder, began: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("recording; Ctrl-C ends it\n")
    taken = 0
    while not taps.ended and spool.error is None:
        left = _ROUND_S if args.span is None else args.span - (time.monotonic() - began)
        if left <= 0:
            return
        for each in taps.read(min(left, _ROUND_S)):
            spool.put(each)
            taken += 1
            if args.count is not None and taken >= args.count:
                return


def _finish(recorder: Recorder, spool: Spool, taps: Taps) -> None:
    if spool.error is None:
        try:
            recorder.finish(spool.dropped + taps.missed)
        except OSError as error:
            spool.error = error


def _tell_end(
    args: argparse.Namespace, recorder: Recorder, spool: Spool, taps: Taps, span: float
) -> ExitCode:
    lost = spool.dropped + taps.missed
    if args.format == "json":
        found = {
            "file": os.path.abspath(args.output),  # noqa: PTH100 - resolves no links, as the user named it
            "messages": recorder.messages,
            "bytes": recorder.size,
            "seconds": round(span, 3),
            "not_recorded": lost,
        }
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        said = f"{recorder.messages} messages in {span:.1f} s, {size(recorder.size)} in {args.output}"
        if lost:
            said += f"; {lost} came faster than they could be written and are not in it"
        sys.stdout.write(said + "\n")
    if isinstance(spool.error, OSError):
        raise RunError(
            f"{args.output} can't be written any more: {spool.error.strerror}",
            "what was written before can be read; make room, and record into another file",
        )
    if spool.error is not None:
        raise spool.error
    return ExitCode.OK
