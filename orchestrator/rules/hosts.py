"""Findings that depend on the host: a page each, and no check here: rules know nothing but the topology.

They are made by `orchestrator.app.host_check`, when they are asked for (`validate --host-check`).
"""

from __future__ import annotations

from typing import Final

HOST: Final[tuple[str, ...]] = (
    "zmq330_no_such_address",
    "zmq331_ipc_directory",
    "zmq332_file_missing",
    "zmq333_program_not_found",
    "zmq334_transport_not_here",
    "zmq335_no_such_processor",
    "zmq336_resource_not_granted",
    "zmq337_memory_by_address_space",
    "zmq338_keys_missing",
    "zmq339_library_missing",
)
"""Module names, in the order of their codes."""

HOST_CODES: Final[frozenset[str]] = frozenset(module[:6].upper() for module in HOST)
