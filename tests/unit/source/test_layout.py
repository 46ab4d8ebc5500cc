"""How a file looks once it is laid out."""

from __future__ import annotations

import sys

import pytest

from orchestrator.source.layout import LayoutError, format_text, lay_out
from orchestrator.source.layout.proof import says_the_same
from orchestrator.spec.order import key_order
from orchestrator.spec.schema import load_schema

SAMPLES = {
    "keys in order": ("name: a\nversion: 1\nx-b: 1\nnodes: {}\nx-a: 2\n", "version: 1\nname: a\nnodes: {}\nx-b: 1\nx-a: 2\n"),
    "keys of a node and a socket": (
        "nodes:\n  a:\n    sockets:\n      x: {bind: auto, type: PUB}\n    run: m:f\n",
        "nodes:\n  a:\n    run: m:f\n    sockets:\n      x: {type: PUB, bind: auto}\n",
    ),
    "names are left in their order": ("nodes:\n  z: {run: 'm:f'}\n  a: {run: m}\n", 'nodes:\n  z: {run: "m:f"}\n  a: {run: m}\n'),
    "two blanks per level": ("nodes:\n    a:\n       run: m\n", "nodes:\n  a:\n    run: m\n"),
    "lists within their key": ("include:\n- a\n-   b\n", "include:\n  - a\n  - b\n"),
    "lists of mappings": ("x-l:\n-   a: 1\n    b: 2\n- - c\n", "x-l:\n  - a: 1\n    b: 2\n  - - c\n"),
    "one blank between things": ("a:   1\nb: {a : 1,b: [1,2 , 3]}\n", "a: 1\nb: {a: 1, b: [1, 2, 3]}\n"),
    "one blank line at most": ("\n\na: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"),
    "no blanks at the end": ("a: 1   \nb:\t\n  c: 2  ", "a: 1\nb:\n  c: 2\n"),
    "double quotes": ("a: 'x'\nb: 'it''s'\nc: 'say \"x\"'\nd: '\\d'\n", 'a: "x"\nb: "it\'s"\nc: \'say "x"\'\nd: \'\\d\'\n'),
    "quotes where they are, none where there are none": ('a: "x"\nb: x\nc: "1"\n', 'a: "x"\nb: x\nc: "1"\n'),
    "a value beside its key": ("a:\n  b\nc:\n  {d: 1}\n", "a: b\nc: {d: 1}\n"),
    "texts over lines": ("a: |\n      x\n        y\n\n\nb: >-\n c\n", "a: |\n  x\n    y\n\nb: >-\n  c\n"),
    "texts that keep the end": ("a:\n    b: |+\n        x\n\n    c: 1\n", "a:\n  b: |+\n    x\n\n  c: 1\n"),
    "collections over lines are kept": (
        "a:\n    b: [x,\n        y]\n", "a:\n  b: [x,\n      y]\n",
    ),
    "keys without values": ("a: {b:1,c: ,d,  e: }\nf:\n", "a: {b:1, c: , d, e: }\nf:\n"),
    "nothing": ("", ""),
    "only a comment": ("# x\n", "# x\n"),
    "one flow": ("{a: 1,  b: 2}\n", "{a: 1,  b: 2}\n"),
    "markers": ("%YAML 1.2\n---\nb:   1\n...\n", "%YAML 1.2\n---\nb: 1\n...\n"),
    "Windows": ("a:   1\r\nb: |\r\n    x\r\n", "a: 1\r\nb: |\r\n  x\r\n"),
    "anchors": ("a: &x   {b: 1}\nc:  *x\nd: &y\n    e: !!str 1\n", "a: &x {b: 1}\nc: *x\nd: &y\n  e: !!str 1\n"),
    "an alias stays behind its anchor": ("name: &n a\nversion: *n\n", "name: &n a\nversion: *n\n"),
}  # fmt: skip

COMMENTS = {
    "on top": (
        "# head\n\n# about name\nname: a\nversion: 1\n",
        "# head\n\nversion: 1\n# about name\nname: a\n",
    ),
    "above a key go with it": (
        "nodes:\n  # the feed\n  a:\n    # how\n    sockets: {}\n    # what\n    run: m\n",
        "nodes:\n  # the feed\n  a:\n    # what\n    run: m\n    # how\n    sockets: {}\n",
    ),
    "beside stay where they are": ("a: 1     # x\nbc: 2    # y\n", "a: 1     # x\nbc: 2    # y\n"),
    "beside keep their distance of one": ("a:   {b:  1} # x\nc: 'd'      # y\n", 'a: {b: 1} # x\nc: "d"      # y\n'),
    "beside make room": ("a: {b:1,c: 2}  # x\nd: [1,2,3,4]  # y\n", "a: {b:1, c: 2} # x\nd: [1, 2, 3, 4] # y\n"),
    "at the head of a block": ("a: # x\n    b: 1 # y\n", "a: # x\n  b: 1 # y\n"),
    "commented-out keys stay in their block": (
        "nodes:\n    a:\n        run: m\n        # replicas: 2\n\n    # b:\n    c: {run: m}\n    # d\n# end\n",
        "nodes:\n  a:\n    run: m\n    # replicas: 2\n\n  # b:\n  c: {run: m}\n  # d\n# end\n",
    ),
    "between a key and its value": ("a: # x\n  # y\n  b\n", "# x\n# y\na: b\n"),
    "in a collection over lines": ("a: [b, # x\n  # y\n  c] # z\n", "a: [b, # x\n  # y\n  c] # z\n"),
    "at the head of a text": ("a: | # x\n    # text\n", "a: | # x\n  # text\n"),
    "in a list": ("a:\n# x\n- b # y\n- # z\n  c: 1\n# w\n", "a:\n  # x\n  - b # y\n  - # z\n    c: 1\n  # w\n"),
    "for the checker": (
        "nodes:\n  a:\n    sockets:\n      # orchestrator: ignore[ZMQ1] why\n      x:   {type: PUB} # orchestrator: ignore[ZMQ2] so\n",
        "nodes:\n  a:\n    sockets:\n      # orchestrator: ignore[ZMQ1] why\n      x: {type: PUB} # orchestrator: ignore[ZMQ2] so\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), SAMPLES.values(), ids=SAMPLES)
def test_layout(before: str, after: str) -> None:
    assert format_text(before, key_order) == after
    assert format_text(after, key_order) == after


@pytest.mark.parametrize(("before", "after"), COMMENTS.values(), ids=COMMENTS)
def test_comments(before: str, after: str) -> None:
    assert format_text(before, key_order) == after
    assert format_text(after, key_order) == after


def test_a_long_value_below_its_key_stays_there() -> None:
    text = f"a:\n    {'x' * 118}\n"
    assert format_text(text, key_order) == f"a:\n  {'x' * 118}\n"


@pytest.mark.parametrize(
    ("text", "told", "line"),
    [
        ("a: 1\n? b\n: 2\n", "a key that is no plain name", 2),
        ("? [a]\n: 2\n", "a key that is no plain name", 1),
        ("a: 1\rb: 2\n", "a carriage return that ends no line", 1),
        ("--- {a: 1}\n", None, 0),
    ],
)
def test_what_can_not_be_laid_out(text: str, told: str | None, line: int) -> None:
    if told is None:
        assert format_text(text, key_order) == text
        return
    with pytest.raises(LayoutError, match=told) as caught:
        format_text(text, key_order)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a: 1", "a: '1'"),
        ("a: 1 # x", "a: 1"),
        ("a: 1 # x", "a: 1 # y"),
        ("a: [1, 2]", "a: [2, 1]"),
        ("a: |\n  x", "a: |\n  x\n"),
        ("a: &x 1\nb: &x 2\nc: *x", "a: &x 1\nc: *x\nb: &x 2"),
        ("a: 1", "a: 1\nb: 2"),
    ],
)
def test_the_proof_sees_what_is_lost(one: str, other: str) -> None:
    assert says_the_same(one, one)
    assert not says_the_same(one, other)


def test_files_that_are_no_yaml() -> None:
    result = lay_out("t.yaml", "a: [", key_order)
    assert result.after is None
    assert result.finding is not None
    assert result.finding.code == "ZMQ003"
    deep = lay_out("t.yaml", "[" * 200 + "]" * 200, key_order)
    assert deep.finding is not None
    assert deep.finding.code == "ZMQ012"
    assert lay_out("t.yaml", "? a\n: b\n", key_order).refused == "t.yaml:1:1: a key that is no plain name"
    assert not lay_out("t.yaml", "a: 1\n", key_order).is_changed


def test_every_key_of_the_language_has_its_place() -> None:
    schema = load_schema()
    definitions = schema["definitions"]
    blocks = {
        (): schema,
        ("defaults",): schema["properties"]["defaults"],
        ("messages", "M"): definitions["message"],
        ("endpoints", "E"): definitions["endpoint"],
        ("nodes", "n"): definitions["node"],
        ("nodes", "n", "sockets", "s"): definitions["socket"],
    }
    for path, block in blocks.items():
        assert set(key_order(path) or ()) == set(block["properties"]), path
    assert key_order(("nodes",)) is None
    assert key_order(("nodes", "n", "params")) is None


def test_work_grows_with_the_file_and_no_faster() -> None:
    def calls(nodes: int) -> int:
        """Function calls, resumed generators among them: the same on every machine."""
        text = "nodes:\n" + "".join(
            f"  n{index}:\n    # what it runs\n    command: [x]\n    env: {{\n      A: 1 # one\n    }}\n    # more: to come\n"
            for index in range(nodes)
        )
        count = 0

        def profile(frame: object, event: str, arg: object) -> None:
            nonlocal count
            count += event == "call"

        sys.setprofile(profile)
        try:
            format_text(text, key_order)
        finally:
            sys.setprofile(None)
        return count

    assert calls(160) < 4.5 * calls(40)
