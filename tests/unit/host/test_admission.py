"""Who is let in: pure decisions."""

from __future__ import annotations

from pathlib import Path

from zmq.utils.z85 import decode

from orchestrator.host.admission import Admission, Door
from orchestrator.transport.certificates import Pair, new_pair, write_pair
from orchestrator.transport.keyring import UNTIL
from orchestrator.transport.security import OUTGOING
from orchestrator.transport.zap import DENIED, FAULT, OK, TEMPORARY, Request
from orchestrator.wire.qos import Limits, Mechanism, Security


def curve(
    keys: Path, *, allow: tuple[str, ...] | None = None, limits: Limits | None = None
) -> tuple[Admission, Door]:
    security = Security(mechanism=Mechanism.CURVE, keys=str(keys), name="s", server=True, allow=allow)
    return opened(Door(name="s.in", security=security, limits=limits or Limits()))


def opened(door: Door) -> tuple[Admission, Door]:
    admission = Admission()
    admission.add(door)
    return admission, door


def put(keys: Path, name: str, **metadata: str) -> Pair:
    pair = new_pair(metadata)
    write_pair(str(keys), name, pair)
    return pair


def knock(pair: Pair, address: str = "10.0.0.9") -> Request:
    return Request(
        id=b"1", domain="s.in", address=address, mechanism=Mechanism.CURVE, key=decode(pair.public)
    )


def null(address: str = "10.0.0.9", domain: str = "s.in") -> Request:
    return Request(id=b"1", domain=domain, address=address, mechanism=Mechanism.NULL)


class TestKeys:
    def test_all_that_have_a_key(self, tmp_path: Path) -> None:
        feed = put(tmp_path, "feed")
        admission, _ = curve(tmp_path)
        verdict = admission.judge(knock(feed), 0, 0)
        assert (verdict.status, verdict.who) == (OK, "feed")

    def test_a_stranger(self, tmp_path: Path) -> None:
        admission, _ = curve(tmp_path)
        verdict = admission.judge(knock(new_pair({})), 0, 0)
        assert (verdict.status, verdict.kind) == (DENIED, "stranger")

    def test_the_allow_list(self, tmp_path: Path) -> None:
        feed, other = put(tmp_path, "feed"), put(tmp_path, "other")
        admission, _ = curve(tmp_path, allow=("feed",))
        assert admission.judge(knock(feed), 0, 0).ok
        assert admission.judge(knock(other), 0, 0).kind == "allow"
        nobody, _ = curve(tmp_path, allow=())
        assert nobody.judge(knock(feed), 0, 0).kind == "allow"

    def test_a_key_that_came_a_moment_ago(self, tmp_path: Path) -> None:
        admission, _ = curve(tmp_path)
        assert admission.judge(knock(put(tmp_path, "feed")), 0, 0).ok

    def test_a_replaced_key_counts_until_its_time_and_its_owner_may_come_again(self, tmp_path: Path) -> None:
        old = put(tmp_path, "feed.100", **{UNTIL: "100"})
        admission, _ = curve(tmp_path)
        assert admission.judge(knock(old), 0, 99).ok
        verdict = admission.judge(knock(old), 0, 100)
        assert (verdict.status, verdict.kind) == (TEMPORARY, "replaced"), "400 would throw away its queue"

    def test_another_mechanism(self, tmp_path: Path) -> None:
        admission, _ = curve(tmp_path)
        assert admission.judge(null(), 0, 0).kind == "mechanism"


class TestLimits:
    def test_each_address_has_its_own_rate(self) -> None:
        admission, _ = opened(Door(name="s.in", security=None, limits=Limits(handshakes_per_second=2)))
        told = [admission.judge(null("bad"), 0.0, 0).status for _ in range(5)]
        assert told == [OK, OK, TEMPORARY, TEMPORARY, TEMPORARY]
        assert admission.judge(null("good"), 0.0, 0).ok
        assert admission.judge(null("bad"), 0.6, 0).ok
        assert not admission.judge(null("bad"), 0.6, 0).ok

    def test_less_than_one_a_second(self) -> None:
        admission, _ = opened(Door(name="s.in", security=None, limits=Limits(handshakes_per_second=0.1)))
        assert [admission.judge(null(), at, 0).ok for at in (0, 1, 9.9, 10.1, 11)] == [
            True,
            False,
            False,
            True,
            False,
        ]

    def test_the_addresses_that_are_remembered_are_bounded(self) -> None:
        admission, door = opened(Door(name="s.in", security=None, limits=Limits(handshakes_per_second=1)))
        for number in range(10_000):
            admission.judge(null(str(number)), 0, 0)
        assert len(door.rates) == 4096

    def test_connections_count_those_who_were_let_in_and_are_not_seen_yet(self) -> None:
        inside = [0, 0]
        limits = Limits(connections=2)
        door = Door(name="s.in", security=None, limits=limits, inside=lambda: (inside[0], inside[1]))
        admission, _ = opened(door)
        assert [admission.judge(null(), 0, 0).ok for _ in range(3)] == [True, True, False]
        inside[:] = [2, 2]
        assert admission.judge(null(), 0.1, 0).kind == "connections"
        inside[:] = [1, 2]  # one has left
        assert admission.judge(null(), 0.2, 0).ok
        inside[:] = [2, 3]
        assert not admission.judge(null(), 0.3, 0).ok

    def test_one_who_was_let_in_and_never_came_is_forgotten(self) -> None:
        admission, _ = opened(Door(name="s.in", security=None, limits=Limits(connections=1)))
        assert admission.judge(null(), 0, 0).ok
        assert not admission.judge(null(), 0.9, 0).ok
        assert admission.judge(null(), 1.1, 0).ok


class TestDomains:
    def test_one_that_nobody_knows(self) -> None:
        assert Admission().judge(null(), 0, 0).status == FAULT

    def test_what_a_socket_connects_itself(self) -> None:
        assert Admission().judge(null(domain=OUTGOING), 0, 0).ok


class TestPasswords:
    def test_users(self, tmp_path: Path) -> None:
        users = tmp_path / "users"
        users.write_text("feed:right\nsink:other\n")
        users.chmod(0o600)
        security = Security(
            mechanism=Mechanism.PLAIN, keys=str(users), name="s", server=True, allow=("feed",)
        )
        admission, _ = opened(Door(name="s.in", security=security, limits=Limits()))

        def says(user: str, password: str) -> str:
            request = Request(
                id=b"1", domain="s.in", address="", mechanism=Mechanism.PLAIN, user=user, password=password
            )
            verdict = admission.judge(request, 0, 0)
            return verdict.kind or verdict.who

        assert says("feed", "right") == "feed"
        assert says("feed", "wrong") == "password"
        assert says("sink", "other") == "allow"
        users.chmod(0o644)
        assert says("feed", "right") == "users", "a file that others can read is not used"
