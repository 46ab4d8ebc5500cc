"""What the installed libzmq can do. Loads zmq."""

from __future__ import annotations

from typing import Final

from orchestrator.transport.endpoint import Transport

_ALWAYS: Final = frozenset({Transport.TCP, Transport.INPROC})
"""Built into every libzmq, which knows no capability of these names."""


def has_transport(transport: Transport) -> bool:
    """Whether the libzmq that nodes of ours use has it (zmq_has(3))."""
    import zmq

    name = "pgm" if transport is Transport.EPGM else transport.value
    return transport in _ALWAYS or bool(zmq.has(name))
