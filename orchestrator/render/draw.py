"""From a Picture to a file's content, in any format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.render.dot import Detail, to_dot
from orchestrator.render.formats import Format
from orchestrator.render.picture import Picture
from orchestrator.render.theme import LIGHT, Theme

_NO_FONTS = (
    "no font is installed here, so that all text shows as empty boxes; install one (`apt "
    "install fonts-dejavu-core`, `dnf install dejavu-sans-fonts`), or write svg, which uses its reader's"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A picture in a format. `notes` say what it lacks and what readers may meet."""

    data: bytes
    notes: tuple[str, ...] = ()


def draw_picture(picture: Picture, wanted: Format, *, theme: Theme = LIGHT) -> Rendered:
    """The drawing. Text formats are UTF-8. Errors as `orchestrator.render.render`."""
    if wanted is Format.DOT:
        return Rendered(data=to_dot(picture, theme=theme).encode())
    if wanted is Format.MERMAID:
        return _mermaid(picture, theme)
    from orchestrator.render.layout import lay_out

    def write_dot(detail: Detail, dpi: int | None) -> str:
        return to_dot(picture, theme=theme, detail=detail, dpi=dpi)

    laid = lay_out(write_dot, wanted, nodes=picture.shapes, edges=len(picture.edges))
    notes = tuple(_left_out(laid.detail, picture))
    if wanted is not Format.SVG and not laid.fonts:
        notes += (_NO_FONTS,)
    return Rendered(data=laid.data, notes=notes)


def _mermaid(picture: Picture, theme: Theme) -> Rendered:
    from orchestrator.render.mermaid import MOST_EDGES, to_mermaid

    notes: tuple[str, ...] = ()
    if len(picture.edges) > MOST_EDGES:
        fact = f"this picture has {len(picture.edges)} links; GitHub shows an error beyond {MOST_EDGES}"
        notes = (fact,)
    return Rendered(data=to_mermaid(picture, theme=theme).encode(), notes=notes)


def _left_out(detail: Detail, picture: Picture) -> Iterator[str]:
    """What a simpler drawing lacks, where the picture has it."""
    if not detail.edge_labels and any(e.payload or e.topics for e in picture.edges):
        yield "what travels on the links is only in their tooltips"
    if not detail.clusters and picture.groups:
        yield "process groups are not drawn"
    if not detail.ports:
        yield "links end at their node, not at their socket"
