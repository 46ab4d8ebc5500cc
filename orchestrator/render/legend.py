"""The heading of a DOT drawing: title, description, and a legend of what occurs in it and of nothing else."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from orchestrator.render.labels import (
    CHIP,
    NORMAL,
    SEVERITY_SIGNS,
    SIGNS,
    SMALL,
    cell,
    chip,
    row,
    table,
    text,
    width_of,
)
from orchestrator.render.picture import Family, Legend, Picture
from orchestrator.render.theme import Theme

_TITLE = 18
_DESCRIPTION_WIDTH = 90
"""Characters."""
_DESCRIPTION_LINES = 4
_MARK_WIDTH = 22
_GAP = 12
_ITEMS_IN_A_ROW = 7


@dataclass(frozen=True, slots=True)
class _Item:
    mark: str
    """Markup."""
    words: str


def heading(picture: Picture, theme: Theme) -> str:
    """The markup of the whole heading."""
    described = _wrapped(picture.description or "")
    noted = _wrapped(picture.note or "")
    rows = [
        items[start : start + _ITEMS_IN_A_ROW]
        for items in (_links(picture.legend, theme), _shapes(picture.legend, theme))
        for start in range(0, len(items), _ITEMS_IN_A_ROW)
    ]
    width = 1.1 * max(
        width_of(picture.title, _TITLE),
        *(width_of(line, NORMAL) for line in (*described, *noted)),
        *map(_width, rows),
        0,
    )
    lines = [text(picture.title, theme.ink, _TITLE, bold=True)]
    lines += [text(line, theme.faded, NORMAL) for line in described]
    lines += [text(line, theme.ink, NORMAL, italic=True) for line in noted]
    lines += [_in_a_row(items, width, theme) for items in rows]
    distance = row(cell("", HEIGHT=_GAP))
    return table(*(row(cell(line, ALIGN="LEFT")) for line in lines), distance, BORDER=0, CELLPADDING=3)


def _wrapped(description: str) -> list[str]:
    """In lines of about the same length."""
    words = " ".join(description.split())
    lines = 1 + len(words) // _DESCRIPTION_WIDTH
    width = min(_DESCRIPTION_WIDTH, len(words) // lines + 12)
    return textwrap.wrap(words, width, max_lines=_DESCRIPTION_LINES, placeholder=" …", break_on_hyphens=False)


def _in_a_row(items: list[_Item], width: float, theme: Theme) -> str:
    """The items side by side. An empty cell takes up what the heading is wider: Graphviz would spread it."""
    cells = "".join(
        cell(item.mark) + cell(text(item.words, theme.faded, SMALL), ALIGN="LEFT") + cell("", WIDTH=_GAP)
        for item in items
    )
    room = max(0, round(width - 0.9 * _width(items)))
    return table(row(cells + cell("", WIDTH=room)), BORDER=0, CELLPADDING=2)


def _width(items: list[_Item]) -> float:
    return sum(_MARK_WIDTH + _GAP + 12 + width_of(item.words, SMALL) for item in items)


def _links(legend: Legend, theme: Theme) -> list[_Item]:
    """The families, then which side of the meeting a socket is on."""
    lines = [
        _Item(text("╍╍" if f is Family.MISFIT else "━━", theme.families[f], NORMAL, bold=True), f.value)
        for f in legend.families
    ]
    return lines + [_Item(chip("TYPE", Family.PAIR, role, theme), role.value) for role in legend.roles]


def _shapes(legend: Legend, theme: Theme) -> list[_Item]:
    """The grounds of boxes, the words beside names, the shapes of what is outside."""
    items = [_Item(_swatch(theme.grounds[f], theme.borders[f], "ROUNDED"), f.value) for f in legend.flavours]
    if legend.tasks:
        items.append(_Item(text("task", theme.faded, SMALL, italic=True), "runs to its end"))
    if legend.replicas:
        items.append(_Item(text("×N", theme.ink, NORMAL), "replicas"))
    if legend.externals:
        items.append(_Item(_swatch(theme.external, theme.faded, "DASHED"), "outside, not started"))
    if legend.strays:
        items.append(
            _Item(_swatch(theme.external, theme.families[Family.MISFIT], "DASHED"), "nobody binds it")
        )
    for change in legend.changes:
        items.append(_Item(text(SIGNS[change], theme.changes[change], NORMAL, bold=True), change.value))
    if legend.marks:
        signs = [
            text(sign, theme.severities[severity], NORMAL, bold=True)
            for severity, sign in SEVERITY_SIGNS.items()
        ]
        items.append(_Item("".join(signs), "error, warning, note"))
    return items


def _swatch(ground: str, border: str, style: str) -> str:
    content = row(cell(text(" ", border, CHIP), WIDTH=_MARK_WIDTH))
    return table(content, BORDER=1, CELLPADDING=0, STYLE=style, COLOR=border, BGCOLOR=ground)
