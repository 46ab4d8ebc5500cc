"""The type of socket that a test talks to a node's socket with."""

from __future__ import annotations

import pytest

from orchestrator.errors import UsageError
from orchestrator.testing.sockets import fitting
from orchestrator.transport.compatibility import compatible
from orchestrator.vocabulary import SocketType


@pytest.mark.parametrize("of", [t for t in SocketType if t is not SocketType.STREAM])
def test_the_fitting_type_can_talk(of):
    assert compatible(of, fitting(of))


def test_nothing_fits_a_stream():
    with pytest.raises(UsageError, match="plain tcp"):
        fitting(SocketType.STREAM)
