"""From a Picture to a file's content, in any format."""

from __future__ import annotations

from orchestrator.render.dot import Detail, to_dot
from orchestrator.render.formats import Format
from orchestrator.render.picture import Picture
from orchestrator.render.theme import LIGHT, Theme

_DPI = 144
"""Of pixel formats: legible on dense screens, and on paper."""


def draw_picture(picture: Picture, wanted: Format, *, theme: Theme = LIGHT) -> bytes:
    """The drawing. Errors as `orchestrator.render.render`."""
    if wanted is Format.DOT:
        return to_dot(picture, theme=theme).encode()
    if wanted is Format.MERMAID:
        from orchestrator.render.mermaid import to_mermaid

        return to_mermaid(picture, theme=theme).encode()
    from orchestrator.render.layout import lay_out

    def write_dot(detail: Detail) -> str:
        return to_dot(picture, theme=theme, detail=detail, dpi=_DPI if wanted is Format.PNG else None)

    return lay_out(write_dot, wanted, nodes=picture.shapes, edges=len(picture.edges)).data
