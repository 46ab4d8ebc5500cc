"""Plain data to YAML text that this package reads back as the same data, and other readers too.

Texts that YAML 1.1 or 1.2 would take for something else are quoted; `${` is escaped, so that no variable is
replaced in what was replaced already. Mappings are blocks, short lists of scalars stand on one line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml
from yaml.nodes import ScalarNode

from orchestrator.source.scalars import resolve_plain
from orchestrator.source.variables import escaped
from orchestrator.vocabulary import JsonValue

_LIST_WIDTH: Final = 80
"""A list of scalars up to so many characters stands on one line."""

_STR: Final = "tag:yaml.org,2002:str"
_BASE: Final[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_BASE):  # type: ignore[misc]
    def ignore_aliases(self, data: object) -> bool:
        return True


def to_yaml(data: Mapping[str, JsonValue], *, literal: bool = True) -> str:
    """YAML text of `data`. Reading it with `read_document` gives `data` again.

    Without `literal`, a `${NAME}` in `data` is meant as a variable.
    """
    text: str = yaml.dump(
        with_escapes(data) if literal else data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=1 << 30,
        default_flow_style=False,
    )
    return text


def with_escapes(data: Any) -> Any:
    """A copy in which every value means itself once variables are replaced. Keys are not looked at then."""
    if isinstance(data, str):
        return escaped(data)
    if isinstance(data, Mapping):
        return {key: with_escapes(value) for key, value in data.items()}
    return [with_escapes(item) for item in data] if isinstance(data, list) else data


def _text(dumper: Any, value: str) -> Any:
    style = None
    if "\n" in value:
        # what ends in empty lines would take those behind it in, and end the document with `...`
        style = '"' if value.endswith("\n\n") or not value.strip() else "|"
    elif type(resolve_plain(value)) is not str or dumper.resolve(ScalarNode, value, (True, False)) != _STR:
        style = '"'
    return dumper.represent_scalar(_STR, value, style=style)


def _list(dumper: Any, value: list[JsonValue]) -> Any:
    plain = all(isinstance(item, str | int | float | None) for item in value)
    short = plain and sum(len(str(item)) + 2 for item in value) <= _LIST_WIDTH
    one_line = short and not any("\n" in str(item) for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=one_line)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
