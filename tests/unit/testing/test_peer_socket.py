"""What arrives at a test's socket and cannot be decoded is told, and not passed over as a node would."""

from __future__ import annotations

import pytest
import zmq

from orchestrator.codecs import DecodeError, make_codec
from orchestrator.errors import UsageError
from orchestrator.testing.sockets import PeerSocket, fitting
from orchestrator.transport.compatibility import compatible
from orchestrator.vocabulary import CodecName, SocketType


@pytest.mark.parametrize("of", [t for t in SocketType if t is not SocketType.STREAM])
def test_the_fitting_type_can_talk(of):
    assert compatible(of, fitting(of))


def test_nothing_fits_a_stream():
    with pytest.raises(UsageError, match="plain tcp"):
        fitting(SocketType.STREAM)


def test_garbage_raises():
    with zmq.Context() as context:
        sender = context.socket(zmq.PAIR)
        sender.bind("inproc://here")
        raw = context.socket(zmq.PAIR)
        raw.connect("inproc://here")
        with PeerSocket(
            name="s", socket_type=SocketType.PAIR, raw=raw, codec=make_codec(CodecName.JSON), timeout=1
        ) as peer:
            sender.send(b"{")
            with pytest.raises(DecodeError):
                peer.recv()
            sender.send(b"1")
            assert peer.recv() == 1
        peer.close()
        assert raw.closed
        sender.close(0)
