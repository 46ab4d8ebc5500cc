"""`orchestrator render` as a user types it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

TOPOLOGY = """\
version: 1
name: pipe
nodes:
  source: {run: "m:source", sockets: {out: {type: PUSH, bind: auto, codec: json}}}
  sink: {command: ./sink, sockets: {in: {type: PULL, connect: source.out}}}
"""
drawable = pytest.mark.skipif(find_spec("pygraphviz") is None, reason="pygraphviz is not installed")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pipe.yaml"
    path.write_text(TOPOLOGY)
    return path


def run(*words: str | Path, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "import sys; from orchestrator.cli import main; sys.exit(main())"]
    return subprocess.run(
        [*command, "render", *map(str, words)],
        input=stdin.encode(),
        capture_output=True,
        env={**os.environ, **environ},
        check=False,
    )


def complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""
    return done.stderr.decode()


@drawable
@pytest.mark.parametrize(("suffix", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_file_in_the_format_of_its_suffix(file: Path, suffix: str, magic: bytes) -> None:
    out = file.with_suffix(f".{suffix}")
    done = run(file, "-o", out)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert out.read_bytes().startswith(magic)


@pytest.mark.parametrize(("word", "start"), [("dot", b'digraph "pipe" {'), ("mmd", b"---\ntitle:")])
def test_text_goes_to_standard_output(file: Path, word: str, start: bytes) -> None:
    for words in (("--format", word), ("-f", word, "-o", "-")):
        done = run(file, *words)
        assert done.returncode == 0
        assert done.stdout.startswith(start)


def test_the_format_may_differ_from_the_suffix(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "picture.txt"
    assert run(file, "-o", out, "-f", "mmd").returncode == 0
    assert "flowchart LR" in out.read_text(encoding="utf-8")


def test_a_topology_from_standard_input() -> None:
    done = run("-", "-f", "dot", stdin=TOPOLOGY)
    assert b'"source" -> "sink"' in done.stdout


def test_the_text_does_not_depend_on_the_process(file: Path) -> None:
    for word in ("dot", "mmd"):
        outputs = {run(file, "-f", word, PYTHONHASHSEED=seed).stdout for seed in ("1", "2")}
        assert len(outputs) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-o", "x.jpg"), "x.jpg: `.jpg` is no picture format"),
        (("-o", "x"), "its suffix does not tell the picture's format"),
        (("-f", "jpg"), "`jpg` is no format that pictures are written in"),
        (("-o", "-"), "standard output has no suffix to tell the format"),
        ((), "neither a file to write nor a format is given"),
    ],
)
def test_usage_errors(file: Path, words: tuple[str, ...], expected: str) -> None:
    done = run(file, *words)
    assert done.returncode == 2
    assert expected in complaint(done)
    assert "help:" in complaint(done)


def test_a_file_that_cannot_be_written(file: Path, tmp_path: Path) -> None:
    done = run(file, "-o", tmp_path / "no" / "such" / "x.dot")
    assert done.returncode == 1
    assert "can't be written: No such file or directory" in complaint(done)
    assert run(file, "-o", tmp_path, "-f", "dot").returncode == 1


def test_a_file_that_is_no_topology_is_explained(tmp_path: Path) -> None:
    done = run("-", "-o", tmp_path / "x.svg", stdin=TOPOLOGY.replace("command", "comand"))
    assert done.returncode == 1
    assert "did you mean `command`?" in complaint(done)
    assert not (tmp_path / "x.svg").exists()
    assert run(tmp_path / "none.yaml", "-f", "dot").returncode == 1


def test_without_graphviz_it_says_what_to_install(file: Path, tmp_path: Path) -> None:
    (tmp_path / "pygraphviz.py").write_text("raise ImportError('gone')")
    done = run(file, "-o", tmp_path / "x.svg", PYTHONPATH=str(tmp_path), PATH=str(tmp_path))
    assert done.returncode == 2
    assert "no Graphviz here can draw svg" in complaint(done)
    assert "apt install graphviz" in complaint(done)
    done = run(file, "-o", tmp_path / "x.mmd", PYTHONPATH=str(tmp_path), PATH=str(tmp_path))
    assert done.returncode == 0


def test_text_formats_load_no_graphviz_and_no_networkx(file: Path) -> None:
    code = (
        "import sys; from orchestrator.cli import main; "
        f"main(['render', {str(file)!r}, '-f', 'mmd']); "
        "heavy = {'graphviz', 'pygraphviz', 'networkx', 'zmq', 'subprocess'} & set(sys.modules); "
        "sys.exit(','.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.stderr == b""


@drawable
def test_check_tells_a_stale_picture_in_every_format(file: Path, tmp_path: Path) -> None:
    outputs = [tmp_path / f"pipe.{word}" for word in ("svg", "png", "pdf", "html", "dot", "mmd", "d2")]
    for out in outputs:
        assert run(file, "-o", out).returncode == 0
        before = out.read_bytes()
        assert run(file, "-o", out, "--check").returncode == 0
        assert out.read_bytes() == before
    assert "missing.svg can't be read" in complaint(run(file, "-o", tmp_path / "missing.svg", "--check"))
    file.write_text(TOPOLOGY.replace("./sink", "./other"))
    for out in outputs:
        done = run(file, "-o", out, "--check")
        assert done.returncode == 1
        assert f"error: {out} is out of date: {file} has changed" in complaint(done)
        assert f"orchestrator render {file} -o {out}" in complaint(done)


def test_check_knows_the_options_that_made_the_picture(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "pipe.mmd"
    assert run(file, "-o", out, "--focus", "sink", "--depth", "0").returncode == 0
    assert run(file, "-o", out, "--focus", "sink", "--depth", "0", "--check").returncode == 0
    done = run(file, "-o", out, "--check")
    assert done.returncode == 1
    out.write_text("by hand")
    assert "is no picture of this program's" in complaint(run(file, "-o", out, "--check"))


def test_findings_are_drawn_at_their_node(file: Path) -> None:
    file.write_text(TOPOLOGY.replace("type: PULL", "type: SUB"))
    chart = run(file, "-f", "mmd", "--findings").stdout.decode()
    (line,) = [line for line in chart.splitlines() if "✖" in line and "ZMQ101" in line]
    assert "<b>sink</b>" in line
    assert "ZMQ101" not in run(file, "-f", "mmd").stdout.decode()


def test_differences_from_a_file_and_from_a_revision(file: Path, tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "pipe.yaml"], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    old = tmp_path / "old.yaml"
    old.write_text(TOPOLOGY)
    file.write_text(TOPOLOGY.replace("  sink:", "  drain:"))
    by_file = run(file, "-f", "mmd", "--diff", old).stdout
    command = [
        sys.executable,
        "-m",
        "orchestrator",
        "render",
        "pipe.yaml",
        "-f",
        "mmd",
        "--diff",
        "git:HEAD:pipe.yaml",
    ]
    by_git = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
    assert b"+ <b>drain</b>" in by_file
    assert "− <b>sink</b>".encode() in by_file
    assert [line for line in by_git.splitlines() if b"<b>" in line] == [
        line for line in by_file.splitlines() if b"<b>" in line
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--focus", "snik"], "did you mean `sink`?"),
        (["--hide", "nobody"], "the picture has no `nobody`"),
        (["--group", "label:x"], "no node has the label `x`"),
        (["--group", "colour"], "use process, host, none, or label:KEY"),
        (["--depth", "-1"], "--depth can't be negative"),
        (["--check"], "say -o topology.svg"),
        (["--diff", "missing.yaml"], "missing.yaml"),
        (["--diff", "git:nowhere:x.yaml"], "git"),
    ],
)
def test_options_that_do_not_fit_are_told(file: Path, words: list[str], told: str) -> None:
    done = run(file, "-f", "dot", *words)
    assert done.returncode in (1, 2)
    assert told in complaint(done)


@drawable
def test_one_svg_serves_light_and_dark_pages_and_leads_to_the_file(file: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    out = tmp_path / "docs/pipe.svg"
    assert run(file, "-o", out).returncode == 0
    text = out.read_text()
    assert "prefers-color-scheme: dark" in text
    assert 'xlink:href="../pipe.yaml#L4"' in text
    assert run(file, "-o", out, "--theme", "light").returncode == 0
    assert "prefers-color-scheme" not in out.read_text()
