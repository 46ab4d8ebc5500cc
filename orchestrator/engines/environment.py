"""Environments as differences: most variables of most processes are the supervisor's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def changes(base: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str | None]:
    """What turns `base` into `wanted`; None takes a variable away."""
    result: dict[str, str | None] = dict.fromkeys(base.keys() - wanted.keys())
    result.update((str(name), str(value)) for name, value in wanted.items() if base.get(name) != value)
    return result


def changed(base: Mapping[str, str], difference: Mapping[str, str | None]) -> dict[str, str]:
    """`base` with a difference applied."""
    merged = {**base, **difference}
    return {name: value for name, value in merged.items() if value is not None}
