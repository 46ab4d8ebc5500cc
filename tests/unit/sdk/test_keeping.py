"""What a dead letter carries."""

from __future__ import annotations

import pytest

from orchestrator.codecs import make_codec
from orchestrator.sdk.incoming.keeping import Kept
from orchestrator.vocabulary import CodecName
from orchestrator.wire.envelope import Flag, Header, pack

FIRST = Header(source=1, sequence=1, number=1, timestamp_ns=0, sender="feed.out")


@pytest.mark.parametrize("fields", [{"flags": Flag.SHARED}, {"flags": Flag.BATCH, "count": 2}])
def test_what_does_not_lie_in_the_frames_is_made_anew(fields):
    kept = Kept()
    header = Header(source=1, sequence=1, number=1, timestamp_ns=0, sender="feed.out", **fields)
    kept.beside(None)([pack(header) + b"handle"], False)
    assert kept.of("words", make_codec(CodecName.TEXT)) == [b"words"]
    assert kept.of(None, make_codec(CodecName.TEXT)) == kept.frames, "it could not be read"
    assert kept.sender() == "feed.out"


def test_a_message_is_told_as_it_came():
    kept, seen = Kept(), []
    frames = [pack(FIRST) + b"words"]
    kept.beside(lambda f, sent: seen.append((f, sent)))(frames, False)
    kept.beside(None)([b"an answer"], True)
    assert kept.of("words", make_codec(CodecName.TEXT)) is frames
    assert seen == [(frames, False)]
