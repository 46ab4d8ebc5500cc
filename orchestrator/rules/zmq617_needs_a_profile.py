"""A node depends on another one that may take no part in the run.

## Why

A node with `profiles` takes part only when one of them is asked for. Who depends on it has to take part under
the same profiles, or fewer: else `up` refuses to start, since the dependency would never be met.

## Bad

```yaml
nodes:
  recorder:
    command: ./recorder
    profiles: [debug]
  gateway:
    command: ./gateway
    depends_on: [recorder]
```

## Good

```yaml
nodes:
  recorder:
    command: ./recorder
    profiles: [debug]
  gateway:
    command: ./gateway
```

## Source

The language reference, `profiles` and `depends_on`; docker compose refuses the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.parts import listing
from orchestrator.model.types import Node
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ617"
NAME: Final = "needs-a-profile"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the profiles of each node with those of what it depends on."""
    for node in context.topology.nodes.values():
        for dependency in node.depends_on:
            wanted = context.topology.nodes.get(dependency.node)
            if wanted is None or wanted is node or _always_together(node, wanted):
                continue
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{node.name}` depends on `{wanted.name}`, which takes part only with "
                f"{_profiles(wanted)}: {_when(node, wanted)}, `up` refuses to start",
                span=dependency.span,
                path=dependency.path,
                related=(Related(f"`{wanted.name}` is here", wanted.span),),
                help=_remedy(node, wanted),
            )


def _always_together(node: Node, wanted: Node) -> bool:
    """Whether every run that `node` takes part in has `wanted` in it."""
    if not wanted.profiles:
        return True
    return bool(node.profiles) and set(node.profiles) <= set(wanted.profiles)


def _profiles(node: Node) -> str:
    return f"the profile {listing(node.profiles)}" if len(node.profiles) == 1 else (
        f"one of the profiles {listing(node.profiles)}"
    )  # fmt: skip


def _when(node: Node, wanted: Node) -> str:
    if not node.profiles:
        return "without it" if len(wanted.profiles) == 1 else "without one of them"
    missing = [profile for profile in node.profiles if profile not in wanted.profiles]
    return f"with {listing(missing)} alone"


def _remedy(node: Node, wanted: Node) -> str:
    if not node.profiles:
        return f"give `{node.name}` the same `profiles`, or take those of `{wanted.name}` out"
    missing = [profile for profile in node.profiles if profile not in wanted.profiles]
    return f"add {listing(missing)} to the `profiles` of `{wanted.name}`"
