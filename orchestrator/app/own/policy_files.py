"""Files of policies: read, held against their schema, made into rules."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from orchestrator.rules.own.applying import OwnRuleError
from orchestrator.rules.own.declaring import OwnRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.diagnostics import Diagnostic

_loaded: dict[tuple[str, str], tuple[object, tuple[OwnRule, ...]]] = {}
"""(real path, name) -> what the file was like when it was read, and its rules."""


def rules_of_policies(file: str) -> tuple[OwnRule, ...]:
    """The policies of a file, in their order. Raises OwnRuleError with everything that is wrong with it."""
    try:
        status = os.stat(file)  # noqa: PTH116
    except FileNotFoundError as failure:
        raise OwnRuleError(f"there is no file of policies `{file}`", "check the path") from failure
    except (OSError, ValueError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else failure
        raise OwnRuleError(f"the policies `{file}` can't be read: {reason}", "check the path") from failure
    if stat.S_ISDIR(status.st_mode):
        raise OwnRuleError(f"`{file}` is a directory", "name a file of policies in it")
    stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
    key = (os.path.realpath(file), file)
    known = _loaded.get(key)
    if known is None or known[0] != stamp:
        known = (stamp, _read(file))
        _loaded[key] = known
    return known[1]


def _read(file: str) -> tuple[OwnRule, ...]:
    from orchestrator.rules.assertions.building import build
    from orchestrator.source import read_list
    from orchestrator.spec.policies import examine_policies

    reading = read_list(file, "policies")
    if reading.document is None:
        raise _refused(file, reading.diagnostics, reading.sources)
    found = examine_policies(reading.document)
    broken = {finding.path[0] for finding in found if finding.path}
    built = build(reading.document, [index for index in broken if isinstance(index, int)])
    found += built.diagnostics
    if found:
        raise _refused(file, found, reading.sources)
    return built.rules


def _refused(file: str, found: tuple[Diagnostic, ...], sources: Mapping[str, str]) -> OwnRuleError:
    from orchestrator.diagnostics import in_order
    from orchestrator.diagnostics.text import TextFormat

    told = TextFormat(sources).findings(in_order(found))
    return OwnRuleError(f"the policies `{file}` can't be used\n\n{told}")
