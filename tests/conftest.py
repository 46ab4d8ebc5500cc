"""What holds for all tests.

Properties are tried on the same examples in each run, so that a gate fails for a change and never by chance.
Random ones are tried with `pytest --hypothesis-profile explore tests/properties`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile

import pytest
from hypothesis import settings

settings.register_profile("gate", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("gate")

# A shell starts background jobs with SIGINT ignored, and what they start inherits it: then no Ctrl-C of a test
# would reach anybody.
signal.signal(signal.SIGINT, signal.default_int_handler)
# nohup(1) and a shell's background jobs have others ignored; a handler that does nothing is not inherited.
for _number in (signal.SIGHUP, signal.SIGQUIT):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda *_: None)

# Options for this run are not for the pytest that a test starts: it would write over this run's coverage.
for _name in ("PYTEST_ADDOPTS", "COVERAGE_FILE"):
    os.environ.pop(_name, None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, also where another `-m` chooses, unless it is asked for."""
    if "soak" in (config.option.markexpr or ""):
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


# Logs and journals of what tests run are nobody's.
_state = tempfile.mkdtemp(prefix="orchestrator-tests-")
atexit.register(shutil.rmtree, _state, ignore_errors=True)
os.environ["XDG_STATE_HOME"] = _state
