"""`orchestrator replay`: a recording, played to a running topology."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from orchestrator.cli.brief import brief
from orchestrator.cli.completion_kinds import Kind, takes
from orchestrator.cli.live_words import seconds
from orchestrator.cli.targets import add_format_argument, add_target_arguments, connect
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.live.recorded import Played, Recording
    from orchestrator.live.replaying import Performance

HELP = "Play a recording to a running topology: in its order, at its pace."
EXAMPLE = """
orchestrator replay day.mcap --to collector.in --speed 10x
orchestrator stop feed && orchestrator replay day.mcap feed.ticks
orchestrator replay day.mcap --from 90s --until 2m --show
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "FILE [NODE.SOCKET …]")
    takes(group.add_argument("file", metavar="FILE", help="what `record` has written"), Kind.FILE)
    group.add_argument("sockets", metavar="NODE.SOCKET", nargs="*", help="whose messages (default: all)")
    group.add_argument("--to", metavar="NODE.SOCKET", help="where to (default: where they went)")
    takes(
        group.add_argument(
            "--speed", default="1x", metavar="SPEED", help="0.5x, 10x, or max; default 1x, as recorded"
        ),
        "1x",
        "0.5x",
        "10x",
        "max",
    )
    span = "after so long, or a moment: 90s, 14:30"
    takes(group.add_argument("--from", dest="since", metavar="TIME", help=f"begin {span}"))
    takes(group.add_argument("--until", metavar="TIME", help="end there"))
    group.add_argument("--show", action="store_true", help="print the messages, and send nothing")
    takes(
        group.add_argument(
            "--timeout", type=seconds, default=5.0, metavar="TIME", help="for connections, and room (5s)"
        )
    )
    group.add_argument("--yes", action="store_true", help="also where it gets a share of others' messages")
    add_target_arguments(group, positional=False)
    add_format_argument(group)


def run(args: argparse.Namespace) -> int:
    """0; 1 when it could not be played to its end; 2 for what is no recording, or cannot be played there."""
    from orchestrator.live.pacing import Pacer, speed
    from orchestrator.live.recorded import Recording

    factor = speed(args.speed)
    with _opened(args.file) as stream:
        recording = Recording(stream, args.file)
        origins = recording.chosen(args.sockets)
        if not recording.whole:
            sys.stderr.write(f"{args.file} was not ended: what came last may be missing\n")
        since, until = _moment(recording, args.since, "--from"), _moment(recording, args.until, "--until")
        messages = recording.messages(origins, since, until)
        if args.show:
            _show(messages, args.format)
            return ExitCode.OK
        from orchestrator.live.replaying import Replay

        with (
            connect(args) as client,
            Replay(client, origins, to=args.to, timeout_s=args.timeout, share=args.yes) as replay,
        ):
            for name in replay.told.left_out:
                sys.stderr.write(f"not replayed: {name}: answers are given anew\n")
            with suppress(KeyboardInterrupt):
                replay.play(messages, Pacer(factor))
        _tell_end(replay.told, args.format)
    return ExitCode.OK


def _opened(file: str) -> BinaryIO:
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error


def _moment(recording: Recording, word: str | None, option: str) -> int | None:
    """Nanoseconds since 1970. A duration counts from the first message on; a time of day is of that day."""
    span = recording.span
    if word is None or span is None:
        return None
    from orchestrator.durations import parse_duration

    try:
        return span[0] + round(parse_duration(word) * 1e9)
    except ValueError:
        pass
    from orchestrator.cli.moments import moment

    return round(moment(word, option, now=span[1] / 1e9 + 1) * 1e9)


def _show(messages: Iterator[Played], form: str) -> None:
    from orchestrator.live.showing import clock, one_line, plain

    for message in messages:
        value = list(message.payload) if len(message.payload) != 1 else message.payload[0]
        if form == "json":
            found = {
                "time": message.at_ns / 1e9,
                "socket": message.origin.socket,
                "way": message.origin.way.value,
                "topic": message.topic,
                "codec": message.origin.codec,
                "payload": plain(value),
            }
            sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        else:
            topic = "" if message.topic is None else f" {message.topic}"
            lead = f"{clock(message.at_ns)} {message.origin.socket}{topic}"
            sys.stdout.write(f"{lead} {one_line(value)}\n")


def _tell_end(told: Performance, form: str) -> None:
    if form == "json":
        found = {
            "messages": told.messages,
            "seconds": round(told.seconds, 3),
            "behind_s": round(told.behind_s, 6),
            "replies": told.replies,
            "left_out": told.left_out,
        }
        sys.stdout.write(json.dumps(found) + "\n")
        return
    said = f"{told.messages} messages in {told.seconds:.1f} s"
    if told.behind_s > 0.01:
        said += f", up to {told.behind_s * 1000:.0f} ms late"
    if told.replies:
        said += f"; {told.replies} replies came and were thrown away"
    sys.stdout.write(said + "\n")
