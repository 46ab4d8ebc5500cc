"""Pickle: Python among Pythons that trust each other. Never chosen for anybody: it has to be named.

Reading a pickle runs whatever its sender wrote into it (the `pickle` module's own warning).
"""

from __future__ import annotations

import pickle
from typing import Any

from orchestrator.codecs.base import DecodeError, EncodeError, Payload, first_line, kind, preview
from orchestrator.vocabulary import CodecName


class PickleCodec:
    """Any Python object, in protocol 5 (Python 3.8 and later)."""

    name: str = CodecName.PICKLE

    def encode(self, obj: Any) -> bytes:
        try:
            return pickle.dumps(obj, protocol=5)
        except Exception as error:  # an object's own __reduce__ may raise whatever it likes
            raise EncodeError(f"cannot send {kind(obj)} as pickle: {first_line(error)}") from error

    def decode(self, payload: Payload) -> Any:
        try:
            return pickle.loads(payload)
        except Exception as error:  # what is called on the way may raise whatever it likes
            raise DecodeError(f"not a pickle: {preview(payload)} ({first_line(error)})") from error

    def encode_nothing(self) -> bytes:
        return _NOTHING


_NOTHING = pickle.dumps(None, protocol=5)
