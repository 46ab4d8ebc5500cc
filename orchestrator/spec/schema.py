"""Where the schema is found."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

NAME: Final = "topology.schema.json"


def schema_text() -> str:
    """The schema as it is published: out of the installed package, else out of the checkout."""
    installed = files("orchestrator") / "schemas" / NAME
    if installed.is_file():
        return installed.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / "schemas" / NAME).read_text(encoding="utf-8")


@cache
def load_schema() -> dict[str, Any]:
    """The schema as data. Not to be changed: it is shared."""
    schema: dict[str, Any] = json.loads(schema_text())
    return schema
