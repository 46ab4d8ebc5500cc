"""An ipc path is relative.

## Why

A relative path starts from the working directory of each process: two nodes meet only where their `cwd` is
the same, and two copies of the topology in one directory take each other's sockets away. `ipc://tmp/x` is
`tmp/x`, not `/tmp/x`.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: "ipc://frontend.ipc"}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: "ipc:///tmp/frontend.ipc"}
```

## Source

zmq_ipc(7).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.sites import Site
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import Transport

CODE: Final = "ZMQ314"
NAME: Final = "ipc-relative"
SEVERITY: Final = Severity.NOTE

_ROOTS: Final = ("tmp/", "run/", "var/", "home/", "dev/shm/")


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find relative paths that are bound; told once."""
    found = [(site, path) for site in context.resolution.binds if (path := _relative_path(site)) is not None]
    if not found:
        return
    (first, path), *others = found
    rooted = path.startswith(_ROOTS)
    assert first.parsed is not None
    more = f" (and {len(others)} more)" if others else ""
    yield Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{first.socket.ref}`{more}: {first.text} is a relative path; here it means "
        f"{first.parsed.path}",
        span=first.span,
        path=first.address.path,
        related=tuple(Related(f"{site.text} is relative as well", site.span) for site, _ in others),
        help=f"did you mean `ipc:///{path}`?" if rooted else "write an absolute path, or `bind: auto`",
    )


def _relative_path(site: Site) -> str | None:
    if site.parsed is None or site.parsed.transport is not Transport.IPC:
        return None
    path = site.text.removeprefix("ipc://")
    return None if path.startswith(("/", "@", "*", "${{")) else path
