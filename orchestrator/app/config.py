"""What a file comes to once everything in it is resolved, and what it takes from the environment."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from orchestrator.diagnostics import Diagnostic
from orchestrator.errors import RunError, UsageError
from orchestrator.model.load import Loaded, load
from orchestrator.model.parts import listing
from orchestrator.model.profiles import select_profiles
from orchestrator.model.secrets import looks_secret
from orchestrator.source import VariableUse, parse_dotenv, to_yaml, variable_uses, with_escapes
from orchestrator.source.codes import UNDEFINED_VARIABLE
from orchestrator.span import Span
from orchestrator.vocabulary import HIDDEN, JsonValue

_FREE: Final = frozenset({"env", "params", "options"})
"""Keys below which names say what their values are; elsewhere they name nodes and sockets."""
FORMATS: Final = ("yaml", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The resolved topology as plain data; None where the file has errors of reading."""

    data: Mapping[str, JsonValue] | None
    findings: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


def resolve_file(
    file: str, *, text: str | None = None, environ: Mapping[str, str], profiles: Collection[str] = ()
) -> Resolved:
    """Resolve one file; `text` stands in for its content. Without `profiles` every node is told.

    No secret is in the data: a variable whose name looks secret has the value `***`. Raises RunError where
    such a variable stands in a place that needs its true value, UsageError for a profile that is not there.
    """
    from orchestrator.export.resolved import resolved

    loaded = load(file, text=text, environ=environ)
    if loaded.topology is None:
        return Resolved(data=None, findings=loaded.diagnostics, sources=loaded.sources)
    topology = without_secrets(loaded, file, environ).topology
    assert topology is not None
    if profiles:
        topology = select_profiles(topology, profiles)
    return Resolved(data=resolved(topology), findings=loaded.diagnostics, sources=loaded.sources)


def write(data: Mapping[str, JsonValue], format: str) -> str:  # noqa: A002 - the users' word
    """The data as text in one of FORMATS. Raises UsageError for numbers that JSON does not have."""
    if format == "yaml":
        return to_yaml(data)
    try:
        return json.dumps(with_escapes(data), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError as problem:
        raise UsageError("JSON has no infinite numbers, and this topology holds one", "say yaml") from problem


def without_secrets(loaded: Loaded, file: str, environ: Mapping[str, str]) -> Loaded:
    """The same file, read with `***` for every variable whose name looks secret."""
    names = dict.fromkeys(use.reference.name for use in variable_uses(loaded.sources))
    secret = [name for name in names if looks_secret(name)]
    if not secret:
        return loaded
    hidden = {**environ, **dict.fromkeys(secret, HIDDEN)}
    again = load(file, text=loaded.sources[file], environ=hidden)
    if again.topology is None:
        raise RunError(
            f"the value of {listing(secret)} can't be hidden: `{HIDDEN}` is not possible where it stands",
            "rename the variable if it holds no secret",
        )
    return again


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable that a file takes from the environment."""

    name: str
    defaults: tuple[str, ...]
    """What stands in for it, as it is written, each once; `***` for one that looks secret."""
    required: bool
    """Without it the file can't be used: one of its uses has no default."""
    source: str | None
    """Where its value comes from: `environment`, or the name of the `.env` file; None where it is not set."""
    message: str | None
    """What the file says of it, behind `?`."""
    places: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """Every variable of a file and its includes, in the order of their first use."""

    variables: tuple[Variable, ...]
    findings: tuple[Diagnostic, ...]
    """Why files could not be looked at. Variables that are not set are none of them."""
    sources: Mapping[str, str]


def variables_of(file: str, *, text: str | None = None, environ: Mapping[str, str]) -> Variables:
    """What a file takes from the environment, whether it is set or not."""
    loaded = load(file, text=text, environ=environ)
    uses: dict[str, list[VariableUse]] = {}
    for use in variable_uses(loaded.sources):
        uses.setdefault(use.reference.name, []).append(use)
    origin: dict[str, str] = {}
    for name, content in loaded.sources.items():
        if PurePath(name).name == ".env":
            origin |= dict.fromkeys(parse_dotenv(content, name).values, name)
    origin |= dict.fromkeys(environ, "environment")
    return Variables(
        variables=tuple(_variable(name, found, origin.get(name)) for name, found in uses.items()),
        findings=tuple(f for f in loaded.diagnostics if f.code != UNDEFINED_VARIABLE and f.code < "ZMQ030"),
        sources=loaded.sources,
    )


def _becomes_secret(use: VariableUse) -> bool:
    """Whether what it stands in has a name that looks secret: `env: {TOKEN: ${A}}`."""
    free = next((index for index, key in enumerate(use.keys) if key in _FREE), len(use.keys))
    return any(map(looks_secret, use.keys[free + 1 :]))


def _variable(name: str, uses: list[VariableUse], source: str | None) -> Variable:
    defaults = dict.fromkeys(u.reference.default for u in uses if u.reference.default is not None)
    if defaults and (looks_secret(name) or any(_becomes_secret(use) for use in uses)):
        defaults = {HIDDEN: None}
    return Variable(
        name=name,
        defaults=tuple(defaults),
        required=any(u.reference.default is None and not u.reference.nested for u in uses),
        source=source,
        message=next((u.reference.message for u in uses if u.reference.message), None),
        places=tuple(u.span for u in uses),
    )
