"""The checker's settings: `[tool.orchestrator]` of pyproject.toml, or orchestrator.toml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from orchestrator.diagnostics import Severity
from orchestrator.errors import UsageError

OWN: Final = "orchestrator.toml"
SHARED: Final = "pyproject.toml"
_TABLE: Final = ("tool", "orchestrator")
NEVER: Final = "never"
LEVELS: Final = (*(severity.value for severity in Severity), NEVER)
"""What `fail-on` may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one file of settings says. None where it says nothing; words are not looked up yet."""

    file: str | None = None
    """The file of settings, as it was found or named."""
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    """Code, name or prefix -> what its findings are from now on."""
    fail_on: str | None = None
    """One of LEVELS."""
    baseline: str | None = None
    """A path, already seen from where the settings stand."""
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Pattern of paths below the settings' directory -> codes, names or prefixes."""
    rules: tuple[str, ...] = ()
    """Python files with rules of the user's, as they are written there."""
    policies: tuple[str, ...] = ()
    """YAML files with policies, as they are written there."""
    diff_fail_on: str | None = None
    """From which class of changes on `orchestrator diff` fails; not looked up yet."""
    diff_classes: Mapping[str, str] = field(default_factory=dict)
    """Kind of change -> class; not looked up yet."""
    text: str = ""
    """Of the file, for places."""

    @property
    def directory(self) -> str:
        """The absolute directory of the file of settings; the current one without a file."""
        return os.path.dirname(os.path.abspath(self.file)) if self.file else os.getcwd()  # noqa: PTH100, PTH109, PTH120

    def beside(self, path: str) -> str:
        """A path that stands in the settings, as it is seen from here."""
        return os.path.join(os.path.dirname(self.file or ""), path)  # noqa: PTH118, PTH120 - keeps the form

    def mistake(self, message: str, remedy: str, *path: str, word: str | None = None) -> UsageError:
        """An error about the key at `path`, or about `word` in it, that names its place."""
        return _mistake(self.file or "", self.text, message, remedy, path, word)


def find(directory: str) -> str | None:
    """The nearest file of settings, in this absolute directory or above it."""
    here = directory
    while True:
        own = os.path.join(here, OWN)  # noqa: PTH118 - runs for every directory above, at every start
        if os.path.isfile(own):  # noqa: PTH113
            return own
        shared = os.path.join(here, SHARED)  # noqa: PTH118
        if os.path.isfile(shared) and _has_table(shared):  # noqa: PTH113
            return shared
        above = os.path.dirname(here)  # noqa: PTH120
        if above == here:
            return None
        here = above


def _has_table(file: str) -> bool:
    """Whether a pyproject.toml says anything about us. Spares `tomllib` where it can't."""
    try:
        data = Path(file).read_bytes()
    except OSError:
        return False
    if b"orchestrator" not in data:
        return False
    import tomllib

    try:
        tool = tomllib.loads(data.decode("utf-8", "replace")).get("tool", {})
    except tomllib.TOMLDecodeError:
        # broken: ours only if it seems to hold our table; `read` will say what is wrong with it
        return b"[tool.orchestrator" in data
    return isinstance(tool, dict) and "orchestrator" in tool


def read(file: str) -> Settings:
    """Read a file of settings. Raises UsageError, with the place, for what is wrong with it."""
    import tomllib

    shown = os.path.relpath(file)
    shown = file if shown.startswith("..") else shown
    try:
        text = Path(file).read_text(encoding="utf-8")
    except OSError as failure:
        raise UsageError(f"{shown} can't be read: {failure.strerror}", "check --config") from failure
    except UnicodeDecodeError as failure:
        raise UsageError(f"{shown} is not UTF-8 text", "save it as UTF-8") from failure
    try:
        data: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise UsageError(f"{shown}: {failure}", "https://toml.io/en/v1.0.0") from failure
    path: tuple[str, ...] = ()
    if Path(file).name != OWN:
        path = _TABLE
        for part in _TABLE:
            data = data.get(part, {}) if isinstance(data, dict) else {}
    return _Reader(shown, text, path).settings(data)


class _Reader:
    """Checks the values of one file, and keeps their places at hand."""

    def __init__(self, file: str, text: str, table: tuple[str, ...]) -> None:
        self._file = file
        self._text = text
        self._table = table

    def settings(self, data: Any) -> Settings:
        if not isinstance(data, dict):
            raise self._wrong(f"{'.'.join(self._table)} is not a table", "write [tool.orchestrator]")
        for key in data:
            if key not in _KEYS:
                raise self._wrong(f"there is no setting `{key}`", _near(key), key)
        select = data.get("select")
        return Settings(
            file=self._file,
            text=self._text,
            select=None if select is None else self._words(select, "select"),
            extend_select=self._words(data.get("extend-select", []), "extend-select"),
            ignore=self._words(data.get("ignore", []), "ignore"),
            severity=self._severities(data.get("severity", {})),
            fail_on=self._fail_on(data.get("fail-on")),
            baseline=self._baseline(data.get("baseline")),
            per_file_ignores=self._per_file(data.get("per-file-ignores", {})),
            rules=self._files(data.get("rules", []), "rules", "my_rules.py"),
            policies=self._files(data.get("policies", []), "policies", "policies.yaml"),
            **self._diff(data.get("diff", {})),
        )

    def _words(self, value: Any, *path: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self._wrong(f"`{path[-1]}` must be a list of codes", 'such as ["ZMQ131", "ZMQ2"]', *path)
        return tuple(value)

    def _files(self, value: Any, key: str, example: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(file, str) and file for file in value):
            raise self._wrong(f"`{key}` must be a list of files", f'such as ["{example}"]', key)
        return tuple(value)

    def _severities(self, value: Any) -> dict[str, Severity]:
        if not isinstance(value, dict):
            raise self._wrong("`severity` must be a table", 'such as {slow-joiner = "error"}', "severity")
        found: dict[str, Severity] = {}
        for code, level in value.items():
            if level not in tuple(Severity):
                raise self._wrong(
                    f"there is no severity {level!r}", "write error, warning or note", "severity", code
                )
            found[code] = Severity(level)
        return found

    def _fail_on(self, value: Any) -> str | None:
        if value is not None and value not in LEVELS:
            raise self._wrong(f"`fail-on` can't be {value!r}", f"write {', '.join(LEVELS)}", "fail-on")
        return None if value is None else str(value)

    def _baseline(self, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            raise self._wrong("`baseline` must be the name of a file", 'such as "baseline.json"', "baseline")
        return os.path.join(os.path.dirname(self._file), value)  # noqa: PTH118, PTH120 - keeps the form

    def _per_file(self, value: Any) -> dict[str, tuple[str, ...]]:
        if not isinstance(value, dict):
            raise self._wrong(
                "`per-file-ignores` must be a table", 'such as {"dev/*" = ["ZMQ131"]}', "per-file-ignores"
            )
        return {pattern: self._words(words, "per-file-ignores", pattern) for pattern, words in value.items()}

    def _diff(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong("`diff` must be a table", 'such as {fail-on = "endpoint"}', "diff")
        for key in value:
            if key not in ("fail-on", "classes"):
                remedy = "its settings are `fail-on` and `classes`"
                raise self._wrong(f"there is no setting `diff.{key}`", remedy, "diff", key)
        classes, fail_on = value.get("classes", {}), value.get("fail-on")
        if not isinstance(classes, dict) or not all(isinstance(name, str) for name in classes.values()):
            raise self._wrong("`classes` must be a table", 'such as {bind = "wire"}', "diff", "classes")
        if fail_on is not None and not isinstance(fail_on, str):
            raise self._wrong(f"`fail-on` can't be {fail_on!r}", 'write "wire"', "diff", "fail-on")
        return {"diff_fail_on": fail_on, "diff_classes": classes}

    def _wrong(self, message: str, remedy: str, *path: str) -> UsageError:
        return _mistake(self._file, self._text, message, remedy, path, None)


_KEYS: Final = (
    "select",
    "extend-select",
    "ignore",
    "severity",
    "fail-on",
    "baseline",
    "per-file-ignores",
    "rules",
    "policies",
    "diff",
)


def _near(key: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key, _KEYS, n=1)
    return f"did you mean `{near[0]}`?" if near else f"the settings are {', '.join(_KEYS)}"


def _mistake(
    file: str, text: str, message: str, remedy: str, path: tuple[str, ...], word: str | None
) -> UsageError:
    from orchestrator.app.toml_places import place

    table = () if Path(file).name == OWN else _TABLE
    line, column = place(text, (*table, *path), word)
    return UsageError(f"{file}:{line}:{column}: {message}", remedy)
