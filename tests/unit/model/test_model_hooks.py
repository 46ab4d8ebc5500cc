"""`hooks` in a file: what is read, what is found, what is shown."""

from __future__ import annotations

import pytest

from orchestrator.comparison.compare import compare
from orchestrator.export.resolved import resolved
from orchestrator.model.load import load
from orchestrator.model.types import Hook, Topology
from orchestrator.vocabulary import HookEvent

HEAD = "version: 1\nname: t\nhooks:\n"
NODES = "nodes:\n  feed: {command: feed}\n"


def topology(hooks: str) -> Topology:
    loaded = load("t.yaml", text=HEAD + hooks + NODES, environ={"TOKEN": "abc"})
    assert loaded.topology is not None, loaded.diagnostics
    return loaded.topology


def test_defaults() -> None:
    (hook,) = topology("  - {on: failed, command: page --now}\n").hooks
    assert (hook.events, hook.nodes) == ((HookEvent.FAILED,), None)
    assert hook.command == ("page", "--now")
    assert (hook.timeout_s, hook.max_runs, hook.window_s) == (10.0, 30, 60.0)
    plain = Hook(events=(), nodes=None, command=None, webhook=None, span=hook.span, path=())
    assert (plain.timeout_s, plain.max_runs, plain.window_s) == (10.0, 30, 60.0)


def test_everything() -> None:
    text = """\
  - on: [up, ready]
    nodes: [feed]
    webhook: https://example.com/x
    headers: {Authorization: "Bearer ${TOKEN}"}
    timeout: 2s
    max_runs: 3
    window: 1h
    description: Tells.
"""
    (hook,) = topology(text).hooks
    assert hook.events == (HookEvent.UP, HookEvent.READY)
    assert hook.nodes == ("feed",)
    assert hook.headers == {"Authorization": "Bearer abc"}
    assert (hook.timeout_s, hook.max_runs, hook.window_s) == (2.0, 3, 3600.0)


@pytest.mark.parametrize(
    ("hook", "code", "column", "words", "remedy"),
    [
        ("{on: fail, command: a}", "ZMQ033", 10, "`fail`", "did you mean `failed`?"),
        ("{on: up}", "ZMQ037", 5, "item 1 of `hooks` does not say what is to be started", "`command` or `webhook`"),
        ("{on: up, command: a, webhook: 'http://a'}", "ZMQ037", 26, "`command` and `webhook`", "remove"),
        ("{command: a}", "ZMQ031", 5, "no `on`", "`on: failed`"),
        ("{on: up, webhook: 'ftp://a'}", "ZMQ034", 23, "an http address", None),
        ("{on: ready, nodes: [fed], command: a}", "ZMQ050", 25, "no such node", "did you mean `feed`?"),
        ("{on: up, nodes: [feed], command: a}", "ZMQ062", 14, "the whole topology", "remove `nodes`"),
        ("{on: up, command: a, headers: {a: b}}", "ZMQ062", 26, "for a webhook", "remove"),
        ("{on: up, command: ' '}", "ZMQ060", 23, "empty", None),
        ("{on: up, command: [\"a\\0\"]}", "ZMQ066", 23, "NUL", None),
        ("{on: up, command: 'a ${{ sockets.x.address }}'}", "ZMQ059", 26, "not known yet", "`run.dir`"),
    ],
)  # fmt: skip
def test_findings(hook: str, code: str, column: int, words: str, remedy: str | None) -> None:
    found = load("t.yaml", text=f"{HEAD}  - {hook}\n{NODES}", environ={}).diagnostics
    (finding,) = found
    assert finding.code == code
    assert (finding.span.line, finding.span.column) == (4, column)
    assert words in finding.message
    assert remedy is None or remedy in (finding.help or "")


def test_what_config_shows_holds_no_secret() -> None:
    text = """\
  - {on: up, webhook: 'https://me:pw@example.com/T0/${TOKEN}', headers: {X-Key: '${TOKEN}'}}
  - {on: up, webhook: 'https://example.com/'}
  - {on: up, command: [page, --token, '${TOKEN}']}
"""
    data = resolved(topology(text))["hooks"]
    assert "abc" not in str(data)
    assert "pw" not in str(data)
    assert [hook.get("webhook") for hook in data] == [  # type: ignore[union-attr]
        "https://example.com/***",
        "https://example.com/",
        None,
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{on: up, command: a}", "{on: down, command: a}", ["on: up → down"]),
        ("{on: up, webhook: 'http://a/1'}", "{on: up, webhook: 'http://a/2'}", ["its secrets changed"]),
        ("{on: up, command: a}", "{on: up, command: a}", []),
    ],
)
def test_differences(old: str, new: str, told: list[str]) -> None:
    compared = compare(topology(f"  - {old}\n"), topology(f"  - {new}\n"))
    assert [change.message for change in compared.changes] == told
    assert all(change.key == "hooks" for change in compared.changes)


def test_hooks_that_come_and_go() -> None:
    one, two = topology("  - {on: up, command: a}\n"), topology("  - {on: up, command: a}\n  - {on: [down, up], command: b}\n")  # fmt: skip
    (came,) = compare(one, two).changes
    (gone,) = compare(two, one).changes
    assert (came.subject, came.message) == ("hook 2", "new, on down, up")
    assert gone.message == "removed, was on down, up"
