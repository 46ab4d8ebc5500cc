"""From the whole picture to the one that is asked for: the views, in the order in which they make sense."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.render.comparing import compared
from orchestrator.render.compose import legend_of
from orchestrator.render.folding import MOST_SHAPES, collapsed, folded
from orchestrator.render.options import Options
from orchestrator.render.picture import Picture
from orchestrator.render.views import focused, grouped, hidden


def seen(picture: Picture, old: Picture | None, options: Options) -> Picture:
    """What `options` leave of a picture. Raises UsageError for names and groups that it does not have."""
    if old is not None:
        picture = compared(old, picture)
    if options.marks:
        picture = _marked(picture, options)
    if options.hide:
        picture = hidden(picture, options.hide)
    if options.focus:
        picture = focused(picture, options.focus, options.depth)
    if options.group != "process":
        picture = grouped(picture, options.group)
    if options.collapse is not None:
        picture = collapsed(picture, options.collapse)
    if not options.fold:
        return picture
    if options.group not in ("process", "none") and picture.shapes > MOST_SHAPES:
        picture = collapsed(picture)
    return folded(picture)


def _marked(picture: Picture, options: Options) -> Picture:
    boxes = tuple(replace(box, marks=options.marks.get(box.id, ())) for box in picture.boxes)
    return replace(picture, boxes=boxes, legend=legend_of(boxes, picture.externals, picture.edges))
