"""Rules about ports, security mechanisms, keys and secrets, beyond the samples of their pages."""

from __future__ import annotations

import time

import pytest

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.text import TextFormat
from orchestrator.model.load import load
from orchestrator.rules import run

SECRET = "0123456789abcdefghijklmnopqrstuvwxyzABCD"
PUBLIC = "j{I@WCRyEXDPv+x[Dpp]W9sE*jkENhJcL27BNq?d"


def judge(text: str, environ: dict[str, str] | None = None) -> tuple[Diagnostic, ...]:
    loaded = load("t.yaml", text=f"version: 1\nname: t\n{text}", environ=environ or {})
    assert loaded.topology is not None, loaded.diagnostics
    return run(loaded.topology)


def of(code: str, found: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    return [d for d in found if d.code == code]


def one_node(bind: str, more: str = "") -> str:
    return f"nodes:\n  a: {{command: ./a{more}, sockets: {{o: {{type: PUB, bind: '{bind}'}}}}}}\n"


@pytest.mark.parametrize(
    ("bind", "told"),
    [
        ("tcp://127.0.0.1:1023", ["ZMQ320"]),
        ("tcp://127.0.0.1:1024", []),
        ("tcp://127.0.0.1:32767", []),
        ("tcp://127.0.0.1:32768", ["ZMQ321"]),
        ("tcp://127.0.0.1:60999", ["ZMQ321"]),
        ("tcp://127.0.0.1:61000", []),
        ("tcp://127.0.0.1:*", []),
        ("tcp://127.0.0.1:0", []),
        ("tcp://*:5555", ["ZMQ322"]),
        ("tcp://0.0.0.0:5555", ["ZMQ322"]),
        ("tcp://10.0.0.1:5555", []),
        ("ipc:///tmp/40000", []),
    ],
)
def test_ports_and_interfaces(bind: str, told: list[str]) -> None:
    assert [d.code for d in judge(one_node(bind))] == told


def test_the_last_replica_counts_too() -> None:
    (found,) = of("ZMQ321", judge(one_node("tcp://127.0.0.1:32760", ", replicas: 20")))
    assert "ports 32760 to 32779" in found.message


def test_ports_out_of_a_replicas_number_are_seen() -> None:
    text = one_node("tcp://127.0.0.1:4000${{ replica.index }}", ", replicas: 2")
    (found,) = of("ZMQ321", judge(text))
    assert "ports 40000 to 40001" in found.message


def test_open_sockets_are_told_once() -> None:
    text = "nodes:\n"
    for number in range(3):
        text += f"  n{number}: {{command: ./a, sockets: {{o: {{type: PUB, bind: 'tcp://*:555{number}'}}}}}}\n"
    (found,) = judge(text)
    assert "(and 2 more like it)" in found.message
    assert len(found.related) == 2


# ---------------------------------------------------------------------- mechanisms


def pair(server: str, client: str, *, server_is: str = "run: 'm:f'", client_is: str = "run: 'm:f'") -> str:
    return (
        "nodes:\n"
        f"  s: {{{server_is}, sockets: {{o: {{type: ROUTER, bind: auto, options: {{{server}}}}}}}}}\n"
        f"  c: {{{client_is}, sockets: {{i: {{type: DEALER, connect: s.o, options: {{{client}}}}}}}}}\n"
    )


CURVE_SERVER = "curve_server: true, curve_secretkey: '${KEY}'"
CURVE_CLIENT = f"curve_serverkey: '{PUBLIC}', curve_publickey: '{PUBLIC}', curve_secretkey: '${{KEY}}'"
PLAIN_SERVER = "plain_server: true"
PLAIN_CLIENT = "plain_username: u, plain_password: '${KEY}'"


@pytest.mark.parametrize(
    ("server", "client", "told"),
    [
        (CURVE_SERVER, CURVE_CLIENT, []),
        (CURVE_CLIENT, CURVE_SERVER, []),
        (PLAIN_SERVER, PLAIN_CLIENT, []),
        (CURVE_SERVER, "", ["ZMQ502"]),
        ("", CURVE_CLIENT, ["ZMQ502"]),
        (CURVE_SERVER, PLAIN_CLIENT, ["ZMQ502"]),
        ("curve_server: false", "", []),
        (CURVE_SERVER, CURVE_SERVER, ["ZMQ503"]),
        (CURVE_CLIENT, CURVE_CLIENT, ["ZMQ503"]),
        (PLAIN_CLIENT, PLAIN_CLIENT, ["ZMQ503"]),
        ("curve_server: true", CURVE_CLIENT, ["ZMQ504"]),
        (CURVE_SERVER, f"curve_serverkey: '{PUBLIC}'", ["ZMQ504"]),
        (CURVE_SERVER, CURVE_CLIENT.replace(PUBLIC, PUBLIC[::-1], 1), ["ZMQ505"]),
        (CURVE_SERVER, CURVE_CLIENT.replace(f"publickey: '{PUBLIC}", f"publickey: '{PUBLIC[::-1]}"), ["ZMQ505"]),
    ],
)  # fmt: skip
def test_both_ends_of_a_secured_link(server: str, client: str, told: list[str]) -> None:
    found = judge(pair(server, client), {"KEY": SECRET})
    assert [d.code for d in found] == told
    assert all(d.severity is Severity.ERROR for d in found)


def test_inproc_has_no_security() -> None:
    text = pair(CURVE_SERVER, "").replace("auto", "'inproc://x'").replace("'m:f'", "'m:f', process: p")
    assert judge(text, {"KEY": SECRET}) == ()


def test_a_program_of_the_users_may_set_its_keys_itself() -> None:
    (found,) = judge(pair("", CURVE_CLIENT, server_is="command: ./s"), {"KEY": SECRET})
    assert (found.code, found.severity) == ("ZMQ502", Severity.NOTE)
    (found,) = judge(pair(PLAIN_SERVER, PLAIN_SERVER, server_is="command: ./s"))
    assert (found.code, found.severity) == ("ZMQ503", Severity.WARNING)
    assert judge(pair("curve_server: true", CURVE_CLIENT, server_is="command: ./s"), {"KEY": SECRET}) == ()


def test_the_right_key_is_named_and_the_secret_one_is_not() -> None:
    (found,) = judge(pair(CURVE_SERVER, CURVE_CLIENT.replace(PUBLIC, PUBLIC[::-1], 1)), {"KEY": SECRET})
    assert PUBLIC in (found.help or "")
    assert SECRET not in f"{found.message}{found.help}"


# ---------------------------------------------------------------------- secrets


def secrets(settings: str, environ: dict[str, str] | None = None) -> list[str]:
    found = judge(f"nodes:\n  a:\n    run: m:f\n    {settings}\n", environ)
    return [d.message for d in found if d.code == "ZMQ501"]


@pytest.mark.parametrize(
    "settings",
    [
        "env: {DB_PASSWORD: hunter2}",
        "env: [DB_PASSWORD=hunter2]",
        "env: {API_KEY: 8f14e45fceea167a5a36}",
        "params: {broker: {password: hunter2}}",
        "params: {password: 123456}",
        "params: {urls: ['amqp://me:hunter2@host/x']}",
        "params: {text: AKIAIOSFODNN7EXAMPLE}",
        "params: {key_pem: '-----BEGIN RSA PRIVATE KEY-----'}",
        "env: {NAME: ghp_0123456789abcdefghijklmnopqrstuvwxyz}",
    ],
)
def test_secrets_are_found_and_not_shown(settings: str) -> None:
    (message,) = secrets(settings)
    assert "hunter2" not in message


@pytest.mark.parametrize(
    "settings",
    [
        "env: {DB_PASSWORD: '${PW}'}",
        "env: {DB_PASSWORD: ''}",
        "env: {DB_PASSWORD: changeme}",
        "env: {DB_PASSWORD: <password>}",
        "env: {DB_PASSWORD_FILE: /run/secrets/db}",
        "env: {TOKEN: /run/secrets/token}",
        "env: {DB_PASSWORD: ./secrets/db.txt}",
        "env: {SORT_KEY: 8f14e45fceea167a5a36}",
        "params: {password: true, token: null}",
        "params: {pad_token: <pad>, stop_token: END, max_tokens: 100}",
        "params: {url: 'tcp://127.0.0.1:5555', doc: 'https://user@host/'}",
        "params: {url: 'amqp://me:${PW}@host/x'}",
        "env: {KEYBOARD: us, MONKEY: 8f14e45fceea167a5a36}",
    ],
)
def test_what_is_no_secret(settings: str) -> None:
    assert secrets(settings, {"PW": "hunter2"}) == []


@pytest.mark.parametrize(
    ("hook", "count"),
    [
        ("webhook: 'https://a/', headers: {Authorization: Bearer 8f14e45fceea167a5a36}", 1),
        ("webhook: 'https://a/', headers: {X-Secret-Key: 8f14e45fceea167a5a36}", 1),
        ("webhook: 'https://a/', headers: {Authorization: 'Bearer ${PW}'}", 0),
        ("webhook: 'https://a/', headers: {Content-Type: application/json-8f14e45fceea}", 0),
        ("command: 'page --token=8f14e45fceea167a5a36'", 1),
        ("command: [page, --token, '${PW}']", 0),
    ],
)
def test_secrets_of_hooks(hook: str, count: int) -> None:
    text = f"hooks:\n  - {{on: up, {hook}}}\nnodes: {{a: {{command: a}}}}\n"
    found = [d.message for d in judge(text, {"PW": "8f14e45fceea167a5a36"}) if d.code == "ZMQ501"]
    assert len(found) == count
    assert "8f14" not in "".join(found)


def test_arguments_of_commands() -> None:
    def told(command: str) -> list[str]:
        found = judge(f"nodes:\n  a:\n    command: {command}\n", {"PW": "hunter2"})
        return [d.message for d in found]

    assert told("./a --password=hunter2") == ["`command` of `a` holds a password, for everybody to read"]
    assert told("[./a, --password, hunter2]") == ["`command` of `a` holds a password, for everybody to read"]
    assert told("[./a, --password, '${PW}']") == []
    assert told("'./a --password=${PW}'") == []
    assert told("./a --verbose --port 5555") == []


def test_the_line_of_a_secret_is_not_shown() -> None:
    text = "version: 1\nname: t\nnodes:\n  a: {command: ./a, env: {DB_PASSWORD: hunter2}}\n"
    loaded = load("t.yaml", text=text, environ={})
    assert loaded.topology is not None
    shown = TextFormat({"t.yaml": text}).findings(run(loaded.topology))
    assert "t.yaml:4:27" in shown
    assert "hunter2" not in shown


def test_passwords_of_defaults_are_told_once() -> None:
    text = "defaults: {env: {DB_PASSWORD: hunter2}}\nnodes: {a: {command: ./a}, b: {command: ./b}}\n"
    (found,) = judge(text)
    assert found.path == ("defaults", "env", "DB_PASSWORD")


def test_a_long_argument_is_searched_for_secrets_in_a_moment() -> None:
    """A search whose time grows with the square of the length takes a minute for this."""
    began = time.process_time()
    found = judge(f"nodes: {{a: {{command: [./a, {'x' * 400_000}]}}}}\n")
    assert of("ZMQ501", found) == []
    assert time.process_time() - began < 10
