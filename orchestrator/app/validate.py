"""The checker's use case: many files, their settings and baselines, one outcome."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from orchestrator.app.check import Checked, check_file
from orchestrator.app.inputs import STDIN_ARGUMENT, Input, Inputs, is_fragment
from orchestrator.app.policy import Policies
from orchestrator.diagnostics import Diagnostic
from orchestrator.errors import UsageError


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one run over all files found."""

    results: list[Checked]
    about_baselines: list[Diagnostic] = field(default_factory=list)
    """Notes about entries that are not found any more."""
    sources: dict[str, str] = field(default_factory=dict)
    """Every file that findings stand in -> its text."""
    failed: frozenset[Diagnostic] = frozenset()
    """The findings that fail the run."""

    @property
    def findings(self) -> list[Diagnostic]:
        """All of them, file after file, those about baselines last."""
        return [*(finding for result in self.results for finding in result.findings), *self.about_baselines]


def check_all(
    inputs: Inputs,
    policies: Policies,
    *,
    stdin_name: str,
    read_stdin: Callable[[], str],
) -> Outcome:
    """Check every file; `settle` has to follow. Raises UsageError for mistakes in settings.

    `stdin_name` is how findings name standard input, and where its settings are looked for.
    """
    results: list[Checked] = []
    found: set[str] = set()
    for one in inputs.files:
        results.append(_check(one, policies, stdin_name, read_stdin))
        if one.found:
            found.add(one.file)
    results = list(_without_fragments(results, found))
    outcome = Outcome(results=results)
    for result in results:
        outcome.sources |= result.sources
    return outcome


def settle(outcome: Outcome) -> None:
    """Leave out what the baselines know; say what fails the run. Raises UsageError for a broken baseline."""
    _apply_baselines(outcome)
    outcome.failed = frozenset(_failed(outcome))


def files_read(outcome: Outcome, inputs: Inputs, policies: Policies) -> set[str]:
    """Every file and directory that another run could find changed, and then find something else."""
    paths = {one.file for one in inputs.files} | inputs.directories | policies.files
    paths.update(file for file in outcome.sources if not file.startswith("<"))
    for result in outcome.results:
        if not result.file.startswith("<"):
            paths.add(os.path.dirname(result.file) or ".")  # noqa: PTH120 - settings and `.env` may appear
        topology = result.topology
        if topology is not None:
            schemas = (message.schema for message in topology.messages.values())
            paths.update(os.path.join(topology.directory, s) for s in schemas if isinstance(s, str))  # noqa: PTH118
    return paths


def write_baselines(outcome: Outcome) -> dict[str, int]:
    """Write what was found into the baselines, and return baseline -> number of its entries.

    `outcome` is not settled yet. Raises UsageError when no baseline is named.
    """
    from orchestrator.app.baseline import write

    written: dict[str, int] = {}
    for file, results in _by_baseline(outcome.results).items():
        if file is None:
            raise UsageError(f"no baseline is named for {results[0].file}", "say --baseline FILE")
        written[file] = write(file, results)
    return written


def _check(one: Input, policies: Policies, stdin_name: str, read_stdin: Callable[[], str]) -> Checked:
    if one.file == STDIN_ARGUMENT:
        return check_file(stdin_name, text=read_stdin(), policies=policies)
    return check_file(one.file, policies=policies)


def _without_fragments(results: Sequence[Checked], found: set[str]) -> Iterator[Checked]:
    """Leave out files that nobody named, that others include, and that are no topology by themselves."""
    included = {
        os.path.realpath(file) for result in results for file in result.sources if file != result.file
    }
    for result in results:
        is_part = result.file in found and os.path.realpath(result.file) in included
        if not (is_part and is_fragment(result.sources.get(result.file, ""))):
            yield result


def _apply_baselines(outcome: Outcome) -> None:
    by_baseline = _by_baseline(outcome.results)
    if set(by_baseline) <= {None}:
        return
    from orchestrator.app.baseline import hide_known, read

    told: list[Checked] = []
    for file, results in by_baseline.items():
        if file is None:
            told.extend(results)
            continue
        baseline = read(file)
        left, stale = hide_known(results, baseline)
        told.extend(left)
        outcome.about_baselines.extend(results[0].policy.apply(stale))
        outcome.sources[file] = baseline.text
    order = {result.file: number for number, result in enumerate(outcome.results)}
    outcome.results = sorted(told, key=lambda result: order[result.file])


def _by_baseline(results: Iterable[Checked]) -> dict[str | None, list[Checked]]:
    groups: dict[str | None, list[Checked]] = {}
    for result in results:
        groups.setdefault(result.policy.baseline, []).append(result)
    return groups


def _failed(outcome: Outcome) -> Iterator[Diagnostic]:
    for result in outcome.results:
        yield from (finding for finding in result.findings if result.policy.fails(finding))
    policies = [result.policy for result in outcome.results if result.policy.baseline is not None]
    yield from (f for f in outcome.about_baselines if any(policy.fails(f) for policy in policies))
