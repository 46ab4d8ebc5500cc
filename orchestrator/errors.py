"""Exceptions for runs that cannot go on. Findings about the user's file are Diagnostics instead."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Process exit codes of every verb (DESIGN §5)."""

    OK = 0
    FINDINGS = 1
    """Findings, or a topology that failed."""
    USAGE = 2
    INTERNAL = 3
    INTERRUPTED = 130


class OrchestratorError(Exception):
    """A run that cannot go on, for a reason a person can act on.

    `message` states the fact; `remedy` says what to do, or is None when there is nothing to add.
    """

    exit_code: ExitCode = ExitCode.FINDINGS

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(OrchestratorError):
    """The command line or an API call asks for something that cannot be."""

    exit_code = ExitCode.USAGE


class PlatformError(OrchestratorError):
    """The platform lacks what the command needs."""

    exit_code = ExitCode.USAGE


class RunError(OrchestratorError):
    """A topology that could not be started, or failed while it ran."""
