"""Arguments and words that the verbs for live links have in common."""

from __future__ import annotations

import argparse

from orchestrator.cli.completion_kinds import takes


def number(word: str) -> int:
    """A number from 1 on, as argparse takes types."""
    if not word.isascii() or not word.isdecimal() or not int(word):
        raise argparse.ArgumentTypeError(f"{word!r} is no number of messages")
    return int(word)


def seconds(word: str) -> float:
    """A duration: `5s`, `500ms`, `1m30s`."""
    from orchestrator.durations import parse_duration

    try:
        return parse_duration(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{word!r} is no duration, for example 5s, 500ms, 1m") from error


def add_message_arguments(group: argparse._ArgumentGroup, *, several: bool) -> None:
    """MESSAGE, `--hex`, `--timeout`."""
    text = "JSON or YAML, or text (by the codec); - or @FILE: each line is one"
    if several:
        takes(group.add_argument("messages", metavar="MESSAGE", nargs="+", help=text))
    else:
        takes(group.add_argument("message", metavar="MESSAGE", help=text))
    group.add_argument("--hex", action="store_true", help="MESSAGE is the payload in hexadecimal digits")
    takes(
        group.add_argument(
            "--timeout", type=seconds, default=5.0, metavar="TIME", help="how long it may take (default: 5s)"
        )
    )
