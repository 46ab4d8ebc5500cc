"""What a user's exception says: its traceback without our frames, where it happened, itself in one line."""

from __future__ import annotations

import importlib
import traceback
from pathlib import Path
from types import CodeType
from typing import Final

from orchestrator.errors import OrchestratorError

_OURS = str(Path(__file__).resolve().parents[2])
_STDLIB = str(Path(importlib.__file__).parent.parent)
_HIDDEN: Final = ("<frozen ", _OURS, f"{_STDLIB}/importlib/", f"{_STDLIB}/asyncio/")
"""What lies between our call and the user's function, by the beginning of the file's name."""


def user_traceback(error: BaseException) -> str:
    """The traceback as Python prints it, without the frames of this package and of the import machinery."""
    told = traceback.TracebackException.from_exception(error, compact=True)
    _strip(told)
    lines = "".join(told.format(chain=True)).rstrip("\n")
    if not told.stack:
        lines = lines.removeprefix("Traceback (most recent call last):\n")
    remedy = getattr(error, "remedy", None)
    return f"{lines}\n{remedy}" if isinstance(error, OrchestratorError) and remedy else lines


def _strip(told: traceback.TracebackException | None) -> None:
    while told is not None:
        told.stack = traceback.StackSummary.from_list([f for f in told.stack if _is_users(f.filename)])
        _strip(told.__context__ if not told.__suppress_context__ else None)
        told = told.__cause__


def _is_users(filename: str) -> bool:
    return not filename.startswith(_HIDDEN)


def in_one_line(error: BaseException) -> str:
    """`KeyError: 'price'`."""
    if isinstance(error, OrchestratorError):
        return error.message
    text = str(error).split("\n", 1)[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def where(error: BaseException) -> str:
    """`strategy.py:12 in on_ticks`: the innermost of the user's frames; empty where there is none."""
    place = spot(error)
    return "" if place is None else f"{Path(place[0].co_filename).name}:{place[1]} in {place[0].co_name}"


def spot(error: BaseException) -> tuple[CodeType, int] | None:
    """The code and the line of the innermost of the user's frames. Quick: reads no file."""
    found, at = None, error.__traceback__
    while at is not None:
        if _is_users(at.tb_frame.f_code.co_filename):
            found = at.tb_frame.f_code, at.tb_lineno
        at = at.tb_next
    return found
