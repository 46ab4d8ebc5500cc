"""The layout of a pool's file, handles, and which blocks are free."""

from __future__ import annotations

import pytest

from orchestrator.transport.shared.blocks import Blocks, blocks_of
from orchestrator.transport.shared.freeing import Ghost, Reader, done_word, is_free, taken_word
from orchestrator.transport.shared.layout import (
    BLOCK,
    HEAD_BLOCK,
    HEAD_BYTES,
    HEAD_COLUMNS,
    HEAD_MAGIC,
    MAGIC,
    PAGE,
    Geometry,
    Handle,
    Offer,
    file_name,
    is_file_name,
    pack_handle,
    pack_offer,
    unpack_handle,
    unpack_offer,
)
from orchestrator.wire.envelope import EnvelopeError


def test_a_handle_is_five_little_endian_numbers() -> None:
    handle = Handle(group=1, pool=2, number=3, offset=4, size=5)
    packed = pack_handle(handle)
    assert packed == b"".join(n.to_bytes(8, "little") for n in (1, 2, 3, 4, 5))
    assert unpack_handle(memoryview(packed)) == handle


def test_an_offer_is_read_back() -> None:
    assert unpack_offer(pack_offer(Offer(7, (1 << 64) - 1))) == Offer(7, (1 << 64) - 1)


@pytest.mark.parametrize("size", [0, 39, 41])
def test_bytes_of_another_length_are_no_handle(size: int) -> None:
    with pytest.raises(EnvelopeError, match=f"{size} bytes"):
        unpack_handle(bytes(size))
    with pytest.raises(EnvelopeError, match=f"{size} bytes"):
        unpack_offer(bytes(size))


def test_names_of_files_are_hexadecimal_numbers() -> None:
    assert file_name(255) == "00000000000000ff"
    assert is_file_name("00000000000000ff")
    assert not is_file_name("../../etc/passwd")
    assert not is_file_name("00000000000000ff\n")


def test_the_parts_of_a_pool_do_not_overlap() -> None:
    geometry = Geometry.fitting(64 << 20)
    assert geometry.blocks == 1024
    assert 8 * geometry.table_word == PAGE
    assert geometry.columns_at >= PAGE + 8 * geometry.blocks
    assert 8 * geometry.column_word(1) - 8 * geometry.column_word(0) == geometry.column_bytes
    assert geometry.data_at == 8 * geometry.column_word(geometry.columns)
    assert geometry.file_bytes == geometry.data_at + (64 << 20)
    assert geometry.data_at % PAGE == 0


def test_a_pool_has_whole_blocks_and_at_least_one() -> None:
    assert Geometry.fitting(1).size == BLOCK
    assert Geometry.fitting(3 * BLOCK + 5).size == 3 * BLOCK


def head(**changes: int) -> memoryview:
    words = memoryview(bytearray(PAGE)).cast("Q")
    values = {"magic": MAGIC, "size": BLOCK, "block": BLOCK, "columns": 2} | changes
    words[HEAD_MAGIC], words[HEAD_BYTES] = values["magic"], values["size"]
    words[HEAD_BLOCK], words[HEAD_COLUMNS] = values["block"], values["columns"]
    return words


def test_a_head_is_read() -> None:
    assert Geometry.read(head(), 1 << 30) == Geometry(BLOCK, BLOCK, 2)


@pytest.mark.parametrize(
    "changes",
    [{"magic": 1}, {"block": 0}, {"block": 5000}, {"columns": 0}, {"columns": 1 << 40}, {"size": 0}],
)
def test_a_head_that_makes_no_sense_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"no pool|no sense"):
        Geometry.read(head(**changes), 1 << 62)


def test_a_file_that_was_cut_off_is_refused() -> None:
    with pytest.raises(ValueError, match="its head says"):
        Geometry.read(head(), BLOCK)


@pytest.mark.parametrize(
    ("size", "blocks"), [(0, 1), (1, 1), (BLOCK, 1), (BLOCK + 1, 2), (2 * BLOCK, 2), (5 * BLOCK, 5)]
)
def test_a_message_takes_whole_blocks(size: int, blocks: int) -> None:
    assert blocks_of(size, BLOCK) == blocks


def test_runs_never_overlap_and_come_back_whole() -> None:
    blocks = Blocks(13)
    runs = [(length, blocks.take(length)) for length in (1, 4, 2, 5, 1)]
    taken = [b for length, first in runs if first is not None for b in range(first, first + length)]
    assert sorted(taken) == list(range(13))
    assert blocks.take(1) is None
    for length, first in reversed(runs):
        assert first is not None
        blocks.give(first, length)
    assert blocks.free() == 13
    assert blocks.take(13) == 0, "the neighbours are joined again"
    assert blocks.take(1) is None


def test_what_does_not_lie_side_by_side_is_not_joined() -> None:
    blocks = Blocks(3)
    firsts = [blocks.take(1) for _ in range(3)]
    assert sorted(first for first in firsts if first is not None) == [0, 1, 2]
    blocks.give(0, 1)
    blocks.give(2, 1)
    assert blocks.take(2) is None
    assert blocks.free() == 2
    blocks.give(1, 1)
    assert blocks.take(3) == 0


def test_what_came_back_last_is_handed_out_first() -> None:
    blocks = Blocks(8)
    first, second = blocks.take(2), blocks.take(2)
    assert first is not None and second is not None
    blocks.give(second, 2)
    blocks.give(first, 2)
    assert blocks.take(2) == first


def test_there_is_no_run_longer_than_all() -> None:
    blocks = Blocks(4)
    assert blocks.take(5) is None
    assert blocks.take(4) == 0


def free(
    words: dict[int, int], seen: dict[int, int], *, one_of: bool, ghosts: tuple[Ghost, ...] = ()
) -> bool:
    readers = [Reader(column, column, column, 1, 0, number, number) for column, number in seen.items()]
    shown = [words.get(column, 0) for column in range(4)]
    return is_free(5, 5, readers, ghosts, shown, 0, one_of=one_of)


def test_what_went_to_all_is_free_when_each_is_done_or_past() -> None:
    assert free({0: done_word(5)}, {0: 5, 1: 6}, one_of=False)
    assert not free({0: done_word(5)}, {0: 5, 1: 4}, one_of=False), "the second may still ask for it"
    assert not free({0: taken_word(5)}, {0: 9, 1: 9}, one_of=False), "the first looks at it"


def test_having_seen_the_one_before_is_not_past_it() -> None:
    assert not free({}, {0: 4}, one_of=False)
    assert free({}, {0: 5}, one_of=False), "it was sent before this reader came, or could not be read"


def test_what_went_to_one_is_free_when_that_one_is_done() -> None:
    assert free({1: done_word(5)}, {0: 0, 1: 5}, one_of=True)
    assert not free({1: taken_word(5)}, {0: 9, 1: 5}, one_of=True)
    assert free({}, {0: 6, 1: 7}, one_of=True), "it was lost with a reader that is gone"


def test_what_another_message_left_in_a_column_says_nothing() -> None:
    assert not free({0: done_word(4)}, {0: 4}, one_of=True)


def test_nothing_is_free_without_a_reader() -> None:
    assert not free({}, {}, one_of=False)


def test_what_waits_for_a_dead_reader_is_kept() -> None:
    ghost = Ghost(0, seen=4, until=0)
    assert not free({}, {0: 6}, one_of=True, ghosts=(ghost,))
    assert free({}, {0: 6}, one_of=True, ghosts=(Ghost(0, seen=5, until=0),))
    assert free({0: done_word(5)}, {0: 6}, one_of=True, ghosts=(ghost,)), "it was somebody else's"
