"""What came of an experiment: values, and how they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

VERSION: Final = 1
"""Of the JSON: goes up when a field changes its meaning. New ones may come without that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether one thing held."""

    expectation: str
    """Its key in the file: `ready_again_within`."""
    held: bool | None
    """None: it cannot be told."""
    told: str
    """What was seen, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One fault, once, and what followed."""

    number: int
    kind: str
    target: str
    """`worker-1`, `worker.results → sink.results`, a directory."""
    what: str
    """What was done, in words: `SIGKILL to worker-1`."""
    at_s: float
    """When it began, since the topology was ready."""
    seconds: float
    findings: tuple[Finding, ...]

    @property
    def held(self) -> bool:
        return all(finding.held is not False for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    experiment: str
    topology: str
    seed: int
    faults: tuple[Happened, ...]
    findings: tuple[Finding, ...]
    """About the whole."""
    left_out: int = 0
    """Faults that did not happen any more, because the topology had ended."""

    @property
    def held(self) -> bool:
        """Whether nothing was seen that must not be."""
        return all(f.held for f in self.faults) and all(f.held is not False for f in self.findings)


def fields(verdict: Verdict) -> dict[str, Any]:
    """As `--format json` has it; docs/reference/chaos.md lists the fields."""
    return {
        "version": VERSION,
        "experiment": verdict.experiment,
        "topology": verdict.topology,
        "seed": verdict.seed,
        "held": verdict.held,
        "faults": [
            {
                "number": fault.number,
                "kind": fault.kind,
                "target": fault.target,
                "what": fault.what,
                "at_s": round(fault.at_s, 3),
                "seconds": round(fault.seconds, 3),
                "held": fault.held,
                "findings": [_finding(finding) for finding in fault.findings],
            }
            for fault in verdict.faults
        ],
        "findings": [_finding(finding) for finding in verdict.findings],
        "left_out": verdict.left_out,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {"expectation": finding.expectation, "held": finding.held, "told": finding.told}
