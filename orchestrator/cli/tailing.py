"""What `logs` and `events` have in common: a span of time, the past, and what comes until the end."""

from __future__ import annotations

import argparse
import os
import select
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.cli.completion_kinds import takes
from orchestrator.cli.moments import START, moment
from orchestrator.cli.previous import left_behind
from orchestrator.errors import RunError, UsageError
from orchestrator.projects.find import is_under_way

if TYPE_CHECKING:
    from orchestrator.projects.remembered import Remembered
    from orchestrator.runtime.capture.merging import Merged, Wanted
    from orchestrator.runtime.capture.reading import Line

_ROUND_S: Final = 0.1
_DISCOVERY_S: Final = 1.0
_ALL: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when, as stored times, and how many lines of that."""

    since: str | None
    until: str | None
    tail: int | None
    follow: bool


def add_span_arguments(group: argparse._ArgumentGroup) -> None:
    """`--follow`, `--tail`, `--since`, `--until`."""
    group.add_argument("-f", "--follow", action="store_true", help="go on until the topology ends")
    takes(
        group.add_argument("-n", "--tail", type=_count, metavar="N", help="the last N (default: all)"), _ALL
    )
    since = group.add_argument(
        "--since", metavar="TIME", help="10m, 14:30, 2026-11-21T14:30Z, start (of the run)"
    )
    takes(since, START)
    takes(group.add_argument("--until", metavar="TIME", help="the same, for the end; not with -f"))


def span(args: argparse.Namespace, project: Remembered) -> Span:
    """What the arguments say. Raises UsageError for a time that is none."""
    if args.follow and args.until is not None:
        raise UsageError("--follow and --until exclude each other", "leave one of them out")
    return Span(
        since=_stamp(args.since, "--since", project),
        until=_stamp(args.until, "--until", project),
        tail=args.tail,
        follow=args.follow,
    )


def show(
    files: Callable[[], Mapping[str, Path]],
    project: str,
    span: Span,
    wanted: Wanted,
    write: Callable[[Line], bytes],
) -> None:
    """Print the lines of logs. `files` names them; it is asked again, for replicas come, and nodes.

    Ends with the span; with `follow`, when the topology has ended or nobody reads. Raises RunError for a file
    that cannot be read.
    """
    from orchestrator.runtime.capture.merging import Merged

    _allow_files()
    try:
        with Merged(files()) as logs:
            _print(map(write, logs.past(wanted, since=span.since, until=span.until, tail=span.tail)))
            if span.follow:
                with suppress(KeyboardInterrupt):
                    _follow(logs, files, project, lambda: map(write, logs.new(wanted)))
    except BrokenPipeError:
        raise
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        raise RunError(f"{place}{error.strerror or error}") from error


def _follow(
    logs: Merged,
    files: Callable[[], Mapping[str, Path]],
    project: str,
    new: Callable[[], Iterable[bytes]],
) -> None:
    look_again_at = 0.0
    while True:
        goes_on = is_under_way(project, os.environ)  # asked first: what came at the end is shown as well
        if (now := time.monotonic()) >= look_again_at:
            logs.join(files())
            look_again_at = now + _DISCOVERY_S
        _print(new())
        for name in logs.missed():
            sys.stderr.write(f"lines of {name} are missing here: they came faster than they could be shown\n")
        if not goes_on and left_behind(project) is not None:
            sys.stderr.write(f"the supervisor of {project} was killed\n")
        if not goes_on or not _is_read():
            return
        time.sleep(_ROUND_S)


def _print(lines: Iterable[bytes]) -> None:
    write = sys.stdout.buffer.write
    for line in lines:
        write(line)
    sys.stdout.flush()


def _is_read() -> bool:
    """Whether standard output still leads somewhere."""
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return not poll.poll(0)


def _allow_files() -> None:
    """Each log has a few files, and all of them are open at once."""
    with suppress(ImportError):
        from orchestrator.engines.limits import DescriptorLimit

        DescriptorLimit().raise_()


def _stamp(word: str | None, option: str, project: Remembered) -> str | None:
    if word is None:
        return None
    from orchestrator.runtime.capture.encoding import timestamp

    return timestamp(project.since if word == START else moment(word, option))


def _count(word: str) -> int | None:
    if word == _ALL:
        return None
    if not word.isascii() or not word.isdigit():
        raise argparse.ArgumentTypeError(f"{word!r} is no number of lines")
    return int(word)
