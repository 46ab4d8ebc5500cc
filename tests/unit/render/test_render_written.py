"""D2, the web page, dark mode and fingerprints: what is written around and into a drawing."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.render.d2 import to_d2
from orchestrator.render.dark_mode import exchanged, with_dark_mode
from orchestrator.render.dot import to_dot
from orchestrator.render.fingerprint import fingerprint, read, signed
from orchestrator.render.formats import Format
from orchestrator.render.picture import Picture
from orchestrator.render.theme import DARK, LIGHT
from orchestrator.render.web_page import to_html

Make = Callable[[str], Picture]

SMALL = """
nodes:
  a: {command: "a $X </script>", description: 'says "hi" <b>', process: one, run: m:A, sockets: {o: {type: PUSH, bind: auto}}}
  b: {command: b, replicas: 2, sockets: {i: {type: PULL, connect: a.o}}}
""".replace('command: "a $X </script>", ', "")

PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    for kind, body in ((b"IHDR", b"\0" * 13), (b"IEND", b""))
)
FILES = {
    Format.SVG: b"<?xml version='1.0'?>\n<svg width='1'>\n</svg>\n",
    Format.HTML: b"<!doctype html>\n<html></html>\n",
    Format.PNG: PNG,
    Format.PDF: b"%PDF-1.5\n%%EOF\n",
    Format.DOT: b"digraph {\n}\n",
    Format.MERMAID: b"flowchart LR\n",
    Format.D2: b"direction: right\n",
}


@pytest.mark.parametrize("wanted", Format)
def test_a_fingerprint_comes_back_from_every_format(wanted: Format) -> None:
    word = fingerprint("digraph {}")
    assert read(FILES[wanted]) is None
    assert read(signed(FILES[wanted], wanted, word)) == word


def test_a_signed_png_is_still_sound() -> None:
    data = signed(PNG, Format.PNG, fingerprint(""))
    at, kinds = 8, []
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        kinds.append(kind)
        at += 12 + length
    assert kinds == [b"IHDR", b"tEXt", b"IEND"]


def test_each_colour_turns_into_one_other() -> None:
    table = exchanged()
    for light, dark in ((LIGHT.ink, DARK.ink), (LIGHT.paper, DARK.paper), (LIGHT.rule, DARK.rule)):
        assert table[light] == dark
    for family, colour in LIGHT.families.items():
        assert table[colour] == DARK.families[family]
    for flavour, colour in LIGHT.grounds.items():
        assert table[colour] == DARK.grounds[flavour]
    assert table[LIGHT.on_colour] == DARK.on_colour
    assert table[LIGHT.external] == DARK.external


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((c, DARK.paper) for c in (*DARK.families.values(), *DARK.changes.values(), DARK.ink, DARK.faded)),
        *((c, g) for g in DARK.grounds.values() for c in (DARK.ink, DARK.faded, *DARK.severities.values())),
        *((DARK.on_colour, c) for c in DARK.families.values()),
    ],
)
def test_dark_text_has_the_contrast_that_people_need(text: str, ground: str) -> None:
    light, dark = sorted((_luminance(text), _luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.2, success criterion 1.4.3


def test_dark_mode_stands_inside_the_svg_and_leaves_the_rest() -> None:
    svg = b'<?xml?>\n<svg width="1"><g fill="#ffffff"/></svg>'
    dark = with_dark_mode(svg).decode()
    assert re.sub(r"\n<style>.*</style>", "", dark, flags=re.DOTALL).encode() == svg
    assert f'[fill="#ffffff"]{{fill:{DARK.paper}}}' in dark
    assert "prefers-color-scheme: dark" in dark


def test_d2_names_groups_links_and_replicas(picture: Make) -> None:
    text = to_d2(picture(SMALL))
    assert 'g0: "process one"' in text
    assert "g0.n0 -> n1" in text
    assert "style.multiple: true" in text
    assert text.count("{") == text.count("}")


def test_d2_escapes_what_means_something_to_it(picture: Make) -> None:
    text = to_d2(picture("nodes:\n  a: {command: 'x \"q\" ${{ run.dir }}', description: 'costs $${b}'}\n"))
    assert "\\$" in text
    assert not re.search(r"(?<!\\)\$", text)


SVG = b'<?xml version="1.0"?>\n<svg width="8pt" viewBox="0 0 8 8"><g id="n0" fill="#ffffff"></g></svg>'


def test_the_page_needs_nothing_from_elsewhere(picture: Make) -> None:
    page = to_html(picture(SMALL), SVG).decode()
    assert "<!--" not in page.split("<svg")[0]
    assert "default-src 'none'" in page
    outside = [u for u in re.findall(r"(?:https?:)?//[\w.]+", page) if "w3.org" not in u]
    assert outside == []


def test_the_page_holds_what_its_script_asks_for(picture: Make) -> None:
    made = picture(SMALL)
    page = to_html(made, SVG).decode()
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    data = json.loads(text)
    dot = to_dot(made, ids=True)
    assert [s["title"] for s in data["shapes"]] == ["a", "b"]
    assert [g["members"] for g in data["groups"]] == [["n0"]]
    for part in (*data["shapes"], *data["links"], *data["groups"]):
        assert f'id="{part["id"]}"' in dot
    for wanted in re.findall(r'element\("([\w-]+)"\)', page):
        assert f'id="{wanted}"' in page


def test_words_of_a_user_end_no_script(picture: Make) -> None:
    made = picture("nodes:\n  a: {command: x, description: '</script><script>alert(1)</script>'}\n")
    assert "<script>alert" not in to_html(made, SVG).decode()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_script_of_the_page_is_sound(picture: Make, tmp_path: Path) -> None:
    (script,) = re.findall(r"<script>(.*?)</script>", to_html(picture(SMALL), SVG).decode(), re.DOTALL)
    (tmp_path / "page.js").write_text(script)
    subprocess.run(["node", "--check", str(tmp_path / "page.js")], check=True)
