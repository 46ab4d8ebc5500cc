"""A fault of this program, told as one: a short line for the user, the traceback in a file."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback

from orchestrator.errors import ExitCode


def report() -> int:
    """Write the current exception's traceback to a file and say where. Returns the exit code."""
    text = traceback.format_exc()
    words = text.strip().splitlines()[-1]
    command = f"orchestrator {' '.join(sys.argv[1:])}"
    about = f"{command}\nPython {platform.python_version()}, {platform.platform()}\n\n"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="orchestrator-crash-", suffix=".txt", delete=False, encoding="utf-8", errors="replace"
        ) as file:
            file.write(about + text)
        where = f"the details are in {file.name}; please report it with that file"
    except OSError:
        where = text
    sys.stderr.write(f"error: this is a fault of orchestrator itself: {words}\nhelp: {where}\n")
    return ExitCode.INTERNAL
