"""What YAML 1.1 makes of unquoted scalars that YAML 1.2 reads otherwise.

Sources: YAML 1.1's type repository (bool, int, float), as PyYAML 6 implements it; YAML 1.2.2, section 10.3.2.
"""

from __future__ import annotations

import re
from typing import Final

_TRUE: Final = frozenset({"yes", "Yes", "YES", "on", "On", "ON"})
_FALSE: Final = frozenset({"no", "No", "NO", "off", "Off", "OFF"})
_BASE_60: Final = re.compile(r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_GROUPED: Final = re.compile(r"[-+]?[1-9][0-9]*(?:_[0-9]+)+")
_BINARY: Final = re.compile(r"[-+]?0b[01_]+")
_OCTAL: Final = re.compile(r"[-+]?0[0-7_]+")
_LEADING_ZERO: Final = re.compile(r"[-+]?0[0-9]+")


def as_text_here(text: str) -> str | None:
    """What YAML 1.1 reads where YAML 1.2 reads text: `true`, `80520`; None where both read the same.

    The single letters `y` and `n`, booleans in YAML 1.1 too, are left out: hardly a reader takes them so.
    """
    if text in _TRUE:
        return "true"
    if text in _FALSE:
        return "false"
    if not text or text[0] not in "+-0123456789":
        return None
    if _GROUPED.fullmatch(text):
        return text.replace("_", "")
    if _BINARY.fullmatch(text):
        return str(int(text.replace("_", ""), 2))
    return _base_60(text) if _BASE_60.fullmatch(text) else None


def _base_60(text: str) -> str:
    sign = -1 if text.startswith("-") else 1
    whole, dot, fraction = text.lstrip("+-").replace("_", "").partition(".")
    total = 0
    for part in whole.split(":"):
        total = total * 60 + int(part)
    return f"{sign * total}{dot}{fraction}"


def has_leading_zero(text: str) -> bool:
    """`010`: ten in YAML 1.2, eight in YAML 1.1."""
    return _LEADING_ZERO.fullmatch(text) is not None


def leading_zero_elsewhere(text: str) -> str:
    """What YAML 1.1 reads for a number with a leading zero; `089` is none in base eight, and text there."""
    return str(int(text.replace("_", ""), 8)) if _OCTAL.fullmatch(text) else f'the text "{text}"'
