"""What every test of the SDK begins with: no message at hand, and no trace of one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.sdk.current import at_hand
from orchestrator.sdk.tracing import current_work


@pytest.fixture(autouse=True)
def no_work_at_hand() -> Iterator[None]:
    """A message that another test has taken in its own loop is no cause of what this one does."""
    for variable in (at_hand, current_work):
        variable.set(None)
    yield
    for variable in (at_hand, current_work):
        variable.set(None)
