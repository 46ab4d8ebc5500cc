"""Ports for foreign programs."""

from __future__ import annotations

import pytest

from orchestrator.errors import RunError
from orchestrator.runtime.ports import PortPicker


def test_no_two_users_get_the_same_port():
    pick = PortPicker()
    ports = [pick("127.0.0.1", f"a-{n}.out.0") for n in range(50)]
    assert len(set(ports)) == 50
    assert ports == [pick("127.0.0.1", f"a-{n}.out.0") for n in range(50)], "who asks again keeps his"
    assert all(1024 <= port <= 65535 for port in ports)


def test_an_address_that_is_not_ours_is_refused_with_a_remedy():
    with pytest.raises(RunError) as caught:
        PortPicker()("192.0.2.1", "a.b.0")
    assert "192.0.2.1" in caught.value.message
    assert caught.value.remedy
