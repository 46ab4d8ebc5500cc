"""Three readers and writers of the envelope that know nothing of each other agree on every vector, and on noise."""

from __future__ import annotations

import gzip
import json
import random
import runpy
import subprocess
from pathlib import Path

import pytest

from orchestrator.sdk.requesting.error_replies import pack_error, unpack_error
from orchestrator.wire.batch import split
from orchestrator.wire.envelope import COMPRESSION_NUMBERS, Extension, Flag, Flaw

from .envelope_lines import EXAMPLES, VECTORS, Speaker, c, field_line, hex_line, javascript, ours

GOOD, BAD = VECTORS["good"], VECTORS["bad"]
MADE_BY = Path(__file__).parents[1] / "vectors" / "make_envelope.py"
MUTATIONS = 4000


@pytest.fixture(scope="module", params=["python", "javascript", "c"])
def speaker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Speaker:
    match request.param:
        case "javascript":
            return javascript()
        case "c":
            return c(tmp_path_factory.mktemp("envelope"))
    return ours


def line_of(frames: list[str]) -> str:
    return hex_line([bytes.fromhex(frame) for frame in frames])


def test_good_ones_are_read(speaker: Speaker) -> None:
    said = speaker("read", [line_of(vector["frames"]) for vector in GOOD])
    meant = [field_line(v["header"], v["payload"], v.get("records")) for v in GOOD]
    assert dict(zip(names(GOOD), said, strict=True)) == dict(zip(names(GOOD), meant, strict=True))


def test_good_ones_are_written(speaker: Speaker) -> None:
    said = speaker("write", [field_line(v["header"], v["payload"], None) for v in GOOD])
    meant = [line_of(v.get("written", v["frames"])) for v in GOOD]
    assert dict(zip(names(GOOD), said, strict=True)) == dict(zip(names(GOOD), meant, strict=True))


def test_bad_ones_are_refused(speaker: Speaker) -> None:
    said = speaker("read", [line_of(vector["frames"]) for vector in BAD])
    meant = [f"refused {vector['flaw']}" for vector in BAD]
    assert dict(zip(names(BAD), said, strict=True)) == dict(zip(names(BAD), meant, strict=True))


def test_noise_is_read_alike_by_all(speaker: Speaker) -> None:
    """Vectors with bytes changed, cut, doubled and mixed: the same is refused for the same reason."""
    lines = mutated(MUTATIONS)
    theirs, mine = speaker("read", lines), ours("read", lines)
    assert len(theirs) == len(lines)
    for line, one, other in zip(lines, theirs, mine, strict=True):
        assert one == other, line
    readable = [line for line in mine if not line.startswith("refused")]
    assert speaker("write", readable) == ours("write", readable)
    assert 0.1 < sum(line.startswith("refused") for line in mine) / len(mine) < 0.9


def names(vectors: list[dict[str, object]]) -> list[object]:
    return [vector["name"] for vector in vectors]


def mutated(count: int) -> list[str]:
    chance = random.Random(5)
    pool = [[bytes.fromhex(f) for f in v["frames"]] for v in (*GOOD, *BAD)]
    pool = [frames for frames in pool if sum(map(len, frames)) < 3000]
    return [hex_line(_mutate([bytearray(f) for f in chance.choice(pool)], chance)) for _ in range(count)]


def _mutate(frames: list[bytearray], chance: random.Random) -> list[bytearray]:
    for _ in range(chance.choice((1, 1, 2, 5))):
        frame = chance.choice(frames)
        at = chance.randrange(len(frame) + 1)
        match chance.randrange(6):
            case 0 | 1 | 2 if frame:
                # most of what is checked stands in the first bytes, and in the extensions
                at = chance.choice((at, 3, 4, 6, 7, 40, 56, 57)) % len(frame)
                frame[at] = chance.choice(
                    (frame[at] ^ 1 << chance.randrange(8), chance.randrange(256), 0, 255)
                )
            case 3:
                del frame[at:]
            case 4:
                frame[at:at] = chance.randbytes(chance.randrange(9))
            case _:
                frames.append(bytearray(chance.randbytes(chance.randrange(9))))
    return frames


def test_the_file_is_what_its_maker_makes() -> None:
    made = runpy.run_path(str(MADE_BY))
    assert made["text"]() == made["FILE"].read_text(encoding="utf-8")


def test_nothing_is_left_out() -> None:
    flags = 0
    for vector in GOOD:
        flags |= vector["header"]["flags"]
    assert all(flags & flag for flag in Flag)
    assert {v["flaw"] for v in BAD} == set(Flaw) - {Flaw.FIELD}
    assert {v["header"]["compression"] for v in GOOD} == {word or "" for word in COMPRESSION_NUMBERS}
    fields = {key for v in GOOD for key in v["header"]}
    assert {"trace", "deadline_ns", "answers", "attempt", "sender", "request", "offer"} <= fields
    assert len(Extension) == 8
    assert len(set(names(GOOD + BAD))) == len(GOOD + BAD)


def test_an_error_reply_is_what_a_replier_sends() -> None:
    vector = next(v for v in GOOD if v["header"]["flags"] & Flag.ERROR)
    payload = bytes.fromhex(vector["payload"][0])
    assert payload == pack_error("failed", "no place", vector["header"]["answers"])
    failed = unpack_error(payload)
    assert (failed.code, str(failed)) == ("failed", "failed: no place")


def test_the_javascript_module_unpacks_records() -> None:
    """`records` of docs/examples/envelope.js, which its command has no use for."""
    javascript()
    script = """
      const {readMessage, records} = require(process.argv[1])
      for (const frames of JSON.parse(process.argv[2])) {
        const {header, payload} = readMessage(frames.map((frame) => Buffer.from(frame, "hex")))
        console.log(records(header, payload).map((record) => record.toString("hex")).join(" "))
      }"""
    vectors = [v for v in GOOD if v["header"]["compression"] == "gzip" or "records" in v]
    command = [
        "node",
        "-e",
        script,
        str(EXAMPLES / "envelope.js"),
        json.dumps([v["frames"] for v in vectors]),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    meant = [
        " ".join(v["records"] if "records" in v else v.get("plain_records", [v.get("plain", "")]))
        for v in vectors
    ]
    assert done.stdout.splitlines() == meant


def test_what_is_compressed_can_be_unpacked() -> None:
    unpack = {"gzip": gzip.decompress}
    zstandard = pytest.importorskip("zstandard")
    unpack["zstd"] = zstandard.decompress
    unpack["lz4"] = pytest.importorskip("lz4.frame").decompress
    for vector in GOOD:
        if "plain" in vector:
            header, plain = vector["header"], bytes.fromhex(vector["plain"])
            assert unpack[header["compression"]](bytes.fromhex(vector["payload"][0])) == plain
            assert len(plain) == header["plain_size"]
            if "plain_records" in vector:
                records = [bytes.fromhex(record) for record in vector["plain_records"]]
                assert split(plain, header["count"]) == records
