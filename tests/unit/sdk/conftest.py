"""Each test begins and ends outside of any message."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.sdk.tracing import current_work


@pytest.fixture(autouse=True)
def outside_of_any_message() -> Iterator[None]:
    current_work.set(None)
    yield
    current_work.set(None)
