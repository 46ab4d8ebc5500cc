"""A pool and its readers, in one process: the locks belong to open files, so each is somebody of its own."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from orchestrator.transport.shared import cleaning
from orchestrator.transport.shared.files import SharedError, group_of
from orchestrator.transport.shared.layout import BLOCK, COLUMNS, Handle, Offer, file_name
from orchestrator.transport.shared.mapping import UNREAD_S, Mapping, Mappings
from orchestrator.transport.shared.pool import GHOST_S, Pool

if not hasattr(os, "posix_fallocate"):
    pytest.skip("no shared memory here", allow_module_level=True)

SOURCE = 77


class World:
    def __init__(self, root: str) -> None:
        self.root = root
        self.time = 100.0
        self.number = 0
        self.pools: list[Pool] = []
        self.readers: list[Mappings] = []

    def pool(
        self, blocks: int = 8, *, one_of: bool = True, lasting: bool = False, source: int = SOURCE
    ) -> Pool:
        pool = Pool(
            1, source, blocks * BLOCK, one_of=one_of, lasting=lasting, root=self.root, now=lambda: self.time
        )
        self.pools.append(pool)
        return pool

    def reader(self, pool: Pool, name: str = "r.in") -> Mappings:
        reader = Mappings(name, self.root)
        reader.attach(pool.offer)
        assert not reader.refused
        self.readers.append(reader)
        return reader

    def send(self, pool: Pool, size: int = BLOCK) -> Handle | None:
        self.number += 1
        place = pool.reserve(self.number, size)
        if place is None:
            return None
        place.view[:] = bytes([self.number % 251]) * size
        return pool.publish(place)

    def files(self) -> list[str]:
        return sorted(f"{d}/{f}" for d, _, names in os.walk(self.root) for f in names)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(str(tmp_path / "pools"))


def die(reader: Mappings) -> None:
    """As the kernel ends a process: its locks are gone, its words stay."""
    for mapping in reader._by_source.values():
        mapping._file.inherited = True
        mapping._file.close()


def sent(world: World, pool: Pool, size: int = BLOCK) -> Handle:
    handle = world.send(pool, size)
    assert handle is not None
    return handle


def test_the_reader_sees_what_was_written_where_it_lies(world: World) -> None:
    pool = world.pool()
    reader = world.reader(pool)
    view = reader.take(sent(world, pool, 1000))
    assert bytes(view) == b"\1" * 1000
    assert view.readonly
    with pytest.raises(TypeError):
        view[0] = 1


def test_a_place_is_used_again_when_the_last_view_is_gone(world: World) -> None:
    pool = world.pool(blocks=1)
    reader = world.reader(pool)
    view = reader.take(sent(world, pool))
    part = view[5:6]
    del view
    gc.collect()
    assert world.send(pool) is None, "a part of it is still looked at"
    assert pool.full == 1
    del part
    assert world.send(pool) is not None


def test_what_nobody_has_asked_for_yet_is_kept(world: World) -> None:
    pool = world.pool(blocks=2)
    reader = world.reader(pool)
    handles = [sent(world, pool), sent(world, pool)]
    assert world.send(pool) is None
    for handle in handles:
        assert bytes(reader.take(handle)[:1]) == bytes([handle.number])


def test_a_later_message_through_the_socket_gives_earlier_ones_free(world: World) -> None:
    pool = world.pool(blocks=1)
    reader = world.reader(pool)
    sent(world, pool)
    assert world.send(pool) is None
    reader.saw(SOURCE, 2)
    assert world.send(pool) is not None


def test_all_readers_must_be_done_with_what_went_to_all(world: World) -> None:
    pool = world.pool(blocks=1, one_of=False)
    one, other = world.reader(pool, "a.in"), world.reader(pool, "b.in")
    handle = sent(world, pool)
    one.take(handle)
    assert world.send(pool) is None
    other.take(handle)
    assert world.send(pool) is not None


def test_one_reader_is_enough_for_what_goes_to_one(world: World) -> None:
    pool = world.pool(blocks=1)
    world.reader(pool, "a.in")
    world.reader(pool, "b.in").take(sent(world, pool))
    assert world.send(pool) is not None


def test_a_dead_reader_holds_nothing(world: World) -> None:
    pool = world.pool(blocks=2, one_of=False)
    dead, other = world.reader(pool, "a.in"), world.reader(pool, "b.in")
    views = [dead.take(handle) for handle in (sent(world, pool), sent(world, pool))]
    die(dead)
    other.saw(SOURCE, 3)
    world.time += 1
    assert world.send(pool) is not None
    assert len(pool.readers) == 1
    del views


def test_what_only_a_dead_reader_got_is_free_though_nobody_is_past_it(world: World) -> None:
    pool = world.pool(blocks=1)
    dead = world.reader(pool, "a.in")
    world.reader(pool, "b.in")
    view = dead.take(sent(world, pool))
    die(dead)
    assert world.send(pool) is not None
    del view


def test_what_waits_for_a_reader_that_died_is_kept_until_it_is_back(world: World) -> None:
    pool = world.pool(blocks=2, lasting=True)
    dead, other = world.reader(pool, "a.in"), world.reader(pool, "b.in")
    handle = sent(world, pool)
    die(dead)
    other.saw(SOURCE, 2)
    assert world.send(pool) is not None
    other.saw(SOURCE, 4)
    assert world.send(pool) is None, "it is in the queue for a.in"
    back = world.reader(pool, "a.in")
    assert bytes(back.take(handle)[:1]) == b"\1"
    back.saw(SOURCE, 4)
    assert world.send(pool) is not None


def test_what_waits_for_a_reader_that_never_comes_back_is_given_up(world: World) -> None:
    pool = world.pool(blocks=1, lasting=True)
    dead, other = world.reader(pool, "a.in"), world.reader(pool, "b.in")
    sent(world, pool)
    die(dead)
    other.saw(SOURCE, 9)
    assert world.send(pool) is None
    world.time += GHOST_S + 1
    assert world.send(pool) is not None


def test_a_reader_that_comes_too_late_is_told(world: World) -> None:
    pool = world.pool(blocks=1)
    early = world.reader(pool, "a.in")
    handle = sent(world, pool)
    early.take(handle)
    assert world.send(pool) is not None
    late = Mappings("b.in", world.root)
    with pytest.raises(SharedError, match="used again"):
        late.take(handle)


def test_a_message_that_was_not_sent_leaves_its_place(world: World) -> None:
    pool = world.pool(blocks=1)
    world.reader(pool)
    handle = sent(world, pool)
    pool.cancel(handle.number)
    place = pool.reserve(5, 10)
    assert place is not None
    pool.give_back(place)
    assert pool.reserve(6, 10) is not None


def test_a_message_larger_than_the_pool_goes_another_way(world: World) -> None:
    pool = world.pool(blocks=2)
    world.reader(pool)
    assert world.send(pool, 2 * BLOCK) is not None
    assert world.send(pool, 2 * BLOCK + 1) is None


def test_a_message_that_comes_twice_is_read_twice(world: World) -> None:
    pool = world.pool(blocks=1)
    reader = world.reader(pool)
    handle = sent(world, pool)
    view, copy = reader.take(handle), reader.take(handle)
    assert bytes(view) == bytes(copy)
    del view
    assert world.send(pool) is not None
    assert copy[0] == 1, "the second is a copy"
    with pytest.raises(SharedError, match="used again"):
        reader.take(handle)


def test_a_closed_reader_holds_what_is_looked_at_and_nothing_else(world: World) -> None:
    pool = world.pool(blocks=2)
    reader = world.reader(pool, "a.in")
    view = reader.take(sent(world, pool))
    sent(world, pool)
    reader.close()
    offsets = {sent(world, pool).offset for _ in range(4)}
    assert offsets == {BLOCK}, "the place it had not asked for"
    assert bytes(view[:1]) == b"\1"
    del view
    pool.refresh()
    assert not pool.readers, "with the last view the column goes"


def test_readers_come_and_go_in_one_column(world: World) -> None:
    pool = world.pool(blocks=4, one_of=False)
    world.reader(pool, "stays.in")
    for _ in range(3 * COLUMNS):
        reader = world.reader(pool)
        assert pool.live_readers() == 2
        handle = sent(world, pool)
        for each in (world.readers[0], reader):
            assert each.take(handle)[0] == handle.number % 251
        die(reader)
        world.readers.pop()
        pool.refresh()
    assert pool.waiting <= 2


def test_there_is_room_for_so_many_readers(world: World) -> None:
    pool = world.pool()
    kept = [world.reader(pool, f"r-{i}.in") for i in range(COLUMNS)]
    late = Mappings("late.in", world.root)
    late.attach(pool.offer)
    assert "readers already" in late.refused[SOURCE]
    assert pool.live_readers() == len(kept)


@pytest.mark.parametrize(
    "handle",
    [
        Handle(1, SOURCE, 1, 1, 10),
        Handle(1, SOURCE, 1, 8 * BLOCK, 10),
        Handle(1, SOURCE, 1, 0, 9 * BLOCK),
        Handle(1, SOURCE, 1, 0, (1 << 64) - 1),
        Handle(1, SOURCE, 0, 0, 10),
        Handle(1, SOURCE, (1 << 64) - 1, 0, 10),
        Handle(1, SOURCE, 9, 0, 10),
        Handle(1, 5, 1, 0, 10),
    ],
)
def test_handles_that_point_nowhere_are_refused(world: World, handle: Handle) -> None:
    pool = world.pool()
    reader = world.reader(pool)
    sent(world, pool)
    with pytest.raises(SharedError):
        reader.take(handle)


@pytest.mark.parametrize("content", [b"", b"x", bytes(1 << 20)])
def test_a_file_that_is_no_pool_is_refused(world: World, content: bytes) -> None:
    pool = world.pool()
    directory = Path(world.root, file_name(1))
    (directory / file_name(3)).write_bytes(content)
    reader = Mappings("r.in", world.root)
    reader.attach(Offer(1, 3))
    assert "pool" in reader.refused[3]
    del pool


def test_only_the_user_can_open_a_pool(world: World) -> None:
    world.pool()
    (path,) = world.files()
    assert Path(path).stat().st_mode & 0o777 == 0o600
    assert Path(world.root).stat().st_mode & 0o777 == 0o700


def test_a_link_in_a_pools_place_is_not_followed(world: World, tmp_path: Path) -> None:
    pool = world.pool()
    directory = Path(world.root, file_name(1))
    (directory / file_name(3)).symlink_to(directory / file_name(SOURCE))
    with pytest.raises(SharedError):
        Mapping(str(directory / file_name(3)), "r.in")
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    Path(world.root, file_name(9)).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SharedError, match="another user"):
        Pool(9, 1, BLOCK, one_of=True, lasting=False, root=world.root)
    del pool


def test_without_room_for_it_a_message_goes_another_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = world.pool(blocks=2)
    world.reader(pool)
    monkeypatch.setattr(pool._file, "back", lambda offset, size: False)
    assert world.send(pool) is None
    monkeypatch.undo()
    assert world.send(pool) is not None


def test_nothing_is_left_of_a_pool_that_was_closed(world: World) -> None:
    pool = world.pool()
    reader = world.reader(pool)
    view = reader.take(sent(world, pool))
    unread = sent(world, pool)
    pool.close()
    assert world.files() == []
    assert bytes(view[:1]) == b"\1"
    assert bytes(reader.take(unread)[:1]) == b"\2", "it is mapped"


def test_a_pool_is_left_for_a_reader_that_is_to_come_back(world: World) -> None:
    pool = world.pool(lasting=True)
    reader = world.reader(pool)
    handle = sent(world, pool)
    die(reader)
    pool.close()
    assert len(world.files()) == 1
    back = Mappings("r.in", world.root)
    assert bytes(back.take(handle)[:1]) == b"\1"
    back.attach(world.pool(source=SOURCE + 1).offer)
    assert len(world.files()) == 2, "the sender's process lives: others may still be sent what is in it"
    pool._file.close()
    next_one = world.pool(source=SOURCE + 2)
    back.attach(next_one.offer)
    assert len(back) == 2, "everything was read, and its sender has ended"
    assert [Path(path).name for path in world.files()] == [file_name(SOURCE + 1), file_name(SOURCE + 2)]


def test_a_pool_whose_sender_died_is_kept_while_something_may_come(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = world.pool()
    reader = world.reader(pool)
    sent(world, pool)
    pool._file.close()
    second = world.pool(source=SOURCE + 1)
    reader.attach(second.offer)
    assert len(reader) == 2
    clock = iter([10.0, 10.0 + UNREAD_S + 1, 1e9, 1e9, 1e9])
    mapping = reader._by_source[SOURCE]
    mapping._orphaned_at = 0.0
    assert not mapping.is_over(next(clock))
    assert mapping.is_over(next(clock))


def test_the_sweep_takes_what_nobody_uses(world: World) -> None:
    dead, living = world.pool(), world.pool(source=SOURCE + 1)
    reader = world.reader(world.pool(source=SOURCE + 2))
    dead._file.close()
    world.pools[2]._file.close()
    Path(world.root, file_name(1), file_name(5)).touch(mode=0o600)
    Path(world.root, file_name(1), "other").touch()
    assert cleaning.sweep(world.root) == [], "all of them are young"
    removed = cleaning.sweep(world.root, young_s=-1)
    assert sorted(Path(path).name for path in removed) == [file_name(5), file_name(SOURCE)]
    assert len(world.files()) == 3
    reader.close()
    del reader, world.readers[:], living


def test_a_sweep_of_one_run_leaves_the_others(world: World) -> None:
    dead = [Pool(group, 1, BLOCK, one_of=True, lasting=False, root=world.root) for group in (1, 2)]
    for pool in dead:
        pool._file.close()
    assert cleaning.sweep_group(1, world.root) == [], "it is young"
    removed = cleaning.sweep_group(1, world.root, young_s=-1)
    assert [Path(path).parent.name for path in removed] == [file_name(1)]
    assert [Path(path).parent.name for path in world.files()] == [file_name(2)]


def test_the_end_of_a_run_takes_all_of_it(world: World) -> None:
    group = group_of("/run/x")
    pool = Pool(group, 1, BLOCK, one_of=True, lasting=False, root=world.root)
    cleaning.remove_group("/run/other", world.root)
    assert len(world.files()) == 1
    cleaning.remove_group("/run/x", world.root)
    assert not Path(world.root).exists()
    pool.close()


def test_a_forked_child_shares_nothing(world: World) -> None:
    pool = world.pool(blocks=1)
    reader = world.reader(pool)
    view = reader.take(sent(world, pool))
    child = os.fork()
    if child == 0:
        refused = pool.reserve(9, 1) is None
        del view
        gc.collect()
        os._exit(0 if refused else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert world.send(pool) is None, "the child's copy of the view was no view"
    del view
    assert world.send(pool) is not None
