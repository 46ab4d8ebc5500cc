"""The codes of what is wrong with keys and types (ZMQ030 to ZMQ049)."""

from __future__ import annotations

from typing import Final

UNKNOWN_KEY: Final = "ZMQ030"
MISSING_KEY: Final = "ZMQ031"
WRONG_TYPE: Final = "ZMQ032"
NOT_A_CHOICE: Final = "ZMQ033"
"""A word that is not one of those allowed."""
WRONG_FORM: Final = "ZMQ034"
"""A text of the wrong form: a name, a duration, `module:name`."""
OUT_OF_RANGE: Final = "ZMQ035"
"""A number too small or too large, a text or list that is empty."""
PROGRAM: Final = "ZMQ036"
"""None or several of `run`, `command` and `use`."""
PROBE_KIND: Final = "ZMQ037"
"""A probe of no kind or of several."""
REPEATED: Final = "ZMQ038"
"""A list that names the same thing twice."""
VERSION: Final = "ZMQ039"
"""Not version 1 of the language."""
