"""What a running topology's answers tell: nodes, links, peers, clock. The answers are made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.app.doctor import observed, running
from orchestrator.app.doctor.types import Check, Status, Topic
from orchestrator.projects.find import Project
from orchestrator.projects.record import Record

TOPIC = Topic(name="running wires")


def unit(name: str = "sink", **other: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "unit": name,
        "state": "ready",
        "state_age_s": 100.0,
        "reason": "",
        "settled": False,
        "attempt": 1,
        "pid": 4711,
        "restarts": 0,
        "last_exit": None,
    }
    return fields | other


def status(*units: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"project": "wires", "units": list(units), "traffic": []} | other


def end(ref: str) -> dict[str, str]:
    instance, _, socket = ref.partition(".")
    return {"unit": instance, "instance": instance, "socket": socket, "type": "PUSH"}


def link(state: str = "up", **other: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "connector": end("source.out"),
        "binder": end("sink.in"),
        "address": "ipc:///run/in",
        "state": state,
        "up": state == "up",
        "reason": "",
        "remedy": None,
        "since_s": 50.0,
        "handshakes": 1,
        "failed": {},
        "flows": [],
    }
    return fields | other


def flow(**other: Any) -> dict[str, Any]:
    counts = dict.fromkeys(("sent", "received", "unsent", "dropped", "reordered", "before", "late"), 0)
    more = dict.fromkeys(("mismatched", "undecodable", "discarded", "lost"), 0)
    names = {
        "sender": "source.out",
        "receiver": "sink.in",
        "delivery": None,
        "lag_s": None,
        "max_lag_s": None,
    }
    return {**names, **counts, **more} | other


def links(*found: dict[str, Any], strangers: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "up": sum(one["up"] for one in found),
        "declared": len(found),
        "links": list(found),
        "strangers": list(strangers),
    }


BOTH = status(unit("source"), unit("sink"))


def of_units(*units: dict[str, Any]) -> list[Check]:
    return list(running.units(TOPIC, status(*units)))


# ------------------------------------------------------------------ nodes


def test_all_well() -> None:
    (check,) = of_units(unit("a"), unit("b", state="exited", settled=True, pid=None))
    assert (check.status, check.fact) == (Status.OK, "all 2 processes are ready or have ended well")


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"state": "failed", "reason": "exit code 1"}, Status.ERROR),
        ({"state": "backoff", "reason": "starts in 2 s"}, Status.ERROR),
        ({"state": "stopped", "reason": "by a user"}, Status.NOTE),
        ({"state": "stopped", "attempt": 0, "reason": "waits for db"}, Status.WARNING),
        ({"state": "stopped", "attempt": 0, "state_age_s": None}, Status.NOTE),
        ({"state": "running", "state_age_s": 2.0}, Status.NOTE),
        ({"state": "running", "state_age_s": 90.0}, Status.WARNING),
        ({"restarts": 7, "state_age_s": 2.0, "last_exit": "exit code 1"}, Status.WARNING),
    ],
)
def test_a_node_that_is_not_well(fields: dict[str, Any], wanted: Status) -> None:
    (check,) = of_units(unit("sink", **fields))
    assert check.status is wanted
    assert "`sink` is " in check.fact
    assert str(fields.get("reason", "")) in check.fact


@pytest.mark.parametrize(
    "fields", [{"restarts": 7}, {"restarts": 2, "state_age_s": 2.0, "last_exit": "exit code 1"}]
)
def test_a_node_that_was_replaced_some_time_is_well(fields: dict[str, Any]) -> None:
    assert [c.status for c in of_units(unit("sink", **fields))] == [Status.OK]


def test_messages_that_could_not_be_decoded() -> None:
    fine = {"instance": "sink", "socket": "in", "undecodable": 0}
    found = list(running.traffic(TOPIC, status(traffic=[fine, fine | {"undecodable": 3}])))
    assert [c.fact for c in found] == ["sink.in could not decode 3 messages"]


def test_messages_that_were_passed_over_and_sends_that_wait() -> None:
    one = {"instance": "sink", "socket": "in", "undecodable": 0, "failed": 7, "seconds": 100.0}
    found = [c.fact for c in running.traffic(TOPIC, status(traffic=[one]))]
    assert found == ["sink.in passed over 7 messages at which its own code raised"]
    for blocked_s, told in (
        (19.0, []),
        (45.0, ["sends on sink.in have waited for room for 45% of the time"]),
    ):
        found = [
            c.fact
            for c in running.traffic(TOPIC, status(traffic=[one | {"failed": 0, "blocked_s": blocked_s}]))
        ]
        assert found == told


# ------------------------------------------------------------------ links


@pytest.mark.parametrize(
    ("fields", "wanted", "told"),
    [
        ({"state": "up"}, Status.OK, "the link is up"),
        ({"state": "unknown", "reason": "nobody tells"}, Status.NOTE, "nobody tells"),
        ({"state": "down", "reason": "nobody listens"}, Status.WARNING, "source.out -> sink.in is down"),
        (
            {
                "state": "failing",
                "reason": "types",
                "failed": {"types": 4, "broken": 1},
                "remedy": "correct it",
            },
            Status.ERROR,
            "is failing: types; handshakes that failed: 4 types, 1 broken (for 50 s)",
        ),
        ({"state": "down", "binder": None}, Status.WARNING, "source.out -> ipc:///run/in is down"),
        (
            {"handshakes": 9, "since_s": 3.0},
            Status.WARNING,
            "comes and goes: it came up 9 times, last 3 s ago",
        ),
    ],
)
def test_a_link(fields: dict[str, Any], wanted: Status, told: str) -> None:
    found = list(observed.links(TOPIC, BOTH, links(link(**fields))))
    assert (found[0].status, told in found[0].fact) == (wanted, True), found
    assert not found[0].wrong or found[0].remedy


@pytest.mark.parametrize(
    ("handshakes", "since_s", "restarts"),
    [(9, 300.0, 0), (3, 3.0, 0), (9, 3.0, 8), (None, 3.0, 0), (9, None, 0)],
)
def test_a_link_that_does_not_flap(handshakes: int | None, since_s: float | None, restarts: int) -> None:
    answer = status(unit("source"), unit("sink", restarts=restarts))
    found = list(observed.links(TOPIC, answer, links(link(handshakes=handshakes, since_s=since_s))))
    assert [c.status for c in found] == [Status.OK]


def test_a_link_of_a_process_that_is_not_there_is_told_once() -> None:
    stopped = status(unit("source"), unit("sink", state="failed", pid=None))
    (check,) = observed.links(TOPIC, stopped, links(link("down", reason="`sink` is failed")))
    assert check.status is Status.NOTE


def test_a_peer_that_nobody_declared() -> None:
    stranger = {
        "who": "pid 9 (tap)",
        "pid": 9,
        "user": "eve",
        "address": "tcp://127.0.0.1:5",
        "socket": end("sink.in"),
    }
    found = list(observed.links(TOPIC, BOTH, links(link(), strangers=(stranger,))))
    assert [c.fact for c in found if c.wrong] == [
        "pid 9 (tap) of user eve is connected to sink.in (tcp://127.0.0.1:5), and no link declares it"
    ]


def test_peers_that_were_turned_away() -> None:
    refused = {"socket": end("sink.in"), "kinds": {"auth": 5, "rate": 2}, "last_s": 3.0}
    (told,) = [c for c in observed.links(TOPIC, BOTH, links(link()) | {"refused": [refused]}) if c.wrong]
    assert told.fact == "sink.in has turned peers away: 5 auth, 2 rate; the last 3 s ago"
    assert "orchestrator logs sink" in (told.remedy or "")


def test_no_links_at_all_is_nothing_to_tell() -> None:
    assert list(observed.links(TOPIC, BOTH, links())) == []


# ------------------------------------------------------------------ patience


class Supervisor:
    """Answers; its link comes up at the third question."""

    def __init__(self, age_s: float) -> None:
        self.asked = 0
        self._age_s = age_s

    def call(self, do: str) -> dict[str, Any]:
        if do == "status":
            return status(unit("source", state_age_s=self._age_s), unit("sink"))
        self.asked += 1
        return links(link("up" if self.asked > 2 else "down"))


def test_who_has_just_begun_gets_time() -> None:
    slept: list[float] = []
    supervisor = Supervisor(age_s=0.5)
    _, found = running._ask(supervisor.call, slept.append)
    assert (found["up"], len(slept)) == (1, 2)


def test_who_runs_for_long_gets_none() -> None:
    slept: list[float] = []
    supervisor = Supervisor(age_s=500.0)
    _, found = running._ask(supervisor.call, slept.append)
    assert (found["up"], slept) == (0, [])


def test_patience_ends() -> None:
    slept: list[float] = []
    supervisor = Supervisor(age_s=0.5)
    supervisor.asked = -1000
    running._ask(supervisor.call, slept.append)
    assert sum(slept) == pytest.approx(2.5)


# ------------------------------------------------------------------ the clock


def project(since: float, file: str = "/t.yaml") -> Project:
    record = Record(project="wires", topology="wires", file=file, pid=1, born="5", since=since)
    return Project(record=record, run_dir=Path("/run"), running=True)


@pytest.mark.parametrize(
    ("since", "began", "told"),
    [
        (1000.4, 1000.0, None),
        (1000.0, None, None),
        (1000.0, 4600.0, "set by about +3600 s"),
        (4600.0, 1000.0, "set by about -3600 s"),
    ],
)
def test_a_clock_that_was_set_since_it_began(since: float, began: float | None, told: str | None) -> None:
    found = [c.fact for c in running.clock(TOPIC, project(since), began)]
    assert found == [] if told is None else told in found[0]


def test_a_process_of_the_users_own_may_be_much_older_than_its_topology() -> None:
    assert list(running.clock(TOPIC, project(4600.0, "<python>"), 1000.0)) == []


def test_a_supervisor_that_does_not_answer(tmp_path: Path) -> None:
    record = Record(project="wires", topology="wires", file="-", pid=1, born="5", since=0.0)
    (check,) = running.running(Project(record=record, run_dir=tmp_path, running=True))
    assert (check.status, check.topic) == (Status.ERROR, "running wires")
    assert check.remedy


def test_a_supervisor_that_is_halted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "state", lambda pid: "T")
    (check,) = running.running(project(0.0))
    assert (check.status, check.pid) == (Status.ERROR, 1)
    assert check.fact.startswith("its supervisor (process 1) is halted")


# ------------------------------------------------------------------ messages that did not arrive


def lost(*flows: dict[str, Any], kind: str = "PUSH", **other: Any) -> list[Check]:
    connector = end("source.out") | {"type": kind}
    found = links(link(connector=connector, flows=list(flows)))
    return list(running.lost(TOPIC, status(**other), found))


def test_nothing_lost_is_nothing_said() -> None:
    assert lost(flow(sent=10, received=9)) == []


def test_a_slow_subscriber_is_told_how_much_it_misses() -> None:
    (check,) = lost(flow(sent=30000, received=4400, dropped=25600, lost=25600), kind="PUB")
    assert check.status is Status.WARNING
    assert check.fact.startswith("sink.in has missed 25,600 of 30,000 messages of source.out (85 %)")
    assert "slower" in check.fact
    assert check.remedy is not None
    assert "`delivery: lossless` at source.out" in check.remedy


def test_a_gap_elsewhere_is_a_connection_that_broke() -> None:
    (check,) = lost(flow(received=0, dropped=2, lost=2))
    assert "(all): what is on its way is lost" in check.fact


def test_what_the_file_allows_is_a_note() -> None:
    (check,) = lost(flow(sent=30, unsent=10, lost=10, delivery="drop"))
    assert check.status is Status.NOTE
    assert "source.out had no room for 10 of 40 messages to sink.in (25 %)" in check.fact


def test_who_is_late() -> None:
    (check,) = lost(flow(received=9, late=4, max_lag_s=1.25))
    assert (
        "sink.in took 4 messages of source.out later than `max_lag`; the longest lag was 1.25 s" in check.fact
    )


def test_what_might_have_gone_to_several_is_told_of_the_sender() -> None:
    row = {"instance": "source", "socket": "out", "sent": 5, "dropped": 3}
    assert [c.fact for c in lost(flow(unsent=None), traffic=[row])] == [
        "source.out had no room for 3 of 8 messages (38 %), and gave them up"
    ]
    newest = {"instance": "sink", "socket": "in", "sent": 0, "dropped": 99}
    assert lost(flow(unsent=3), traffic=[newest]) == [], "a receiver that passes over what is not the newest"
    assert lost(flow(unsent=3), traffic=[row]) == [], "the link tells it, where it is on its account"
