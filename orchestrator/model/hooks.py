"""`hooks`: what is to be started when something happens."""

from __future__ import annotations

from typing import Final

from orchestrator.model.codes import NOT_FOR_THIS_NODE, NUL, UNKNOWN_NODE
from orchestrator.model.commands import split_command
from orchestrator.model.parts import Data, Findings, did_you_mean, listing
from orchestrator.model.settings import duration
from orchestrator.model.sockets import as_tuple
from orchestrator.model.types import Hook, Node
from orchestrator.source import KEY
from orchestrator.vocabulary import HookEvent, Path

_DEFAULT_TIMEOUT_S: Final = 10.0
_DEFAULT_MAX_RUNS: Final = 30
_DEFAULT_WINDOW_S: Final = 60.0


def build_hooks(data: list[Data], findings: Findings) -> tuple[Hook, ...]:
    """All hooks, in file order."""
    return tuple(_hook(hook, ("hooks", index), findings) for index, hook in enumerate(data))


def _hook(data: Data, path: Path, findings: Findings) -> Hook:
    command = split_command(data["command"], (*path, "command"), findings) if "command" in data else None
    return Hook(
        events=tuple(HookEvent(word) for word in as_tuple(data["on"])),
        nodes=tuple(data["nodes"]) if "nodes" in data else None,
        command=command,
        webhook=data.get("webhook"),
        headers=dict(data.get("headers", {})),
        timeout_s=duration(data, "timeout", _DEFAULT_TIMEOUT_S),
        max_runs=int(data.get("max_runs", _DEFAULT_MAX_RUNS)),
        window_s=duration(data, "window", _DEFAULT_WINDOW_S),
        span=findings.place(path),
        path=path,
        description=data.get("description"),
    )


def check_hooks(hooks: tuple[Hook, ...], nodes: dict[str, Node], findings: Findings) -> None:
    """Add a finding for every hook that could not do what it says."""
    for hook in hooks:
        _check_nodes(hook, nodes, findings)
        if hook.headers and hook.webhook is None:
            path: Path = (*hook.path, "headers")
            findings.error(
                NOT_FOR_THIS_NODE,
                "`headers` are for a webhook, and this is a command",
                path,
                span=findings.key(path),
                remedy="remove them; a command finds variables in its environment",
            )
        if any("\0" in argument for argument in hook.command or ()):
            findings.error(
                NUL,
                "an argument can't hold a NUL character",
                (*hook.path, "command"),
                remedy="remove the `\\0`",
            )


def _check_nodes(hook: Hook, nodes: dict[str, Node], findings: Findings) -> None:
    if hook.nodes is None:
        return
    for index, name in enumerate(hook.nodes):
        path: Path = (*hook.path, "nodes", index)
        if name not in nodes:
            findings.error(
                UNKNOWN_NODE,
                f"a hook is for `{name}`, and there is no such node",
                path,
                remedy=did_you_mean(name, nodes, f"nodes are {listing(nodes)}"),
                fix=findings.other_name(path, name, nodes),
            )
    if all(event.is_of_topology for event in hook.events):
        path = (*hook.path, "nodes")
        words = " and ".join(f"`{event}`" for event in hook.events)
        findings.error(
            NOT_FOR_THIS_NODE,
            f"`nodes` means nothing for {words}, which happen to the whole topology",
            path,
            span=findings.document.place((*path, KEY)),
            remedy="remove `nodes`, or name an event of nodes",
        )
