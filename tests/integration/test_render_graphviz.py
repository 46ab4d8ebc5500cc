"""Pictures drawn by the Graphviz that is really here: the one in pygraphviz' wheel, and the system's."""

from __future__ import annotations

import os
import random
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from orchestrator.errors import PlatformError, RunError
from orchestrator.model.load import from_data, load
from orchestrator.model.types import Topology
from orchestrator.render import Options, picture_of, render, render_with_notes
from orchestrator.render.dot import to_dot
from orchestrator.render.layout import ATTEMPTS
from orchestrator.render.picture import Picture
from orchestrator.render.programs import Drawing, NoDrawing, Program, Trouble, draw

pytestmark = pytest.mark.integration

SVG = "{http://www.w3.org/2000/svg}"
NASTY = """<b>"R&D"</b> &amp; 'x' \\N \\G C:\\temp 日本 émoji 🚀"""

bundled = pytest.mark.skipif(find_spec("pygraphviz") is None, reason="pygraphviz is not installed")
system = pytest.mark.skipif(shutil.which("dot") is None, reason="no `dot` on the PATH")
each_program = pytest.mark.parametrize(
    "program",
    [pytest.param(Program.BUNDLED, marks=bundled), pytest.param(Program.SYSTEM, marks=system)],
)
posix = pytest.mark.skipif(os.name != "posix", reason="the fake `dot` is a shell script")


def topology(data: dict[str, Any]) -> Topology:
    loaded = from_data({"name": "test", **data})
    assert loaded.topology is not None, loaded.diagnostics
    return loaded.topology


def nasty() -> Topology:
    sockets = {
        "out": {"type": "PUB", "bind": "tcp://127.0.0.1:5000", "topics": [NASTY], "message": "Tick"},
        "back": {"type": "SUB", "connect": ["a.out", "there"], "subscribe": ["<&>"]},
    }
    return topology(
        {
            "description": NASTY,
            "messages": {"Tick": {"codec": "json", "description": NASTY}},
            "endpoints": {"there": {"address": "tcp://h:1", "external": True, "description": NASTY}},
            "nodes": {
                "a": {"command": ["./x", NASTY], "description": NASTY, "sockets": sockets},
                "b": {"run": "m:B", "replicas": 3, "process": "p"},
            },
        }
    )


def random_data(nodes: int, seed: int) -> dict[str, Any]:
    """Nodes of every kind, with groups, replicas, labels, links to themselves and parallel links."""
    dice = random.Random(seed)
    kinds = [("PUB", "SUB"), ("PUSH", "PULL"), ("REP", "REQ"), ("ROUTER", "DEALER"), ("PAIR", "PAIR")]
    chosen = [dice.choice(kinds) for _ in range(nodes)]
    result: dict[str, Any] = {}
    for index, (binder, _) in enumerate(chosen):
        node: dict[str, Any] = {"run": f"some.module{index}:Class{index}"}
        if dice.random() < 0.3:
            node["process"] = f"p{dice.randrange(1 + nodes // 10)}"
        if dice.random() < 0.2:
            node["replicas"] = dice.randint(2, 9)
        sockets: dict[str, Any] = {"out": {"type": binder, "bind": "auto", "codec": "json"}}
        for number in range(dice.choice((0, 1, 1, 2, 3))):
            target = dice.randrange(nodes)
            connect = {"type": chosen[target][1], "connect": f"n{target}.out"}
            sockets[f"in{number}"] = connect | ({"subscribe": [""]} if connect["type"] == "SUB" else {})
        result[f"n{index}"] = {**node, "sockets": sockets}
    return {"nodes": result}


def drawn(picture: Picture, program: Program, wanted: str = "svg", attempt: int = 0) -> Drawing:
    detail = ATTEMPTS[attempt][0]
    dot = to_dot(picture, detail=detail)
    result = draw(program, dot, layout=detail.layout, wanted=wanted, timeout_s=60)
    assert isinstance(result, Drawing), result
    if wanted == "svg":
        assert (result.nodes, result.edges) == (picture.shapes, len(picture.edges))
    return result


def texts(svg: bytes) -> set[str]:
    return {element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")}


def tooltips(svg: bytes) -> list[str]:
    key = "{http://www.w3.org/1999/xlink}title"
    return [str(a.get(key)) for a in ElementTree.fromstring(svg).iter(f"{SVG}a")]


@each_program
def test_a_users_words_are_shown_as_they_are(program: Program) -> None:
    svg = drawn(picture_of(nasty()), program).data
    assert NASTY in texts(svg)
    assert "$ ./x '<b>\"R&D\"</b> &amp; '\"'\"'x'\"'\"' \\N \\G…" in texts(svg)
    tips = tooltips(svg)
    assert any(tip.startswith(f"a: {NASTY}\n$ ./x ") for tip in tips)
    assert any(tip.endswith(f"\n{NASTY}") for tip in tips)
    assert any(f"carries Tick (json): {NASTY}" in tip for tip in tips)


@each_program
@pytest.mark.parametrize("attempt", range(len(ATTEMPTS)))
def test_every_attempt_draws_everything(program: Program, attempt: int) -> None:
    drawn(picture_of(nasty()), program, attempt=attempt)
    drawn(picture_of(topology(random_data(30, 7))), program, attempt=attempt)


@each_program
@pytest.mark.parametrize("seed", range(4))
def test_a_hundred_nodes_are_drawn_in_full(program: Program, seed: int) -> None:
    """Half of such graphs crash Graphviz 2.43 without newrank."""
    drawn(picture_of(topology(random_data(100, seed))), program)


@each_program
@pytest.mark.parametrize(("wanted", "magic"), [("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-")])
def test_pixels_and_pages(program: Program, wanted: str, magic: bytes) -> None:
    assert drawn(picture_of(nasty()), program, wanted).data.startswith(magic)


@each_program
@pytest.mark.parametrize("wanted", ["svg", "png"])
def test_the_same_picture_gives_the_same_bytes(program: Program, wanted: str) -> None:
    picture = picture_of(topology(random_data(20, 1)))
    assert drawn(picture, program, wanted).data == drawn(picture, program, wanted).data


@bundled
def test_a_thousand_nodes_come_out_without_labels() -> None:
    picture = render_with_notes(topology(random_data(1000, 3)), options=Options(fold=False))
    assert picture.data.count(b'class="node ') == 1000
    assert "what travels on the links is only in their tooltips" in picture.notes


@bundled
def test_a_machine_without_fonts_is_told_about_its_empty_boxes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if sys.platform != "linux":
        pytest.skip("fontconfig finds the fonts on Linux only")
    fonts = tmp_path / "fonts.conf"
    fonts.write_text("<?xml version='1.0'?><fontconfig><dir>/nonexistent</dir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(fonts))
    assert "no font is installed here" in render_with_notes(nasty(), "png").notes[0]
    assert render_with_notes(nasty(), "svg").notes == ()


@pytest.fixture
def no_pygraphviz(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A pygraphviz that cannot be imported, and a PATH of one empty directory, which is returned."""
    broken = tmp_path / "modules" / "pygraphviz.py"
    broken.parent.mkdir()
    broken.write_text("raise ImportError('libcgraph.so: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(broken.parent))
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    return programs


def fake_dot(directory: Path, body: str) -> None:
    script = directory / "dot"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)


def test_without_any_graphviz_the_error_says_what_to_install(no_pygraphviz: Path) -> None:
    with pytest.raises(PlatformError) as error:
        render(nasty())
    assert "cannot open shared object file" in error.value.message
    assert "no program `dot` on the PATH" in error.value.message
    assert "apt install graphviz" in str(error.value.remedy)
    assert render(nasty(), "dot").startswith(b"digraph")
    assert render(nasty(), "mmd").startswith(b"---")


@posix
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("kill -SEGV $$", "`dot` ended with -11"),
        ("echo 'no more memory' >&2; exit 3", "no more memory"),
        ("/bin/cat >/dev/null; echo hello", "drew 0 of 3 nodes and 0 of 2 edges"),
        ("echo 'Format: \"svg\" not recognized.' >&2; exit 1", 'Format: "svg" not recognized'),
    ],
)
def test_a_broken_dot_is_an_error_with_its_reason(no_pygraphviz: Path, body: str, reason: str) -> None:
    fake_dot(no_pygraphviz, body)
    with pytest.raises((RunError, PlatformError)) as error:
        render(nasty())
    assert reason in error.value.message


@posix
def test_a_dot_that_hangs_is_killed_with_all_it_started(no_pygraphviz: Path, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    fake_dot(no_pygraphviz, f"/bin/sleep 600 &\necho $! > {pid_file}\nwait")
    result = draw(Program.SYSTEM, "digraph {}", layout="dot", wanted="svg", timeout_s=1.5)
    assert isinstance(result, NoDrawing)
    assert (result.trouble, result.reason) == (Trouble.TIMEOUT, "gave no drawing within 1.5 s")
    status = Path(f"/proc/{pid_file.read_text().strip()}/status")
    if sys.platform == "linux" and status.exists():
        assert "zombie" in status.read_text()


@bundled
def test_a_format_that_a_graphviz_was_built_without() -> None:
    result = draw(Program.BUNDLED, "digraph { a }", layout="dot", wanted="xyz", timeout_s=30)
    assert isinstance(result, NoDrawing)
    assert result.trouble is Trouble.UNAVAILABLE
    assert result.reason.startswith('Error: Format: "xyz" not recognized')


@posix
def test_a_child_that_prints_before_its_drawing_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('hello from sitecustomize')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = draw(Program.BUNDLED, "digraph { a }", layout="dot", wanted="svg", timeout_s=30)
    assert isinstance(result, NoDrawing)
    assert "hello from sitecustomize" in result.reason


@bundled
def test_the_committed_picture_of_the_quickstart_is_fresh() -> None:
    """Graphviz versions and fonts move things; what is written there and in the tooltips stays the same."""
    root = Path(__file__).parents[2]
    loaded = load(str(root / "topologies" / "quickstart.yaml"))
    assert loaded.topology is not None
    now, committed = render(loaded.topology), (root / "docs" / "images" / "quickstart.svg").read_bytes()
    remedy = "orchestrator render topologies/quickstart.yaml -o docs/images/quickstart.svg"
    assert texts(committed) == texts(now), remedy
    assert sorted(tooltips(committed)) == sorted(tooltips(now)), remedy
