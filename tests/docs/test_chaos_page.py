"""The page about experiments: its example, and every key of the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pages import ROOT, blocks

PAGE = ROOT / "docs/reference/chaos.md"


def keys(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part.get("properties", {})
        for value in part.values():
            yield from keys(value)


def test_the_example_is_the_file() -> None:
    (shown,) = [b.text for b in blocks(PAGE.read_text(encoding="utf-8")) if "faults:" in b.text]
    assert shown.strip() == (ROOT / "docs/examples/chaos.yaml").read_text(encoding="utf-8").strip()


def test_every_key_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    schema = json.loads((ROOT / "schemas/chaos.schema.json").read_text(encoding="utf-8"))
    assert [key for key in set(keys(schema)) if f"`{key}`" not in page] == []
