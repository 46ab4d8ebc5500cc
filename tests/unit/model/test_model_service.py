"""The keys of the data path: what is written, what is usual, and the words they become again."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.comparison.compare import compare
from orchestrator.export.resolved import resolved
from orchestrator.model.load import load
from orchestrator.model.promises import qos_of
from orchestrator.model.securities import CurveLinks, Securing, SocketSecurity
from orchestrator.model.types import Socket, Topology
from orchestrator.wire.qos import (
    SHARED_MEMORY_POOL,
    Batch,
    Breaker,
    Check,
    Compress,
    Compression,
    Delivery,
    Failover,
    Limits,
    Mechanism,
    OnError,
    OnLag,
    QoS,
    Retry,
    WaitFor,
)

HEAD = "version: 1\nname: t\n"


def topology(text: str) -> Topology:
    loaded = load("/srv/t.yaml", text=HEAD + text, environ={})
    assert loaded.topology is not None, [d.message for d in loaded.diagnostics]
    return loaded.topology


def socket(keys: str, top: str = "") -> tuple[Topology, Socket]:
    found = topology(
        f"{top}nodes:\n  a:\n    run: m:A\n    sockets:\n      s: {{type: DEALER, bind: auto, {keys}}}\n"
    )
    return found, found.nodes["a"].sockets["s"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("description: x", QoS()),
        ("envelope: true", QoS(envelope=True)),
        ("delivery: latest", QoS(delivery=Delivery.LATEST)),
        ("wait_for: all", QoS(wait_for=WaitFor(count=None))),
        ("wait_for: 3", QoS(wait_for=WaitFor(count=3))),
        ("wait_for: {timeout: 30s}", QoS(wait_for=WaitFor(count=None, timeout_s=30.0))),
        ("wait_for: {count: 2}", QoS(wait_for=WaitFor(count=2))),
        ("max_lag: 1s, on_lag: exit", QoS(max_lag_s=1.0, on_lag=OnLag.EXIT)),
        ("failover: shotgun", QoS(failover=Failover.SHOTGUN)),
        ("retry: {}", QoS(retry=Retry())),
        (
            "retry: {timeout: 250ms, attempts: 5, backoff: {initial: 1s, factor: 3, max: 1m, jitter: 0}}",
            QoS(retry=Retry(timeout_s=0.25, attempts=5, initial_s=1.0, factor=3.0, max_s=60.0, jitter=0.0)),
        ),
        ("breaker: {failures: 2, reset: 1m}", QoS(breaker=Breaker(failures=2, reset_s=60.0))),
        ("batch: {}", QoS(batch=Batch())),
        (
            "batch: {max_messages: 7, max_bytes: 2KiB, max_delay: 0s}",
            QoS(batch=Batch(max_messages=7, max_bytes=2048, max_delay_s=0.0)),
        ),
        ("shared_memory: true", QoS(shared_memory=SHARED_MEMORY_POOL)),
        ("shared_memory: false", QoS(shared_memory=0)),
        ("shared_memory: 1MB", QoS(shared_memory=1_000_000)),
        (
            "limits: {message_size: 1MiB, frames: 4, connections: 3, handshakes_per_second: 0.5}",
            QoS(limits=Limits(message_size=1 << 20, frames=4, connections=3, handshakes_per_second=0.5)),
        ),
    ],
)
def test_what_a_socket_says(written: str, meant: QoS) -> None:
    found, one = socket(written)
    assert one.qos == meant
    words: Any = resolved(found)["nodes"]
    _, back = socket(", ".join(f"{key}: {_flow(value)}" for key, value in words["a"]["sockets"]["s"].items()
                               if key not in ("type", "bind", "x-addresses")) or "description: x")  # fmt: skip
    assert back.qos == meant


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(
    ("written", "blamed"),
    [
        ("delivery: sometimes", "delivery"),
        ("wait_for: 0", "wait_for"),
        ("wait_for: some", "wait_for"),
        ("max_lag: 0s", "max_lag"),
        ("retry: {attempts: 0}", "attempts"),
        ("retry: {backoff: {initial: 2s, max: 1s}}", "longest delay"),
        ("batch: {max_bytes: 10}", "max_bytes"),
        ("limits: {size: 1MiB}", "size"),
        ("shared_memory: much", "shared_memory"),
        ("security: {mechanism: tls}", "mechanism"),
        ("codec: mspack", "codec"),
        ("codec: acme.", "codec"),
    ],
)
def test_what_cannot_be_is_told(written: str, blamed: str) -> None:
    text = f"nodes:\n  a:\n    run: m:A\n    sockets:\n      s: {{type: PUB, bind: auto, {written}}}\n"
    loaded = load("t.yaml", text=HEAD + text, environ={})
    assert loaded.topology is None
    (told,) = loaded.diagnostics
    assert blamed in told.message


def test_a_message_says_how_it_travels() -> None:
    top = "messages:\n  M: {codec: cbor, envelope: true, compression: %s, check: never}\n"
    found, one = socket("message: M, delivery: drop", top % "lz4")
    whole = QoS(
        envelope=True, delivery=Delivery.DROP, compress=Compress(codec=Compression.LZ4), check=Check.NEVER
    )
    assert qos_of(found, one) == whole
    found, one = socket("message: M", top % "{codec: zstd, above: 4KiB, level: 19}")
    assert qos_of(found, one).compress == Compress(codec=Compression.ZSTD, above=4096, level=19)


def test_a_message_without_a_word_changes_nothing() -> None:
    found, one = socket("message: M, envelope: true", "messages: {M: {codec: acme.fast}}\n")
    assert found.messages["M"].codec == "acme.fast"
    assert qos_of(found, one) is one.qos


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("description: x", None),
        ("security: curve", SocketSecurity(mechanism=Mechanism.CURVE)),
        ("security: null", SocketSecurity(mechanism=Mechanism.NULL)),
        ("security: 'null'", SocketSecurity(mechanism=Mechanism.NULL)),
        ("security: {}", SocketSecurity(mechanism=Mechanism.CURVE)),
        ("security: {mechanism: plain, allow: [a]}", SocketSecurity(mechanism=Mechanism.PLAIN, allow=("a",))),
        (
            "security: {mechanism: plain, unencrypted: true}",
            SocketSecurity(mechanism=Mechanism.PLAIN, unencrypted=True),
        ),
    ],
)
def test_the_security_of_a_socket(written: str, meant: SocketSecurity | None) -> None:
    assert socket(written)[1].security == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", None),
        ("security: {}\n", Securing(keys="/srv/keys")),
        ("security: {curve: {}}\n", Securing(keys="/srv/keys", links=CurveLinks.ALL)),
        (
            "security: {curve: {keys: ../k, links: remote}, plain: {users: /etc/users}}\n",
            Securing(keys="/k", links=CurveLinks.REMOTE, users="/etc/users"),
        ),
    ],
)
def test_the_security_of_all(written: str, meant: Securing | None) -> None:
    assert topology(f"{written}nodes: {{a: {{command: a}}}}\n").security == meant


def test_errors_in_a_node() -> None:
    found = topology("nodes:\n  a: {run: m:A, on_error: dead-letter, dead_letter: bad,\n"
                     "      sockets: {bad: {type: PUSH, bind: auto}}}\n  b: {run: m:B}\n")  # fmt: skip
    assert [(n.on_error, n.dead_letter) for n in found.nodes.values()] == [
        (OnError.DEAD_LETTER, "bad"),
        (OnError.FAIL, None),
    ]


@pytest.mark.parametrize(
    ("old", "new", "kind", "told"),
    [
        ("description: x", "description: x, envelope: true", "envelope", "envelope: now true"),
        ("security: null", "security: curve", "security", "security: null → curve"),
        ("delivery: drop", "delivery: latest", "delivery", "delivery: drop → latest"),
        ("wait_for: 2", "wait_for: all", "wait_for", "wait_for.count: 2 → all"),
        ("shared_memory: true", "shared_memory: false", "shared_memory", "shared_memory: 64MiB → false"),
        ("max_lag: 1s", "max_lag: 2s", "lag", "max_lag: 1s → 2s"),
        ("retry: {attempts: 2}", "retry: {attempts: 4}", "requests", "retry.attempts: 2 → 4"),
        ("batch: {}", "batch: {max_delay: 1ms}", "batch", "batch.max_delay: 5ms → 1ms"),
        ("limits: {frames: 2}", "limits: {frames: 3}", "limits", "limits.frames: 2 → 3"),
    ],
)
def test_a_change_of_a_socket(old: str, new: str, kind: str, told: str) -> None:
    (change,) = compare(socket(old)[0], socket(new)[0]).changes
    assert (change.key, change.message) == (kind, told)


def test_a_change_of_what_an_error_means() -> None:
    old, new = (topology(f"nodes: {{a: {{run: m:A, on_error: {word}}}}}") for word in ("fail", "skip"))
    (change,) = compare(old, new).changes
    assert (change.key, change.subject, change.message) == ("on_error", "a", "on_error: now skip")


def test_a_change_of_a_message_and_of_the_whole() -> None:
    top = "messages: {{M: {{codec: json{0}}}}}\nsecurity: {{curve: {{links: {1}}}}}\n"
    changes = compare(
        socket("message: M", top.format("", "all"))[0],
        socket("message: M", top.format(", envelope: true, compression: gzip, check: always", "remote"))[0],
    ).changes
    assert {(change.key, change.subject) for change in changes} == {
        ("envelope", "message M"),
        ("compression", "message M"),
        ("check", "message M"),
        ("security", "the topology"),
    }
