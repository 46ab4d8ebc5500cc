"""The page about codecs of one's own, followed; and the reference, held against the code."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from pages import ROOT, blocks

from orchestrator.codecs.fingerprint import of_text
from orchestrator.codecs.registry import install
from orchestrator.vocabulary import CodecName

HOW_TO = ROOT / "docs/how-to/codecs.md"
REFERENCE = (ROOT / "docs/reference/codecs.md").read_text(encoding="utf-8")


def test_the_package_of_the_page_works(tmp_path: Path) -> None:
    for block in blocks(HOW_TO.read_text(encoding="utf-8")):
        if block.mark.startswith("file: "):
            (tmp_path / block.mark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    [(name, value)] = project["entry-points"]["orchestrator.codecs"].items()
    info = tmp_path / "acme_codecs-1.0.dist-info"  # as an installer writes it
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[orchestrator.codecs]\n{name} = {value}\n")
    path = os.pathsep.join([str(tmp_path), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_fix.py"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_every_codec_is_in_the_table_with_what_installs_it() -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \|(.*)\|$", REFERENCE[: REFERENCE.index("## What they cost")], re.MULTILINE)
    )
    assert set(rows) == {codec.value for codec in CodecName}
    for codec in CodecName:
        extra = re.search(r"\[.*\]", install(codec))
        assert (extra is not None) == ("zmq-orchestrator[" in rows[codec]), codec
        assert extra is None or f"zmq-orchestrator{extra[0]}" in rows[codec]


def test_every_extra_that_the_code_names_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = {name for name in [*CodecName, "zstd", "lz4"] if "[" in install(name)}
    assert named <= extras.keys()
    assert all(name in extras["all"][0] for name in named)
    assert importlib.metadata.version("msgspec")


def test_the_fingerprints_of_the_page() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (?:`([\w.]+)`)? ?\| `(.+)` \| `([0-9a-f]{16})` \|$", REFERENCE, re.MULTILINE
    )
    assert len(rows) == 2
    for codec, message_type, text, number in rows:
        assert f"{of_text(codec, message_type or None, text):016x}" == number
