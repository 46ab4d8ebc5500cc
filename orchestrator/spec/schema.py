"""Where the schema is found."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

NAME: Final = "topology.schema.json"
POLICIES: Final = "policies.schema.json"
CHAOS: Final = "chaos.schema.json"


def schema_text(name: str = NAME) -> str:
    """A schema as it is published: out of the installed package, else out of the checkout."""
    installed = files("orchestrator") / "schemas" / name
    if installed.is_file():
        return installed.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / "schemas" / name).read_text(encoding="utf-8")


@cache
def load_schema(name: str = NAME) -> dict[str, Any]:
    """A schema as data. Not to be changed: it is shared."""
    schema: dict[str, Any] = json.loads(schema_text(name))
    return schema
