"""Keys and users that secured sockets need: what is told where they are missing or cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.app.host_check import check_host
from orchestrator.app.keys import init
from orchestrator.diagnostics import Diagnostic
from orchestrator.model.load import load
from orchestrator.model.types import Topology

CURVE = """\
version: 1
name: t
endpoints: {bank: {address: "tcp://10.0.0.5:443", external: true}}
nodes:
  a: {run: m:A, sockets: {s: {type: PUB, bind: "tcp://127.0.0.1:*", security: {allow: [b%s]}}}}
  b: {run: m:B, sockets: {s: {type: SUB, connect: a.s, subscribe: [""], security: curve}}}
  c: {run: m:C, sockets: {s: {type: REQ, connect: %s}}}
"""
PLAIN = """\
version: 1
name: t
security: {plain: {users: users}}
nodes:
  a: {run: m:A, sockets: {s: {type: PUB, bind: "tcp://127.0.0.1:*", security: plain}}}
  b: {run: m:B, sockets: {s: {type: SUB, connect: a.s, subscribe: [""], security: plain}}}
"""


def topology(directory: Path, text: str) -> Topology:
    loaded = load(str(directory / "t.yaml"), text=text, environ={})
    assert loaded.topology is not None, loaded.diagnostics
    return loaded.topology


def look(directory: Path, text: str) -> list[Diagnostic]:
    return [d for d in check_host(topology(directory, text), has=lambda _: True) if d.code == "ZMQ338"]


def curve(stranger: str = "", bank: str = '"tcp://127.0.0.1:9999"') -> str:
    return CURVE % (stranger, bank)


def test_no_directory_is_one_finding(tmp_path: Path) -> None:
    (found,) = look(tmp_path, curve())
    assert found.message == f"the directory of the keys `{tmp_path}/keys` does not exist"
    assert found.help == f"make the keys: `orchestrator keys init {tmp_path}/t.yaml`"


def test_what_init_makes_is_enough(tmp_path: Path) -> None:
    init(topology(tmp_path, curve()))
    assert look(tmp_path, curve()) == []


def test_a_node_without_its_keys(tmp_path: Path) -> None:
    init(topology(tmp_path, curve()))
    (tmp_path / "keys/b.key_secret").unlink()
    (found,) = look(tmp_path, curve())
    assert found.message == f"`b` has no keys in `{tmp_path}/keys`"
    assert found.path == ("nodes", "b", "sockets", "s", "security")


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_a_secret_that_others_may_read(tmp_path: Path) -> None:
    init(topology(tmp_path, curve()))
    (tmp_path / "keys/a.key_secret").chmod(0o644)
    (found,) = look(tmp_path, curve())
    assert "a.key_secret" in found.message


def test_the_key_of_an_outsider(tmp_path: Path) -> None:
    text = curve(bank="bank, security: curve")
    init(topology(tmp_path, text))
    (found,) = look(tmp_path, text)
    assert found.message.startswith("`c.s` connects to `bank`, whose public key is not in")
    assert found.help == "ask for its public key, and put it there as `bank.key`"
    public = (tmp_path / "keys/a.key").read_text()
    (tmp_path / "keys/bank.key").write_text(public)
    assert look(tmp_path, text) == []


def test_whom_nobody_knows_is_let_in(tmp_path: Path) -> None:
    init(topology(tmp_path, curve()), ["laptop"])
    assert look(tmp_path, curve(", laptop")) == []
    (found,) = look(tmp_path, curve(", laptpo"))
    assert (found.message, found.help) == (
        "`a.s` lets in `laptpo`, which has no key",
        "did you mean `laptop`?",
    )


def test_users(tmp_path: Path) -> None:
    (found,) = look(tmp_path, PLAIN)
    assert found.message == f"the file of users `{tmp_path}/users` does not exist"
    users = tmp_path / "users"
    users.write_text("a:x\n")
    users.chmod(0o600)
    (found,) = look(tmp_path, PLAIN)
    assert "has no line for 'b'" in found.message
    users.write_text("b:x\n")
    assert look(tmp_path, PLAIN) == []
