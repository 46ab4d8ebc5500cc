"""One SVG for light and dark pages: the light drawing, and style rules that exchange its colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.render.theme import DARK, LIGHT, Theme

_MEDIA: Final = "@media (prefers-color-scheme: dark)"


def with_dark_mode(svg: bytes) -> bytes:
    """A drawing in LIGHT that turns dark where its reader prefers that (Media Queries Level 5)."""
    style = f"<style>{_MEDIA} {{\n{rules('')}\n}}</style>".encode()
    start = svg.index(b"<svg")
    end = svg.index(b">", start) + 1
    return svg[:end] + b"\n" + style + svg[end:]


def rules(within: str) -> str:
    """The style rules, for elements below the selector `within`."""
    lead = f"{within} " if within else ""
    return "\n".join(
        f'{lead}[{attribute}="{light}"]{{{attribute}:{dark}}}'
        for light, dark in exchanged().items()
        for attribute in ("fill", "stroke")
    )


def exchanged() -> dict[str, str]:
    """Every colour of LIGHT with the one that stands for it in DARK."""
    return dict(zip(_colours(LIGHT), _colours(DARK), strict=True))


def _colours(theme: Theme) -> Iterator[str]:
    yield from (theme.paper, theme.ink, theme.faded, theme.rule, theme.group, theme.on_colour, theme.external)
    for table in (theme.families, theme.grounds, theme.borders, theme.changes, theme.severities):
        yield from (colour for _, colour in sorted(table.items(), key=lambda item: str(item[0])))
