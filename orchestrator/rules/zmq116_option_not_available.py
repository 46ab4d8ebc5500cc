"""A socket option that an ordinary libzmq does not have.

## Why

Draft options need libzmq and pyzmq built with drafts; GSSAPI and VMCI must be built in as well. The wheels
on PyPI have none of them, so a Python node fails at its start. A foreign program may bring a libzmq of its
own: there it is a warning.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: XPUB, bind: tcp://127.0.0.1:5555, options: {only_first_subscribe: true}}
```

## Good

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: XPUB, bind: tcp://127.0.0.1:5555, options: {xpub_verbose: true}}
```

## Source

zmq.h, `ZMQ_BUILD_DRAFT_API`; tried with pyzmq 27.3.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.option_findings import findings
from orchestrator.transport.options import OptionFault

CODE: Final = "ZMQ116"
NAME: Final = "option-not-available"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find options that need a special build."""
    return findings(context, CODE, SEVERITY, OptionFault.DRAFT, OptionFault.MISSING)
