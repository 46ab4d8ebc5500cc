"""What is said of refused peers: a line for a series, not for a peer."""

from __future__ import annotations

import socket

import zmq

from orchestrator.host.refusals import MOST, Refusals
from orchestrator.host.vestibule import GONE, Vestibule, who_is, why
from orchestrator.wire.qos import Mechanism


class TestSeries:
    def test_one_line_at_its_beginning_and_one_at_its_end(self) -> None:
        said = Refusals()
        assert said.note("s.in", "10.0.0.9", "stranger", "nobody has its key X", 0) == [
            "s.in: refused 10.0.0.9: nobody has its key X"
        ]
        for second in range(5):
            assert said.note("s.in", "10.0.0.9", "stranger", f"another key {second}", second) == []
        assert said.due(10) == []
        assert said.due(14) == ["s.in: refused 10.0.0.9 5 times more in 4 s (stranger)"]
        assert said.due(60) == []
        assert len(said.note("s.in", "10.0.0.9", "stranger", "nobody", 61)) == 1, "a new series"

    def test_a_series_without_end_is_told_every_minute(self) -> None:
        said = Refusals()
        lines = []
        for second in range(181):
            lines += said.note("s.in", "a", "key", "wrong", second) + said.due(second)
        assert len(lines) == 4
        assert "60 times more in 60 s" in lines[1]

    def test_one_alone_is_told_once(self) -> None:
        said = Refusals()
        said.note("s.in", "a", "key", "wrong", 0)
        assert said.due(100) == []

    def test_addresses_beyond_the_bound_share_a_series(self) -> None:
        said = Refusals()
        lines = [
            line for n in range(MOST + 500) for line in said.note("s.in", f"10.0.{n}", "key", "wrong", 0)
        ]
        assert len(lines) == MOST + 1
        assert "other addresses" in lines[-1]
        assert any("499 times more" in line for line in said.due(20))


CAME, ENDED = int(zmq.EVENT_ACCEPTED), int(zmq.EVENT_DISCONNECTED)
PROTOCOL = int(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL)
CRYPTOGRAPHIC = int(zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC)


class TestVestibule:
    def heard(self) -> tuple[Vestibule, list[tuple[str, str, str, str]]]:
        told: list[tuple[str, str, str, str]] = []
        return Vestibule("s.in", Mechanism.CURVE, lambda *what: told.append(what)), told

    def test_a_failure_is_that_of_the_connection_that_ends_next(self) -> None:
        ours, theirs = socket.socketpair()
        vestibule, told = self.heard()
        with ours, theirs:
            vestibule.hear([(CAME, ours.fileno())])
            vestibule.hear([(CAME, 9999), (PROTOCOL, CRYPTOGRAPHIC), (ENDED, ours.fileno())])
        assert [(t[0], t[2]) for t in told] == [("s.in", "key")]
        assert told[0][1].startswith("process ")

    def test_one_that_has_ended_by_then_is_not_taken_for_another(self) -> None:
        ours, theirs = socket.socketpair()  # has the descriptor by now
        vestibule, told = self.heard()
        with ours, theirs:
            vestibule.hear([(CAME, ours.fileno()), (PROTOCOL, CRYPTOGRAPHIC), (ENDED, ours.fileno())])
        assert [t[1] for t in told] == [GONE]

    def test_an_orderly_end_is_no_failure(self) -> None:
        vestibule, told = self.heard()
        vestibule.hear([(CAME, 9999), (ENDED, 9999)])
        assert told == []

    def test_addresses(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            client = socket.create_connection(server.getsockname())
            accepted, _ = server.accept()
            with client, accepted:
                assert who_is(accepted.fileno()) == "127.0.0.1"
        assert who_is(9999) == GONE

    def test_reasons(self) -> None:
        assert why(PROTOCOL, CRYPTOGRAPHIC, Mechanism.CURVE)[0] == "key"
        mismatch = int(zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)
        assert why(PROTOCOL, mismatch, Mechanism.CURVE) == ("mechanism", "it does not speak curve")
        assert why(int(zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL), 110, Mechanism.CURVE)[0] == "late"
