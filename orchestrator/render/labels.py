"""The HTML-like labels of a DOT drawing: a node's card, an external's, an edge's words.

Every function returns markup that Graphviz takes between `<` and `>` (its "HTML-Like Labels"). A user's words
get in by `text` alone, which escapes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import TypeAlias
from unicodedata import east_asian_width

from orchestrator.render.markup import element, escape
from orchestrator.render.picture import Box, Change, Edge, External, Family, Port, Role, Side
from orchestrator.render.theme import Theme
from orchestrator.vocabulary import NodeKind

TITLE, NORMAL, SMALL, CHIP = 13, 11, 9, 8
"""Sizes in points."""

_LEAST_WIDTH = 90
_CODES_SHOWN = 3
SIGNS = {Change.ADDED: "+", Change.REMOVED: "−", Change.CHANGED: "~"}
SEVERITY_SIGNS = {"error": "✖", "warning": "▲", "note": "●"}

_Ports: TypeAlias = list[tuple[int, Port]]
"""Sockets of one side, each with its index in the box."""


def card(box: Box, theme: Theme) -> str:
    """A node: its name, what it runs, its sockets: at the left what comes in, at the right what goes out."""
    lines = [_head(box, theme), text(box.program, theme.faded, SMALL, font=theme.mono)]
    left, right = ([(i, p) for i, p in enumerate(box.ports) if p.side is side] for side in Side)
    columns = 1 + 2 * bool(left) + 2 * bool(right)
    span: Mapping[str, str | int] = {"COLSPAN": columns, "ALIGN": "LEFT", "CELLPADDING": 4}
    rows = [row(cell(line, WIDTH=_LEAST_WIDTH, **span)) for line in lines]
    rows += [row(cell(mark, **span)) for mark in _marks(box, theme)]
    room = _room(box, left, right)
    for one, other in zip_longest(left, right):
        cells = _left_cells(one, theme) if left else []
        cells.append(cell("", WIDTH=room))
        cells += _right_cells(other, theme) if right else []
        rows.append(row("".join(cells)))
    border = theme.borders[box.flavour] if box.change is None else theme.changes[box.change]
    style = "ROUNDED,DASHED" if box.change is Change.REMOVED else "ROUNDED"
    look = {"STYLE": style, "COLOR": border, "BGCOLOR": theme.grounds[box.flavour]}
    inner = table(*rows, BORDER=1 if box.change is None else 2, CELLPADDING=3, **look)
    if box.replicas == 1 and not box.folded:
        return inner
    return table(row(cell(inner)), BORDER=1, CELLPADDING=3, **look)


def port_id(index: int) -> str:
    """What edges call a box's port; a socket's name may hold what means something else to Graphviz."""
    return f"s{index}"


def _head(box: Box, theme: Theme) -> str:
    head = text(box.title, theme.ink, TITLE, bold=True)
    if box.change is not None:
        head = text(f"{SIGNS[box.change]} ", theme.changes[box.change], TITLE, bold=True) + head
    if box.replicas > 1:
        head += text(f"  ×{box.replicas}", theme.ink, NORMAL)
    if box.kind is NodeKind.TASK:
        head += text("  task", theme.faded, SMALL, italic=True)
    return head


def _marks(box: Box, theme: Theme) -> list[str]:
    """A line for each severity: what was found."""
    found: dict[str, list[str]] = {}
    for mark in box.marks:
        found.setdefault(mark.severity, []).append(mark.code)
    return [
        text(f"{SEVERITY_SIGNS[severity]} {_codes(codes)}", theme.severities[severity], SMALL, bold=True)
        for severity, codes in sorted(found.items())
    ]


def _codes(codes: list[str]) -> str:
    distinct = list(dict.fromkeys(codes))
    more = len(distinct) - _CODES_SHOWN
    return " ".join(distinct[:_CODES_SHOWN]) + (f" +{more}" if more > 0 else "")


def _room(box: Box, left: _Ports, right: _Ports) -> int:
    """The width of the empty column in the middle, in points.

    Graphviz spreads what the two head lines are wider than the sockets over all columns, and a socket's type
    would stand apart from its name. A middle that takes up the difference leaves nothing to spread. Widths
    are estimates: high for the head, low for the sockets.
    """
    marks = f"  ×{box.replicas}" * (box.replicas > 1) + "  task" * (box.kind is NodeKind.TASK)
    head = max(
        1.1 * width_of(box.title, TITLE) + width_of(marks, NORMAL),
        1.05 * width_of(box.program, SMALL),
    )
    sides = (max((_least_width(port) for _, port in ports), default=0.0) for ports in (left, right))
    return max(8, round(head - sum(sides)))


def _least_width(port: Port) -> float:
    address = port.addresses[0] if port.addresses else ""
    words = width_of(port.name, NORMAL) + width_of(address, SMALL)
    return 16 + width_of(port.type, CHIP) + 0.85 * words


def _left_cells(place: tuple[int, Port] | None, theme: Theme) -> list[str]:
    if place is None:
        return [cell(""), cell("")]
    index, port = place
    mark = cell(chip(port.type, port.family, port.role, theme), PORT=port_id(index))
    return [mark, cell(_port_words(port, theme), ALIGN="LEFT")]


def _right_cells(place: tuple[int, Port] | None, theme: Theme) -> list[str]:
    if place is None:
        return [cell(""), cell("")]
    index, port = place
    mark = cell(chip(port.type, port.family, port.role, theme), PORT=port_id(index))
    return [cell(_port_words(port, theme), ALIGN="RIGHT"), mark]


def _port_words(port: Port, theme: Theme) -> str:
    words = text(port.name, theme.ink, NORMAL)
    if port.addresses:
        more = f" +{len(port.addresses) - 1}" if len(port.addresses) > 1 else ""
        address = text(port.addresses[0] + more, theme.faded, SMALL)
        gap = text("\N{NO-BREAK SPACE}", theme.faded, SMALL)
        words = words + gap + address if port.side is Side.LEFT else address + gap + words
    return words


def external_card(external: External, theme: Theme) -> str:
    """Something outside: its type, name and address. The shape around it is the drawing's."""
    name = text(external.title, theme.ink, NORMAL, bold=external.declared)
    kind = text(f"{external.type} ", theme.faded, SMALL) if external.type else ""
    if external.change is not None:
        kind = text(f"{SIGNS[external.change]} ", theme.changes[external.change], NORMAL, bold=True) + kind
    address = text(external.address, theme.faded, SMALL)
    return table(row(cell(kind + name)), row(cell(address)), BORDER=0, CELLPADDING=1)


def edge_label(edge: Edge, theme: Theme) -> str | None:
    """What travels, and under which topics; None where nothing is said."""
    lines = []
    if edge.change is not None:
        lines.append(
            text(f"{SIGNS[edge.change]} {edge.change}", theme.changes[edge.change], SMALL, bold=True)
        )
    if edge.payload:
        lines.append(text(edge.payload, theme.families[edge.family], SMALL))
    if edge.topics:
        lines.append(text(edge.topics, theme.faded, CHIP))
    if not lines:
        return None
    return table(*(row(cell(line)) for line in lines), BORDER=0, CELLPADDING=1)


def chip(words: str, family: Family, role: Role, theme: Theme) -> str:
    """A socket's type: on its colour where it binds, hollow where it connects, framed twice for both."""
    colour = theme.families[family]
    if role is Role.BINDS or role is Role.BOTH:
        filled = _framed(text(words, theme.on_colour, CHIP, bold=True), colour, colour)
        return filled if role is Role.BINDS else _framed(filled, colour, theme.paper, padding=1)
    style = "ROUNDED" if role is Role.CONNECTS else "ROUNDED,DASHED"
    return _framed(text(words, colour, CHIP, bold=True), colour, theme.paper, style=style)


def _framed(content: str, colour: str, ground: str, *, padding: int = 2, style: str = "ROUNDED") -> str:
    return table(row(cell(content)), BORDER=1, CELLPADDING=padding, STYLE=style, COLOR=colour, BGCOLOR=ground)


def text(
    words: str,
    colour: str,
    size: int,
    *,
    bold: bool = False,
    italic: bool = False,
    font: str | None = None,
) -> str:
    """A user's words, escaped."""
    content = escape(words) or " "
    content = element("B", content) if bold else content
    content = element("I", content) if italic else content
    face: dict[str, str | int] = {"FACE": font} if font else {}
    return element("FONT", content, **{"COLOR": colour, "POINT-SIZE": size, **face})


def width_of(words: str, size: int) -> float:
    """About how wide a text gets, in points: a little more than in most sans-serif fonts."""
    return 0.58 * size * sum(2 if east_asian_width(c) in "WF" else 1 for c in words)


def inline(*parts: str) -> str:
    """Several pieces of markup side by side, as high as the highest of them."""
    return table(row("".join(map(cell, parts))), BORDER=0, CELLPADDING=0, CELLSPACING=2)


def table(*rows: str, BORDER: int, **attributes: str | int) -> str:  # noqa: N803
    return element(
        "TABLE", "".join(rows), **{"BORDER": BORDER, "CELLBORDER": 0, "CELLSPACING": 0, **attributes}
    )


def row(cells: str) -> str:
    return element("TR", cells)


def cell(content: str, **attributes: str | int) -> str:
    return element("TD", content, **attributes)
