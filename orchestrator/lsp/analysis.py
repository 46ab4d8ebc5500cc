"""What is known of one open file: its findings, and the names of the last text that made sense."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from orchestrator.app.check import check_loaded
from orchestrator.app.policy import PLAIN, Overrides, Policies, Policy
from orchestrator.diagnostics import Diagnostic
from orchestrator.errors import UsageError
from orchestrator.lsp.index import build
from orchestrator.lsp.names import Index
from orchestrator.model.load import load
from orchestrator.model.types import Topology

CAUTIOUS: Final = Overrides(python_of_settings=False)
"""A project that is looked at must not thereby run its code."""
_TOPOLOGY: Final = re.compile(r"^[\"']?(nodes|include|messages|endpoints)[\"']?[ \t]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """One state of a file. `topology` and `index` may be those of an earlier text while it is being typed."""

    file: str
    text: str
    findings: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    settings_error: str | None = None
    """What there is to say about the settings that hold for the file, such as that they are not used."""
    topology: Topology | None = None
    index: Index = field(default_factory=lambda: Index(()))


def is_topology(text: str) -> bool:
    """Whether a YAML text is one of ours: editors show their servers every YAML file there is."""
    return _TOPOLOGY.search(text) is not None


def analyse(
    file: str, text: str, before: Analysis | None = None, overrides: Overrides = CAUTIOUS
) -> Analysis:
    """Check a text. What it does not say for the moment is kept from `before`.

    `overrides` says among others whether the Python files that settings name as rules are run.
    """
    if not is_topology(text):
        return Analysis(file=file, text=text)
    loaded = load(file, text=text)
    policy, settings_error = _policy(file, overrides)
    try:
        checked = check_loaded(file, loaded, policy)
    except UsageError as error:  # a rule of the user's has failed
        settings_error = f"{error.message}; rules of your own are left out"
        checked = check_loaded(file, loaded, replace(policy, own=(), isolated=True))
    now = Analysis(
        file=file,
        text=text,
        findings=checked.findings,
        sources=loaded.sources,
        settings_error=settings_error,
    )
    topology = loaded.topology or loaded.meant
    if topology is not None:
        return replace(now, topology=topology, index=build(topology, loaded.sources))
    if before is not None:
        return replace(now, topology=before.topology, index=before.index)
    return now


def _policy(file: str, overrides: Overrides) -> tuple[Policy, str | None]:
    """The settings that hold for a file, as `validate` would read them, and what to say about them."""
    try:
        name = "<buffer>" if "://" in file or file.startswith("untitled:") else file
        policy = Policies(overrides).of(name)
    except UsageError as error:
        return PLAIN, f"{error.message}; the settings are not used"
    return policy, _unheard(policy)


def _unheard(policy: Policy) -> str | None:
    if not policy.unheard:
        return None
    return (
        f"rules in Python are not run in the editor ({', '.join(policy.unheard)}); "
        "`orchestrator lsp --own-rules` runs them, for projects that you trust"
    )
