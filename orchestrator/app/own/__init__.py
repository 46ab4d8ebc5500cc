"""Rules of the user's and of installed packages: which there are, loading them, running them.

Three kinds: files in Python (`--rules`), packages (the entry point group `orchestrator.rules`), and files of
policies in YAML (`--policy`). Nothing here is imported where there are none.
"""

from __future__ import annotations
