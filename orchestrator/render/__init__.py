"""Pictures of topologies. `render` is the way in; the rooms behind it:

`compose` makes a `Picture` (plain values) of a Topology; `dot` and `mermaid` write a Picture down; `layout`
has Graphviz draw the DOT text in a child process. No Graphviz binding is ever loaded into this process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.render.formats import Format, format_named, format_of_file

if TYPE_CHECKING:
    from orchestrator.model.types import Topology
    from orchestrator.render.draw import Rendered
    from orchestrator.render.picture import Picture

__all__ = ["Format", "format_named", "format_of_file", "picture_of", "render", "render_with_notes"]


def render(topology: Topology, format: Format | str = Format.SVG) -> bytes:  # noqa: A002 - the users' word
    """A picture of the topology. Text formats are UTF-8. The same topology gives the same bytes.

    Raises UsageError for a format that does not exist, PlatformError where the format needs a Graphviz and
    there is none, RunError where Graphviz fails on this topology in every way that is known.
    """
    return render_with_notes(topology, format).data


def render_with_notes(topology: Topology, format: Format | str = Format.SVG) -> Rendered:  # noqa: A002
    """As `render`, with what the picture had to leave out."""
    from orchestrator.render.draw import draw_picture

    wanted = format if isinstance(format, Format) else format_named(format)
    return draw_picture(picture_of(topology), wanted)


def picture_of(topology: Topology) -> Picture:
    """What a drawing of the topology shows, as plain values."""
    from orchestrator.model.links import links
    from orchestrator.render.compose import compose

    return compose(topology, links(topology))
