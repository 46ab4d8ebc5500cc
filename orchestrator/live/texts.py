"""From what a user types to a message: JSON, or YAML as in `{side: buy, price: 1.5}`. Pure."""

from __future__ import annotations

import json
from typing import Any

from orchestrator.codecs import Codec, EncodeError
from orchestrator.errors import UsageError
from orchestrator.vocabulary import CodecName


def to_payload(codec: Codec, word: str | bytes) -> bytes:
    """The payload that `word` means with this codec; bytes are one already. Raises UsageError."""
    if isinstance(word, bytes):
        return word
    try:
        return codec.encode(to_value(codec.name, word))
    except EncodeError as error:
        raise UsageError(f"{_short(word)} can't be sent: {error}") from error


def to_value(codec: str, word: str) -> Any:
    """The object that `word` means: bytes for raw, a text for text, else a value. Raises UsageError."""
    match codec:
        case CodecName.RAW:
            return word.encode("utf-8", "surrogateescape")
        case CodecName.TEXT:
            return word
        case CodecName.NUMPY:
            import numpy

            return numpy.asarray(_value(word))
        case CodecName.ARROW:
            import pyarrow

            rows = _value(word)
            return pyarrow.RecordBatch.from_pylist(rows if isinstance(rows, list) else [rows])
        case _:
            return _value(word)


def _value(word: str) -> Any:
    try:
        return json.loads(word)
    except (ValueError, RecursionError):
        pass
    from orchestrator.source.foreign import Foreign, ForeignError, read_foreign

    def stripped(found: Foreign) -> Any:
        if isinstance(found.data, dict):
            return {key: stripped(each) for key, each in found.data.items()}
        if isinstance(found.data, list):
            return [stripped(each) for each in found.data]
        return found.data

    try:
        read = read_foreign(word)
    except ForeignError as error:
        raise UsageError(
            f"{_short(word)} is neither JSON nor YAML: {error}",
            "for example '{\"price\": 1.5}', '{price: 1.5}', 42, or a text",
        ) from error
    return None if read is None else stripped(read)


def _short(word: str) -> str:
    return repr(word if len(word) <= 60 else f"{word[:57]}…")
