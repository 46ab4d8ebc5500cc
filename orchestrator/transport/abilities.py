"""What the installed libzmq can do. Loads zmq."""

from __future__ import annotations

from typing import Final

from orchestrator.transport.endpoint import Transport

_ALWAYS: Final = frozenset({Transport.TCP, Transport.INPROC})
"""Built into every libzmq, which knows no capability of these names."""
FEATURES: Final = ("ipc", "curve", "draft", "gssapi", "norm", "pgm", "tipc", "vmci")
"""The names that zmq_has(3) knows."""


def has_transport(transport: Transport) -> bool:
    """Whether the libzmq that nodes of ours use has it (zmq_has(3))."""
    name = "pgm" if transport is Transport.EPGM else transport.value
    return transport in _ALWAYS or has(name)


def has(feature: str) -> bool:
    """Whether it was built with one of `FEATURES`."""
    import zmq

    return bool(zmq.has(feature))


def versions() -> tuple[str, tuple[int, int, int]]:
    """Of pyzmq, and of libzmq."""
    import zmq

    return zmq.__version__, zmq.zmq_version_info()
