"""YAML text to plain data that knows where everything stands. Knows no key of the language but `include`.

The only home of yaml.
"""

from __future__ import annotations

from orchestrator.source.convert import Broken
from orchestrator.source.document import Document
from orchestrator.source.dotenv import DotEnv, parse_dotenv
from orchestrator.source.emit import to_yaml, with_escapes
from orchestrator.source.garbage import collector_paused
from orchestrator.source.lines import split_lines
from orchestrator.source.onefile import Reading, read_list, read_mapping
from orchestrator.source.reading import STDIN, read_document
from orchestrator.source.tree import KEY
from orchestrator.source.uses import VariableUse, variable_uses

__all__ = [
    "KEY",
    "STDIN",
    "Broken",
    "Document",
    "DotEnv",
    "Reading",
    "VariableUse",
    "collector_paused",
    "parse_dotenv",
    "read_document",
    "read_list",
    "read_mapping",
    "split_lines",
    "to_yaml",
    "variable_uses",
    "with_escapes",
]
