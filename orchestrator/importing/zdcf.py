"""ZDCF, the ZeroMQ Device Configuration File (RFC 17), to a draft.

An application is a process with one context, so its devices share a `process`. A built-in device (a type
that starts with `zmq_`, zmq_device(3)) is a stock node; what any other one runs is not told by ZDCF.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from orchestrator.importing.draft import Draft, Left, NodeDraft, Origin
from orchestrator.importing.errors import SourceError, wrong
from orchestrator.importing.names import label, node_name, unique
from orchestrator.importing.zdcf_devices import Device, built_in
from orchestrator.importing.zdcf_sockets import read_socket
from orchestrator.importing.zdcf_values import mapping, text_of
from orchestrator.source.foreign import Foreign

_VERSION: Final = re.compile(r"([0-9]{1,9})(\.[0-9]+)?")
_KNOWN: Final = 1
"""The integer part of the versions that can be read: RFC 17, "Handling Specification Versions"."""
_CONTEXT: Final = "a node has no settings for its context"
_UNKNOWN: Final = "RFC 17 does not describe it"


def read_zdcf(root: Foreign, file: str, name: str) -> Draft:
    """The draft of a property tree. Raises SourceError for what RFC 17 does not allow."""
    top = dict(mapping(root, "the file", file))
    if top:
        _check_version(top.pop("version", None), root, file)
    apps = mapping(top.pop("apps", Foreign({}, 1, 1)), "apps", file)
    devices = [
        device
        for app, value in apps.items()
        for device in _devices(app, dict(mapping(value, f"apps.{app}", file)), file)
    ]
    nodes = _nodes(devices, file)
    notes = () if nodes else ("The source describes no device: there is nothing to run yet.",)
    return Draft(
        name=label(next(iter(apps)) if len(apps) == 1 else name),
        made_from=f"{file} (ZDCF, RFC 17)",
        nodes=nodes,
        notes=notes,
        left=tuple(Left(key, value, _UNKNOWN) for key, value in top.items()),
    )


def _check_version(version: Foreign | None, root: Foreign, file: str) -> None:
    if version is None:
        raise wrong(
            file,
            root,
            "the file does not say which version of ZDCF it is",
            "RFC 17 asks for `version` at the top, and `apps` below it; its predecessors, RFC 3 and 5, "
            "are retired",
        )
    text = str(version.data)
    found = _VERSION.fullmatch(text)
    if found is None or isinstance(version.data, bool):
        raise wrong(file, version, f"`{text}` is no version", "write a number: `1.0`")
    if int(found[1]) != _KNOWN:
        raise wrong(
            file,
            version,
            f"this is version {text} of ZDCF, and only {_KNOWN}.x can be read",
            f"RFC 17 describes version {_KNOWN}.x; what another integer part means is not known here",
        )


def _devices(app: str, data: dict[str, Foreign], file: str) -> list[Device]:
    """The devices of one application, the first of them with what is said about the process."""
    said = data.pop("context", Foreign({}, 1, 1))
    context = dict(mapping(said, f"apps.{app}.context", file))
    devices = mapping(data.pop("devices", Foreign({}, 1, 1)), f"apps.{app}.devices", file)
    rest = {**({"context": replace(said, data=context)} if context else {}), **data}
    if rest and not devices:
        line = next(iter((*context.values(), *data.values()))).line
        raise SourceError(
            file, line, f"the application `{app}` has settings and no device", "give it `devices`"
        )
    return [
        Device(
            app=app,
            name=name,
            value=value,
            data=dict(mapping(value, f"apps.{app}.devices.{name}", file)),
            siblings=len(devices),
            process_settings=_settings(rest) if index == 0 else (),
        )
        for index, (name, value) in enumerate(devices.items())
    ]


def _settings(rest: dict[str, Foreign]) -> tuple[Left, ...]:
    return tuple(Left(key, value, _CONTEXT if key == "context" else _UNKNOWN) for key, value in rest.items())


def _nodes(devices: list[Device], file: str) -> tuple[NodeDraft, ...]:
    names: list[str] = []
    for device in devices:
        alone = sum(other.name == device.name for other in devices) == 1
        wanted = device.name if alone else f"{device.app}-{device.name}"
        names.append(unique(node_name(wanted, "device"), names))
    processes: dict[str, str] = {}
    for device in devices:
        if device.siblings > 1 and device.app not in processes:
            taken = (*names, *processes.values())
            processes[device.app] = unique(node_name(device.app, "process"), taken)
    return tuple(
        _node(device, name, processes.get(device.app), file)
        for device, name in zip(devices, names, strict=True)
    )


def _node(device: Device, name: str, process: str | None, file: str) -> NodeDraft:
    where = f"{device.app}.{device.name}"
    kind_value = device.data.pop("type", None)
    kind = None if kind_value is None else text_of(kind_value, f"the type of {where}", file)
    values = mapping(device.data.pop("sockets", Foreign({}, 1, 1)), f"the sockets of {where}", file)
    sockets = [read_socket(socket, value, where, file) for socket, value in values.items()]
    found = built_in(kind, sockets)
    about = {"process": ("One application of ZDCF is one process with one context.",)} if process else {}
    return NodeDraft(
        name=name,
        use=found.use,
        open_program=found.open_program,
        process=process,
        sockets=found.sockets,
        notes=found.notes,
        about=about,
        left=(
            *device.process_settings,
            *(Left(key, value, _UNKNOWN) for key, value in device.data.items()),
        ),
        origin=Origin(file, device.value.begins),
    )
