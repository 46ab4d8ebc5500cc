"""What both XML formats of graphs share: types of attributes, text that XML can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from xml.etree import ElementTree

Scalar = str | int | bool
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0 §2.2, Char, negated."""


def text(value: Scalar) -> str:
    """A value as XML holds it: `true`, `3`, text with what XML forbids replaced."""
    if isinstance(value, bool):
        return str(value).lower()
    lines = str(value).replace("\r\n", "\n").replace("\r", "\n")  # readers of XML do the same, §2.11
    return _FORBIDDEN.sub("\ufffd", lines)


def type_of(value: Scalar) -> str:
    """The type's name, the same in GraphML and GEXF."""
    return "boolean" if isinstance(value, bool) else "int" if isinstance(value, int) else "string"


def types(all_attributes: Iterable[Mapping[str, Scalar]]) -> dict[str, str]:
    """Attribute -> type, in the order in which they occur first."""
    found: dict[str, str] = {}
    for attributes in all_attributes:
        for name, value in attributes.items():
            found.setdefault(name, type_of(value))
    return found


def document(root: ElementTree.Element) -> str:
    """The whole document as text."""
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'
