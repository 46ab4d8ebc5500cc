"""The aliases of the file multiply beyond measure.

## Why

An alias of an alias of an alias repeats its value each time; nine lines can stand for a thousand million
values. A file that grows more than tenfold, to more than 200,000 values, is not read.

## Bad

```yaml
version: 1
name: market
x-a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
x-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
x-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
x-d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
x-e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
x-f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
nodes:
  feed:
    run: market.feed:Feed
```

## Good

```yaml
version: 1
name: market
x-symbols: &symbols [AAPL, MSFT]
nodes:
  feed:
    run: market.feed:Feed
    params: {symbols: *symbols}
```

## Source

The billion laughs attack, as YAML knows it.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ010"
NAME: Final = "alias-bomb"
SEVERITY: Final = Severity.ERROR
