"""What the host tells about a topology. Files are the test's own; no address is connected to."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.app.host_check import check_host
from orchestrator.cli import main
from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.errors import ExitCode
from orchestrator.model.load import load
from orchestrator.rules.catalogue import load as load_rule
from orchestrator.rules.hosts import HOST
from orchestrator.transport.endpoint import Transport

RULES = [load_rule(module) for module in HOST]
HEAD = "version: 1\nname: t\n"


def has(transport: Transport) -> bool:
    return transport in (Transport.TCP, Transport.IPC, Transport.INPROC)


class Small:
    """A machine with two processors and few rights."""

    cpus = (0, 1)
    memory_trouble = "no control groups (v2) are mounted here"

    def nice_refusal(self, nice: int) -> str | None:
        return None if nice >= 0 else f"{nice} is less than 0"

    def nofile_refusal(self, count: int) -> str | None:
        return None if count <= 1000 else f"{count} are more than 1000"


def look(directory: Path, text: str, environ: Mapping[str, str] = os.environ) -> tuple[Diagnostic, ...]:
    loaded = load(str(directory / "t.yaml"), text=HEAD + text, environ={})
    assert loaded.topology is not None, loaded.diagnostics
    return check_host(
        loaded.topology, environ=environ, has=has, machine=Small(), has_module=lambda name: name != "fastavro"
    )


def codes(directory: Path, settings: str, **environ: str) -> list[str]:
    found = look(directory, f"nodes:\n  a: {{{settings}}}\n", {**os.environ, **environ})
    return [d.code for d in found]


def bound(address: str) -> str:
    return f"command: [cat], sockets: {{o: {{type: PUB, bind: '{address}'}}}}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_samples_of_the_pages_are_true(rule: object, tmp_path: Path) -> None:
    assert [d.code for s in rule.samples("Bad") for d in look(tmp_path, s)] == [rule.code]  # type: ignore[attr-defined]
    assert [d.code for s in rule.samples("Good") for d in look(tmp_path, s)] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("tcp://127.0.0.1:5555", []),
        ("tcp://*:5555", []),
        ("tcp://localhost:5555", []),
        ("tcp://203.0.113.7:5555", ["ZMQ330"]),
        ("tcp://[2001:db8::7]:5555", ["ZMQ330"]),
        ("tcp://nosuch0:5555", ["ZMQ330"]),
        ("tcp://db.example.com:5555", []),
        ("ipc://@abstract", []),
        ("ipc://*", []),
        ("ipc://t.sock", []),
        ("ipc://sub/t.sock", ["ZMQ331"]),
        ("ipc:///no/such/directory/t.sock", ["ZMQ331"]),
        ("ipc://${{ run.dir }}/t.sock", []),
        ("auto", []),
        ("inproc://x", []),
        ("tipc://{5560,0,0}", ["ZMQ334"]),
    ],
)
def test_addresses(tmp_path: Path, address: str, told: list[str]) -> None:
    assert codes(tmp_path, bound(address)) == told


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_may_not_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir(mode=0o500)
    assert codes(tmp_path, bound("ipc://sub/t.sock")) == ["ZMQ331"]


def test_transports_of_foreign_programs_are_warnings(tmp_path: Path) -> None:
    def severity(program: str) -> Severity:
        text = f"nodes:\n  a: {{{program}, sockets: {{o: {{type: PUB, bind: 'vmci://*:5555'}}}}}}\n"
        (found,) = look(tmp_path, text)
        return found.severity

    assert severity("command: [cat]") is Severity.WARNING
    assert severity("run: m:f") is Severity.ERROR


def test_files(tmp_path: Path) -> None:
    settings = "command: [cat], env_file: a.env, cwd: sub"
    assert codes(tmp_path, settings) == ["ZMQ332", "ZMQ332"]
    (tmp_path / "a.env").touch()
    (tmp_path / "sub").mkdir()
    assert codes(tmp_path, settings) == []
    assert codes(tmp_path, "command: [cat], cwd: '${{ run.dir }}/x'") == []


def test_a_file_of_defaults_is_told_at_its_place(tmp_path: Path) -> None:
    (found,) = look(tmp_path, "defaults: {env_file: a.env}\nnodes:\n  a: {command: [cat]}\n")
    assert found.path == ("defaults", "env_file")
    assert found.span.line == 3


def test_proto_files(tmp_path: Path) -> None:
    text = "messages:\n  M: {codec: protobuf, schema: m.proto, type: M}\nnodes:\n"
    socket = "sockets: {o: {type: PUB, bind: auto, message: M}}"
    (found,) = look(tmp_path, f"{text}  a: {{run: 'm:f', {socket}}}\n")
    assert (found.code, found.severity) == ("ZMQ332", Severity.ERROR)
    (found,) = look(tmp_path, f"{text}  a: {{command: [cat], {socket}}}\n")
    assert found.severity is Severity.WARNING
    (tmp_path / "m.proto").touch()
    assert look(tmp_path, f"{text}  a: {{run: 'm:f', {socket}}}\n") == ()


def program(path: Path, mode: int = 0o755) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(mode)


@pytest.mark.skipif(os.name != "posix", reason="modes and PATH as POSIX has them")
def test_programs(tmp_path: Path) -> None:
    program(tmp_path / "here")
    program(tmp_path / "sub/there")
    program(tmp_path / "plain", 0o644)
    path = str(tmp_path / "sub")
    assert codes(tmp_path, "command: [./here]") == []
    assert codes(tmp_path, "command: [./there]") == ["ZMQ333"]
    assert codes(tmp_path, "command: [./there], cwd: sub") == []
    assert codes(tmp_path, "command: [./plain]") == ["ZMQ333"]
    assert codes(tmp_path, "command: [./sub]") == ["ZMQ333"]
    assert codes(tmp_path, "command: [there]", PATH=path) == []
    assert codes(tmp_path, f"command: [there], env: {{PATH: {path}}}", PATH="") == []
    assert codes(tmp_path, "command: [here]", PATH=path) == ["ZMQ333"]
    assert codes(tmp_path, "command: ['${{ topology.dir }}/x']") == []


@pytest.mark.skipif(os.name != "posix", reason="PATH as POSIX has it")
def test_a_program_beside_the_file_is_no_program_in_path(tmp_path: Path) -> None:
    program(tmp_path / "here")
    (found,) = look(tmp_path, "nodes:\n  a: {command: [here]}\n", {"PATH": "/nowhere"})
    assert found.help == "write `./here` for the file in the node's directory"


def test_validate_looks_at_the_host_when_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.yaml").write_text(f"{HEAD}nodes:\n  a: {{command: [./none]}}\n", encoding="utf-8")
    assert main(["validate", "t.yaml"]) == ExitCode.OK
    assert main(["validate", "--host-check", "-f", "concise", "t.yaml"]) == ExitCode.FINDINGS
    assert re.search(r"`a` runs `\./none`.* \[ZMQ333\]", capsys.readouterr().out)
    assert main(["validate", "--host-check", "--ignore", "ZMQ33", "t.yaml"]) == ExitCode.OK


def test_an_ignore_comment_is_not_unused_for_want_of_a_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    node = "a: {command: [./none]}  # orchestrator: ignore[ZMQ333] built later"
    Path("t.yaml").write_text(f"{HEAD}nodes:\n  {node}\n", encoding="utf-8")
    for arguments in ([], ["--host-check"]):
        assert main(["validate", *arguments, "--fail-on", "note", "t.yaml"]) == ExitCode.OK
    assert "ZMQ901" not in capsys.readouterr().out


class TestResources:
    def test_all_that_is_wrong_is_told_where_it_stands(self, tmp_path: Path) -> None:
        text = (
            "nodes:\n  a: {command: [cat], resources: {cpus: '0-3', nice: -1, nofile: 1001, memory: 1GB}}\n"
        )
        found = look(tmp_path, text)
        assert [(d.code, d.severity, d.span.column) for d in found] == [
            ("ZMQ335", Severity.ERROR, 41),
            ("ZMQ336", Severity.ERROR, 54),
            ("ZMQ336", Severity.ERROR, 66),
            ("ZMQ337", Severity.WARNING, 80),
        ]
        assert found[0].message == (
            "`resources.cpus` of `a`: processors 2, 3 are not here, or may not be used"
        )
        assert found[0].help == "those of this host are 0-1"

    def test_what_stands_in_the_defaults_is_told_once(self, tmp_path: Path) -> None:
        text = "defaults: {resources: {cpus: '7'}}\nnodes: {a: {command: [cat]}, b: {command: [cat]}}\n"
        (found,) = look(tmp_path, text)
        assert found.path == ("defaults", "resources", "cpus")

    def test_what_can_be_had_is_no_finding(self, tmp_path: Path) -> None:
        assert codes(tmp_path, "command: [cat], resources: {cpus: '0-1', nice: 0, nofile: 1000}") == []
