"""Check topology files: read them, then run every rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.diagnostics import Diagnostic, has_errors, in_order
from orchestrator.model.load import Loaded, load
from orchestrator.model.types import Topology

STDIN = "<stdin>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What checking one file found. `topology` is None when it has an error of reading."""

    file: str
    topology: Topology | None
    findings: tuple[Diagnostic, ...]
    sources: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way of bringing it up."""
        return self.topology is not None and not has_errors(self.findings)


def check_file(file: str, *, text: str | None = None, environ: Mapping[str, str] | None = None) -> Checked:
    """Read and check one file. Never raises for what a user wrote."""
    return check_loaded(file, load(file, text=text, environ=environ))


def check_loaded(file: str, loaded: Loaded) -> Checked:
    """Run the rules over what was loaded; with errors of reading, over what was probably meant."""
    findings = list(loaded.diagnostics)
    if loaded.meant is not None:
        findings.extend(check_topology(loaded.meant))
    return Checked(file=file, topology=loaded.topology, findings=in_order(findings), sources=loaded.sources)


def check_topology(topology: Topology) -> tuple[Diagnostic, ...]:
    """What the rules say of a topology."""
    from orchestrator import rules

    return rules.run(topology)
