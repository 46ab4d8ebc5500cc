"""The pairs of a topology: made, replaced, told."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest
from zmq.auth import load_certificates

from orchestrator.app import keys
from orchestrator.app.key_files import REMEMBERED_S, forget
from orchestrator.cli import main
from orchestrator.errors import ExitCode, UsageError
from orchestrator.model.load import load
from orchestrator.model.types import Topology
from orchestrator.transport.certificates import KeyFileError, new_pair, read_pair, write_public
from orchestrator.transport.keyring import Keyring, earlier_pairs, own_pair
from orchestrator.transport.security import server_of

FILE = """
version: 1
name: secured
security: {curve: {}}
endpoints:
  exchange: {address: tcp://10.0.0.5:9000, type: PUB, external: true}
nodes:
  feed:
    run: nodes:feed
    sockets:
      raw: {type: SUB, connect: exchange, subscribe: [""]}
      out: {type: PUSH, connect: sink.into}
  sink:
    run: nodes:sink
    sockets:
      into: {type: PULL, bind: tcp://127.0.0.1:5557, security: {mechanism: curve, allow: [feed]}}
  quiet:
    run: nodes:quiet
"""

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "topology.yaml"
    path.write_text(FILE)
    return path


def read(file: Path) -> Topology:
    topology = load(str(file)).topology
    assert topology is not None
    return topology


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


class TestInit:
    def test_each_secured_node_gets_a_pair(self, file: Path) -> None:
        made = keys.init(read(file))
        directory = file.parent / "keys"
        assert made.made == ("feed", "sink")
        assert made.outsiders == ("exchange",)
        assert names(directory) == ["feed.key", "feed.key_secret", "sink.key", "sink.key_secret"]
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert len(load_certificates(directory)) == 2, "a foreign ZAP handler can use the directory"

    def test_again_adds_what_is_missing_and_touches_nothing_else(self, file: Path) -> None:
        keys.init(read(file))
        directory = file.parent / "keys"
        before = (directory / "sink.key_secret").read_bytes()
        (directory / "feed.key").unlink()
        (directory / "feed.key_secret").unlink()
        made = keys.init(read(file), ["console"])
        assert (made.made, made.kept) == (("feed", "console"), ("sink",))
        assert (directory / "sink.key_secret").read_bytes() == before
        assert keys.init(read(file)).made == ()

    def test_a_public_key_that_is_lost_is_written_anew(self, file: Path) -> None:
        keys.init(read(file))
        (file.parent / "keys" / "sink.key").unlink()
        keys.init(read(file))
        assert keys.show(read(file)).doors[0].without_key == ("exchange",)

    def test_half_a_pair_is_not_overwritten(self, file: Path) -> None:
        keys.init(read(file))
        (file.parent / "keys" / "sink.key_secret").unlink()
        with pytest.raises(KeyFileError, match="its secret half is not"):
            keys.init(read(file))

    @pytest.mark.parametrize("mode", [0o777, 0o720])
    def test_a_directory_that_others_may_write_to(self, file: Path, mode: int) -> None:
        (file.parent / "keys").mkdir()
        (file.parent / "keys").chmod(mode)
        with pytest.raises(KeyFileError, match="can be changed by others"):
            keys.init(read(file))

    def test_nothing_is_secured(self, file: Path) -> None:
        file.write_text(
            FILE.replace("security: {curve: {}}", "").replace(
                "security: {mechanism: curve, allow: [feed]}", ""
            )
        )
        with pytest.raises(UsageError, match="no socket of the topology"):
            keys.init(read(file))

    @pytest.mark.parametrize("name", ["../x", "a.b", "", "a/b"])
    def test_names_that_cannot_be(self, file: Path, name: str) -> None:
        with pytest.raises(UsageError, match="is no name for a key"):
            keys.init(read(file), [name])
        assert not (file.parent / "keys").exists()


class TestRotate:
    def test_the_pair_before_counts_for_a_time(self, file: Path) -> None:
        keys.init(read(file))
        directory = str(file.parent / "keys")
        before, sink = own_pair(directory, "feed"), own_pair(directory, "sink")
        assert keys.rotate(read(file), ["feed"], 60).made == ("feed",)
        now = own_pair(directory, "feed")
        assert now.public != before.public
        assert own_pair(directory, "sink").public == sink.public
        ring = Keyring(directory)
        ring.refresh()
        assert [known.public for known in ring.keys_of("feed")] == [now.public, before.public]
        old = ring.owner(before.public)
        assert old is not None
        assert old.until is not None
        assert 55 < old.until - time.time() <= 60
        assert [pair.secret for pair in earlier_pairs(directory, "feed")] == [before.secret]

    def test_twice_at_once(self, file: Path) -> None:
        keys.init(read(file))
        keys.rotate(read(file), [])
        keys.rotate(read(file), [])
        assert len(earlier_pairs(str(file.parent / "keys"), "feed")) == 2

    def test_without_grace_the_pair_before_is_a_strangers(self, file: Path) -> None:
        keys.init(read(file))
        keys.rotate(read(file), [], 0)
        assert names(file.parent / "keys") == ["feed.key", "feed.key_secret", "sink.key", "sink.key_secret"]

    def test_what_does_not_count_any_more_goes_the_secret_first(self, file: Path) -> None:
        keys.init(read(file))
        keys.rotate(read(file), ["feed"], 60)
        directory = str(file.parent / "keys")
        later = time.time() + 61
        assert [name.endswith(".key_secret") for name in forget(directory, later)] == [True]
        assert [name.endswith(".key") for name in forget(directory, later + REMEMBERED_S)] == [True]
        assert own_pair(directory, "feed")

    def test_one_that_was_cut_short_is_mended(self, file: Path) -> None:
        keys.init(read(file))
        directory = file.parent / "keys"
        write_public(str(directory / "feed.key"), new_pair({}), replace=True)  # the secret one did not come
        keys.init(read(file))
        pair = read_pair(str(directory / "feed.key_secret"))
        assert pair.public in (directory / "feed.key").read_text()

    def test_who_has_none(self, file: Path) -> None:
        keys.init(read(file))
        with pytest.raises(UsageError, match="'quiet' has no pair"):
            keys.rotate(read(file), ["quiet"])


def test_each_of_several_outside_servers_has_a_key_of_its_own(file: Path) -> None:
    other = "endpoints:\n  backup: {address: tcp://10.0.0.6:9000, type: PUB, external: true}"
    file.write_text(
        FILE.replace("endpoints:", other).replace("connect: exchange,", "connect: [exchange, backup],")
    )
    door = next(door for door in keys.show(read(file)).doors if door.socket == "feed.raw")
    assert door.security.server_names == ("exchange", "backup")
    assert server_of(door.security, None, "tcp://10.0.0.6:9000") == "backup"
    assert server_of(door.security, None, "tcp://10.0.0.5:9000") == "exchange"


class TestVerb:
    def test_show_tells_public_keys_and_who_may_talk_to_whom_and_nothing_secret(
        self, file: Path, capsys: Capture
    ) -> None:
        assert main(["keys", "init", str(file)]) == ExitCode.OK
        write_public(str(file.parent / "keys" / "exchange.key"), new_pair({}))
        assert main(["keys", "rotate", str(file), "feed", "--grace", "1h"]) == ExitCode.OK
        capsys.readouterr()
        assert main(["keys", "show", str(file)]) == ExitCode.OK
        text = capsys.readouterr().out
        assert main(["keys", "show", str(file), "--format", "json"]) == ExitCode.OK
        printed = capsys.readouterr().out
        told = json.loads(printed)
        assert "59 m" in text
        assert [k["name"] for k in told["keys"]] == ["exchange", "feed", "feed", "sink"]
        (door,) = [s for s in told["sockets"] if s["server"]]
        assert (door["socket"], door["hears"]) == ("sink.into", ["feed"])
        for path in (file.parent / "keys").glob("*.key_secret"):
            secret = read_pair(str(path)).secret
            assert secret not in text
            assert secret not in printed

    def test_show_says_what_is_missing(self, file: Path, capsys: Capture) -> None:
        assert main(["keys", "show", str(file)]) == ExitCode.FINDINGS
        assert "no key in" in (error := capsys.readouterr().err)
        assert "feed" in error
        assert "orchestrator keys init" in error

    def test_show_says_what_is_open(self, file: Path, capsys: Capture) -> None:
        main(["keys", "init", str(file)])
        write_public(str(file.parent / "keys" / "exchange.key"), new_pair({}))
        (file.parent / "keys" / "feed.key_secret").chmod(0o640)
        (file.parent / "keys" / "sink.key").chmod(0o666)
        assert main(["keys", "show", str(file)]) == ExitCode.FINDINGS
        error = capsys.readouterr().err
        assert "feed.key_secret can be used by others" in error
        assert "sink.key can be changed by others" in error

    @pytest.mark.parametrize(
        "words",
        [["init", "FILE", "feed"], ["show", "FILE", "--also", "x"], ["rotate", "FILE", "--grace", "soon"]],
    )
    def test_what_means_nothing_is_refused(self, file: Path, words: list[str], capsys: Capture) -> None:
        words = [str(file) if word == "FILE" else word for word in words]
        assert main(["keys", *words]) == ExitCode.USAGE
        assert "error: " in capsys.readouterr().err

    def test_a_file_that_cannot_be_read(self, tmp_path: Path, capsys: Capture) -> None:
        assert main(["keys", "init", str(tmp_path / "none.yaml")]) == ExitCode.FINDINGS
        assert "ZMQ" in capsys.readouterr().err
