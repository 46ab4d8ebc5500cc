"""Files of experiments: what is read, and what is found wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.chaos.reading import read_experiment
from orchestrator.chaos.types import Across, Aim, Cut, Delay, Expect, Fill, Heartbeats, Kill, Slow, Throttle
from orchestrator.errors import UsageError
from orchestrator.spec.schema import CHAOS, load_schema

TOPOLOGY = """\
version: 1
name: line
nodes:
  source: {run: "m:f", sockets: {out: {type: PUSH, connect: sink.in}, log: {type: PUSH, connect: outside}}}
  sink: {run: "m:f", replicas: 2, sockets: {in: {type: PULL, bind: auto}}}
  nigh: {run: "m:f", sockets: {b: {type: PULL, bind: 'inproc://x'}}, process: p}
  near: {run: "m:f", process: p, sockets: {a: {type: PUSH, connect: nigh.b}}}
  alone: {command: [sleep, '1'], sockets: {pub: {type: PUB, bind: auto}}}
endpoints:
  outside: {address: "tcp://10.0.0.5:9000", type: PULL, external: true}
"""
HEAD = "version: 1\nname: e\ntopology: t.yaml\n"


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def read(text: str, topology: str = TOPOLOGY):
        (tmp_path / "t.yaml").write_text(topology)
        (tmp_path / "e.yaml").write_text(text)
        return read_experiment("e.yaml", {"WHO": "source"})

    monkeypatch.chdir(tmp_path)
    return read


def test_everything(read, tmp_path: Path) -> None:
    found = read(
        HEAD
        + """\
seed: 3
ready_within: 5s
profiles: []
x-mine: 1
faults:
  - kill: {node: "${WHO}", signal: TERM}
    after: 2s
    every: 5s
    times: 3
    expect: {ready_again_within: 1s}
  - slow: {node: sink, replica: all, for: 1s}
  - heartbeats: {node: any, replica: 0, by: 1s, for: 2s}
  - cut: {link: outside, for: 1s}
  - delay: {link: sink.in, from: source.out, by: 1s, for: 2s}
  - throttle: {link: sink.in, rate: 1KiB, for: 2s}
  - fill: {where: ., leave: 1MiB, at_most: 2MiB, for: 1s}
expect: {others_untouched: true, no_message_lost: true, topology_survives: false}
"""
    )
    assert found.ok, found.findings
    experiment = found.experiment
    assert (experiment.seed, experiment.ready_within_s) == (3, 5.0)
    assert (experiment.no_message_lost, experiment.topology_survives) == (True, False)
    first = experiment.faults[0]
    assert first.what == Kill(aim=Aim(node="source"), signum=15)
    assert (first.kind, first.after_s, first.every_s, first.times) == ("kill", 2.0, 5.0, 3)
    assert first.expect == Expect(ready_again_within_s=1.0, others_untouched=True)
    assert [fault.what for fault in experiment.faults[1:]] == [
        Slow(aim=Aim(node="sink", replica="all"), for_s=1.0, share=0.2, period_s=0.1),
        Heartbeats(aim=Aim(node="any", replica=0), for_s=2.0, by_s=1.0),
        Cut(across=Across(link="outside"), for_s=1.0),
        Delay(across=Across(link="sink.in", source="source.out"), for_s=2.0, by_s=1.0, jitter_s=0.0),
        Throttle(across=Across(link="sink.in"), for_s=2.0, rate=1024),
        Fill(directory=str(tmp_path), for_s=1.0, leave=1 << 20, at_most=2 << 20),
    ]
    assert experiment.faults[1].expect == Expect(others_untouched=True)


@pytest.mark.parametrize(
    ("fault", "code", "words", "remedy"),
    [
        ("kill: {node: sourc}", "ZMQ050", "no node `sourc`", "did you mean `source`?"),
        ("kill: {node: sink, replica: 2}", "ZMQ062", "no replica 2", "numbers 0 to 1"),
        ("kill: {node: source, replica: 1}", "ZMQ062", "no replica 1", "it has one"),
        ("kill: {node: source, signal: SIGNOTHING}", "ZMQ062", "no signal", "SIGKILL"),
        ("kill: {}", "ZMQ031", "no `node`", "write `node:"),
        ("kil: {node: source}", "ZMQ030", "`kil`", "did you mean `kill`?"),
        ("kill: {node: source}, freeze: {node: source, for: 1s}", "ZMQ037", "only one", "remove"),
        ("after: 1s", "ZMQ037", "does not say what goes wrong", "`kill`"),
        ("freeze: {node: source, for: 1}", "ZMQ032", "a duration", "`1s`"),
        ("slow: {node: source, for: 1s, share: 2}", "ZMQ035", "must be", None),
        ("slow: {node: source, for: 1s, share: .nan}", "ZMQ063", "a number", None),
        ("cut: {link: sink.out, for: 1s}", "ZMQ052", "no socket or endpoint `sink.out`", None),
        ("cut: {link: alone.pub, for: 1s}", "ZMQ052", "nothing connects to `alone.pub`", "links lead to"),
        ("cut: {link: sink.in, from: near, for: 1s}", "ZMQ052", "does not connect", "`source.out` do"),
        ("cut: {link: nigh.b, for: 1s}", "ZMQ062", "no forwarder", "tcp and ipc"),
        ("fill: {where: nowhere, for: 1s}", "ZMQ052", "no directory", "mounted"),
        ("kill: {node: source}, times: 0", "ZMQ035", "`faults.times`", None),
    ],
)  # fmt: skip
def test_findings(read, fault: str, code: str, words: str, remedy: str | None) -> None:
    found = read(f"{HEAD}faults:\n  - {{{fault}}}\n")
    assert not found.ok
    (finding,) = found.findings
    assert (finding.code, finding.span.file) == (code, "e.yaml")
    assert finding.span.line == 5
    assert words in finding.message
    assert remedy is None or remedy in (finding.help or "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1]\n", "`e.yaml` holds a list, not an experiment"),
        ("", "`e.yaml` is empty"),
        (HEAD, "the experiment has no `faults`"),
        (HEAD + "faults: []\n", "empty list"),
        (HEAD + "nodes: {}\nfaults: [{kill: {node: any}}]\n", "`nodes` is no key of an experiment"),
    ],
)
def test_what_is_no_experiment(read, text: str, words: str) -> None:
    (finding,) = read(text).findings
    assert words in finding.message


def test_errors_of_the_topology_are_told_where_they_are(read) -> None:
    found = read(f"{HEAD}faults: [{{kill: {{node: any}}}}]\n", TOPOLOGY.replace("sink.in", "sink.inn"))
    assert not found.ok
    assert found.findings[0].span.file == "t.yaml"
    missing = read(f"{HEAD.replace('t.yaml', 'none.yaml')}faults: [{{kill: {{node: any}}}}]\n")
    assert not missing.ok
    assert "none.yaml" in missing.findings[0].message


def test_an_unknown_profile_is_usage(read) -> None:
    with pytest.raises(UsageError, match="profile"):
        read(f"{HEAD}profiles: [x]\nfaults: [{{kill: {{node: any}}}}]\n")


def test_the_schema_describes_every_key() -> None:
    def keys(part: object, path: str = ""):
        if isinstance(part, dict):
            for name, value in part.get("properties", {}).items():
                yield f"{path}.{name}", value
            for name, value in part.items():
                yield from keys(value, f"{path}.{name}" if name != "properties" else path)
        elif isinstance(part, list):
            for index, value in enumerate(part):
                yield from keys(value, f"{path}.{index}")

    schema = load_schema(CHAOS)
    lacking = [path for path, value in keys(schema) if "description" not in value and "$ref" not in value]
    assert lacking == []
    assert "reference" not in json.dumps(schema)
