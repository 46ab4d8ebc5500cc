"""Rules about supervision and hygiene, beyond the samples of their pages; their fixes, applied."""

from __future__ import annotations

import pytest

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.fixing import apply
from orchestrator.model.load import from_data, load
from orchestrator.model.types import Backoff
from orchestrator.rules import run
from orchestrator.rules.yaml11 import as_text_here
from orchestrator.rules.zmq612_limit_never_reached import shortest

HEAD = "version: 1\nname: t\n"


def judge(text: str, environ: dict[str, str] | None = None) -> tuple[Diagnostic, ...]:
    loaded = load("t.yaml", text=HEAD + text, environ=environ or {})
    assert loaded.topology is not None, loaded.diagnostics
    return run(loaded.topology)


def codes(text: str) -> list[str]:
    return [d.code for d in judge(text)]


def node(settings: str, name: str = "a") -> str:
    return f"  {name}: {{command: ./a, {settings}}}\n"


def only(settings: str) -> list[str]:
    return codes("nodes:\n" + node(settings))


# ---------------------------------------------------------------------- supervision


@pytest.mark.parametrize(
    ("top", "settings", "told"),
    [
        ("supervision: {auto_shutdown: any-essential}", "", ["ZMQ619"]),
        ("supervision: {auto_shutdown: all-essential}", "essential: true", []),
        ("supervision: {auto_shutdown: never}", "essential: true", ["ZMQ619"]),
        ("supervision: {auto_shutdown: never}", "", []),
        ("supervision: {strategy: one-for-all}", "", []),
        ("", "essential: true", []),
    ],
)
def test_essential_and_auto_shutdown(top: str, settings: str, told: list[str]) -> None:
    assert codes(f"{top}\nnodes:\n" + node(settings or "replicas: 1")) == told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("sockets: {o: {type: PUSH, bind: auto, options: {linger: 5000}}}", []),
        ("sockets: {o: {type: PUSH, bind: auto, options: {linger: 5001}}}", ["ZMQ611"]),
        ("sockets: {o: {type: PUSH, bind: auto, options: {linger: -1}}}", []),
        ("sockets: {o: {type: PULL, bind: auto, options: {linger: 9000}}}", []),
        ("stop: {signal: SIGKILL}, sockets: {o: {type: PUSH, bind: auto, options: {linger: 9000}}}", []),
        ("restart: {max_restarts: 5, window: 10s, backoff: {initial: 5s}}", ["ZMQ612"]),
        ("restart: {max_restarts: 1000000, window: 1s, backoff: {initial: 5s}}", []),
        ("restart: {policy: never, max_restarts: 5, window: 10s, backoff: {initial: 5s}}", []),
        ("restart: {max_restarts: 0}", []),
        ("restart: {policy: always, max_restarts: 0}", ["ZMQ613"]),
        ("restart: {policy: always, max_restarts: 1}", []),
        ("ready: {delay: 60s}", ["ZMQ614"]),
        ("ready: {delay: 59s}", []),
        ("ready: {delay: 2s, timeout: 2s}", ["ZMQ614"]),
        ("kind: task, done: {delay: 10s}, timeout: 5s", ["ZMQ614"]),
        ("kind: task, done: {delay: 10s}", []),
        ("health: {delay: 1s}", ["ZMQ615"]),
        ("health: {tcp: 80}", []),
    ],
)
def test_settings_of_one_node(settings: str, told: list[str]) -> None:
    assert only(settings) == told


def test_the_shortest_way_to_the_limit_takes_the_jitter_off() -> None:
    plain = Backoff(initial_s=1, factor=2, max_s=4, jitter=0)
    assert shortest(plain, 1) == 1
    assert shortest(plain, 4) == 1 + 2 + 4 + 4
    assert shortest(Backoff(initial_s=1, factor=2, max_s=4, jitter=0.5), 4) == 0.5 + 1 + 2 + 2


def test_defaults_are_told_once() -> None:
    text = "defaults: {restart: {policy: always, max_restarts: 0}}\nnodes:\n"
    (found,) = judge(text + node("cwd: /") + node("cwd: /", "b"))
    assert found.path == ("defaults", "restart", "max_restarts")


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("", "", []),
        ("[x]", "", ["ZMQ617"]),
        ("", "[x]", []),
        ("[x]", "[x]", []),
        ("[x, y]", "[x]", []),
        ("[x]", "[x, y]", ["ZMQ617"]),
    ],
)
def test_profiles_of_dependencies(first: str, second: str, told: list[str]) -> None:
    def with_profiles(profiles: str) -> str:
        return f", profiles: {profiles}" if profiles else ""

    text = node(f"cwd: /{with_profiles(first)}") + node(f"depends_on: [a]{with_profiles(second)}", "b")
    assert codes("nodes:\n" + text) == told


# ---------------------------------------------------------------------- hygiene


def test_words_of_yaml_1_1() -> None:
    read = {text: as_text_here(text) for text in ("yes", "off", "22:22", "1_000", "0b11", "-1:30")}
    assert read == {
        "yes": "true", "off": "false", "22:22": "1342", "1_000": "1000", "0b11": "3", "-1:30": "-90",
    }  # fmt: skip
    for text in ("", "y", "n", "true", "12", "1:60", "a:1", "_1", "1.5", "127.0.0.1:80", "2024-01-01"):
        assert as_text_here(text) is None


PARAMS = "nodes:\n  a:\n    run: m:f\n    {}\n"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("params: {x: no}", [("ZMQ910", "warning")]),
        ("params: {x: [1, {y: on}]}", [("ZMQ910", "warning")]),
        ("params: {x: 'no', y: true, z: 1:60, at: 2024-01-01}", []),
        ("env: {X: no, Y: 1.10, Z: 010}", [("ZMQ910", "note")]),
        ("labels: {x: 22:22}", [("ZMQ910", "note")]),
        ("sockets: {s: {type: SUB, connect: 'tcp://h:5555', subscribe: [on, 'off']}}", [("ZMQ910", "note")]),
        ("sockets: {s: {type: SUB, connect: 'tcp://h:5555', subscribe: yes}}", [("ZMQ910", "note")]),
        ("params: {version: 1.10}", [("ZMQ911", "warning")]),
        ("params: {apiVersion: 2.0, price: 1.50, version: 1.1}", []),
        ("params: {station: 007}", [("ZMQ911", "warning")]),
        ("params: {a: 0, b: 0.5, c: 0x10, d: -1, version: '1.10'}", []),
    ],
)
def test_scalars_that_are_read_otherwise(settings: str, told: list[tuple[str, str]]) -> None:
    found = judge(PARAMS.format(settings))
    assert [(d.code, d.severity.value) for d in found if d.code.startswith("ZMQ91")] == told


def test_values_of_variables_are_no_traps() -> None:
    found = judge(PARAMS.format("params: {x: '${X}', y: '${Y:-no}'}"), {"X": "no"})
    assert found == ()


def test_data_from_code_is_no_yaml() -> None:
    loaded = from_data(
        {"name": "t", "nodes": {"a": {"run": "m:f", "params": {"x": "no", "password": "hunter2"}}}}
    )
    assert loaded.topology is not None
    assert run(loaded.topology) == ()


def fixed(text: str, code: str) -> str:
    found = [d for d in judge(text) if d.code == code]
    assert all(d.fix is not None for d in found)
    return apply({"t.yaml": HEAD + text}, found).texts["t.yaml"].removeprefix(HEAD)


def test_quotes_are_put_around() -> None:
    text = PARAMS.format("env: {A: yes, B: no}  # why")
    found = judge(text)
    assert [d.fix.safe for d in found if d.fix] == [True, True]
    assert fixed(text, "ZMQ910") == PARAMS.format('env: {A: "yes", B: "no"}  # why')
    assert [d.fix.safe for d in judge(PARAMS.format("params: {a: no}")) if d.fix] == [False]


USER = "nodes:\n  a: {command: ./a, sockets: {o: {type: PUSH, bind: auto, message: M}}}\n"


@pytest.mark.parametrize(
    ("messages", "left"),
    [
        ("messages:\n  M: {codec: json}\n  N: {codec: json}\n", "messages:\n  M: {codec: json}\n"),
        ("messages:\n  # kept\n  N:\n    codec: json\n    type: x\n\n  M: {codec: json}\n",
         "messages:\n  # kept\n\n  M: {codec: json}\n"),
        ("messages:\n  M: {codec: json}\n  N: {codec: json}  # gone\n  O:\n    codec: raw\n", "messages:\n  M: {codec: json}\n"),
    ],
)  # fmt: skip
def test_unused_messages_are_removed(messages: str, left: str) -> None:
    assert fixed(messages + USER, "ZMQ912") == left + USER
    assert codes(left + USER) == []


def test_the_last_entry_takes_its_section_along() -> None:
    text = "endpoints:\n  x: {address: 'tcp://h:5555', external: true}\nnodes:\n  a: {command: ./a}\n"
    assert fixed(text, "ZMQ913") == "nodes:\n  a: {command: ./a}\n"


@pytest.mark.parametrize(
    "text",
    [
        "messages: {M: {codec: json}, N: {codec: json}}\n",
        "messages:\n  M: &m {codec: json}\n  N: *m\n",
    ],
)
def test_what_shares_its_lines_is_left_to_people(text: str) -> None:
    (found,) = (d for d in judge(text + USER) if d.code == "ZMQ912")
    assert found.fix is None


def test_a_misspelt_message_is_not_told_twice() -> None:
    loaded = load("t.yaml", text=HEAD + "messages: {Tick: {codec: json}}\n" + USER, environ={})
    assert loaded.meant is not None
    assert run(loaded.meant) == ()


def test_an_endpoint_that_is_written_out_is_named() -> None:
    text = "endpoints: {x: {address: 'tcp://10.0.0.5:5555', type: PUB, external: true}}\nnodes:\n"
    text += "  a: {command: ./a, sockets: {s: {type: SUB, connect: 'tcp://10.0.0.5:5555', subscribe: ''}}}\n"
    (found,) = (d for d in judge(text) if d.code == "ZMQ913")
    assert found.help == "name it in place of tcp://10.0.0.5:5555"


def test_sockets_with_one_variable_between_them() -> None:
    text = (
        "nodes:\n  a: {command: ./a, sockets: {x-y: {type: PUB, bind: auto}, X_Y: {type: PUB, bind: auto}}}\n"
    )
    (found,) = judge(text)
    assert (found.code, found.severity) == ("ZMQ914", Severity.WARNING)
    assert "ORCHESTRATOR_SOCKET_X_Y" in found.message


# ---------------------------------------------------------------------- resources


@pytest.mark.parametrize(
    ("puller", "pusher", "told"),
    [
        ("memory: 10MB|rcvhwm: 100, maxmsgsize: 100000", "", []),
        ("memory: 10MB|rcvhwm: 101, maxmsgsize: 100000", "", ["10.1 MB"]),
        ("memory: 10MB|maxmsgsize: 100000", "", ["100 MB"]),
        ("memory: 10MB|rcvhwm: 100000", "", []),
        ("memory: 10MB|maxmsgsize: -1", "", []),
        ("memory: 10MB|rcvhwm: 0", "", ["without end"]),
        ("nice: 0|rcvhwm: 0, maxmsgsize: 100000", "", []),
        ("memory: 10MB|rcvhwm: 100, maxmsgsize: 100000", "replicas: 2", ["20 MB"]),
        ("memory: 10MB|rcvhwm: 1000, maxmsgsize: 100000, conflate: true", "", []),
        ("nice: 0|maxmsgsize: 100000", "resources: {memory: 10MB}", ["100 MB"]),
        ("nice: 0|maxmsgsize: 10000", "resources: {memory: 10MB}", []),
    ],
)
def test_queues_and_memory(puller: str, pusher: str, told: list[str]) -> None:
    resources, _, options = puller.partition("|")
    found = judge(
        f"""nodes:
  pull:
    command: ./a
    resources: {{{resources}}}
    sockets: {{i: {{type: PULL, bind: "tcp://127.0.0.1:5555", options: {{{options}}}}}}}
  push:
    command: ./b
    {pusher}
    sockets: {{o: {{type: PUSH, connect: pull.i}}}}
"""
    )
    about = [d for d in found if d.code == "ZMQ207"]
    assert len(about) == len(told)
    assert all(words in d.message for d, words in zip(about, told, strict=True))


def test_queues_of_nodes_in_one_process_share_its_memory() -> None:
    found = judge(
        """nodes:
  one: {run: "m:a", process: p, resources: {memory: 150MB}, sockets: {i: {type: PULL, bind: "ipc:///tmp/a", options: {maxmsgsize: 100000}}}}
  two: {run: "m:b", process: p, sockets: {i: {type: PULL, bind: "ipc:///tmp/b", options: {maxmsgsize: 100000}}}}
  push: {command: ./b, sockets: {o: {type: PUSH, connect: [one.i, two.i]}}}
"""
    )
    assert ["200 MB" in d.message for d in found if d.code == "ZMQ207"] == [True]


@pytest.mark.parametrize(("nofile", "told"), [(28, []), (27, ["takes 28 at least"])])
def test_files_of_sockets_and_connections(nofile: int, told: list[str]) -> None:
    found = judge(
        f"""nodes:
  pull:
    run: m:a
    resources: {{nofile: {nofile}}}
    sockets: {{i: {{type: PULL, bind: "tcp://127.0.0.1:5555"}}}}
  push: {{command: ./b, replicas: 2, sockets: {{o: {{type: PUSH, connect: pull.i}}}}}}
"""
    )
    about = [d.message for d in found if d.code == "ZMQ618"]
    assert [words in message for words, message in zip(told, about, strict=True)] == [True] * len(told)


def test_files_of_a_foreign_program_are_its_own_business() -> None:
    assert only("resources: {nofile: 16}") == []
