"""Hundreds of nodes and random faults for half an hour: no leak, no missed death, no false alarm.

`pytest -m soak tests/soak`. SOAK_MINUTES (30), SOAK_NODES (200) and SOAK_SEED change what they say. In the
second half all processors are busy with something else.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from up_support import Up
from witness import Fault, Use, Witness

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
NODES = int(os.environ.get("SOAK_NODES", "200"))
SEED = int(os.environ.get("SOAK_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)

NOTICE_S = 30.0
"""A frozen node misses three beats of a second; the rest is for a machine that has much else to do."""
HEAL_S = 120.0
PAUSE_S = (0.05, 0.6)
"""Between two faults."""
WARM_UP = 0.25
"""The share of the time after which memory is measured for the first time: every path has been taken then."""
MORE_MIB = 6.0
"""The growth of supervisor and zygote that is still no leak: fragments, longer lists of restarts."""

pytestmark = [pytest.mark.soak, pytest.mark.timeout(int(MINUTES * 60) + 900)]

PROGRAM = """
def numbers(node):
    n = 0
    while node.sleep(0.2):
        yield n
        n += 1


def take(number):
    pass
"""


def _topology() -> str:
    """A fifth sends, two fifths take, a fifth writes and has children, a fifth sleeps."""
    fifth = max(1, NODES // 5)
    return f"""
version: 1
name: soak
defaults:
  restart: {{policy: always, max_restarts: 1000000, backoff: {{initial: 50ms, max: 1s}}}}
nodes:
  source:
    run: program:numbers
    replicas: {fifth}
    sockets:
      out: {{type: PUSH, bind: auto, codec: json}}
  sink:
    run: program:take
    replicas: {NODES - 3 * fifth}
    sockets:
      in: {{type: PULL, connect: source.out, codec: json}}
  writer:
    command: [sh, -c, "while :; do echo tick; sleep 1 & wait; done"]
    replicas: {fifth}
  sleeper:
    command: [sleep, infinity]
    replicas: {fifth}
"""


KINDS = {
    "SIGKILL": signal.SIGKILL,
    "SIGTERM": signal.SIGTERM,
    "SIGSEGV": signal.SIGSEGV,
    "freeze": signal.SIGSTOP,
}


@contextlib.contextmanager
def _busy() -> Iterator[None]:
    """Every processor has something else to do."""
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def _cause(witness: Witness, chance: random.Random) -> None:
    """Do something to a process that is well."""
    targets = witness.targets()
    if len(targets) < NODES // 2:
        return  # so many at once would be a test of the machine
    event = chance.choice(targets)
    kinds = list(KINDS)
    if not event["unit"].startswith(("source", "sink")):
        kinds.remove("freeze")  # nothing watches whether these two move
    kind = chance.choice(kinds)
    witness.caused(event, kind)
    os.kill(event["pid"], KINDS[kind])


def _torment(witness: Witness, chance: random.Random, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        witness.follow(chance.uniform(*PAUSE_S))
        _cause(witness, chance)
        assert witness.alarms == [] and witness.overdue(NOTICE_S) == [], f"seed {SEED}"


def _settled(witness: Witness) -> Use:
    """What is in use once all is well and the last leavings are gone."""
    witness.calm(HEAL_S)
    witness.follow(5)
    witness.calm(HEAL_S)
    return witness.use()


def _told(faults: list[Fault]) -> str:
    parts = []
    for kind in KINDS:
        noticed = [f.noticed_s for f in faults if f.kind == kind and f.noticed_s is not None]
        healed = [f.healed_s for f in faults if f.kind == kind and f.healed_s is not None]
        if noticed and healed:
            parts.append(
                f"{kind}: {len(noticed)}, noticed after {statistics.median(noticed):.2f} s "
                f"(at most {max(noticed):.2f}), ready again after {statistics.median(healed):.2f} s "
                f"(at most {max(healed):.2f})"
            )
    return "\n".join(parts)


def test_nothing_leaks_and_nothing_is_missed(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    print(f"{NODES} nodes, {MINUTES:g} minutes, SOAK_SEED={SEED}")
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "topology.yaml").write_text(_topology())
    up = Up(tmp_path / "topology.yaml", env={"XDG_STATE_HOME": str(tmp_path / "state")})
    try:
        witness = Witness(up)
        while len(witness.units) < NODES:
            witness.follow(0.2)
        witness.calm(HEAL_S)
        whole = MINUTES * 60
        _torment(witness, chance, whole * WARM_UP)
        before = _settled(witness)
        _torment(witness, chance, whole * (0.5 - WARM_UP))
        with _busy():
            _torment(witness, chance, whole * 0.5)
            witness.calm(HEAL_S)
        after = _settled(witness)
        print(f"{before}\n{after}\n{_told(witness.done)}")
        assert witness.alarms == []
        assert after.processes == before.processes, "processes leak"
        assert after.descriptors == before.descriptors, "descriptors leak"
        assert after.threads == before.threads, "threads leak"
        assert after.memory_mib <= before.memory_mib + MORE_MIB, "memory leaks"
        assert up.stop() == 0
        up.prove_clean()
    finally:
        up.end()
