"""Colours and type of a picture. Data only; a drawing format takes from it what it can show.

The colours of families are told apart with every common kind of colour blindness (a test measures the
distances), and white text on them has a contrast of at least 4.5:1 (WCAG 2.2, success criterion 1.4.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.render.picture import Change, Family, Flavour


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Everything about looks, as `#rrggbb` colours and font names."""

    font: str
    mono: str
    paper: str
    ink: str
    faded: str
    """Second-rank text: programs, addresses, topics."""
    rule: str
    """Thin lines: the border of the legend, of groups."""
    group: str
    """The ground of a process group."""
    on_colour: str
    """Text on a family's colour."""
    families: Mapping[Family, str]
    grounds: Mapping[Flavour, str]
    """The ground of a box."""
    borders: Mapping[Flavour, str]
    external: str
    """The ground of what is outside."""
    changes: Mapping[Change, str]
    severities: Mapping[str, str]
    """Of findings: error, warning, note."""


LIGHT = Theme(
    font="Helvetica,Arial,sans-serif",
    mono="Menlo,DejaVu Sans Mono,monospace",
    paper="#ffffff",
    ink="#1b2430",
    faded="#5a6675",
    rule="#c3cad4",
    group="#f3f5f8",
    on_colour="#ffffff",
    families={
        Family.PUB_SUB: "#1450e8",
        Family.PIPELINE: "#b85902",
        Family.REQ_REP: "#108458",
        Family.ROUTED: "#7b1fa2",
        Family.PAIR: "#364152",
        Family.STREAM: "#5f1212",
        Family.MISFIT: "#d31a1a",
    },
    grounds={
        Flavour.PYTHON: "#eef4fc",
        Flavour.FOREIGN: "#fbf4e8",
        Flavour.STOCK: "#edf6ef",
    },
    borders={
        Flavour.PYTHON: "#8fa9cc",
        Flavour.FOREIGN: "#c8a97a",
        Flavour.STOCK: "#8fb79b",
    },
    external="#ffffff",
    changes={Change.ADDED: "#1a7f37", Change.REMOVED: "#cf222e", Change.CHANGED: "#9a6700"},
    severities={"error": "#cf222e", "warning": "#9a6700", "note": "#0969da"},
)

DARK = Theme(
    font=LIGHT.font,
    mono=LIGHT.mono,
    paper="#0d1117",
    ink="#e6edf3",
    faded="#9aa7b4",
    rule="#3d4752",
    group="#161c24",
    on_colour="#0d1117",
    families={
        Family.PUB_SUB: "#79b8ff",
        Family.PIPELINE: "#ffab5e",
        Family.REQ_REP: "#4fd6a0",
        Family.ROUTED: "#d3a0f5",
        Family.PAIR: "#c4cedb",
        Family.STREAM: "#e0a6a6",
        Family.MISFIT: "#ff7b72",
    },
    grounds={
        Flavour.PYTHON: "#15243b",
        Flavour.FOREIGN: "#2e2414",
        Flavour.STOCK: "#14291b",
    },
    borders={
        Flavour.PYTHON: "#4f74a8",
        Flavour.FOREIGN: "#96753f",
        Flavour.STOCK: "#4a7f5a",
    },
    external="#0d1117",
    changes={Change.ADDED: "#3fb950", Change.REMOVED: "#f85149", Change.CHANGED: "#d29922"},
    severities={"error": "#f85149", "warning": "#d29922", "note": "#58a6ff"},
)
"""For a dark page. The same differences between families; dark text on their colours."""
