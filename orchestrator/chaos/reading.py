"""From the file of an experiment to an Experiment and its topology, or to what is wrong with either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.app.check import check_file
from orchestrator.chaos.building import build, check_against
from orchestrator.chaos.types import Experiment
from orchestrator.diagnostics import Diagnostic, has_errors, in_order
from orchestrator.model.parts import Findings
from orchestrator.model.types import Topology
from orchestrator.source import read_mapping
from orchestrator.spec.experiments import examine_experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What came of reading. Without errors there are an experiment and a topology."""

    experiment: Experiment | None
    topology: Topology | None
    findings: tuple[Diagnostic, ...]
    """Of the experiment; where it has no errors, those of the topology."""
    sources: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether it can be run."""
        return self.topology is not None and not has_errors(self.findings)


def read_experiment(file: str, environ: Mapping[str, str]) -> Read:
    """Read an experiment and its topology. Never raises for what a user wrote.

    Raises UsageError for a mistake in the settings of the checks, and for a profile that no node has.
    """
    reading = read_mapping(file, "an experiment", environ)
    if reading.document is None:
        return _refused(reading.diagnostics, reading.sources)
    found = examine_experiment(reading.document)
    if found:
        return _refused(found, reading.sources)
    findings = Findings(reading.document)
    experiment = build(reading.document, findings)
    checked = check_file(experiment.topology, environ=environ)
    sources = {**checked.sources, **reading.sources}
    if checked.topology is not None:
        check_against(experiment, checked.topology, findings)
    told = in_order(findings.found) if findings.found else checked.findings
    return Read(experiment=experiment, topology=checked.topology, findings=tuple(told), sources=sources)


def _refused(found: tuple[Diagnostic, ...], sources: Mapping[str, str]) -> Read:
    return Read(experiment=None, topology=None, findings=tuple(in_order(found)), sources=sources)
