"""Pictures of topologies. `render` is the way in; the rooms behind it:

`compose` makes a `Picture` (plain values) of a Topology; `dot` and `mermaid` write a Picture down; `layout`
has Graphviz draw the DOT text in a child process. No Graphviz binding is ever loaded into this process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.render.formats import Format, format_named, format_of_file
from orchestrator.render.options import PLAIN, Options

if TYPE_CHECKING:
    from orchestrator.model.types import Topology
    from orchestrator.render.draw import Rendered
    from orchestrator.render.picture import Picture

__all__ = [
    "PLAIN",
    "Format",
    "Options",
    "fingerprint_of",
    "format_named",
    "format_of_file",
    "picture_of",
    "render",
    "render_with_notes",
]


def render(
    topology: Topology,
    format: Format | str = Format.SVG,  # noqa: A002 - the users' word
    options: Options = PLAIN,
) -> bytes:
    """A picture of the topology. Text formats are UTF-8. The same topology gives the same bytes.

    Raises UsageError for a format that does not exist, PlatformError where the format needs a Graphviz and
    there is none, RunError where Graphviz fails on this topology in every way that is known.
    """
    return render_with_notes(topology, format, options).data


def render_with_notes(
    topology: Topology,
    format: Format | str = Format.SVG,  # noqa: A002
    options: Options = PLAIN,
) -> Rendered:
    """As `render`, with what the picture had to leave out."""
    from orchestrator.render.draw import draw_picture

    wanted = format if isinstance(format, Format) else format_named(format)
    return draw_picture(picture_of(topology, options), wanted, options)


def picture_of(topology: Topology, options: Options = PLAIN) -> Picture:
    """What a drawing of the topology shows. Raises UsageError for options that do not fit it."""
    from orchestrator.model.links import links
    from orchestrator.render.compose import compose
    from orchestrator.render.seen import seen

    old = None if options.old is None else compose(options.old, links(options.old))
    return seen(compose(topology, links(topology)), old, options)


def fingerprint_of(topology: Topology, options: Options = PLAIN) -> str:
    """What `render --check` compares: the same for all pictures that show the same."""
    from orchestrator.render.draw import picture_word

    return picture_word(picture_of(topology, options), options)
