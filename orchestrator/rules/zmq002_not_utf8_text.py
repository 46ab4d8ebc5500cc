"""The file is not UTF-8 text.

## Why

YAML is text. A byte that is not UTF-8 mostly means that an editor saved the file in an old encoding;
control characters come from pasting. The finding stands at the first byte that does not belong there.

## Bad

```text
name: caf\\xe9        # saved as Latin-1
```

## Good

```text
name: cafe
```

## Source

YAML 1.2.2, §5.1 (character set) and §5.2 (character encodings).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ002"
NAME: Final = "not-utf8-text"
SEVERITY: Final = Severity.ERROR
