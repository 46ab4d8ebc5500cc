"""Values of a ZDCF tree by what they have to be. In ZPL all of them are texts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from orchestrator.importing.errors import wrong
from orchestrator.source.foreign import Foreign


def mapping(value: Foreign, what: str, file: str) -> Mapping[str, Foreign]:
    """Properties. An empty text is none at all. Raises SourceError."""
    if value.data is None or value.data == "":
        return {}
    if not isinstance(value.data, dict):
        raise wrong(file, value, f"`{what}` holds {kind(value)}, not properties", "put names below it")
    return value.data


def text_of(value: Foreign, what: str, file: str) -> str:
    """One text that is not empty. Raises SourceError."""
    if not isinstance(value.data, str) or not value.data:
        raise wrong(file, value, f"{what} is {kind(value)}, not a text", "write one text")
    return value.data


def texts_of(value: Foreign, what: str, file: str) -> tuple[str, ...]:
    """One text or a list of them: RFC 17, "Value Arrays". Raises SourceError."""
    items = value.data if isinstance(value.data, list) else [value]
    for item in items:
        if not isinstance(item.data, str):
            raise wrong(file, item, f"{what} holds {kind(item)}, not a text", "write one text, or a list")
    return tuple(str(item.data) for item in items)


def number_of(value: Foreign, what: str, file: str) -> int:
    """A whole number. Raises SourceError."""
    if isinstance(value.data, int) and not isinstance(value.data, bool):
        return value.data
    if isinstance(value.data, str) and re.fullmatch(r"-?[0-9]{1,20}", value.data):
        return int(value.data)
    raise wrong(file, value, f"{what} is {kind(value)}, not a whole number", "write a whole number")


def kind(value: Foreign) -> str:
    """What a value is, for a message."""
    if isinstance(value.data, dict):
        return "properties"
    if isinstance(value.data, list):
        return "a list"
    return "nothing" if value.data is None or value.data == "" else f"`{value.data}`"
