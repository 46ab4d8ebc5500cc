"""The descriptor that wakes a waiting loop."""

from __future__ import annotations

import select

from orchestrator.sdk.control.wake import Wake


def test_set_is_seen_until_cleared():
    wake = Wake()
    assert select.select([wake.fd], [], [], 0)[0] == []
    wake.set()
    wake.set()
    assert select.select([wake.fd], [], [], 0)[0] == [wake.fd]
    wake.clear()
    assert select.select([wake.fd], [], [], 0)[0] == []
    wake.close()


def test_a_late_signal_finds_it_closed_and_does_no_harm():
    wake = Wake()
    wake.close()
    wake.set()
    wake.close()
