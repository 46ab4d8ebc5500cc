"""Data built in code, as YAML would have it: dicts with text as keys, lists and scalars."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.source.codes import ALIAS_CIRCLE, KEY_NOT_TEXT, TOO_DEEP
from orchestrator.span import NOWHERE
from orchestrator.vocabulary import JsonValue, Path

MAX_DEPTH: Final = 100
"""As in a file."""


class Plain:
    """Copies data. What can't stand in a topology is left out, with a finding.

    Scalars of other types (objects of the user's, for `params`) stay; the schema refuses them elsewhere.
    """

    def __init__(self) -> None:
        self.findings: list[Diagnostic] = []
        self._above: list[int] = []

    def copy(self, value: object, path: Path = ()) -> JsonValue:
        """The value at `path` as plain data; None after a finding."""
        if isinstance(value, str):
            return str(value)  # a member of a StrEnum
        if isinstance(value, numbers.Real) and not isinstance(value, int | float):
            return int(value) if isinstance(value, numbers.Integral) else float(value)  # numpy's, for example
        if not isinstance(value, Mapping | list | tuple):
            return value  # type: ignore[return-value]
        if id(value) in self._above:
            self._tell(ALIAS_CIRCLE, f"`{_shown(path)}` contains itself", path, "leave it out there")
            return None
        if len(path) > MAX_DEPTH:
            told = f"nested more than {MAX_DEPTH} levels deep"
            self._tell(TOO_DEEP, told, path[:4], "a topology needs nine")
            return None
        self._above.append(id(value))
        try:
            if isinstance(value, Mapping):
                return self._mapping(value, path)
            return [self.copy(item, (*path, index)) for index, item in enumerate(value)]
        finally:
            self._above.pop()

    def _mapping(self, value: Mapping[object, object], path: Path) -> dict[str, JsonValue]:
        result: dict[str, JsonValue] = {}
        for key, item in value.items():
            if isinstance(key, str):
                result[str(key)] = self.copy(item, (*path, key))
            else:
                told = f"the key `{key!r}` of `{_shown(path)}` is not text"
                self._tell(KEY_NOT_TEXT, told, path, "use text as keys")
        return result

    def _tell(self, code: str, message: str, path: Path, remedy: str) -> None:
        self.findings.append(
            Diagnostic(
                code=code, severity=Severity.ERROR, message=message, span=NOWHERE, help=remedy, path=path
            )
        )


def _shown(path: Path) -> str:
    return ".".join(map(str, path))
