"""Compare two topology files, or one with an earlier revision of itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from orchestrator.app.config import without_secrets
from orchestrator.app.revisions import PREFIX, Checkout, checked_out
from orchestrator.app.settings import NEVER, Settings, find, read
from orchestrator.comparison import KINDS, Class, Comparison, compare
from orchestrator.diagnostics import Diagnostic
from orchestrator.errors import UsageError
from orchestrator.model.load import load
from orchestrator.model.types import Topology
from orchestrator.source import STDIN
from orchestrator.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two. `topology` is None when it has errors of reading."""

    topology: Topology | None
    findings: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    checkout: Checkout | None = None
    """Where a file of a revision was read; it is gone by now."""


def read_side(word: str, environ: Mapping[str, str], *, text: str | None = None) -> Side:
    """Read a file, or `git:REV:path`; `text` stands in for the content of a file.

    Variables whose names look secret have the value `***`. Raises UsageError for a revision that is none.
    """
    if not word.startswith(PREFIX):
        return _read(word, environ, text)
    with checked_out(word, environ) as checkout:
        side = _read(checkout.file, environ, None)
        return Side(
            topology=side.topology,
            findings=tuple(_shown(finding, checkout) for finding in side.findings),
            sources={_name(file, checkout): content for file, content in side.sources.items()},
            checkout=checkout,
        )


def differences(old: Side, new: Side, classes: Mapping[str, Class]) -> Comparison:
    """Every change; `classes` (kind -> class) overrides what is usual. Both sides have a topology."""
    assert old.topology is not None and new.topology is not None
    found = compare(old.topology, new.topology, classes)
    return Comparison(
        changes=tuple(
            replace(
                change,
                old_place=_moved(change.old_place, old.checkout),
                new_place=_moved(change.new_place, new.checkout),
            )
            for change in found.changes
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What somebody says of changes."""

    classes: Mapping[str, Class]
    fail_on: Class | None


def rules_for(word: str, overrides: Iterable[str] = (), fail_on: str | None = None) -> Rules:
    """The settings that hold for the new side, and what the command line says over them.

    `overrides` are `KEY=CLASS`, `fail_on` is a class or `never`. Raises UsageError for what is none.
    """
    path = word.rpartition(":")[2] if word.startswith(PREFIX) else word
    here = str(Path.cwd()) if path in ("-", STDIN) else os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120
    found = find(here)
    settings = Settings() if found is None else read(found)
    classes: dict[str, Class] = {}
    for key, name in settings.diff_classes.items():
        problem = _problem(key, name)
        if problem is not None:
            raise settings.mistake(*problem, "diff", "classes", key)
        classes[key] = Class(name)
    for override in overrides:
        key, _, name = override.partition("=")
        problem = _problem(key, name)
        if problem is not None:
            raise UsageError(f"--class {override}: {problem[0]}", problem[1])
        classes[key] = Class(name)
    wanted = fail_on or settings.diff_fail_on or Class.WIRE.value
    if wanted != NEVER and wanted not in tuple(Class):
        raise settings.mistake(f"there is no class {wanted!r}", _CHOICES, "diff", "fail-on")
    return Rules(classes=classes, fail_on=None if wanted == NEVER else Class(wanted))


_PLACE = TypeVar("_PLACE", Span, Span | None)
_CHOICES: Final = f"write {', '.join(Class)}"


def _problem(key: str, name: str) -> tuple[str, str] | None:
    """What is wrong with an override, and what to do; None when it is fine."""
    if key not in KINDS:
        from difflib import get_close_matches

        near = get_close_matches(key, KINDS, n=1)
        known = f"the kinds are {', '.join(KINDS)}"
        return f"there is no kind of change {key!r}", f"did you mean {near[0]}?" if near else known
    return None if name in tuple(Class) else (f"there is no class {name!r}", _CHOICES)


def _read(file: str, environ: Mapping[str, str], text: str | None) -> Side:
    loaded = load(file, text=text, environ=environ)
    topology = loaded.topology
    if topology is not None:
        topology = without_secrets(loaded, file, environ).topology
    return Side(topology=topology, findings=loaded.diagnostics, sources=loaded.sources)


def _name(file: str, checkout: Checkout) -> str:
    """A path below the checkout as git writes it: `REV:path`."""
    inside = os.path.relpath(os.path.realpath(file), checkout.root)
    return file if inside.startswith("..") else f"{checkout.revision}:{inside}"


def _moved(span: _PLACE, checkout: Checkout | None) -> _PLACE:
    if span is None or checkout is None:
        return span
    return replace(span, file=_name(span.file, checkout))


def _shown(finding: Diagnostic, checkout: Checkout) -> Diagnostic:
    related = tuple(replace(r, span=_moved(r.span, checkout)) for r in finding.related)
    message = finding.message.replace(checkout.root + os.sep, f"{checkout.revision}:")
    return replace(finding, span=_moved(finding.span, checkout), related=related, message=message)
