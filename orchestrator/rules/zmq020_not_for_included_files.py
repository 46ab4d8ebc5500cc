"""An included file holds what only the main file may hold.

## Why

Included files bring nodes, messages and endpoints. `defaults` in one of them would change nodes in files
that know nothing of it. `version`, `name` and `description` are allowed, for when the file is used by
itself.

## Bad

```text
# feeds.yaml, included by market.yaml
defaults: {restart: always}
nodes: {feed: {run: 'market.feed:Feed'}}
```

## Good

```text
# market.yaml
include: [feeds.yaml]
defaults: {restart: always}
```

## Source

docs/reference: include.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ020"
NAME: Final = "not-for-included-files"
SEVERITY: Final = Severity.ERROR
