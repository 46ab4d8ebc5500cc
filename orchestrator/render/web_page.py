"""An HTML page that stands by itself: the drawing, with pan, zoom, search and folding. Works offline."""

from __future__ import annotations

import html
import json
from importlib.resources import files
from typing import Any

from orchestrator.render.dark_mode import rules
from orchestrator.render.dot import shape_ids
from orchestrator.render.options import ThemeName
from orchestrator.render.picture import Picture


def to_html(picture: Picture, svg: bytes, theme: ThemeName = ThemeName.AUTO) -> bytes:
    """The page. `svg` is the drawing of `picture` in LIGHT, with the ids of `dot.shape_ids`."""
    page = files("orchestrator.render").joinpath("viewer.html").read_text(encoding="utf-8")
    drawing = svg.decode()[svg.decode().index("<svg") :]
    style = "\n".join(
        (
            "@media (prefers-color-scheme: dark) {",
            rules(':root:not([data-theme="light"]) svg.picture'),
            "}",
            rules(':root[data-theme="dark"] svg.picture'),
        )
    )
    parts = {
        "TITLE": html.escape(picture.title),
        "STYLE": style,
        "PICTURE": drawing.replace("<svg ", '<svg class="picture" ', 1),
        "DATA": _script_json(_data(picture)),
    }
    if theme is not ThemeName.AUTO:
        page = page.replace('<html lang="en">', f'<html lang="en" data-theme="{theme}">', 1)
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text, 1)
    return page.encode()


def _data(picture: Picture) -> dict[str, Any]:
    ids = shape_ids(picture)
    shapes = [(b.id, b.title, b.tooltip) for b in picture.boxes]
    shapes += [(e.id, e.title, e.tooltip) for e in picture.externals]
    return {
        "shapes": [{"id": ids[i], "title": title, "words": words} for i, title, words in shapes],
        "links": [
            {"id": f"e{index}", "tail": ids[e.tail.id], "head": ids[e.head.id], "words": e.tooltip}
            for index, e in enumerate(picture.edges)
        ],
        "groups": [
            {"id": f"g{index}", "title": g.title, "members": [ids[m] for m in g.members]}
            for index, g in enumerate(picture.groups)
        ],
    }


def _script_json(value: Any) -> str:
    """JSON that ends no script element (HTML, 4.12.1.3)."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
