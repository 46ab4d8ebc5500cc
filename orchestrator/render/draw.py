"""From a Picture to a file's content, in any format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from orchestrator.render.dot import Detail, Link, to_dot
from orchestrator.render.fingerprint import fingerprint, signed
from orchestrator.render.formats import Format
from orchestrator.render.options import PLAIN, Options, ThemeName
from orchestrator.render.picture import Picture
from orchestrator.render.theme import DARK, LIGHT, Theme

_NO_FONTS = (
    "no font is installed here, so that all text shows as empty boxes; install one (`apt "
    "install fonts-dejavu-core`, `dnf install dejavu-sans-fonts`), or write svg, which uses its reader's"
)


_SMALLER = (100, 60, 30, 1)
"""How many shapes are tried, one after the other, until Mermaid's limits are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A picture in a format. `notes` say what it lacks and what readers may meet."""

    data: bytes
    notes: tuple[str, ...] = ()


def draw_picture(picture: Picture, wanted: Format, options: Options = PLAIN) -> Rendered:
    """The drawing, with its fingerprint. Text formats are UTF-8. Errors as `orchestrator.render.render`."""
    drawn = _draw(picture, wanted, options)
    return replace(drawn, data=signed(drawn.data, wanted, picture_word(picture, options)))


def picture_word(picture: Picture, options: Options) -> str:
    """The fingerprint of a picture: the same in all formats."""
    return fingerprint(f"{options.theme} {to_dot(picture, theme=LIGHT, link=options.link)}")


def _draw(picture: Picture, wanted: Format, options: Options) -> Rendered:
    theme = DARK if options.theme is ThemeName.DARK else LIGHT
    match wanted:
        case Format.DOT:
            return Rendered(data=to_dot(picture, theme=theme, link=options.link).encode())
        case Format.MERMAID:
            return _mermaid(picture, theme)
        case Format.D2:
            from orchestrator.render.d2 import to_d2

            return Rendered(data=to_d2(picture, theme=theme).encode())
        case Format.HTML:
            return _html(picture, options)
    laid = _laid(picture, wanted, theme, options.link)
    if wanted is Format.SVG and options.theme is ThemeName.AUTO:
        from orchestrator.render.dark_mode import with_dark_mode

        return replace(laid, data=with_dark_mode(laid.data))
    return laid


def _html(picture: Picture, options: Options) -> Rendered:
    from orchestrator.render.web_page import to_html

    laid = _laid(picture, Format.SVG, LIGHT, options.link, ids=True)
    return replace(laid, data=to_html(picture, laid.data, options.theme))


def _laid(
    picture: Picture, wanted: Format, theme: Theme, link: Link | None, *, ids: bool = False
) -> Rendered:
    """What Graphviz draws."""
    from orchestrator.render.layout import lay_out

    def write_dot(detail: Detail, dpi: int | None) -> str:
        return to_dot(picture, theme=theme, detail=detail, dpi=dpi, link=link, ids=ids)

    laid = lay_out(write_dot, wanted, nodes=picture.shapes, edges=len(picture.edges))
    notes = ((picture.note,) if picture.note else ()) + tuple(_left_out(laid.detail, picture))
    if wanted is not Format.SVG and not laid.fonts:
        notes += (_NO_FONTS,)
    return Rendered(data=laid.data, notes=notes)


def _mermaid(picture: Picture, theme: Theme) -> Rendered:
    from orchestrator.render.folding import folded
    from orchestrator.render.mermaid import MOST_CHARACTERS, MOST_EDGES, to_mermaid

    text = to_mermaid(picture, theme=theme)
    for most in _SMALLER:
        if len(picture.edges) <= MOST_EDGES and len(text) <= MOST_CHARACTERS:
            return Rendered(data=text.encode(), notes=(picture.note,) if picture.note else ())
        picture = folded(picture, most)
        text = to_mermaid(picture, theme=theme)
    fact = (
        f"this picture has {len(picture.edges)} links and {len(text):,} characters; "
        f"GitHub shows an error beyond {MOST_EDGES} and {MOST_CHARACTERS:,}"
    )
    return Rendered(data=text.encode(), notes=(fact,))


def _left_out(detail: Detail, picture: Picture) -> Iterator[str]:
    """What a simpler drawing lacks, where the picture has it."""
    if not detail.edge_labels and any(e.payload or e.topics for e in picture.edges):
        yield "what travels on the links is only in their tooltips"
    if not detail.clusters and picture.groups:
        yield "process groups are not drawn"
    if not detail.ports:
        yield "links end at their node, not at their socket"
