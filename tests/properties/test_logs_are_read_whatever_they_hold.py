"""Files of a state directory that were damaged, or written by somebody else, are no faults of those who read them."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.cli.eventlines import EventLook
from orchestrator.cli.loglines import JsonLook, Paper, TextLook
from orchestrator.runtime.capture import journal
from orchestrator.runtime.capture.encoding import Encoder, Source
from orchestrator.runtime.capture.merging import Merged
from orchestrator.runtime.capture.wanting import choice
from orchestrator.vocabulary import Stream

_ENCODER = Encoder(Source(unit="feed", node="feed", replica=0, attempt=1, stream=Stream.STDOUT))
_GOOD = [
    _ENCODER.block(1.795e9, b"INFO one\n\xff two\n"),
    _ENCODER.missing(1.795e9 + 1, 3, "no space"),
    journal.record(1.795e9 + 2, {"event": "remark", "unit": None, "text": "x"}),
    journal.record(
        1.795e9 + 3, {"event": "state", "unit": "feed", "attempt": "2", "state": 3, "reason": None}
    ),
    journal.record(1.795e9 + 4, {"event": ["state"], "text": {"a": 1}, "unit": [], "level": [], "time": 5}),
    b'{"time":"2026-11-21T00:00:00.000000Z","unit":7,"text":[],"level":{},"escaped":1,"event":"hook"}\n',
    b'{"time":"\xff\xfe26-11-21T00:00:00.000000Z","a":' + b"[" * 9 + b"}\n",
]
_PIECES = st.one_of(
    st.sampled_from(_GOOD),
    st.sampled_from(_GOOD).flatmap(lambda line: st.integers(0, len(line)).map(lambda at: line[:at])),
    st.binary(max_size=60),
)


@given(
    st.lists(_PIECES, max_size=8).map(b"".join),
    st.lists(_PIECES, max_size=4).map(b"".join),
    st.integers(0, 9),
)
@settings(max_examples=300, deadline=None)
def test_nothing_in_them_is_a_fault(first: bytes, then: bytes, tail: int) -> None:
    looks = [
        TextLook(Paper(["feed"], colour=True, encoding="ascii")),
        TextLook(Paper([], colour=False, encoding="utf-8"), raw=True),
        JsonLook(),
        EventLook(Paper(["feed"], colour=False, encoding="utf-8")),
    ]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "feed.jsonl"
        path.write_bytes(first)
        with Merged({"feed": path}) as logs:
            past = list(logs.past())
            backward = list(logs.past(choice(pattern=re.compile("[1x]")), tail=tail))
            since = list(logs.past(since="2026-11-21T00:00:00.000000Z", until="2027"))
            with path.open("ab") as file:
                file.write(then)
            new = list(logs.new())
        assert len(backward) <= tail
        for line in (*past, *backward, *since, *new):
            for look in looks:
                look.line(line)
        # what was whole is read once and once only, wherever the reader stood
        path.write_bytes(first + then)
        with Merged({"feed": path}) as logs:
            assert [line.raw for line in logs.past()] == [line.raw for line in (*past, *new)]
