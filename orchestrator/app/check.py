"""Check topology files: read them, run every rule that is asked for, leave out what is ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orchestrator.app.policy import PLAIN, Policies, Policy
from orchestrator.diagnostics import Diagnostic, has_errors, in_order
from orchestrator.model.load import Loaded, load
from orchestrator.model.types import Topology

STDIN = "<stdin>"
_MARK = "orchestrator:"
"""What every ignore comment holds; hardly any other text does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What checking one file found. `topology` is None when it has an error of reading."""

    file: str
    topology: Topology | None
    findings: tuple[Diagnostic, ...]
    """Those that are told: selected, not ignored, with the severities that the settings give them."""
    ignored: int = 0
    """How many findings are hidden by comments."""
    known: int = 0
    """How many findings the baseline knows."""
    sources: Mapping[str, str]
    policy: Policy = PLAIN

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way of bringing it up."""
        return self.topology is not None and not has_errors(self.findings)


def check_file(
    file: str,
    *,
    text: str | None = None,
    environ: Mapping[str, str] | None = None,
    policies: Policies | None = None,
    instead: Mapping[str, str] | None = None,
) -> Checked:
    """Read and check one file; `text` stands in for its content, `instead` (real path -> text) for any's.

    Never raises for what a user wrote into a topology; raises UsageError for a mistake in the settings that
    hold for the file (by default the nearest ones above it), and for a rule of the user's that fails.
    """
    policy = (policies or Policies()).of(file)
    return check_loaded(file, load(file, text=text, environ=environ, instead=instead), policy)


def check_loaded(file: str, loaded: Loaded, policy: Policy = PLAIN) -> Checked:
    """Run the rules over what was loaded; with errors of reading, over what was probably meant."""
    findings = list(loaded.diagnostics)
    if loaded.meant is not None:
        findings.extend(check_topology(loaded.meant, policy.wants))
    if policy.own and loaded.meant is not None:
        from orchestrator.app.own.loading import judge

        findings.extend(judge([rule for rule in policy.own if policy.wants(rule.code)], loaded.meant))
    if policy.host_check and loaded.topology is not None:
        from orchestrator.app.host_check import check_host

        findings.extend(check_host(loaded.topology))
    if policy.imports and loaded.topology is not None:
        from orchestrator.app.import_check import check_imports

        findings.extend(check_imports(loaded.topology))
    ignored = 0
    if any(_MARK in text for text in loaded.sources.values()):
        from orchestrator.app.ignoring import ignoring

        complete = loaded.topology is not None
        findings, ignored = ignoring(findings, loaded.sources, policy, main=file, complete=complete)
    return Checked(
        file=file,
        topology=loaded.topology,
        findings=policy.apply(in_order(findings)),
        ignored=ignored,
        sources=loaded.sources,
        policy=policy,
    )


def check_topology(topology: Topology, wants: Callable[[str], bool] | None = None) -> tuple[Diagnostic, ...]:
    """What the rules say of a topology: those whose code is wanted, by default all that are usual."""
    from orchestrator import rules

    return rules.run(topology, wants)
