"""A line of `.env` sets no variable.

## Why

Every line is `NAME=value`, a comment, or empty. Quotes have to be closed.

## Bad

```sh
MARKET = data
exchange nyse
```

## Good

```sh
MARKET=data
EXCHANGE=nyse
```

## Source

Compose Specification, .env file syntax.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ016"
NAME: Final = "malformed-dotenv-line"
SEVERITY: Final = Severity.ERROR
