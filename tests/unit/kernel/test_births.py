"""When this very process was born, and how it is: the only one that a test can be sure of."""

from __future__ import annotations

import os
import sys
import time

import pytest

from orchestrator.kernel.births import began, birth, state

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="as Linux' /proc tells it")
NOBODY = 2**22 + 1
"""Above every process number (proc_sys_kernel(5), pid_max)."""


def test_the_time_of_birth() -> None:
    born = birth(os.getpid())
    assert born is not None
    assert born.isdecimal()
    began_at = began(os.getpid())
    assert began_at is not None
    assert time.time() - 86400 < began_at <= time.time()
    parent = began(os.getppid())
    assert parent is None or parent <= began_at


def test_the_state() -> None:
    assert state(os.getpid()) == "R"


def test_who_is_not_there() -> None:
    assert (birth(NOBODY), began(NOBODY), state(NOBODY)) == (None, None, None)
