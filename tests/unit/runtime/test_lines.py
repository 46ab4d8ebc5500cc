"""Bytes into lines: nothing is lost, nothing grows without bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.runtime.lines import MAX_LINE, TAIL, Chunk, Lines, Tail


def _texts(chunks: list[Chunk]) -> list[str]:
    return [text for chunk in chunks for text in chunk.texts()]


def test_lines_come_when_they_are_complete():
    lines = Lines()
    assert lines.feed(b"one\ntw") == [Chunk(b"one\n")]
    assert lines.feed(b"o\nthree") == [Chunk(b"two\n")]
    assert lines.end() == [Chunk(b"three\n")]
    assert lines.end() == []


def test_many_lines_stay_together():
    assert Lines().feed(b"a\n\nb\n" * 9 + b"c") == [Chunk(b"a\n\nb\n" * 9)]


def test_carriage_returns_before_the_newline_go():
    assert _texts(Lines().feed(b"dos\r\n")) == ["dos"]


def test_invalid_utf8_is_replaced_not_refused():
    assert _texts(Lines().feed(b"a\xffb\n")) == ["a\ufffdb"]


def test_an_endless_line_comes_in_pieces():
    lines = Lines()
    pieces = lines.feed(b"x" * (2 * MAX_LINE + 5))
    assert [(len(data), continued) for data, continued in pieces] == [(MAX_LINE, True)] * 2
    assert lines.end() == [Chunk(b"xxxxx\n")]


def test_a_long_line_among_others_is_cut_alone():
    assert Lines().feed(b"a\nb\n" + b"x" * (MAX_LINE + 1) + b"\nc\n") == [
        Chunk(b"a\nb\n"),
        Chunk(b"x" * MAX_LINE, continued=True),
        Chunk(b"x\nc\n"),
    ]


def test_a_line_of_just_the_limit_is_whole():
    assert Lines().feed(b"x" * MAX_LINE + b"\n") == [Chunk(b"x" * MAX_LINE + b"\n")]
    lines = Lines()
    assert lines.feed(b"x" * MAX_LINE) == []
    assert lines.feed(b"\n") == [Chunk(b"x" * MAX_LINE + b"\n")]


def test_pieces_end_between_characters():
    for character in ("é", "€", "😀"):
        text = "x" + character * MAX_LINE
        pieces = Lines().feed(text.encode() + b"\n")
        assert "".join(_texts(pieces)) == text
        assert all(len(piece.data) > MAX_LINE - 4 for piece in pieces[:-1])


@given(st.lists(st.binary(max_size=60).map(lambda b: b.replace(b"\r", b"")), max_size=20))
def test_no_byte_is_lost_however_it_arrives(chunks):
    lines = Lines()
    got = _texts([line for chunk in chunks for line in lines.feed(chunk)] + lines.end())
    whole = b"".join(chunks).decode("utf-8", "replace")
    again = Lines()
    at_once = _texts(again.feed(b"".join(chunks)) + again.end())
    assert got == at_once
    assert "\n".join(got) == whole.removesuffix("\n") or "\ufffd" in whole


_LONG = st.sampled_from(
    [b"\n", b"a\n", b"x" * 5000, b"y" * (MAX_LINE - 1), b"z" * MAX_LINE, b"\x80" * 9000, b"w"]
)


@given(st.lists(_LONG, max_size=30))
def test_every_chunk_is_what_it_says(parts):
    lines = Lines()
    chunks = [chunk for part in parts for chunk in lines.feed(part)] + lines.end()
    data = b"".join(parts)
    assert b"".join(chunk.data for chunk in chunks) == data + (
        b"" if data.endswith(b"\n") or not data else b"\n"
    )
    for chunk in chunks:
        if chunk.continued:
            assert b"\n" not in chunk.data and 0 < len(chunk.data) <= MAX_LINE
        else:
            assert chunk.data.endswith(b"\n")
            assert max(map(len, chunk.data[:-1].split(b"\n"))) <= MAX_LINE


def test_the_tail_keeps_the_last_lines_only():
    tail = Tail()
    for n in range(TAIL + 3):
        tail.add(Chunk(b"%d\n" % n))
    assert tail.lines() == tuple(str(n) for n in range(3, TAIL + 3))


def test_the_tail_of_a_chunk_of_many_lines():
    tail = Tail()
    tail.add(Chunk(b"".join(b"%d\n" % n for n in range(100))))
    assert tail.lines() == tuple(str(n) for n in range(100 - TAIL, 100))
    tail.add(Chunk(b"\n"))
    tail.add(Chunk(b"piece", continued=True))
    assert tail.lines()[-3:] == ("99", "", "piece")
