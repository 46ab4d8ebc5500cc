"""The table of socket options against the libzmq that is installed."""

from __future__ import annotations

import pytest
import zmq

from orchestrator.transport.option_names import ALIASES
from orchestrator.transport.options import OPTIONS
from orchestrator.transport.options_table import ValueKind
from orchestrator.vocabulary import SocketType


def test_the_table_is_what_pyzmq_knows() -> None:
    known = {name.lower() for name in zmq.SocketOption.__members__}
    assert set(OPTIONS) | set(ALIASES) <= known | {
        "norm_push",
        "xsub_verbose_unsubscribe",
        "topics_count",
    } | {name for name in OPTIONS if OPTIONS[name].draft}


@pytest.mark.parametrize("socket_type", list(SocketType))
def test_libzmq_refuses_what_the_table_says_it_refuses(socket_type: SocketType) -> None:
    context = zmq.Context()
    socket = context.socket(getattr(zmq, socket_type.value))
    try:
        for option in OPTIONS.values():
            if (
                option.kind is not ValueKind.BOOL
                or not option.settable
                or option.draft
                or not option.built_in
            ):
                continue
            try:
                socket.setsockopt(getattr(zmq, option.name.upper()), 0)
                taken = True
            except zmq.ZMQError:
                taken = False
            assert taken is (socket_type in option.accepted), option.name
    finally:
        socket.close(0)
        context.term()
