"""Our reader and writer of envelopes behind the lines of text that docs/examples/envelope.{c,js} speak."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from orchestrator.wire.batch import BatchError, split
from orchestrator.wire.envelope import (
    CODEC_NUMBERS,
    EnvelopeError,
    Flag,
    Flaw,
    Header,
    MessageId,
    Trace,
    pack,
    unpack,
)
from orchestrator.wire.qos import Compression

HERE = Path(__file__).parents[1]
EXAMPLES = HERE.parent / "docs" / "examples"
VECTORS: dict[str, list[dict[str, Any]]] = json.loads((HERE / "vectors" / "envelope.json").read_text("utf-8"))

told: Callable[[Header], dict[str, Any]] = runpy.run_path(str(HERE / "vectors" / "make_envelope.py"))["says"]
"""A header as the vectors tell it."""

Speaker = Callable[[str, Sequence[str]], list[str]]
"""`read` or `write`, and lines; a line for each comes back."""


def hex_line(frames: Sequence[bytes]) -> str:
    return " ".join(frame.hex() or "-" for frame in frames)


def field_line(header: dict[str, Any], payload: Sequence[str], records: Sequence[str] | None) -> str:
    """A vector's header as the programs print it."""
    fields = dict(header)
    if header["codec"] not in CODEC_NUMBERS:
        fields["codec"] = "name:" + header["codec"].encode().hex()
    fields["sender"] = header["sender"].encode().hex()
    fields["payload"] = ",".join(payload)
    if records is not None:
        fields["records"] = ":".join([str(len(records)), *records])
    return " ".join(f"{key}={value}" for key, value in fields.items())


def read_message(frames: Sequence[bytes]) -> tuple[Header, list[bytes]]:
    """The header, and the payload's frames. Raises EnvelopeError."""
    header = unpack(frames[0])
    if header.flags & Flag.DETACHED:
        if len(frames) < 2 or len(frames[0]) != header.length:
            raise EnvelopeError("a detached header", Flaw.FRAMES)
        return header, list(frames[1:])
    if len(frames) != 1:
        raise EnvelopeError("more frames than one", Flaw.FRAMES)
    return header, [frames[0][header.length :]]


def records_of(header: Header, payload: list[bytes]) -> list[bytes] | None:
    """The records of a batch whose payload is as it is; None for what is none. Raises EnvelopeError."""
    elsewhere = Flag.SHARED | Flag.END | Flag.NOTHING
    if not header.flags & Flag.BATCH or header.flags & elsewhere or header.compression:
        return None
    if len(payload) != 1:
        raise EnvelopeError("a batch of several frames", Flaw.BATCH)
    try:
        return split(payload[0], header.count)
    except BatchError as error:
        raise EnvelopeError(str(error), Flaw.BATCH) from error


def _read(line: str) -> str:
    frames = [b"" if word == "-" else bytes.fromhex(word) for word in line.split(" ")]
    try:
        header, payload = read_message(frames)
        records = records_of(header, payload)
    except EnvelopeError as error:
        return f"refused {error.flaw}"
    found = None if records is None else [record.hex() for record in records]
    return field_line(told(header), [frame.hex() for frame in payload], found)


def _id(word: str | None) -> MessageId | None:
    if word is None:
        return None
    source, _, number = word.partition("-")
    return MessageId(int(source, 16), int(number))


def _trace(word: str | None) -> Trace | None:
    body = bytes.fromhex(word or "")
    return Trace(body[:16], body[16:24], body[24]) if body else None


def header_from(fields: dict[str, str]) -> Header:
    codec = fields["codec"]
    return Header(
        source=int(fields["source"], 16),
        sequence=int(fields["sequence"]),
        number=int(fields["number"]),
        timestamp_ns=int(fields["timestamp_ns"]),
        codec=bytes.fromhex(codec[5:]).decode() if codec.startswith("name:") else codec,
        compression=Compression(fields["compression"]) if fields["compression"] else None,
        flags=int(fields["flags"]),
        fingerprint=int(fields["fingerprint"], 16),
        count=int(fields["count"]),
        plain_size=int(fields["plain_size"]),
        sender=bytes.fromhex(fields["sender"]).decode(),
        trace=_trace(fields.get("trace")),
        deadline_ns=int(fields["deadline_ns"]) if "deadline_ns" in fields else None,
        answers=_id(fields.get("answers")),
        request=_id(fields.get("request")),
        attempt=int(fields["attempt"]),
        offer=_id(fields.get("offer")),
    )


def _write(line: str) -> str:
    fields = dict(field.split("=", 1) for field in line.split(" "))
    header = header_from(fields)
    payload = [bytes.fromhex(word) for word in fields["payload"].split(",")]
    head = pack(header)
    return hex_line([head, *payload] if header.flags & Flag.DETACHED else [head + b"".join(payload)])


def ours(verb: str, lines: Sequence[str]) -> list[str]:
    return [{"read": _read, "write": _write}[verb](line) for line in lines]


def _spoken_by(command: list[str]) -> Speaker:
    def speak(verb: str, lines: Sequence[str]) -> list[str]:
        done = subprocess.run(
            [*command, verb],
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "UBSAN_OPTIONS": "halt_on_error=1"},
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    return speak


def javascript() -> Speaker:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js")
    return _spoken_by([node, str(EXAMPLES / "envelope.js")])


def c(directory: Path) -> Speaker:
    """The C program, compiled so that it ends at the first wrong step (where the compiler can do that)."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    program = directory / "envelope"
    strict = [
        compiler,
        "-std=c99",
        "-pedantic",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-O1",
        "-g",
        "-o",
        str(program),
    ]
    watched = [*strict, "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    source = str(EXAMPLES / "envelope.c")
    if subprocess.run([*watched, source], capture_output=True, check=False).returncode != 0:
        subprocess.run([*strict, source], check=True)
    return _spoken_by([str(program)])
