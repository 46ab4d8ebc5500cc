"""A command is written for a shell, and no shell runs.

## Why

A command that is a text is split as a shell splits it, and that is all: `&&`, `|` and `>` are passed to the
program as arguments, `$NAME` stays as it stands, and `NAME=value` in front is taken for the program.
Variables are written `${NAME}`, or set by `env`.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    command: ./feed --verbose > feed.log
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    command: [sh, -c, exec ./feed --verbose > feed.log]
```

## Source

POSIX.1-2017, Shell Command Language, §2.2 (quoting), §2.7 (redirection), §2.9 (lists).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ067"
NAME: Final = "shell-syntax"
SEVERITY: Final = Severity.WARNING
