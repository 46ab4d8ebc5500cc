"""What every test of the SDK begins with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.sdk.tracing import current_work


@pytest.fixture(autouse=True)
def no_work_at_hand() -> Iterator[None]:
    """A message that another test has taken in its own loop is no cause of what this one does."""
    token = current_work.set(None)
    yield
    current_work.reset(token)
