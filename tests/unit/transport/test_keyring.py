"""Who has which key, and until when."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.transport.certificates import KeyFileError, Pair, new_pair, write_pair, write_public
from orchestrator.transport.keyring import UNTIL, Keyring, Known, earlier_pairs, own_pair, public_key


def put(directory: Path, name: str, **metadata: str) -> Pair:
    pair = new_pair(metadata)
    write_pair(str(directory), name, pair)
    return pair


def ring(directory: Path) -> Keyring:
    found = Keyring(str(directory))
    found.refresh()
    return found


def test_the_owner_of_a_key_is_named_by_its_file(tmp_path: Path) -> None:
    feed, sink = put(tmp_path, "feed"), put(tmp_path, "sink")
    found = ring(tmp_path)
    assert found.owner(feed.public) == Known(name="feed", public=feed.public)
    assert found.owner(new_pair({}).public) is None
    assert found.names() == ["feed", "sink"]
    assert public_key(str(tmp_path), "sink").public == sink.public
    assert own_pair(str(tmp_path), "feed").secret == feed.secret


def test_a_pair_from_before_counts_until_its_time(tmp_path: Path) -> None:
    new, old, older = (
        put(tmp_path, "feed"),
        put(tmp_path, "feed.200", **{UNTIL: "200"}),
        put(tmp_path, "feed.100", **{UNTIL: "100"}),
    )
    found = ring(tmp_path)
    assert [known.public for known in found.keys_of("feed")] == [new.public, old.public, older.public]
    known = found.owner(old.public)
    assert known is not None
    assert known.name == "feed"
    assert known.counts(199.9)
    assert not known.counts(200)
    assert [p.public for p in earlier_pairs(str(tmp_path), "feed", 50)] == [old.public, older.public]
    assert [p.public for p in earlier_pairs(str(tmp_path), "feed", 150)] == [old.public]


def test_a_time_that_nobody_can_read_never_counts(tmp_path: Path) -> None:
    pair = put(tmp_path, "feed.x", **{UNTIL: "tomorrow"})
    known = ring(tmp_path).owner(pair.public)
    assert known is not None
    assert not known.counts(1)
    assert earlier_pairs(str(tmp_path), "feed", 0) == []


def test_another_nodes_name_that_begins_alike_is_another_node(tmp_path: Path) -> None:
    put(tmp_path, "feed-2")
    assert earlier_pairs(str(tmp_path), "feed", 0) == []
    assert ring(tmp_path).names() == ["feed-2"]


def test_it_is_read_anew_only_when_it_has_changed(tmp_path: Path) -> None:
    put(tmp_path, "feed")
    os.utime(tmp_path, ns=(1, 1))
    found = Keyring(str(tmp_path), lambda: 0.0)
    assert found.refresh()
    assert not found.refresh()
    sink = put(tmp_path, "sink")
    assert found.refresh(), "also within one tick of the file system's clock"
    assert found.owner(sink.public) is not None
    (tmp_path / "sink.key").unlink()
    os.utime(tmp_path, ns=(2, 2))
    assert found.refresh()
    assert found.owner(sink.public) is None


def test_a_file_that_is_written_over_is_seen_in_time(tmp_path: Path) -> None:
    """As `cp` and `scp` do it: the directory stays as it is."""
    now = [0.0]
    put(tmp_path, "feed")
    os.utime(tmp_path, ns=(1, 1))
    found = Keyring(str(tmp_path), lambda: now[0])
    found.refresh()
    other = put(tmp_path.parent, f"other-{tmp_path.name}")
    text = (tmp_path.parent / f"other-{tmp_path.name}.key").read_text()
    (tmp_path / "feed.key").write_text(text)
    now[0] = 0.9
    assert not found.refresh(missed=True), "a stranger does not choose how often it is read"
    now[0] = 1.1
    assert not found.refresh()
    assert found.refresh(missed=True)
    assert found.owner(other.public) is not None
    (tmp_path / "feed.key").write_text("?")
    now[0] = 11.2
    assert found.refresh()
    assert found.owner(other.public) is None


def test_a_key_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    feed = put(tmp_path, "feed")
    (tmp_path / "feed.key").chmod(0o666)
    found = ring(tmp_path)
    assert found.owner(feed.public) is None
    assert "can be changed by others" in found.faults[0]


def test_a_file_that_is_no_certificate_is_told_and_hinders_nothing(tmp_path: Path) -> None:
    feed = put(tmp_path, "feed")
    (tmp_path / "broken.key").write_text("?")
    found = ring(tmp_path)
    assert found.owner(feed.public) is not None
    assert ["broken.key" in fault for fault in found.faults] == [True]


def test_a_directory_that_is_not_there_has_no_keys(tmp_path: Path) -> None:
    assert ring(tmp_path / "none").names() == []
    with pytest.raises(KeyFileError, match="does not exist"):
        own_pair(str(tmp_path / "none"), "feed")


def test_a_foreign_programs_public_key_is_enough(tmp_path: Path) -> None:
    pair = new_pair({})
    write_public(str(tmp_path / "exchange.key"), pair)
    known = ring(tmp_path).owner(pair.public)
    assert known is not None
    assert known.name == "exchange"
