"""`orchestrator tap`: what is on a live link."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from orchestrator.cli.brief import brief
from orchestrator.cli.completion_kinds import takes
from orchestrator.cli.live_words import number, seconds
from orchestrator.cli.tables import size
from orchestrator.cli.targets import add_format_argument, add_target_arguments, connect
from orchestrator.errors import ExitCode

if TYPE_CHECKING:
    from orchestrator.live.counting import Tally
    from orchestrator.live.looking import Look
    from orchestrator.live.reading import Reader, Record
    from orchestrator.live.taps import Taps

HELP = "Show the messages on a live link, decoded, without disturbing it."
EXAMPLE = """
orchestrator tap feed.ticks
orchestrator tap feed.ticks --topic AAPL --match price>100 --count 10
orchestrator tap gateway.orders --rate --for 10s
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "NODE.SOCKET")
    group.add_argument("socket", metavar="NODE.SOCKET", help="whose messages; or NODE-1.SOCKET, of a replica")
    add_target_arguments(group, positional=False)
    takes(
        group.add_argument(
            "--topic", action="append", default=[], metavar="PREFIX", help="topics that begin so; repeatable"
        )
    )
    takes(
        group.add_argument(
            "--match",
            action="append",
            default=[],
            metavar="TEXT",
            help="with this text, or field: side=buy, a.b>5; repeatable",
        )
    )
    takes(group.add_argument("--count", type=number, metavar="N", help="end after so many messages"))
    takes(group.add_argument("--for", dest="span", type=seconds, metavar="TIME", help="end after 5s, 1m"))
    form = group.add_mutually_exclusive_group()
    form.add_argument("--hex", action="store_true", help="the bytes of each payload too")
    form.add_argument(
        "--raw", action="store_true", help="nothing but the bytes of each payload, and a newline"
    )
    form.add_argument("--rate", action="store_true", help="counts, once a second, and no messages")
    group.add_argument("--yes", action="store_true", help="also where a publisher notices (it will say so)")
    add_format_argument(group)


def run(args: argparse.Namespace) -> int:
    """0; 2 where there is no such socket or topology, or no way to tap it."""
    from orchestrator.live.looking import Limit, Look
    from orchestrator.live.matching import all_of
    from orchestrator.live.taps import Taps

    wanted = all_of(args.match) if args.match else None
    with connect(args) as client, Taps(client, [args.socket], args.topic, accept=args.yes) as taps:
        look = Look(taps, wanted, Limit(count=args.count, seconds=args.span))
        with suppress(KeyboardInterrupt):
            if args.rate:
                _rates(look, args.format)
            else:
                _messages(look, _writer(args, taps))
        _tell_end(look, taps)
    return ExitCode.OK


def _messages(look: Look, write: Callable[[Reader, Record], None]) -> None:
    for reader, record in look.records():
        write(reader, record)
        sys.stdout.flush()


def _writer(args: argparse.Namespace, taps: Taps) -> Callable[[Reader, Record], None]:
    from orchestrator.live import showing

    def raw(_: Reader, record: Record) -> None:
        sys.stdout.buffer.write(b"".join(record.payload) + b"\n")

    def as_json(reader: Reader, record: Record) -> None:
        found = showing.fields(reader, record)
        if args.hex:
            found["hex"] = [frame.hex() for frame in record.payload]
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")

    def for_people(reader: Reader, record: Record) -> None:
        lines = [showing.text(reader, record, arrows=taps.both_ways)]
        if args.hex:
            lines += map(showing.hexdump, record.payload)
        sys.stdout.write("\n".join(lines) + "\n")

    return raw if args.raw else as_json if args.format == "json" else for_people


def _rates(look: Look, form: str) -> None:
    for span, tally in look.tallies():
        sys.stdout.write((_rate_json(span, tally) if form == "json" else _rate(span, tally)) + "\n")
        sys.stdout.flush()


def _rate(span: float, tally: Tally) -> str:
    parts = [f"{tally.messages / span:,.0f} messages/s", f"{size(tally.bytes / span)}/s"]
    if tally.topics:
        parts.append(
            f"{len(tally.topics)} topics" if len(tally.topics) != 1 else f"topic {next(iter(tally.topics))}"
        )
    if tally.ages_ns:
        parts.append(f"age {_middle(tally) / 1e6:.3f} ms")
    if tally.lost:
        parts.append(f"{tally.lost} missing")
    if tally.unreadable:
        parts.append(f"{tally.unreadable} unreadable")
    return ", ".join(parts)


def _rate_json(span: float, tally: Tally) -> str:
    return json.dumps(
        {
            "seconds": round(span, 3),
            "messages": tally.messages,
            "bytes": tally.bytes,
            "topics": tally.topics,
            "missing": tally.lost,
            "unreadable": tally.unreadable,
            "age_s": _middle(tally) / 1e9 if tally.ages_ns else None,
        },
        ensure_ascii=False,
    )


def _middle(tally: Tally) -> int:
    from orchestrator.live.counting import percentile

    return percentile(sorted(tally.ages_ns), 0.5)


def _tell_end(look: Look, taps: Taps) -> None:
    """On standard error, so that what was asked for stays alone."""
    total = look.counter.total
    parts = [f"{total.messages} messages, {size(total.bytes)} in {look.seconds:.1f} s"]
    if total.lost:
        parts.append(f"{total.lost} more were sent and did not come here")
    if taps.missed:
        parts.append(f"{taps.missed} were not copied: they came faster than they could be shown")
    if taps.ended:
        parts.append("the topology has ended")
    sys.stderr.write("; ".join(parts) + "\n")
