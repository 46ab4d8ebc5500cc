"""How a YAML file is laid out: read with its comments, put in order, written again with the same meaning.

`lay_out` is the way in for a file, `format_text` for a text. `tree` holds what was read, `read` reads it,
`comments` finds comments and says what they belong to, `blocks` knows texts over lines, `write` writes it,
`proof` sees to it that nothing was lost.
"""

from __future__ import annotations

from orchestrator.source.layout.file import LaidOut, lay_out
from orchestrator.source.layout.format import LayoutError, format_text

__all__ = ["LaidOut", "LayoutError", "format_text", "lay_out"]
