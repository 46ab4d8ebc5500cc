"""Which examples the properties are tried on.

The same ones in each run, so that a gate fails for a change and never by chance. Random ones are tried with
`pytest --hypothesis-profile explore tests/properties`.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("gate", derandomize=True, database=None, print_blob=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile("gate")
