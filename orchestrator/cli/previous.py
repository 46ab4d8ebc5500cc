"""The run before this one, when it is just being stopped: `up` comes after its end."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

from orchestrator.client import Client, SupervisorGoneError
from orchestrator.errors import RunError
from orchestrator.projects import places
from orchestrator.projects.find import Project, projects
from orchestrator.projects.rundir import is_held

_ANSWER_S: Final = 1.0
_RELEASE_S: Final = 10.0
"""How long a supervisor that has finished may take to be gone."""
_PAUSE_S: Final = 0.005
_ENDING: Final = ("stopping", "ended", "failed")


def await_end(project: str) -> None:
    """Wait while the supervisor that holds `project` brings it down. One that does anything else is left to
    those who take the project, and are refused."""
    lock = places.lock_file(project, os.environ)
    if not is_held(lock):
        return
    try:
        with Client(places.run_dir(project, os.environ) / places.API, answer_s=_ANSWER_S) as client:
            status = client.call("status")
            if status["state"] not in _ENDING:
                return
            sys.stderr.write(f"{project} is being stopped (process {status['pid']}): waiting for its end\n")
            sys.stderr.flush()
            for _ in client.stream("watch"):
                pass
    except SupervisorGoneError:
        pass
    except RunError:  # it does not answer: it has just begun, is about to be gone, or hangs
        return
    await_release(lock)


def left_behind(project: str) -> Project | None:
    """What there is of a project whose supervisor did not clear up: it was killed."""
    return next((one for one in projects(os.environ) if one.name == project and not one.running), None)


def await_release(lock: Path) -> None:
    """Until the project can be started again."""
    deadline = time.monotonic() + _RELEASE_S
    while is_held(lock) and time.monotonic() < deadline:
        time.sleep(_PAUSE_S)
