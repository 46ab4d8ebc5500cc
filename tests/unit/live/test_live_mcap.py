"""MCAP files of ours as the `mcap` library reads them, its files as ours does, and files that were cut off."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

import pytest

from orchestrator.live.mcap.reader import Reader
from orchestrator.live.mcap.records import McapError, split
from orchestrator.live.mcap.writer import Writer

mcap_reader = pytest.importorskip("mcap.reader")
mcap_stream = pytest.importorskip("mcap.stream_reader")
mcap_writer = pytest.importorskip("mcap.writer")

S = 1_000_000_000


def written(*, end: bool = True, chunk_bytes: int = 300) -> io.BytesIO:
    """40 messages, a second apart, on two channels, in several chunks."""
    stream = io.BytesIO()
    writer = Writer(stream, chunk_bytes=chunk_bytes)
    writer.metadata("lab", {"a": "ä", "b": ""})
    schema = writer.schema("Tick", "jsonschema", b'{"type":"object"}')
    ticks = writer.channel("feed.ticks/A", "json", schema, {"codec": "json"})
    raw = writer.channel("feed.raw", "raw", 0, {})
    for n in range(40):
        number = raw if n % 4 == 3 else ticks
        writer.message(number, n, n * S + 1, n * S, b'{"n":%d}' % n)
    writer.metadata("losses", {"dropped": "0"})
    if end:
        writer.finish()
    else:
        writer.flush()
    return stream


def read(stream: io.BytesIO, **span: int) -> list[tuple[int, int, bytes]]:
    return [(m.channel_id, m.log_time, m.data) for m in Reader(stream).messages(**span)]


def test_another_library_reads_it_by_its_index() -> None:
    stream = written()
    stream.seek(0)
    other = mcap_reader.make_reader(stream, validate_crcs=True)
    summary = other.get_summary()
    assert summary.statistics.message_count == 40
    assert summary.statistics.chunk_count == len(summary.chunk_indexes) > 5
    assert (summary.statistics.message_start_time, summary.statistics.message_end_time) == (1, 39 * S + 1)
    assert summary.statistics.channel_message_counts == {1: 30, 2: 10}
    found = list(other.iter_messages())
    assert [message.sequence for _, _, message in found] == list(range(40))
    schema, channel, message = found[0]
    assert (schema.name, schema.encoding, channel.topic) == ("Tick", "jsonschema", "feed.ticks/A")
    assert (channel.message_encoding, channel.metadata) == ("json", {"codec": "json"})
    assert (message.log_time, message.publish_time, message.data) == (1, 0, b'{"n":0}')
    part = other.iter_messages(topics=["feed.raw"], starting_at=10 * S, ending_before=20 * S)
    assert [message.sequence for _, _, message in part] == [11, 15, 19]
    assert [(m.name, m.metadata) for m in other.iter_metadata()] == [
        ("lab", {"a": "ä", "b": ""}),
        ("losses", {"dropped": "0"}),
    ]


def test_another_library_reads_it_as_a_stream_with_all_checksums() -> None:
    stream = written()
    stream.seek(0)
    kinds = [type(r).__name__ for r in mcap_stream.StreamReader(stream, validate_crcs=True).records]
    assert kinds.count("Message") == 40
    assert kinds[-1] == "Footer"


def test_the_message_indexes_lead_to_the_messages() -> None:
    stream = written()
    stream.seek(0)
    chunk, looked_at = None, 0
    for record in mcap_stream.StreamReader(stream, emit_chunks=True).records:
        match type(record).__name__:
            case "Chunk":
                chunk = record
                assert zlib.crc32(record.data) == record.uncompressed_crc
            case "MessageIndex":
                for log_time, offset in record.records:
                    kind, body = next(split(chunk.data[offset:]))
                    assert (kind, body[6:14]) == (5, log_time.to_bytes(8, "little"))
                    looked_at += 1
    assert looked_at == 40


def test_the_chunk_indexes_lead_to_the_message_indexes() -> None:
    stream = written()
    stream.seek(0)
    for index in mcap_reader.make_reader(stream).get_summary().chunk_indexes:
        assert index.message_index_offsets
        for channel_id, offset in index.message_index_offsets.items():
            data = stream.getvalue()[offset:]
            assert (data[0], int.from_bytes(data[9:11], "little")) == (7, channel_id)


def test_ours_reads_it_and_a_part_of_it() -> None:
    stream = written()
    reader = Reader(stream)
    assert reader.whole
    assert reader.span == (1, 39 * S + 1)
    assert reader.channels[1].topic == "feed.ticks/A"
    assert reader.schemas[1].data == b'{"type":"object"}'
    assert reader.metadata == [("lab", {"a": "ä", "b": ""}), ("losses", {"dropped": "0"})]
    assert [n // S for _, n, _ in read(stream)] == list(range(40))
    assert [n // S for _, n, _ in read(stream, since=10 * S, until=13 * S)] == [10, 11, 12]


class Counted(io.BytesIO):
    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


def test_a_part_is_found_without_reading_the_rest() -> None:
    stream = Counted(written(chunk_bytes=100).getvalue())
    reader = Reader(stream)
    stream.taken = 0
    assert len(list(reader.messages(since=20 * S, until=22 * S))) == 2
    assert stream.taken < len(stream.getvalue()) / 10


def cuts(data: bytes) -> Iterator[int]:
    yield from range(8, len(data), 7)


def test_what_was_flushed_is_there_wherever_it_is_cut_off() -> None:
    data = written(end=False).getvalue()
    whole = read(io.BytesIO(data))
    assert len(whole) == 40
    before = 0
    for cut in cuts(data):
        found = read(io.BytesIO(data[:cut]))
        assert found == whole[: len(found)]
        assert len(found) >= before
        before = len(found)
    assert before > 30
    reader = Reader(io.BytesIO(data))
    assert not reader.whole
    assert reader.metadata == [("lab", {"a": "ä", "b": ""}), ("losses", {"dropped": "0"})]
    assert [n // S for _, n, _ in read(io.BytesIO(data), since=10 * S, until=12 * S)] == [10, 11]


def test_another_library_reads_what_was_flushed() -> None:
    stream = io.BytesIO(written(end=False).getvalue())
    found = []
    with pytest.raises(Exception):  # noqa: B017  its own error, at the end
        for record in mcap_stream.StreamReader(stream).records:
            if type(record).__name__ == "Message":
                found.append(record.sequence)
    assert found == list(range(40))


def test_a_summary_that_is_cut_off_is_not_needed() -> None:
    data = written().getvalue()
    reader = Reader(io.BytesIO(data[:-20]))
    assert reader.whole  # all data are there
    assert len(list(reader.messages())) == 40


def test_damage_is_found() -> None:
    data = bytearray(written().getvalue())
    at = data.index(b'{"n":20}')
    data[at + 5] = 0x37
    with pytest.raises(McapError, match="checksum"):
        read(io.BytesIO(bytes(data)))
    with pytest.raises(McapError, match="no MCAP file"):
        Reader(io.BytesIO(b"PK\3\4 something else"))


@pytest.mark.parametrize("compression", ["NONE", "ZSTD", "LZ4"])
@pytest.mark.parametrize("chunked", [True, False])
def test_files_of_another_library(compression: str, chunked: bool) -> None:
    kind = mcap_writer.CompressionType[compression]
    stream = io.BytesIO()
    writer = mcap_writer.Writer(stream, chunk_size=100, compression=kind, use_chunking=chunked)
    writer.start()
    number = writer.register_channel("t", "json", 0)
    for n in range(20):
        writer.add_message(number, log_time=n * S, data=b"%d" % n, publish_time=0)
    writer.finish()
    assert [data for _, _, data in read(stream)] == [b"%d" % n for n in range(20)]
    assert [data for _, _, data in read(stream, since=5 * S, until=7 * S)] == [b"5", b"6"]


def test_an_empty_file() -> None:
    stream = io.BytesIO()
    Writer(stream).finish()
    reader = Reader(stream)
    assert reader.whole
    assert reader.span is None
    assert list(reader.messages()) == []
    stream.seek(0)
    assert mcap_reader.make_reader(stream).get_summary().statistics.message_count == 0
