"""What a test leaves in its context, the message at hand and its trace, is not the next one's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.sdk.current import at_hand
from orchestrator.sdk.tracing import current_work


@pytest.fixture(autouse=True)
def nothing_at_hand() -> Iterator[None]:
    yield
    at_hand.set(None)
    current_work.set(None)
