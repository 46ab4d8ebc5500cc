"""Whatever is imported: an error with its place, or a file that can be read. Never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.app.check import check_file
from orchestrator.errors import OrchestratorError
from orchestrator.importing.compose import read_compose
from orchestrator.importing.draft import Draft
from orchestrator.importing.emit import count_open, emit
from orchestrator.importing.sources import read_source
from orchestrator.importing.telling import told

PIECES = st.sampled_from(
    [
        "services", "version", "apps", "nodes", "web", ":", ": ", "=", " = ", "\n", "\n", "\n  ", "\n    ", "    ",
        "{", "}", "[", "]", ",", '"', "'", "#", "&a ", "*a", "<<", "- ", "!reset ", "$", "${", "$$", "${A:-", "|", ">",
        "command", "image", "x", "1", "1.0", "true", "null", "devices", "sockets", "type", "bind", "option", "hwm",
        "zmq_queue", "tcp://*:5555", "depends_on", "environment", "healthcheck", "test", "extends", "deploy",
        "replicas", "\t", "\r", "\\", "\x00", "\ufeff", "é", "---", "PORT", "a: b", ";", "&&", "`", "(", "?",
    ]
)  # fmt: skip
NAMES = ("Procfile", "compose.yaml", "f.zpl", "f.json", "f")


def outcome(draft: Draft) -> None:
    """The draft can be told and written, and what is written is a topology file."""
    text = emit(draft)
    for one in told(draft, "f"):
        assert str(one)
    found = check_file("out.yaml", text=text, environ={})
    assert text.endswith("\n")
    assert not [f for f in found.findings if f.code in ("ZMQ002", "ZMQ003", "ZMQ010", "ZMQ020")], text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(pieces=st.lists(PIECES, max_size=60), name=st.sampled_from(NAMES))
def test_any_text(pieces: list[str], name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes("".join(pieces).encode())
    try:
        outcome(read_source(str(file), str(tmp_path)))
    except OrchestratorError as error:
        assert error.message
        assert error.remedy


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=200), name=st.sampled_from(NAMES))
def test_any_bytes(data: bytes, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    try:
        outcome(read_source(str(tmp_path / name), str(tmp_path)))
    except OrchestratorError as error:
        assert error.message


TEXTS = st.text(alphabet="ab $\"'{}:-\\=#é\n", max_size=8)
VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3000) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
_WORDS = (
    "image build command entrypoint environment env_file depends_on links healthcheck restart deploy scale "
    "profiles working_dir volumes ports expose labels stop_signal stop_grace_period mem_limit cpuset ulimits "
    "extends networks x-own nonsense"
)
KEYS = st.sampled_from(_WORDS.split())


@settings(deadline=None)
@given(st.dictionaries(TEXTS, st.dictionaries(KEYS, VALUES, max_size=6), max_size=4))
def test_any_values_of_a_compose_file(services: dict[str, object]) -> None:
    try:
        outcome(read_compose(json.dumps({"services": services}), "f", "n"))
    except OrchestratorError as error:
        assert error.remedy


WORDS = st.sampled_from(["run", "--x", "a b", "$$1", "é", "", "'", "tcp://s0:5555", "0", "yes", "#", "{}"])
TIMES = st.sampled_from(["1s", "1m30s", "250ms", "2h", "10us", "0s"])
FITTING = st.fixed_dictionaries(
    {"command": st.lists(WORDS, max_size=3).map(lambda words: ["run", *words])},
    optional={
        "image": st.just("x:1"),
        "entrypoint": st.just(["/e"]),
        "environment": st.dictionaries(st.sampled_from(["A", "B_1"]), WORDS | st.integers() | st.booleans() | st.none()),
        "healthcheck": st.fixed_dictionaries(
            {"test": st.just(["CMD", "true"]) | st.just("true") | st.just(["NONE"])},
            optional={"interval": TIMES, "timeout": TIMES, "start_period": TIMES, "retries": st.integers(1, 9)},
        ),
        "restart": st.sampled_from(["no", "always", "unless-stopped", "on-failure", "on-failure:2"]),
        "deploy": st.fixed_dictionaries(
            {},
            optional={
                "replicas": st.integers(0, 5),
                "resources": st.just({"limits": {"memory": "64m", "cpus": "0.5"}}),
                "restart_policy": st.fixed_dictionaries(
                    {}, optional={"condition": st.just("on-failure"), "delay": TIMES, "window": TIMES}
                ),
            },
        ),
        "profiles": st.lists(st.sampled_from(["dev", "ops"]), unique=True),
        "stop_grace_period": TIMES,
        "stop_signal": st.sampled_from(["SIGINT", "USR1", "9", "SIGRTMIN"]),
        "mem_limit": st.sampled_from(["64m", "1g", 67108864]),
        "cpuset": st.just("0"),
        "ulimits": st.just({"nofile": 1024, "nproc": 5}),
        "labels": st.just(["a=b", "c.d/e=f g"]) | st.just({"a": 1}),
        "working_dir": st.just("/srv"),
        "ports": st.just(["80:80"]),
        "volumes": st.just([".:/srv"]),
    },
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(FITTING, min_size=1, max_size=4), st.data())
def test_a_file_without_mistakes_becomes_a_topology_without_errors(
    bodies: list[dict[str, object]], data: st.DataObject
) -> None:
    services = {f"s{index}": body for index, body in enumerate(bodies)}
    for index, body in enumerate(bodies[1:], 1):
        conditions = st.sampled_from(["service_started", "service_completed_successfully"])
        body["depends_on"] = {
            f"s{other}": {"condition": data.draw(conditions)}
            for other in data.draw(st.sets(st.integers(0, index - 1)))
        }
    draft = read_compose(json.dumps({"services": services}), "f", "n")
    found = check_file("out.yaml", text=emit(draft), environ={})
    assert count_open(draft) == 0
    assert [f.message for f in found.findings if str(f.severity) == "error"] == []
