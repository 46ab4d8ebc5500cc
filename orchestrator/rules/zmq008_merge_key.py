"""`<<` is used to merge a mapping.

## Why

Merge keys were an addition to YAML 1.1 and are no part of YAML 1.2, which this language follows as
editors do. What nodes share belongs under `defaults`; a whole value can be repeated with an alias.

## Bad

```yaml
version: 1
name: market
x-common: &common {replicas: 2}
nodes:
  feed:
    <<: *common
    run: market.feed:Feed
```

## Good

```yaml
version: 1
name: market
x-variables: &variables {LOG_LEVEL: info}
nodes:
  feed:
    run: market.feed:Feed
    env: *variables
```

## Source

The Merge Key language-independent type for YAML 1.1, and its absence from YAML 1.2.2, §10.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ008"
NAME: Final = "merge-key"
SEVERITY: Final = Severity.ERROR
