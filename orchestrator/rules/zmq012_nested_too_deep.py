"""The file is nested more than a hundred levels deep.

## Why

A topology needs nine levels. So many more come from a generator that went wrong, or from a file that is
meant to do harm.

## Bad

```yaml
version: 1
name: market
x-deep: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
  [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
  ]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
  ]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
nodes:
  feed:
    run: market.feed:Feed
```

## Good

```yaml
version: 1
name: market
x-deep: [[[]]]
nodes:
  feed:
    run: market.feed:Feed
```

## Source

The C stack on which libyaml's trees are built has an end.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ012"
NAME: Final = "nested-too-deep"
SEVERITY: Final = Severity.ERROR
