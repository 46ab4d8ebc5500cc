"""Run the benchmarks and print one table: `python tests/benchmarks/run.py [validate rules lsp start …]`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ALL = ("validate", "rules", "lsp", "start", "restart", "stop", "idle", "quickstart", "capture", "monitors")
BY_NAME = ("supervisors", "data")
"""Only where it is asked for: it takes long, and others to compare with have to be installed."""


def main(names: list[str]) -> int:
    sys.path.insert(0, str(Path(__file__).parent))
    from support import machine, table

    unknown = [name for name in names if name not in (*ALL, *BY_NAME)]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join((*ALL, *BY_NAME))}", file=sys.stderr)
        return 2
    rows = []
    for name in names or ALL:
        print(f"… {name}", file=sys.stderr)
        rows += importlib.import_module(f"bench_{name}").measure()
    print(machine())
    print(table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
