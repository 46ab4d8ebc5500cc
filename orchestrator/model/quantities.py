"""Durations, sizes and sets of processors as users write them. Pure text to numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from orchestrator.durations import format_duration, parse_duration

__all__ = ["format_cpus", "format_duration", "format_size", "parse_cpus", "parse_duration", "parse_size"]

_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(B|[kKMGT]B|[KMGT]iB)?")
_BYTES: Final = {
    None: 1, "B": 1,
    "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip


def parse_cpus(text: str) -> tuple[int, ...]:
    """CPU numbers, ascending: `0-3,6`, `0-8:2` (every second one). As taskset(1) reads them.

    Raises ValueError for a range that ends before it begins.
    """
    found: set[int] = set()
    for part in text.split(","):
        ends, _, stride = part.partition(":")
        first, _, last = ends.partition("-")
        numbers = range(int(first), int(last or first) + 1, int(stride or 1))
        if not numbers:
            raise ValueError(f"the range `{part}` ends before it begins")
        found.update(numbers)
    return tuple(sorted(found))


def format_cpus(cpus: Iterable[int]) -> str:
    """A short text that `parse_cpus` reads as these numbers: `0-3,6`."""
    parts: list[list[int]] = []
    for number in sorted(cpus):
        if parts and parts[-1][-1] == number - 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ",".join("-".join(map(str, part)) for part in parts)


def format_size(size: int) -> str:
    """A short text that `parse_size` reads as `size` bytes: `512MiB`, `10MB`, `1000B`."""
    for unit in ("TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB", "kB"):
        if size and size % _BYTES[unit] == 0:
            return f"{size // _BYTES[unit]}{unit}"
    return f"{size}B"


def parse_size(text: str) -> int:
    """Bytes: `64KiB` (1024), `10MB` (1000), `512B`, `512`. Raises ValueError for anything else."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is no size")
    return round(float(match.group(1)) * _BYTES[match.group(2)])
