"""The names in a file, read for a shell: fast, forgiving, from broken files too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.source.outline import NodeOutline, outline

WHOLE = """\
version: "1"
description: |
  nodes:
    not_me: {}
endpoints:
  exchange: {address: tcp://localhost:1, type: PUB, external: true}
nodes:
  feed:
    run: a:b
    process: edge
    labels: {host: paris, zone: "a b"}
    profiles: [live, test]
    sockets:
      out: {type: PUB, bind: auto}
  "worker":
    replicas: 3
    params: {nodes: {inner: 1}}
"""


def written(directory: Path, text: str, name: str = "topology.yaml") -> str:
    file = directory / name
    file.write_text(text)
    return str(file)


def test_a_whole_file(tmp_path: Path) -> None:
    found = outline(written(tmp_path, WHOLE))
    assert found.nodes == {
        "feed": NodeOutline(
            process="edge",
            labels={"host": "paris", "zone": "a b"},
            profiles=["live", "test"],
            sockets=["out"],
        ),
        "worker": NodeOutline(replicas=3),
    }
    assert found.endpoints == ["exchange"]


def test_replicas_are_instances_only_where_there_are_several() -> None:
    assert NodeOutline(replicas=2).instances("worker") == ("worker-0", "worker-1")
    assert NodeOutline().instances("feed") == ()


@pytest.mark.parametrize("break_", ["\n  oh: [1, 2\n", "\n  oh: }\n", '\n  oh: "no end\n', "\n\tx: 1\n"])
def test_a_break_hides_nothing_before_it_and_little_after_it(break_: str, tmp_path: Path) -> None:
    text = WHOLE.replace('\n  "worker":', f'{break_}  "worker":')
    found = outline(written(tmp_path, text))
    assert {"feed", "worker"} <= set(found.nodes)
    assert found.nodes["feed"].process == "edge"
    assert found.nodes["worker"].replicas == 3
    assert "inner" not in found.nodes
    assert "sockets" not in found.nodes


def test_flow_style(tmp_path: Path) -> None:
    assert list(outline(written(tmp_path, "{nodes: {a: {replicas: 2}, b: {}}}")).nodes) == ["a", "b"]


def test_anchors_and_aliases_do_not_shift_the_keys(tmp_path: Path) -> None:
    found = outline(
        written(tmp_path, "x-a: &a {run: a:b}\nnodes:\n  one: *a\n  two: &t {run: c:d}\n  three: *t\n")
    )
    assert list(found.nodes) == ["one", "two", "three"]


def test_included_files_count_and_circles_end(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    written(tmp_path, "include: ../main.yaml\nnodes: {far: {}}\n", "parts/far.yaml")
    main = written(tmp_path, "include: [parts/far.yaml, gone.yaml]\nnodes: {near: {}}\n", "main.yaml")
    assert list(outline(main).nodes) == ["near", "far"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "[]",
        "nodes",
        "nodes: 3",
        "nodes: [{replicas: 3}]",
        "nodes: {? {a: b} : c}",
        "? [x]\n: y",
        "%",
    ],
)
def test_what_is_no_topology_has_no_names_that_matter(text: str, tmp_path: Path) -> None:
    assert set(outline(written(tmp_path, text)).nodes) <= {""}


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"nodes:\n  a: {}\n  b: \xff\xfe\n  c: {}\n")
    assert {"a", "c"} <= set(outline(str(file)).nodes)


def test_a_pipe_is_not_waited_for_and_a_directory_is_nothing(tmp_path: Path) -> None:
    assert outline(str(tmp_path)).nodes == {}
    assert outline(str(tmp_path / "gone")).nodes == {}
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.yaml")
        assert outline(str(tmp_path / "pipe.yaml")).nodes == {}
