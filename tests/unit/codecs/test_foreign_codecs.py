"""Codecs of other packages, found as an installed package's are: by the metadata beside its modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.codecs import CodecError, DecodeError, EncodeError, make_codec
from orchestrator.codecs.base import HasSchema, InParts, WritesInto
from orchestrator.codecs.fingerprint import fingerprint
from orchestrator.codecs.foreign import GROUP, foreign_names, registered

MODULE = """
class Fast:
    def __init__(self, *, schema, message_type, directory):
        if schema == "bad":
            raise KeyError("bad")
        self.name = "acme.fast"
        self.made_with = (schema, message_type, directory)

    def encode(self, obj):
        return str(obj).encode() if obj is not None else "no bytes"

    def decode(self, payload):
        return int(bytes(payload))

    def encode_nothing(self):
        return b"-"


class Able(Fast):
    zero_copy = True

    def encode_into(self, obj, buffer, offset):
        buffer[offset:] = self.encode(obj)

    def encode_parts(self, obj):
        return [b"a", memoryview(b"b")][: 2 // obj]

    def canonical(self):
        return "able"


class Lacking:
    def __init__(self, **of):
        pass

    def encode(self, obj):
        return b""


NO_CODEC = 3
"""
NAMES = """
acme.fast = acme_codecs:Fast
acme.able = acme_codecs:Able
acme.lacking = acme_codecs:Lacking
acme.gone = acme_codecs:Gone
acme.number = acme_codecs:NO_CODEC
acme.unfound = acme_not_there:Fast
plain = acme_codecs:Fast
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "acme_codecs.py").write_text(MODULE)
    info = tmp_path / "acme_codecs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-codecs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]{NAMES}")
    monkeypatch.syspath_prepend(str(tmp_path))
    registered.cache_clear()
    yield
    registered.cache_clear()


def test_a_codec_by_its_name() -> None:
    codec = make_codec("acme.fast", schema={"a": 1}, message_type="T", directory="/d")
    assert codec.name == "acme.fast"
    assert codec.decode(codec.encode(42)) == 42
    assert codec.encode_nothing() == b"-"
    assert not isinstance(codec, WritesInto)
    assert not isinstance(codec, HasSchema)
    assert fingerprint(codec, {"a": 1}) != 0


def test_what_it_can_do_beside_is_passed_on() -> None:
    codec = make_codec("acme.able")
    assert isinstance(codec, WritesInto)
    assert isinstance(codec, InParts)
    assert codec.zero_copy
    buffer = bytearray(b"header")
    codec.encode_into(7, buffer, 6)
    assert buffer == b"header7"
    assert b"".join(codec.encode_parts(1)) == b"ab"
    with pytest.raises(EncodeError, match=r"cannot send int as acme\.able: integer division"):
        codec.encode_parts(0)
    assert fingerprint(codec) == fingerprint(codec, {"not": "asked"}) != 0


def test_its_errors_are_those_of_codecs() -> None:
    codec = make_codec("acme.fast")
    with pytest.raises(DecodeError, match=r"not acme\.fast: b'x' \(invalid literal"):
        codec.decode(b"x")
    with pytest.raises(EncodeError, match=r"made str of NoneType, and not bytes"):
        codec.encode(None)


def test_names_without_a_dot_are_ours() -> None:
    assert foreign_names() == [
        "acme.able",
        "acme.fast",
        "acme.gone",
        "acme.lacking",
        "acme.number",
        "acme.unfound",
    ]
    with pytest.raises(CodecError, match="there is no such codec"):
        make_codec("plain")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: make_codec("acme.fats"), "no installed package offers it"),
        (lambda: make_codec("other.codec"), "no installed package offers it"),
        (lambda: make_codec("acme.fast", schema="bad"), "KeyError: 'bad'"),
        (lambda: make_codec("acme.lacking"), "has no method decode, encode_nothing"),
        (lambda: make_codec("acme.gone"), "AttributeError"),
        (lambda: make_codec("acme.number"), "TypeError"),
        (lambda: make_codec("acme.unfound"), "ModuleNotFoundError: No module named 'acme_not_there'"),
    ],
)
def test_what_can_go_wrong_is_told(make: Callable[[], object], text: str) -> None:
    with pytest.raises(CodecError) as caught:
        make()
    assert text in caught.value.message


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(CodecError) as caught:
        make_codec("acme.fats")
    assert caught.value.remedy == "did you mean acme.fast?"
