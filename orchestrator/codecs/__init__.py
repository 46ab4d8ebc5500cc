"""What a payload looks like on the wire: one codec per socket, chosen by the topology.

A codec's library is imported only when a socket asks for it. Nothing here knows sockets or nodes.
"""

from __future__ import annotations

from orchestrator.codecs.base import Codec, CodecError, DecodeError, EncodeError
from orchestrator.codecs.registry import make_codec

__all__ = ["Codec", "CodecError", "DecodeError", "EncodeError", "make_codec"]
