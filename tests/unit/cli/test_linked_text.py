"""The table of `ps --links`, and the sentences below it."""

from __future__ import annotations

from typing import Any

from orchestrator.cli import linked


def end(ref: str, kind: str) -> dict[str, str]:
    instance, _, socket = ref.partition(".")
    return {"unit": instance, "instance": instance, "socket": socket, "type": kind}


def flow(sender: str, receiver: str, **other: Any) -> dict[str, Any]:
    names = (
        "sent",
        "received",
        "unsent",
        "dropped",
        "reordered",
        "before",
        "late",
        "lag_s",
        "max_lag_s",
        "discarded",
    )
    nothing = dict.fromkeys((*names, "mismatched", "undecodable", "delivery"), None)
    return {"sender": sender, "receiver": receiver, **nothing, "lost": 0, "partial": False} | other


def link(connector: dict[str, str], binder: dict[str, str], *flows: dict[str, Any]) -> dict[str, Any]:
    seen = {"state": "up", "up": True, "reason": "", "remedy": None, "since_s": 50.0, "handshakes": 1}
    return {"connector": connector, "binder": binder, "address": "ipc:///run/x", **seen, "flows": list(flows)}


def shown(*links: dict[str, Any]) -> list[str]:
    found = {"topology": "t", "links": list(links), "strangers": [], "up": len(links), "declared": len(links)}
    return linked.text(found).splitlines()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_what_nobody_can_know_is_a_dash() -> None:
    pull, push = end("sink.in", "PULL"), end("feed.out", "PUSH")
    head, row, *_ = shown(link(pull, push, flow("feed.out", "sink.in", sent=1200)))
    assert cells(head)[4:9] == ["SENT", "RECEIVED", "DROPPED", "LATE", "LAG"]
    assert cells(row) == [
        "sink.in -> feed.out",
        "up",
        "50 s",
        "1",
        "1,200",
        "-",
        "-",
        "-",
        "-",
        "ipc:///run/x",
    ]


def test_a_link_with_drops_is_marked_and_explained() -> None:
    seen = {"received": 204, "dropped": 25800, "unsent": 33, "late": 4, "lag_s": 0.8821, "max_lag_s": 1.2}
    lost = flow("feed.out", "slow.in", sent=48000, before=7, reordered=2, lost=25833, delivery=None, **seen)
    lines = shown(link(end("slow.in", "SUB"), end("feed.out", "PUB"), lost))
    assert cells(lines[1])[4:9] == ["48,000", "204", "25,833 !", "4", "882 ms"]
    text = "\n".join(lines)
    assert "slow.in has missed 25,800 of 26,004 messages of feed.out (99 %)" in text
    assert "feed.out had no room for 33 of 48,033 messages to slow.in" in text
    assert "slow.in took 4 messages of feed.out later than `max_lag`" in text
    assert "slow.in, of the messages of feed.out: 2 out of order, 7 sent before it was there" in text


def test_what_is_left_out_for_newer_messages_is_no_loss() -> None:
    newest = flow("feed.out", "slow.in", received=3, dropped=97, unsent=0, delivery="latest")
    lines = shown(link(end("slow.in", "SUB"), end("feed.out", "PUB"), newest))
    assert cells(lines[1])[6] == "97"
    assert lines[-1] == "1 of 1 links are up"


def test_messages_that_go_both_ways_have_a_row_each_way() -> None:
    there, back = flow("a.ask", "b.serve", sent=3, received=3), flow("b.serve", "a.ask", sent=2, received=2)
    lines = shown(link(end("a.ask", "REQ"), end("b.serve", "REP"), there, back))
    assert cells(lines[1])[4:6] == ["3", "3"]
    assert cells(lines[2]) == ["and back", "2", "2", "-", "-", "-"]


def test_a_second_link_between_the_same_sockets_and_an_older_supervisor() -> None:
    one = link(end("a.out", "PUSH"), end("b.in", "PULL"))
    del one["flows"]
    assert cells(shown(one)[1])[4:9] == ["-"] * 5
