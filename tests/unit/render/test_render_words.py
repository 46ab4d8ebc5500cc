"""Formats and colours."""

from __future__ import annotations

from itertools import combinations

import pytest

from orchestrator.errors import UsageError
from orchestrator.render.formats import Format, format_named, format_of_file
from orchestrator.render.picture import Family, Flavour
from orchestrator.render.theme import LIGHT


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("a.svg", Format.SVG),
        ("dir.x/a.PNG", Format.PNG),
        ("a.pdf", Format.PDF),
        ("a.dot", Format.DOT),
        ("a.gv", Format.DOT),
        ("a.mmd", Format.MERMAID),
        ("a.mermaid", Format.MERMAID),
    ],
)
def test_a_file_name_tells_the_format(path: str, wanted: Format) -> None:
    assert format_of_file(path) is wanted


@pytest.mark.parametrize("path", ["a.jpg", "a", "svg", ".svg"])
def test_other_names_do_not(path: str) -> None:
    with pytest.raises(UsageError) as error:
        format_of_file(path)
    assert ".svg, .png, .pdf, .dot, .mmd" in str(error.value.remedy)


def test_formats_have_names() -> None:
    assert format_named("SVG") is Format.SVG
    with pytest.raises(UsageError):
        format_named("jpg")


def test_only_drawn_formats_need_a_layout() -> None:
    assert [f for f in Format if f.needs_layout] == [Format.SVG, Format.PNG, Format.PDF, Format.HTML]


# Machado, Oliveira, Fernandes 2009: "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", severity 1.0, on linear RGB.
DEFICIENCIES = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> list[float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def contrast(one: str, other: str) -> float:
    light, dark = sorted(
        (sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(x), strict=True)) for x in (one, other)),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


def lab(colour: str, deficiency: str) -> tuple[float, float, float]:
    seen = [sum(a * b for a, b in zip(row, linear(colour), strict=True)) for row in DEFICIENCIES[deficiency]]
    r, g, b = (min(1.0, max(0.0, c)) for c in seen)
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_families_are_told_apart_by_everybody(deficiency: str) -> None:
    """CIE76 distances; 2.3 is just noticeable. A misfit is dashed, and may come near another."""
    colours = {f: c for f, c in LIGHT.families.items() if f is not Family.MISFIT}
    for one, other in combinations(colours, 2):
        pairs = zip(lab(colours[one], deficiency), lab(colours[other], deficiency), strict=True)
        assert sum((a - b) ** 2 for a, b in pairs) ** 0.5 > 20, (one, other)


def test_text_has_enough_contrast() -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5:1."""
    for colour in LIGHT.families.values():
        assert contrast(LIGHT.on_colour, colour) >= 4.5
        assert contrast(colour, LIGHT.paper) >= 4.5
    for ground in (*LIGHT.grounds.values(), LIGHT.paper, LIGHT.group):
        assert contrast(LIGHT.ink, ground) >= 7
        assert contrast(LIGHT.faded, ground) >= 4.5


def test_every_word_has_its_colour() -> None:
    assert set(LIGHT.families) == set(Family)
    assert set(LIGHT.grounds) == set(LIGHT.borders) == set(Flavour)
