"""Sentences, and values of the source, as the lines of YAML comments."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from orchestrator.importing.texts import writable
from orchestrator.source import to_yaml
from orchestrator.source.foreign import Foreign
from orchestrator.vocabulary import JsonValue

OPEN = "FILL IN:"
"""Begins the comment about what the source does not tell and a topology needs."""

_WIDTH = 96


def sentences(texts: Iterable[str]) -> Iterator[str]:
    """Each text as one comment, over several lines where it is long."""
    for text in texts:
        for line in textwrap.wrap(_printable(text), _WIDTH, break_long_words=False, break_on_hyphens=False):
            yield f"# {line}"


def opened(text: str) -> Iterator[str]:
    """The comment that marks what has to be filled in."""
    return sentences([f"{OPEN} {text}"])


def kept(lines: Iterable[str]) -> Iterator[str]:
    """Lines as they are, behind `#`."""
    for line in lines:
        yield f"# {_printable(line)}".rstrip()


def as_yaml(values: Mapping[str, Foreign]) -> tuple[str, ...]:
    """Values of a source as the YAML they are written in, for `kept`."""
    if not values:
        return ()
    shown = {str(writable(key)): writable(plain(value)) for key, value in values.items()}
    text = to_yaml(shown, literal=False)
    return tuple(f"  {line}" for line in text.removesuffix("\n").split("\n"))


def plain(value: Foreign) -> JsonValue:
    """A value without its places."""
    if isinstance(value.data, dict):
        return {key: plain(inner) for key, inner in value.data.items()}
    if isinstance(value.data, list):
        return [plain(inner) for inner in value.data]
    return value.data


def _printable(text: str) -> str:
    """A comment ends with its line, and YAML holds no control characters."""
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text
    )
