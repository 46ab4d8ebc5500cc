"""What a file with errors probably meant: enough to check the rest of it in the same run, never to run it."""

from __future__ import annotations

import pytest

from orchestrator.model.load import Loaded, load

TEXT = """\
version: 1
name: t
nodes:
  feed:
    run: m:f
    sockets:
      ticks: {type: PUB, bind: auto}
  sink:
    run: m:f
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""]}
"""


def loaded(old: str, new: str, **environ: str) -> Loaded:
    assert old in TEXT
    return load("t.yaml", text=TEXT.replace(old, new), environ=environ)


def test_without_errors_it_is_the_topology() -> None:
    result = load("t.yaml", text=TEXT, environ={})
    assert result.topology is not None
    assert result.meant is result.topology


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("version: 1\n", "", "ZMQ031"),
        ("name: t", "name: T_T", "ZMQ034"),
        ("nodes:", "ndoes:", "ZMQ030"),
        ("  feed:\n    run: m:f\n", "  feed:\n", "ZMQ036"),
        ("  feed:\n", "  feed:\n    replicas: x\n    labels: [1]\n", "ZMQ032"),
        ("  feed:\n", "  feed:\n    restart: allways\n", "ZMQ033"),
        ("  feed:\n", "  feed:\n    timeout: 5\n    kind: task\n", "ZMQ032"),
        ("  feed:\n", "  feed:\n    placement: {host: a}\n", "ZMQ030"),
        ("  feed:\n", "  feed:\n    ready: {}\n", "ZMQ037"),
        ("  feed:\n", "  feed:\n    cwd: ${NOWHERE}\n", "ZMQ014"),
        ("type: PUB", "typ: PUB", "ZMQ030"),
        ("type: PUB", "type: pub", "ZMQ033"),
        ("connect:", "conect:", "ZMQ030"),
        ("feed.ticks", "feed.tiks", "ZMQ052"),
        ("feed.ticks", "feed", "ZMQ052"),
        ('[""]', "[5]", "ZMQ032"),
    ],
)
def test_a_small_mistake_leaves_the_links_as_they_were_meant(old: str, new: str, code: str) -> None:
    result = loaded(old, new)
    assert result.topology is None
    assert code in [d.code for d in result.diagnostics]
    if "replicas" in new:
        assert result.meant is None  # how many there are decides about links
        return
    assert result.meant is not None
    assert result.meant.nodes["sink"].sockets["ticks"].connects[0].text == "feed.ticks"
    assert "ticks" in result.meant.nodes["feed"].sockets


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("type: PUB", "type: 5"),
        ("type: PUB, ", ""),
        ("bind: auto", "bind: {a: 1}"),
        ("connect: feed.ticks", "connect: ${WHERE}"),
        ("feed.ticks", "somewhere.else"),
        ("nodes:\n", "include: [none.yaml]\nnodes:\n"),
        ("    run: m:f\n    sockets:\n      ticks: {type: PUB, bind: auto}\n", ""),
    ],
)
def test_where_links_would_be_guesswork_there_is_nothing(old: str, new: str) -> None:
    result = loaded(old, new)
    assert (result.topology, result.meant) == (None, None)
    assert len(result.diagnostics) == 1


def test_findings_of_schema_and_meaning_come_in_one_run() -> None:
    text = TEXT.replace("  sink:\n", "  sink:\n    replica: 2\n    depends_on: [fed]\n    cwd: ${NOWHERE}\n")
    text = text.replace("feed.ticks", "feed.tiks")
    result = load("t.yaml", text=text, environ={})
    assert [d.code for d in result.diagnostics] == ["ZMQ030", "ZMQ050", "ZMQ014", "ZMQ052"]
