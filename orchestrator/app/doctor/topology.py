"""What one topology needs of this machine: files, programs, addresses, processes."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from orchestrator.app.doctor.addresses import addresses
from orchestrator.app.doctor.limits import FOREIGN_BYTES, PYTHON_BYTES
from orchestrator.app.doctor.types import Check, Needs, Topic
from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.errors import OrchestratorError
from orchestrator.projects import places
from orchestrator.projects.find import Project

if TYPE_CHECKING:
    from orchestrator.model.types import Topology
    from orchestrator.planning.types import Plan

FILE: Final = Topic(name="file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found of a file. `needs` are none where it cannot be planned."""

    checks: tuple[Check, ...]
    needs: Needs = field(default_factory=Needs)


def examine(
    file: str, environ: Mapping[str, str], ours: Project | None, profiles: Collection[str] = ()
) -> Examined:
    """Check a file and what it needs. `ours` is the project of this file that runs, if any: its ports are its
    own."""
    from orchestrator.app.check import check_file
    from orchestrator.app.host_check import check_host

    checked = check_file(file, environ=dict(environ))
    checks = [_findings(file, checked.findings)]
    if checked.topology is None:
        return Examined(checks=tuple(checks))
    checks += [_host(finding) for finding in check_host(checked.topology, environ=environ)]
    try:
        plan = _plan(checked.topology, environ, ours, profiles)
    except OrchestratorError as error:
        checks.append(FILE.error(error.message, error.remedy or "correct the file", subject=file))
        return Examined(checks=tuple(checks))
    return Examined(checks=(*checks, *addresses(plan, ours)), needs=needs(plan))


def _findings(file: str, findings: tuple[Diagnostic, ...]) -> Check:
    errors = [f for f in findings if f.severity is Severity.ERROR]
    warnings = sum(f.severity is Severity.WARNING for f in findings)
    look = f"`orchestrator validate {file}` shows {'them' if len(findings) > 1 else 'it'}"
    if errors:
        count = f"{len(errors)} errors, the first" if len(errors) > 1 else "an error"
        return FILE.error(f"{file} has {count}: {errors[0].message}", look, subject=file)
    if warnings:
        return FILE.note(f"{file} has {warnings} warning{'s' if warnings > 1 else ''}", look, subject=file)
    return FILE.ok(f"{file} is fine", file)


def _host(finding: Diagnostic) -> Check:
    """A finding of `validate --host-check`, with its place."""
    fact = f"{finding.message} [{finding.code} at {finding.span}]"
    help_ = finding.help or f"`orchestrator explain {finding.code}`"
    if finding.severity is Severity.ERROR:
        return FILE.error(fact, help_)
    return FILE.warning(fact, help_) if finding.severity is Severity.WARNING else FILE.note(fact, help_)


def _plan(
    topology: Topology, environ: Mapping[str, str], ours: Project | None, profiles: Collection[str]
) -> Plan:
    from orchestrator.model.profiles import select_profiles
    from orchestrator.planning.build import build
    from orchestrator.runtime.ports import PortPicker

    run_dir = str(places.run_dir(topology.name, environ) if ours is None else ours.run_dir)
    active = select_profiles(topology, profiles)
    return build(active, run_dir=run_dir, environ=environ, platform=os.name, pick_port=PortPicker())


def needs(plan: Plan) -> Needs:
    """Processes and memory of a plan; what `resources` bound counts in full."""
    python = sum(unit.is_python for unit in plan.units)
    bounded = sum(unit.resources.memory or 0 for unit in plan.units)
    free = [unit for unit in plan.units if unit.resources.memory is None]
    least = sum(PYTHON_BYTES if unit.is_python else FOREIGN_BYTES for unit in free)
    return Needs(python=python, foreign=len(plan.units) - python, memory=bounded + least)
