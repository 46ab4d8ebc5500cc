"""Bytes into lines: nothing is lost, nothing grows without bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.runtime.lines import MAX_LINE, TAIL, Lines, Tail


def test_lines_come_when_they_are_complete():
    lines = Lines()
    assert lines.feed(b"one\ntw") == ["one"]
    assert lines.feed(b"o\nthree") == ["two"]
    assert lines.end() == ["three"]
    assert lines.end() == []


def test_carriage_returns_before_the_newline_go():
    assert Lines().feed(b"dos\r\n") == ["dos"]


def test_invalid_utf8_is_replaced_not_refused():
    assert Lines().feed(b"a\xffb\n") == ["a\ufffdb"]


def test_an_endless_line_comes_in_pieces():
    lines = Lines()
    pieces = lines.feed(b"x" * (2 * MAX_LINE + 5))
    assert [len(p) for p in pieces] == [MAX_LINE, MAX_LINE]
    assert lines.end() == ["xxxxx"]


@given(st.lists(st.binary(max_size=60).map(lambda b: b.replace(b"\r", b"")), max_size=20))
def test_no_byte_is_lost_however_it_arrives(chunks):
    lines = Lines()
    got = [line for chunk in chunks for line in lines.feed(chunk)] + lines.end()
    whole = b"".join(chunks).decode("utf-8", "replace")
    again = Lines()
    at_once = again.feed(b"".join(chunks)) + again.end()
    assert got == at_once
    assert "\n".join(got) == whole.removesuffix("\n") or "\ufffd" in whole


def test_the_tail_keeps_the_last_lines_only():
    tail = Tail()
    for n in range(TAIL + 3):
        tail.add(str(n))
    assert tail.lines() == tuple(str(n) for n in range(3, TAIL + 3))
